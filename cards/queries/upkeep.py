"""Which cards time or the register has caught up with: what the jobs go through."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from cards.models import Card, CardPolicy, CardState
from cards.rules import CONFIRMATION_NOTICE
from members.models import LEFT, Member


def cards_to_unfreeze(session: Session, *, now: datetime, rows: int) -> list[UUID]:
    """Return cards whose freeze is over."""
    query = select(Card.id).where(Card.state == CardState.FROZEN, Card.frozen_until <= now)
    return list(session.scalars(query.order_by(Card.id).limit(rows)))


def cards_to_cancel(session: Session, *, rows: int) -> list[UUID]:
    """Return cards of people who have left, died, or turned out to be somebody else."""
    query = (
        select(Card.id)
        .join(Member, Member.id == Card.member_id)
        .where(Card.state != CardState.CANCELLED, Member.status.in_(LEFT))
    )
    return list(session.scalars(query.order_by(Card.id).limit(rows)))


def cards_to_ask(session: Session, *, now: datetime, rows: int) -> list[UUID]:
    """Return cards whose members are to confirm within thirty days and do not know it."""
    every_days = session.get_one(CardPolicy, 1).confirm_every_days
    if every_days is None:
        return []
    begun_by = now + CONFIRMATION_NOTICE - timedelta(days=every_days)
    query = select(Card.id).where(
        Card.state == CardState.ACTIVE,
        Card.confirmation_asked_at.is_(None),
        _begun_at() <= begun_by,
    )
    return list(session.scalars(query.order_by(Card.id).limit(rows)))


def cards_to_expire(session: Session, *, now: datetime, rows: int) -> list[UUID]:
    """Return cards whose members were asked thirty days ago and have not confirmed in time."""
    every_days = session.get_one(CardPolicy, 1).confirm_every_days
    if every_days is None:
        return []
    query = select(Card.id).where(
        Card.state == CardState.ACTIVE,
        Card.confirmation_asked_at <= now - CONFIRMATION_NOTICE,
        _begun_at() <= now - timedelta(days=every_days),
    )
    return list(session.scalars(query.order_by(Card.id).limit(rows)))


def _begun_at() -> ColumnElement[datetime]:
    """Return since when a membership counts as confirmed."""
    return func.coalesce(Card.confirmed_at, Card.activated_at, Card.issued_at)
