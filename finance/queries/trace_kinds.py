"""What stands on a chain: its kinds, its stages, and what is said of each thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from kernel.money import Fen


class TraceKind(StrEnum):
    """What a chain can be entered by."""

    VERIFICATION = "verification"
    REDEMPTION = "redemption"
    REVERSAL = "redemption_reversal"
    TRADE = "trade"  # the same sale as the payment channel says it
    CLAIM = "aid_claim"
    ENROLMENT = "enrolment"
    JOURNAL = "journal"
    STATEMENT_LINE = "statement_line"  # named by its journal
    PAYABLE = "payable"  # shown as its journal
    STATEMENT = "statement"
    INVOICE = "invoice"
    DISPUTE = "dispute"
    PAYMENT = "payment"
    BATCH = "payment_batch"
    MATCH = "match"
    BANK_LINE = "bank_line"


class Stage(StrEnum):
    """Where on its way from the scan to the bank a thing stands."""

    SCAN = "scan"
    VOUCHER = "voucher"
    STATEMENT = "statement"
    PAYMENT = "payment"
    BANK = "bank"


class Ref(NamedTuple):
    kind: TraceKind
    id: UUID


@dataclass(frozen=True)
class Node:
    """One thing on a chain. `amount_fen` is negative for what was taken back or left the bank."""

    kind: TraceKind
    id: UUID
    stage: Stage
    amount_fen: Fen
    state: str
    at: datetime | None
    facts: Mapping[str, str | int | None] = field(default_factory=dict)

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.id)
