"""One evaluator for "what can this member use here", "check" and "redeem".

Systems that have two evaluators offer what they then refuse. This one always gives its reasons;
a redemption calls it too, and leaves only the limits to the statement that takes them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from benefits.queries import LimitLine, OfferLine
from benefits.rules import (
    MemberFacts,
    Reason,
    bill_reason,
    condition_reasons,
    evaluate,
    limit_reason,
    reason,
)
from kernel.clock import shanghai_date
from kernel.money import Fen


@dataclass(frozen=True)
class Usability:
    """Whether an offer can be used at this till now, every reason against it, what is left.

    `left` is of the tightest limit: `uses` or `fen` of it, None where nothing limits it.
    """

    offer: OfferLine
    reasons: tuple[Reason, ...]
    left: int | None
    left_unit: str | None

    @property
    def usable(self) -> bool:
        return not self.reasons


def usability(
    offer: OfferLine,
    member: MemberFacts,
    *,
    assurance: str | None,
    challenged: bool,
    now: datetime,
    gross: Fen | None = None,
) -> Usability:
    """Judge one offer for one member and code at a moment; with `gross`, for that bill.

    `assurance` is None where no code has been shown yet: then nothing is said of the code.
    """
    reasons = list(standing_reasons(offer, member, now=now))
    if assurance is not None:
        reasons += code_reasons(offer, assurance=assurance, challenged=challenged)
    if gross is not None:
        below = bill_reason(gross, offer.terms)
        reasons += [below] if below else []
    day = shanghai_date(now)
    reasons += [full_reason(line, day=day) for line in offer.limits if line.left == 0]
    tightest = tightest_of(offer.limits)
    return Usability(
        offer,
        tuple(reasons),
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


def code_reasons(offer: OfferLine, *, assurance: str, challenged: bool) -> list[Reason]:
    """Return what speaks against the code that was shown."""
    if assurance not in offer.assurances:
        return [reason("wrong_assurance", assurance=assurance)]
    if offer.needs_challenge and not challenged:
        return [reason("challenge_needed")]
    return []


def tightest_of(lines: Iterable[LimitLine]) -> LimitLine | None:
    """Return the limit a person will meet first: uses before fen, then the smallest."""
    return min(lines, key=lambda line: (line.unit != "uses", line.left), default=None)
