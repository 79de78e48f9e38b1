"""One evaluator for "what can this member use here", "check" and "redeem".

Systems that have two evaluators offer what they then refuse. Whoever asks, usability() answers,
with every reason; a redemption leaves only `full` to the statement that takes the limits.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from benefits.queries import LimitLine, OfferLine
from benefits.rules import (
    MemberFacts,
    Reason,
    bill_reason,
    condition_reasons,
    evaluate,
    least_union_fen,
    limit_reason,
    reason,
    split_of,
)
from kernel.clock import shanghai_date
from kernel.money import Fen


@dataclass(frozen=True)
class CodeFacts:
    """The code that was shown: how it is proven, and what it has been used for already.

    `redeemed_at` is when this offer was redeemed with it; `stack_groups` are those of all offers
    that were, as far as they stand.
    """

    assurance: str
    challenged: bool
    redeemed_at: datetime | None = None
    stack_groups: Collection[str] = ()


@dataclass(frozen=True)
class Usability:
    """Whether an offer can be used at this till now, every reason against it, what is left.

    `full` are the limits that have too little left, `against` whatever else speaks against it.
    `left` is of the tightest limit: `uses` or `fen` of it, None where nothing limits it.
    """

    offer: OfferLine
    against: tuple[Reason, ...]
    full: tuple[Reason, ...]
    left: int | None
    left_unit: str | None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.against + self.full

    @property
    def usable(self) -> bool:
        return not self.reasons


def usability(
    offer: OfferLine,
    member: MemberFacts,
    *,
    code: CodeFacts | None,
    now: datetime,
    gross: Fen | None = None,
) -> Usability:
    """Judge one offer for one member and code at a moment; with `gross`, for that bill.

    `code` is None where none has been shown yet: then nothing is said of it. Without a bill, a
    limit in fen is full when it has less left than any use would cost.
    """
    against = [] if code is None else _used_before(offer, code)
    against += standing_reasons(offer, member, now=now)
    if code is not None:
        against += _code_reasons(offer, code)
    union_fen = least_union_fen(offer.terms)
    if gross is not None:
        below = bill_reason(gross, offer.terms)
        against += [below] if below else []
        union_fen = split_of(gross, offer.terms).union_pays_fen
    day = shanghai_date(now)
    full = [
        full_reason(line, day=day) for line in offer.limits if line.left < line.needs(union_fen)
    ]
    tightest = tightest_of(offer.limits)
    return Usability(
        offer,
        tuple(against),
        tuple(full),
        tightest.left if tightest else None,
        tightest.unit if tightest else None,
    )


def standing_reasons(offer: OfferLine, member: MemberFacts, *, now: datetime) -> list[Reason]:
    """Return what speaks against the programme and the offer now, and against this person."""
    day = shanghai_date(now)
    is_over = offer.ends_on is not None and day >= offer.ends_on
    if offer.programme_state != "running" or is_over:
        return [reason("programme_not_running")]
    if day < offer.starts_on:
        return [reason("programme_not_yet", next_on=offer.starts_on.isoformat())]
    return [
        *evaluate(offer.eligibility, member, day=day).reasons,
        *condition_reasons(offer.conditions, member, now=now, until=offer.ends_on),
        *([reason("coupon_needed")] if offer.needs_coupon and offer.coupon_id is None else []),
    ]


def full_reason(line: LimitLine, *, day: date) -> Reason:
    """Return the refusal that names a full limit and from when the offer is usable again."""
    return limit_reason(
        window=line.window,
        day=day,
        rule_id=line.rule_id,
        scope=line.scope.value,
        conditions=line.conditions,
        until=line.until,
    )


def _used_before(offer: OfferLine, code: CodeFacts) -> list[Reason]:
    """Return what this code was used for already that leaves no room for the offer."""
    if code.redeemed_at is not None:
        return [reason("already_redeemed", redeemed_at=code.redeemed_at.isoformat())]
    if offer.conditions.stack_group in code.stack_groups:
        return [reason("stacked", stack_group=offer.conditions.stack_group)]
    return []


def _code_reasons(offer: OfferLine, code: CodeFacts) -> list[Reason]:
    """Return what speaks against the kind of code that was shown."""
    if code.assurance not in offer.assurances:
        return [reason("wrong_assurance", assurance=code.assurance)]
    if offer.needs_challenge and not code.challenged:
        return [reason("challenge_needed")]
    return []


def tightest_of(lines: Iterable[LimitLine]) -> LimitLine | None:
    """Return the limit a person will meet first: uses before fen, then the smallest."""
    return min(lines, key=lambda line: (line.unit != "uses", line.left), default=None)
