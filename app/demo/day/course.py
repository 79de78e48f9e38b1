"""A session of the demo's course: seats, a waiting list that moves, scans, completion."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.demo.day.http import UnexpectedAnswer, answered
from app.demo.day.phone import Phone
from app.demo.day.scene import Scene
from app.demo.day.till import Till
from kernel.clock import SHANGHAI, utc_now
from kernel.ids import new_id

COURSE = "Team leader training"
# Two want a seat beyond those there are: one gets it, one waits in vain.
BEYOND_THE_SEATS = 2


@dataclass(frozen=True)
class Course:
    """What became of everybody; the phones of who completed are owed the subsidy."""

    seats: int
    promoted: int
    lapsed: int
    completed: Sequence[Phone]
    subsidies_fen: int


def hold_course(scene: Scene, phones: Sequence[Phone], till: Till) -> Course:
    """Plan a session with two seats fewer than `phones`, fill it, hold it and complete it.

    Whoever enrolled first gives the seat back, and the first who waits has it.
    """
    officer = scene.desk("training_officer")
    seats = len(phones) - BEYOND_THE_SEATS
    page = _plan(scene, till, seats=seats)
    session_id = page.rpartition("/")[2]
    enrolments = [
        answered(phone.post("/training/enrolments", id=str(new_id()), session_id=session_id), 201)
        for phone in phones
    ]
    leaver = enrolments[0]
    answered(phones[0].call("DELETE", f"/training/enrolments/{leaver['id']}"), 200)
    states = [_enrolment(phone, session_id) for phone in phones]
    seated = [
        phone for phone, state in zip(phones, states, strict=True) if state["state"] == "enrolled"
    ]
    for phone in seated:
        for direction in ("in", "out"):
            _scan(phone, till, session_id, direction)
    officer.send_current(f"{page}/complete", page=page)
    ended = [_enrolment(phone, session_id) for phone in phones]
    completed = [
        phone for phone, end in zip(phones, ended, strict=True) if end["state"] == "completed"
    ]
    if len(completed) != seats:
        raise UnexpectedAnswer(f"Of {seats} seats, {len(completed)} were completed: {ended}")
    waited = [enrolment["state"] == "waiting" for enrolment in enrolments]
    return Course(
        seats=seats,
        promoted=sum(
            was and end["state"] == "completed" for was, end in zip(waited, ended, strict=True)
        ),
        lapsed=sum(end["state"] == "lapsed" for end in ended),
        completed=completed,
        subsidies_fen=sum(end["session"]["subsidy_fen"] for end in ended if _is_done(end)),
    )


def _is_done(enrolment: Any) -> bool:
    return bool(enrolment["state"] == "completed")


def _plan(scene: Scene, till: Till, *, seats: int) -> str:
    """Plan and open a session that meets now at the till's site; return its page at the desk."""
    officer = scene.desk("training_officer")
    now = utc_now()
    course = officer.link("/desk/training", COURSE)
    form = f"{course}/sessions/new"
    page = officer.send(
        f"{course}/sessions",
        page=form,
        site_id=officer.choice(form, till.facts["merchant"]),
        seats=str(seats),
        enrol_from=_typed(now - timedelta(days=1)),
        enrol_until=_typed(now + timedelta(minutes=50)),
        first_starts_at=_typed(now - timedelta(minutes=5)),
        meeting_minutes="60",
        meetings="1",
        every_days="7",
    )
    officer.send_current(f"{page}/open", page=page)
    return page


def _enrolment(phone: Phone, session_id: str) -> Any:
    mine = answered(phone.get("/training/enrolments", rows=100), 200)["items"]
    return next(each for each in mine if each["session_id"] == session_id)


def _scan(phone: Phone, till: Till, session_id: str, direction: str) -> None:
    answered(
        till.post(
            "/attendances",
            id=str(new_id()),
            presentation=phone.show_new(),
            session_id=session_id,
            direction=direction,
            occurred_at=utc_now().isoformat(),
        ),
        201,
    )


def _typed(moment: datetime) -> str:
    """Return a moment as a browser's field for one sends it, to the minute."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
