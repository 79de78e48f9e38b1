"""The demo's course: a session that meets all day today, and one next week with three seats."""

import json
from datetime import date, datetime, time, timedelta
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.approvals import approve_imported
from benefits.models import Instrument
from benefits.services import add_programme
from kernel.actors import SYSTEM
from kernel.clock import SHANGHAI, shanghai_date, shanghai_day
from kernel.money import BasisPoints, Fen
from ledger.models import Family, FundSource
from members.models import UnionOrg
from merchants.models import Merchant, Site
from training.models import AttendanceBasis, Course, CourseSession, Payer, TrainingCategory
from training.services import (
    CourseFacts,
    MeetingTimes,
    SessionFacts,
    add_course,
    add_session,
    open_session,
)


def seed_training(session: Session, *, now: datetime) -> int:
    """Make the demo's course and its sessions; return how many sessions are new.

    Safe to run again: the course is there once, and a session that begins at a given moment is
    planned once. On another day the sessions of that day come on top.
    """
    data: dict[str, Any] = json.loads(
        (resources.files("app.demo") / "data" / "training.json").read_bytes()
    )
    course = _course(session, data, now=now)
    site_id = _site_id(session, data["site"])
    known = set(
        session.scalars(select(CourseSession.starts_at).where(CourseSession.course_id == course.id))
    )
    made = 0
    for plan in data["sessions"]:
        facts = _session_facts(plan, site_id=site_id, now=now)
        if facts.meetings[0].starts_at in known:
            continue
        held = add_session(session, actor=SYSTEM, course_id=course.id, facts=facts, now=now)
        open_session(session, actor=SYSTEM, session_id=held.id, version=held.version, now=now)
        made += 1
    return made


def _course(session: Session, data: dict[str, Any], *, now: datetime) -> Course:
    facts = data["programme"]
    programme = add_programme(
        session,
        actor=SYSTEM,
        code=facts["code"],
        name_zh=facts["name_zh"],
        name_en=facts["name_en"],
        family=Family.TRAINING,
        fund_source=FundSource(facts["fund_source"]),
        starts_on=date.fromisoformat(facts["starts_on"]),
        ends_on=None,
        eligibility=facts["eligibility"],
        occasion="training",
        instrument=Instrument.SERVICE,
        now=now,
    )
    approve_imported(session, now=now)
    known = session.scalars(select(Course).where(Course.programme_id == programme.id)).first()
    if known is not None:
        return known
    terms = data["course"]
    city = session.scalars(select(UnionOrg.id).where(UnionOrg.parent_id.is_(None))).one()
    return add_course(
        session,
        actor=SYSTEM,
        union_id=city,
        facts=CourseFacts(
            category=TrainingCategory(terms["category"]),
            organiser=terms["organiser"],
            payer=Payer(terms["payer"]),
            title_zh=terms["title_zh"],
            title_en=terms["title_en"],
            programme_id=programme.id,
            subsidy_fen=Fen(terms["subsidy_fen"]),
            attendance_basis=AttendanceBasis(terms["attendance_basis"]),
            attendance_rate_bp=BasisPoints(terms["attendance_rate_bp"]),
            scan_margin_minutes=terms["scan_margin_minutes"],
            eligibility=terms["eligibility"],
        ),
        now=now,
    )


def _site_id(session: Session, facts: dict[str, str]) -> UUID:
    return session.scalars(
        select(Site.id)
        .join(Merchant, Merchant.id == Site.merchant_id)
        .where(Merchant.name == facts["merchant"], Site.name == facts["name"])
    ).one()


def _session_facts(plan: dict[str, Any], *, site_id: UUID, now: datetime) -> SessionFacts:
    today = shanghai_date(now)
    meetings = [
        MeetingTimes(
            _moment(today, each["day"], each["from"]), _moment(today, each["day"], each["to"])
        )
        for each in plan["meetings"]
    ]
    begins, _ = shanghai_day(today + timedelta(days=plan["enrol_from_day"]))
    return SessionFacts(
        site_id=site_id,
        seats=plan["seats"],
        enrol_from=begins,
        enrol_until=meetings[-1].ends_at,
        meetings=meetings,
    )


def _moment(today: date, days: int, clock: str) -> datetime:
    """Return a time of day, Shanghai's, so many days from today."""
    return datetime.combine(
        today + timedelta(days=days), time.fromisoformat(clock), tzinfo=SHANGHAI
    )
