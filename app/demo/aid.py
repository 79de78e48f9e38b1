"""The demo's mutual aid: the shipped schemes, and members whose cover is older than any waiting."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aid.services import enrol_members, load_schemes
from app.demo.approvals import approve_imported
from cards.models import Card
from kernel.actors import SYSTEM
from kernel.clock import shanghai_date


def seed_aid(session: Session, data: dict[str, Any], *, now: datetime) -> int:
    """Load the schemes and let the demo's first card holders take part; return how many are new.

    Whoever takes part already is left as they are.
    """
    load_schemes(session, actor=SYSTEM, now=now)
    approve_imported(session, now=now)
    first = select(Card.member_id).order_by(Card.number).limit(data["aid"]["members"])
    return _cover(session, data, member_ids=list(session.scalars(first)), now=now)


def cover_people(
    session: Session, data: dict[str, Any], *, card_numbers: Sequence[str], now: datetime
) -> int:
    """Let the holders of these cards take part as well; return how many covers are new."""
    held = select(Card.member_id).where(Card.number.in_(card_numbers))
    return _cover(session, data, member_ids=list(session.scalars(held)), now=now)


def _cover(
    session: Session, data: dict[str, Any], *, member_ids: Sequence[UUID], now: datetime
) -> int:
    facts = data["aid"]
    starts_on = shanghai_date(now) - timedelta(days=facts["cover_days_ago"])
    enrolled = 0
    for code in facts["schemes"]:
        counts = enrol_members(
            session,
            member_ids=member_ids,
            scheme_code=code,
            starts_on=starts_on,
            actor=SYSTEM,
            now=now,
        )
        enrolled += counts.enrolled
    return enrolled
