"""Whatever state a thing is in, a chain has a word for it."""

from enum import StrEnum

import pytest

from discounts.models import RedemptionState, ReversalKind
from finance.models import BatchState, DisputeState, PaymentState, StatementState
from finance.pages.trace_words import STATE_WORDS
from finance.queries.trace_nodes import TraceKind

STATES: dict[TraceKind, type[StrEnum]] = {
    TraceKind.REDEMPTION: RedemptionState,
    TraceKind.REVERSAL: ReversalKind,
    TraceKind.STATEMENT: StatementState,
    TraceKind.DISPUTE: DisputeState,
    TraceKind.PAYMENT: PaymentState,
    TraceKind.BATCH: BatchState,
}


@pytest.mark.parametrize("kind", STATES)
def test_each_state_has_a_word(kind):
    assert STATE_WORDS[kind].keys() == {state.value for state in STATES[kind]}
