"""What is computed about a redemption. Pure functions."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from kernel.i18n import N_
from kernel.money import Fen, apportion

# Why a sale cannot be taken back like that, by NotReversible's `reason`, and what to do instead.
REVERSAL_SENTENCES = {
    "not_today": (
        N_("Only a sale of today can be voided."),
        N_("Refund it instead, with a reason."),
    ),
    "on_statement": (
        N_("This sale is on a statement that the merchant has; nothing on it is voided."),
        N_("Refund it instead, with a reason: it goes to the next statement."),
    ),
    "more_than_left": (
        N_("This is more than what has not been taken back yet."),
        N_("Type at most what is left of the bill."),
    ),
}


# How long a member may change what they said of a sale.
RATING_LIFE = timedelta(days=7)
# A purchase that was had, even if a part of it was taken back since.
_RATEABLE = frozenset({"captured", "partly_reversed"})


def is_rateable(state: str) -> bool:
    """Say whether a sale in this state can be rated: one that was taken back whole cannot."""
    return state in _RATEABLE


def rating_settles_at(rated_at: datetime) -> datetime:
    """Return the moment from which a rating is no longer changed."""
    return rated_at + RATING_LIFE


@dataclass(frozen=True)
class Parts:
    """What each bearer's part of an amount is; ties of a rounding go in this order."""

    union_fen: Fen
    merchant_fen: Fen
    member_fen: Fen

    @property
    def whole_fen(self) -> Fen:
        return Fen(self.union_fen + self.merchant_fen + self.member_fen)


def reversal_parts(amount: Fen, *, left: Parts) -> Parts:
    """Return each bearer's part of taking `amount` back, given what each has left.

    Apportioned by largest remainder over what is left (ties union, merchant, member), so that no
    part exceeds it and the last reversal takes exactly the rest. Over the original split it would
    fail both ways: 86 reversals of 1 fen on 46/10/30 gave 86/0/0.
    """
    assert 0 < amount <= left.whole_fen
    return Parts(*apportion(amount, [left.union_fen, left.merchant_fen, left.member_fen]))


def receipt_number(terminal_code: str, day: date, seq: int) -> str:
    """Return what stands on the receipt, such as "K7M2XQ4P-20261123-0007"."""
    return f"{terminal_code}-{day:%Y%m%d}-{seq:04d}"


def request_digest(
    *,
    offer_id: UUID,
    gross_fen: int,
    capture: bool,
    verification_id: UUID | None,
    presentation: str | None,
) -> bytes:
    """Return what binds a redemption's id to the facts of its request.

    Two requests with one id are the same request only if these agree. The text that was scanned
    counts whole here; it is no key to anything.
    """
    facts = [str(offer_id), gross_fen, capture, str(verification_id), presentation]
    return hashlib.sha256(json.dumps(facts).encode()).digest()
