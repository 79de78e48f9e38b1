"""Who may enrol, which meeting a scan is for, and who has attended enough. Pure functions."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from benefits.rules import MemberFacts, Reason, evaluate
from benefits.rules import reason as benefit_reason
from kernel.i18n import N_
from kernel.money import WHOLE_BP, BasisPoints

_MINUTE = timedelta(minutes=1)

# code: (what is the case, what the person can do about it)
REASONS: dict[str, tuple[str, str]] = {
    "enrolment_ahead": (
        N_("Enrolment has not begun."),
        N_("Enrol from %(next_at)s."),
    ),
    "enrolment_over": (
        N_("Enrolment is over."),
        N_("Choose another session."),
    ),
    "session_not_open": (
        N_("This session takes no more members."),
        N_("Choose another session."),
    ),
    "already_enrolled": (
        N_("You are enrolled in this session, or waiting for a seat."),
        N_("See it among your enrolments."),
    ),
    "session_over_for_you": (
        N_("This session is over for you."),
        N_("Choose another session."),
    ),
    "membership_status": (
        N_("This course is not for this kind of membership."),
        N_("Ask your union about your membership."),
    ),
    "card_missing": (
        N_("You have no card yet."),
        N_("Apply for your card first."),
    ),
    "card_not_usable": (
        N_("Your card cannot be used now."),
        N_("Your card's page says why and what to do."),
    ),
}


def training_reason(code: str, **facts: object) -> Reason:
    text, next_step = REASONS[code]
    return Reason(code, text, next_step, facts)


@dataclass(frozen=True)
class SessionTerms:
    """What decides about enrolling: the session's window, its course's and programme's rules."""

    is_open: bool
    enrol_from: datetime
    enrol_until: datetime
    programme_runs: bool
    programme_rules: Sequence[Mapping[str, Any]]
    course_rules: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Applicant:
    """Who wants to enrol. `card_state` is None for somebody without a card."""

    facts: MemberFacts
    has_standing: bool
    card_state: str | None
    card_is_usable: bool


def enrol_reasons(
    terms: SessionTerms, applicant: Applicant, *, now: datetime, day: date
) -> tuple[Reason, ...]:
    """Return everything that speaks against enrolling now, on the Shanghai `day` of `now`.

    The list of sessions and the enrolment both ask here, so what is offered is not then refused.
    """
    reasons = list(_window_reasons(terms, now))
    if not terms.programme_runs:
        reasons.append(benefit_reason("programme_not_running"))
    if not applicant.has_standing:
        reasons.append(training_reason("membership_status"))
    if applicant.card_state is None:
        reasons.append(training_reason("card_missing"))
    elif not applicant.card_is_usable:
        reasons.append(training_reason("card_not_usable", state=applicant.card_state))
    for rules in (terms.programme_rules, terms.course_rules):
        reasons += evaluate(rules, applicant.facts, day=day).reasons
    return tuple(reasons)


def _window_reasons(terms: SessionTerms, now: datetime) -> Sequence[Reason]:
    if not terms.is_open:
        return [training_reason("session_not_open")]
    if now < terms.enrol_from:
        return [training_reason("enrolment_ahead", next_at=terms.enrol_from.isoformat())]
    if now >= terms.enrol_until:
        return [training_reason("enrolment_over")]
    return []


class Meeting(Protocol):
    """A time at which a session comes together, [starts_at, ends_at)."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


AnyMeeting = TypeVar("AnyMeeting", bound=Meeting)


def meeting_to_enter(
    meetings: Sequence[AnyMeeting], *, margin_minutes: int, now: datetime
) -> AnyMeeting | None:
    """Return the meeting that a scan on the way in is for: the running one, or the one ahead.

    One counts from `margin_minutes` before it begins until it ends.
    """
    margin = timedelta(minutes=margin_minutes)
    for meeting in sorted(meetings, key=lambda each: each.starts_at):
        if meeting.starts_at - margin <= now < meeting.ends_at:
            return meeting
    return None


def meetings_to_leave(
    meetings: Sequence[AnyMeeting], *, margin_minutes: int, now: datetime
) -> list[AnyMeeting]:
    """Return the meetings that a scan on the way out may be for, the one that began last first.

    One counts until `margin_minutes` after it ends. Which of several it is, the way in decides.
    """
    margin = timedelta(minutes=margin_minutes)
    return [
        meeting
        for meeting in sorted(meetings, key=lambda each: each.starts_at, reverse=True)
        if meeting.starts_at - margin <= now < meeting.ends_at + margin
    ]


def next_scan_at(
    meetings: Sequence[Meeting], *, margin_minutes: int, now: datetime
) -> datetime | None:
    """Return when the next scan counts, or None when no meeting is ahead."""
    margin = timedelta(minutes=margin_minutes)
    ahead = [meeting.starts_at - margin for meeting in meetings if meeting.starts_at - margin > now]
    return min(ahead, default=None)


@dataclass(frozen=True)
class Presence:
    """One meeting as one member attended it: when they came and left, None where not scanned."""

    starts_at: datetime
    ends_at: datetime
    came_at: datetime | None
    left_at: datetime | None


def minutes_of(presence: Presence) -> int:
    """Return the whole minutes of the meeting's length."""
    return (presence.ends_at - presence.starts_at) // _MINUTE


def attended_minutes(presence: Presence) -> int:
    """Return the whole minutes between the two scans, inside the meeting's own times."""
    if presence.came_at is None or presence.left_at is None:
        return 0
    came = max(presence.came_at, presence.starts_at)
    left = min(presence.left_at, presence.ends_at)
    return max(timedelta(0), left - came) // _MINUTE


@dataclass(frozen=True)
class Judgement:
    """`attended` of `whole` meetings or minutes, of which `needed` were asked."""

    attended: int
    whole: int
    needed: int

    @property
    def is_complete(self) -> bool:
        return self.attended >= self.needed


def judge_attendance(
    presences: Sequence[Presence], *, basis: str, rate_bp: BasisPoints
) -> Judgement:
    """Judge what one member attended. A scan in without a scan out counts for nothing.

    What is needed is rounded up: 80 % of three meetings are all three.
    """
    if basis == "meetings":
        attended = sum(each.came_at is not None and each.left_at is not None for each in presences)
        whole = len(presences)
    else:
        assert basis == "minutes"
        attended = sum(map(attended_minutes, presences))
        whole = sum(map(minutes_of, presences))
    return Judgement(attended, whole, -(-whole * rate_bp // WHOLE_BP))


def repeated(
    first: datetime, *, minutes: int, times: int, every_days: int
) -> list[tuple[datetime, datetime]]:
    """Return the [start, end) of meetings of one length, each `every_days` after the one before."""
    starts = [first + timedelta(days=every_days * number) for number in range(times)]
    return [(start, start + timedelta(minutes=minutes)) for start in starts]


def scan_digest(*, session_id: UUID, direction: str, presentation: str) -> bytes:
    """Return what binds an attendance's id to the facts of its request.

    The till's clock is no such fact: a retry may carry another moment.
    """
    facts = [str(session_id), direction, presentation]
    return hashlib.sha256(json.dumps(facts).encode()).digest()
