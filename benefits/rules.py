"""What an offer is worth, for whom it is, and which limits it draws on. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from kernel.clock import shanghai_month, shanghai_week
from kernel.i18n import N_
from kernel.money import WHOLE_BP, BasisPoints, Fen, apportion

# What the union pays for one card shown on paper, a day: no row of limit_rules, since the cards'
# own policy says how much, but a row of `limits` like any other.
STATIC_DAILY_RULE = UUID("0190a000-0000-7000-8000-000000000001")
# Windows without end share one key.
TOTAL = "total"
# Nobody is older: the open end of an age rule.
AGE_MAX = 150


@dataclass(frozen=True)
class Terms:
    """The terms of one offer version, as stored. Amounts that a kind does not use are None."""

    kind: str
    member_rate_bp: BasisPoints | None
    threshold_fen: Fen | None
    reduction_fen: Fen | None
    list_fen: Fen | None
    member_fen: Fen | None
    union_share_bp: BasisPoints
    union_max_fen: Fen | None


@dataclass(frozen=True)
class Split:
    """Who bears what of a bill. The three parts are whole fen and add up to `gross_fen`."""

    gross_fen: Fen
    member_pays_fen: Fen
    merchant_bears_fen: Fen
    union_pays_fen: Fen


@dataclass(frozen=True)
class Reason:
    """Why something is or is not usable, and what would change it. Sentences are msgids."""

    code: str
    text: str
    next_step: str
    facts: Mapping[str, object]


def reason(code: str, **facts: object) -> Reason:
    text, next_step = REASONS[code]
    return Reason(code, text, next_step, facts)


# code: (what is the case, what the person can do about it)
REASONS: dict[str, tuple[str, str]] = {
    "limit_reached": (
        N_("Used up for now."),
        N_("Choose another benefit, or come back when it frees."),
    ),
    "limit_reached_until": (
        N_("Used up for now."),
        N_("Usable again from %(next_on)s."),
    ),
    "paper_limit_reached": (
        N_("What the union pays in a day for a paper card is used up."),
        N_("Usable again from %(next_on)s; with the live code in the app, today."),
    ),
    "below_threshold": (
        N_("The bill is below the amount from which this offer counts."),
        N_("It counts from ¥%(threshold_yuan)s."),
    ),
    "nothing_off": (
        N_("The bill is too small for anything to come off."),
        N_("Enter the whole bill."),
    ),
    "card_not_usable": (
        N_("Your card cannot be used at the moment."),
        N_("The page of your card says why, and what you can do."),
    ),
    "programme_not_running": (
        N_("This programme is not running today."),
        N_("Choose another benefit."),
    ),
    "offer_not_active": (
        N_("This offer is not in force."),
        N_("Choose another benefit."),
    ),
    "wrong_assurance": (
        N_("This kind of code is not enough for this offer."),
        N_("Ask the member to show the live code in the app."),
    ),
    "challenge_needed": (
        N_("This offer needs the member to scan the till's code first."),
        N_("Show the till's code and let the member scan it."),
    ),
    "already_redeemed": (
        N_("This offer was already redeemed with this code."),
        N_("Ask for a new code to redeem it again."),
    ),
    "not_for_this_union": (
        N_("This benefit is for members of other unions."),
        N_("Choose another benefit."),
    ),
    "membership_status": (
        N_("This benefit is not for this kind of membership."),
        N_("Choose another benefit, or ask the union."),
    ),
    "joined_too_long_ago": (
        N_("This benefit is for new members."),
        N_("Choose another benefit."),
    ),
    "joined_too_recently": (
        N_("This benefit begins some time after joining."),
        N_("Usable from %(next_on)s."),
    ),
    "age": (
        N_("This benefit is for another age group."),
        N_("Choose another benefit."),
    ),
    "employment": (
        N_("This benefit is for another occupation or form of employment."),
        N_("Choose another benefit."),
    ),
    "hardship": (
        N_("This benefit is for members whose hardship is on file."),
        N_("Ask the union about hardship support."),
    ),
    "unknown_rule": (
        N_("This benefit cannot be checked right now."),
        N_("Ask the union: its rules need to be corrected."),
    ),
}


def discount_on(gross: Fen, terms: Terms) -> Fen:
    """Return the fen taken off `gross` before anybody's maximum, never more than the bill.

    percent: the member's part is `member_rate_bp`, the discount rounded down. full_reduction:
    `reduction_fen` from `threshold_fen`, else nothing. fixed_price: the member pays `member_fen`
    for what lists at `list_fen`; what the bill exceeds that is the member's own.
    """
    if terms.kind == "percent":
        assert terms.member_rate_bp is not None
        return Fen(gross * (WHOLE_BP - terms.member_rate_bp) // WHOLE_BP)
    if terms.kind == "full_reduction":
        assert terms.threshold_fen is not None
        assert terms.reduction_fen is not None
        return terms.reduction_fen if gross >= terms.threshold_fen else Fen(0)
    assert terms.kind == "fixed_price"
    assert terms.list_fen is not None
    assert terms.member_fen is not None
    return Fen(max(0, min(gross, terms.list_fen) - terms.member_fen))


def split_of(gross: Fen, terms: Terms) -> Split:
    """Return who bears what of `gross`.

    The discount is apportioned by largest remainder over the shares (ties to the union). The
    union's part stops at `union_max_fen`; what that cuts off stays with the member.
    """
    discount = discount_on(gross, terms)
    shares = [terms.union_share_bp, WHOLE_BP - terms.union_share_bp]
    union, merchant = apportion(discount, shares)
    if terms.union_max_fen is not None:
        union = min(union, terms.union_max_fen)
    return Split(gross, Fen(gross - union - merchant), merchant, union)


def bill_reason(gross: Fen, terms: Terms) -> Reason | None:
    """Return why this bill earns nothing, or None if something comes off."""
    if terms.kind == "full_reduction" and gross < (terms.threshold_fen or 0):
        return reason("below_threshold", threshold_fen=terms.threshold_fen)
    if discount_on(gross, terms) == 0:
        return reason("nothing_off")
    return None


def window_key(window: str, day: date) -> str:
    """Return the stored key of the window that holds the Shanghai `day`."""
    keys = {
        "total": TOTAL,
        "day": day.isoformat(),
        "week": shanghai_week(day),
        "month": shanghai_month(day),
    }
    return keys[window]


def next_window_on(window: str, day: date) -> date | None:
    """Return the first Shanghai day of the next window, or None where there is no next."""
    if window == "day":
        return day + timedelta(days=1)
    if window == "week":
        return day + timedelta(days=7 - day.weekday())
    if window == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return None


def limit_reason(*, window: str, day: date, rule_id: object, scope: str) -> Reason:
    """Return the refusal for a full limit, with the day on which it frees where there is one."""
    next_on = next_window_on(window, day)
    facts: dict[str, object] = {"limit": str(rule_id), "scope": scope, "window": window}
    if next_on is None:
        return reason("limit_reached", **facts)
    code = "paper_limit_reached" if rule_id == STATIC_DAILY_RULE else "limit_reached_until"
    return reason(code, next_on=next_on.isoformat(), **facts)


def stripe_maximum(maximum: int, stripes: int, stripe: int) -> int:
    """Return the part of a budget that one stripe holds; the parts add up to the whole."""
    return maximum // stripes + (1 if stripe < maximum % stripes else 0)


@dataclass(frozen=True)
class MemberFacts:
    """What eligibility may look at. Nothing here is a name, a document or a phone."""

    union_path: str
    status: str
    joined_on: date | None
    born_on: date | None
    employment: str | None
    is_migrant: bool | None
    hardship_level: str


@dataclass(frozen=True)
class Verdict:
    """Whether a benefit is for this person, with every reason against it."""

    eligible: bool
    reasons: tuple[Reason, ...]


def evaluate(rules: Sequence[Mapping[str, Any]], member: MemberFacts, *, day: date) -> Verdict:
    """Judge a member by a programme's rules on a Shanghai day; all rules must hold.

    A rule is `{"rule": name, …parameters}`: `union_within {paths}`, `membership {statuses}`,
    `joined_within_days {days}`, `joined_for_days {days}`, `age {from, to}` (whole years, `to`
    included), `employment {values}`, `hardship {levels}`. A rule that is not understood refuses:
    a benefit must never be given because a rule could not be read.
    """
    failed = tuple(problem for rule in rules if (problem := _judge(rule, member, day)) is not None)
    return Verdict(not failed, failed)


def eligibility_of(
    *,
    union_path: str | None,
    statuses: Sequence[str],
    joined_within_days: int | None,
    joined_for_days: int | None,
    age_from: int | None,
    age_to: int | None,
    employment: Sequence[str],
    hardship: Sequence[str],
) -> list[dict[str, object]]:
    """Return the rules that evaluate() reads for what a designer chose; nothing chosen, no rule.

    Of the age, one end may be left open.
    """
    rules: list[dict[str, object]] = []
    if union_path is not None:
        rules.append({"rule": "union_within", "paths": [union_path]})
    if statuses:
        rules.append({"rule": "membership", "statuses": list(statuses)})
    if joined_within_days is not None:
        rules.append({"rule": "joined_within_days", "days": joined_within_days})
    if joined_for_days is not None:
        rules.append({"rule": "joined_for_days", "days": joined_for_days})
    if age_from is not None or age_to is not None:
        ages = {"from": age_from or 0, "to": AGE_MAX if age_to is None else age_to}
        rules.append({"rule": "age", **ages})
    if employment:
        rules.append({"rule": "employment", "values": list(employment)})
    if hardship:
        rules.append({"rule": "hardship", "levels": list(hardship)})
    return rules


def _judge(rule: Mapping[str, Any], member: MemberFacts, day: date) -> Reason | None:
    judge = _JUDGES.get(str(rule.get("rule")))
    if judge is None:
        return reason("unknown_rule")
    try:
        return judge(rule, member, day)
    except (KeyError, TypeError, ValueError):
        return reason("unknown_rule")


def _union_within(rule: Mapping[str, Any], member: MemberFacts, _: date) -> Reason | None:
    inside = any(
        member.union_path == path or member.union_path.startswith(path + "/")
        for path in rule["paths"]
    )
    return None if inside else reason("not_for_this_union")


def _membership(rule: Mapping[str, Any], member: MemberFacts, _: date) -> Reason | None:
    return None if member.status in rule["statuses"] else reason("membership_status")


def _joined_within(rule: Mapping[str, Any], member: MemberFacts, day: date) -> Reason | None:
    if member.joined_on is not None and (day - member.joined_on).days <= int(rule["days"]):
        return None
    return reason("joined_too_long_ago")


def _joined_for(rule: Mapping[str, Any], member: MemberFacts, day: date) -> Reason | None:
    if member.joined_on is None:
        return reason("membership_status")
    usable_on = member.joined_on + timedelta(days=int(rule["days"]))
    if day >= usable_on:
        return None
    return reason("joined_too_recently", next_on=usable_on.isoformat())


def age_on(born_on: date, day: date) -> int:
    """Return whole years on `day`; somebody born on 29 February is a year older on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def _age(rule: Mapping[str, Any], member: MemberFacts, day: date) -> Reason | None:
    if member.born_on is None:
        return reason("age")
    inside = int(rule["from"]) <= age_on(member.born_on, day) <= int(rule["to"])
    return None if inside else reason("age")


def _employment(rule: Mapping[str, Any], member: MemberFacts, _: date) -> Reason | None:
    return None if member.employment in rule["values"] else reason("employment")


def _hardship(rule: Mapping[str, Any], member: MemberFacts, _: date) -> Reason | None:
    return None if member.hardship_level in rule["levels"] else reason("hardship")


_JUDGES = {
    "union_within": _union_within,
    "membership": _membership,
    "joined_within_days": _joined_within,
    "joined_for_days": _joined_for,
    "age": _age,
    "employment": _employment,
    "hardship": _hardship,
}
