"""How likely a bank line is about a payment, and what a line is when it is about none. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from finance.models import DiscrepancyCode
from kernel.money import Fen
from kernel.text import half_width, without_blanks

_TAIL = 4  # digits of an account number that a bank leaves to be seen
_SOON_DAYS = 5
SCORE_MIN = 30  # less is no suggestion
_EARLY_SCORE = 60


class MatchReason(StrEnum):
    """Why a line is taken to be about a payment; stored with the match."""

    REFERENCE = "reference"  # our reference and the whole amount
    REFERENCE_PART = "reference_part"  # our reference, another amount
    REFERENCE_EARLY = "reference_early"  # our reference and the whole amount, before we sent it
    AMOUNT_AND_PAYEE = "amount_and_payee"
    AMOUNT_AND_ACCOUNT = "amount_and_account"
    AMOUNT = "amount"
    PAYEE_PART = "payee_part"  # the payee or its account, another amount
    BY_HAND = "by_hand"  # a person knew better than the rule


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is left of a bank line, positive, and what the bank says with it."""

    left_fen: Fen
    booked_on: date
    reference: str | None
    counterparty: str
    counterparty_account: str


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What a payment still lacks (or, for a line that came in, what it could bring back)."""

    left_fen: Fen
    sent_on: date
    reference: str
    payee: str
    account_masked: str


@dataclass(frozen=True, slots=True)
class Scored:
    """`score` in percent; `amount_fen`, positive, is what a match would be for."""

    score: int
    reason: MatchReason
    amount_fen: Fen


def score_match(line: LineFacts, payment: PaymentFacts) -> Scored | None:
    """Say how likely `line` is about `payment`, or None if nothing speaks for it.

    Our reference is worth most; then the amount with the payee's name or the end of its account;
    the amount alone is a guess. Days between sending and booking count a little. A line that was
    booked on a day before the payment was sent can only be another one's, unless it says our
    reference and the whole amount: then it is for a person to say how.
    """
    if not line.left_fen or not payment.left_fen:
        return None
    amount = Fen(min(line.left_fen, payment.left_fen))
    whole = line.left_fen == payment.left_fen
    ours = line.reference == payment.reference
    if line.booked_on < payment.sent_on:
        is_whole = ours and whole
        return Scored(_EARLY_SCORE, MatchReason.REFERENCE_EARLY, amount) if is_whole else None
    if ours:
        reason = MatchReason.REFERENCE if whole else MatchReason.REFERENCE_PART
        return Scored(100 if whole else 80, reason, amount)
    named = same_name(line.counterparty, payment.payee)
    tail = _same_tail(line.counterparty_account, payment.account_masked)
    # The bank echoes another payment's reference: then the amount means little.
    other = 40 if line.reference else 0
    soon = 5 if (line.booked_on - payment.sent_on).days <= _SOON_DAYS else 0
    if whole and (named or tail):
        reason = MatchReason.AMOUNT_AND_PAYEE if named else MatchReason.AMOUNT_AND_ACCOUNT
        score = (75 if named else 70) + (15 if named and tail else 0) + soon - other
    elif whole:
        reason, score = MatchReason.AMOUNT, 45 + soon - other
    elif named or tail:
        reason, score = MatchReason.PAYEE_PART, 30 + (10 if named and tail else 0) + soon - other
    else:
        return None
    return Scored(score, reason, amount) if score >= SCORE_MIN else None


def same_name(shown: str, payee: str) -> bool:
    """Say whether two names can be one: banks put `*` for characters that they hide, as we do."""
    left, right = without_blanks(half_width(shown)), without_blanks(half_width(payee))
    if not left or len(left) != len(right):
        return False
    pairs = list(zip(left, right, strict=True))
    seen = [(a, b) for a, b in pairs if "*" not in {a, b}]
    return bool(seen) and all(a == b for a, b in seen)


def _same_tail(shown: str, masked: str) -> bool:
    left, right = (without_blanks(text)[-_TAIL:] for text in (shown, masked))
    return len(left) == _TAIL and left.isdigit() and left == right


def name_of_rest(
    *, amount_fen: Fen, text: str, meanings: Mapping[str, tuple[str, ...]]
) -> DiscrepancyCode:
    """Return what kind of difference a line is that no payment of ours explains.

    `text` is what the line says, in any width of letters; `meanings` the words for it.
    """
    plain = without_blanks(half_width(text))

    def says(meaning: str) -> bool:
        return any(word in plain for word in meanings[meaning])

    if amount_fen > 0:
        if says("returned"):
            return DiscrepancyCode.REFUND_UNPAIRED
        return DiscrepancyCode.ALLOCATION if says("allocation") else DiscrepancyCode.EXTERNAL_ONLY
    return DiscrepancyCode.BANK_FEE if says("bank_fee") else DiscrepancyCode.EXTERNAL_ONLY
