"""Whose turn it is with a batch, and how far it has come."""

from enum import StrEnum

from flask_babel import gettext

from finance.models import BatchState, PaymentBatch
from kernel.i18n import N_

_TWICE = 2


class Turn(StrEnum):
    CHECK = "check"
    APPROVE = "approve"
    SEND = "send"
    NOBODY = "nobody"


def turn_of(batch: PaymentBatch) -> Turn:
    """Return what a batch waits for."""
    if batch.state in (BatchState.SENT, BatchState.CANCELLED):
        return Turn.NOBODY
    if batch.state is BatchState.APPROVED:
        return Turn.SEND
    return Turn.CHECK if batch.needs_check and batch.checker_id is None else Turn.APPROVE


def chain_of(batch: PaymentBatch) -> tuple[list[tuple[str, None]], int] | None:
    """Return the steps that this batch takes and at which it is; None for one given up."""
    steps = [(BatchState.PREPARED, N_("Put into a batch"))]
    if batch.needs_check:
        steps.append((BatchState.CHECKED, N_("Checked by a second person")))
    if batch.approvals == _TWICE:
        steps.append((BatchState.APPROVED_ONCE, N_("Confirmed by one of two")))
    steps.append((BatchState.APPROVED, N_("Confirmed by somebody else")))
    steps.append((BatchState.SENT, N_("Sent to the bank")))
    states = [state for state, _ in steps]
    if batch.state not in states:
        return None
    return [(gettext(word), None) for _, word in steps], states.index(batch.state)
