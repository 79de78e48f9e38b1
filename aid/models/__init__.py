"""What mutual aid stores: schemes and covers, claims and what was decided, papers."""

from aid.models.claims import (
    AID_CLAIM_EVENT,
    AID_CLAIM_MOVES,
    AID_DECISION_NOTE,
    AID_LINE_ADMISSION,
    AID_LINE_HOSPITAL,
    AID_LINE_INVOICE,
    AID_STEPS,
    LIVE_STATES,
    AidCalculation,
    AidClaim,
    AidClaimLine,
    AidClaimState,
    AidDecision,
    AidDecisionKind,
    AidOccurrence,
    AidRejectReason,
)
from aid.models.papers import AID_DOCUMENT_CONTENT, AidDocument, AidMediaType
from aid.models.schemes import AidCover, AidScheme, AidSchemeVersion

__all__ = [
    "AID_CLAIM_EVENT",
    "AID_CLAIM_MOVES",
    "AID_DECISION_NOTE",
    "AID_DOCUMENT_CONTENT",
    "AID_LINE_ADMISSION",
    "AID_LINE_HOSPITAL",
    "AID_LINE_INVOICE",
    "AID_STEPS",
    "LIVE_STATES",
    "AidCalculation",
    "AidClaim",
    "AidClaimLine",
    "AidClaimState",
    "AidCover",
    "AidDecision",
    "AidDecisionKind",
    "AidDocument",
    "AidMediaType",
    "AidOccurrence",
    "AidRejectReason",
    "AidScheme",
    "AidSchemeVersion",
]
