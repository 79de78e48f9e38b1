"""For whom a programme is: rules as data, judged for one member on one day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from benefits.rules.reasons import Reason, reason

# Nobody is older: the open end of an age rule.
AGE_MAX = 150


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
