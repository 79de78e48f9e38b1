"""Payments: prepared by one person, signed by others, sent to the bank as a file."""

from finance.services.payments.decide import approve_batch, cancel_batch, check_batch
from finance.services.payments.prepare import (
    BATCH_PAYMENTS_MAX,
    PreparedBatch,
    prepare_batch,
)
from finance.services.payments.refused import (
    confirm_refused,
    declare_refused,
    revoke_refused,
    withdraw_refused,
)
from finance.services.payments.runs import start_run, step_run
from finance.services.payments.send import download_batch, send_batch
from finance.services.payments.terms import (
    approve_tiers,
    propose_tiers,
    set_paying_account,
    withdraw_tiers,
)

__all__ = [
    "BATCH_PAYMENTS_MAX",
    "PreparedBatch",
    "approve_batch",
    "approve_tiers",
    "cancel_batch",
    "check_batch",
    "confirm_refused",
    "declare_refused",
    "download_batch",
    "prepare_batch",
    "propose_tiers",
    "revoke_refused",
    "send_batch",
    "set_paying_account",
    "start_run",
    "step_run",
    "withdraw_refused",
    "withdraw_tiers",
]
