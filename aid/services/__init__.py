"""What can be done in mutual aid, one file per group of verbs."""

from aid.services.claims import (
    ClaimAnswer,
    ClaimRequest,
    Simulation,
    resubmit_claim,
    simulate_claim,
    submit_claim,
    withdraw_claim,
)
from aid.services.decisions import approve_claim, assess_claim, reject_claim, return_claim
from aid.services.papers import (
    OpenPaper,
    StoredPaper,
    forget_loose_papers,
    open_paper,
    store_paper,
)
from aid.services.schemes import (
    EnrolCounts,
    LoadedSchemes,
    enrol_member,
    enrol_members,
    load_schemes,
)

__all__ = [
    "ClaimAnswer",
    "ClaimRequest",
    "EnrolCounts",
    "LoadedSchemes",
    "OpenPaper",
    "Simulation",
    "StoredPaper",
    "approve_claim",
    "assess_claim",
    "enrol_member",
    "enrol_members",
    "forget_loose_papers",
    "load_schemes",
    "open_paper",
    "reject_claim",
    "resubmit_claim",
    "return_claim",
    "simulate_claim",
    "store_paper",
    "submit_claim",
    "withdraw_claim",
]
