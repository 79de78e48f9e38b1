"""What is computed about a redemption. Pure functions."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from kernel.i18n import N_
from kernel.money import Fen, apportion
from kernel.text import ascii_upper, half_width, plain_dashes, without_blanks

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
    "held": (
        N_("This is only held: no sale has come of it, so nothing is refunded."),
        N_("Void it, or let it run out after ten minutes."),
    ),
    "expired": (
        N_("This was held for ten minutes and is free again."),
        N_("There is nothing to take back. Scan the card once more for a sale."),
    ),
    "voided": (
        N_("This sale is voided already."),
        N_("There is nothing left to take back."),
    ),
    "partly_reversed": (
        N_("A part of this sale is refunded already, so it is not voided."),
        N_("Refund the rest instead, with a reason."),
    ),
    "reversed": (
        N_("This sale is refunded whole already."),
        N_("There is nothing left to take back."),
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


# The letters and digits of till codes: of each pair that people mistake, at most one.
_RECEIPT_ALPHABET = "346789ACDEFGHJKMNPQRTUWXY"
_RECEIPT_EPOCH = date(2020, 1, 1)
_TILL_CHARACTERS, _DAY_CHARACTERS, _SEQ_CHARACTERS, _MARK_CHARACTERS = 8, 3, 4, 10
_BODY_CHARACTERS = _TILL_CHARACTERS + _DAY_CHARACTERS + _SEQ_CHARACTERS
_GROUP = 5
_TYPED_CHARACTERS_MAX = 60
_RECEIPT_CODE = re.compile(
    f"[{_RECEIPT_ALPHABET}]{{{_BODY_CHARACTERS + _MARK_CHARACTERS}}}", re.ASCII
)


@dataclass(frozen=True)
class ReceiptName:
    """What names a receipt: the till's code, the Shanghai day, the number of that day."""

    terminal_code: str
    day: date
    seq: int


def receipt_body(name: ReceiptName) -> str:
    """Return the part of a receipt's code that says which receipt it is, 15 characters.

    Holds days until 2062 and 390,624 receipts of a till and day.
    """
    day = _digits((name.day - _RECEIPT_EPOCH).days, _DAY_CHARACTERS)
    return name.terminal_code + day + _digits(name.seq, _SEQ_CHARACTERS)


def receipt_mark(keyed: bytes) -> str:
    """Return the ten characters, 46 bits, of a keyed digest that prove a receipt's code."""
    base = len(_RECEIPT_ALPHABET)
    return _digits(int.from_bytes(keyed) % base**_MARK_CHARACTERS, _MARK_CHARACTERS)


def read_receipt_code(typed: str) -> tuple[ReceiptName, str, str] | None:
    """Return the receipt that a code names, its body and its mark; None if it cannot be one."""
    if len(typed) > _TYPED_CHARACTERS_MAX:
        return None
    code = ascii_upper(without_blanks(plain_dashes(half_width(typed)))).replace("-", "")
    if not _RECEIPT_CODE.fullmatch(code):
        return None
    body, mark = code[:_BODY_CHARACTERS], code[_BODY_CHARACTERS:]
    till, rest = body[:_TILL_CHARACTERS], body[_TILL_CHARACTERS:]
    day = _RECEIPT_EPOCH + timedelta(days=_number(rest[:_DAY_CHARACTERS]))
    return ReceiptName(till, day, _number(rest[_DAY_CHARACTERS:])), body, mark


def grouped_receipt_code(code: str) -> str:
    """Return a receipt's code in groups of five, as it is printed and read aloud."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def _digits(number: int, count: int) -> str:
    base = len(_RECEIPT_ALPHABET)
    assert 0 <= number < base**count
    found = ""
    for _ in range(count):
        number, digit = divmod(number, base)
        found = _RECEIPT_ALPHABET[digit] + found
    return found


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * len(_RECEIPT_ALPHABET) + _RECEIPT_ALPHABET.index(digit)
    return value


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
