"""Measures against merchants and appeals against them: for the merchant, the desk and finance."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel.actors import Actor, Role
from merchants.errors import SanctionAppealNotFound, SanctionNotFound
from merchants.models import (
    Merchant,
    Sanction,
    SanctionAppeal,
    SanctionAppealState,
    SanctionKind,
)
from merchants.queries.register import MerchantReach, merchant_ids_within

SANCTION_ROWS_MAX = 100
# Who decides about measures and answers appeals: those who look after merchants.
DECIDERS = (Role.PROGRAMME_DESIGNER,)


@dataclass(frozen=True)
class SanctionLine:
    """A measure and what the merchant said against it, the newest first."""

    sanction: Sanction
    appeals: tuple[SanctionAppeal, ...] = field(default=())

    @property
    def open_appeal(self) -> SanctionAppeal | None:
        waiting = [each for each in self.appeals if each.state is SanctionAppealState.OPEN]
        return waiting[0] if waiting else None


def sanctions_of(session: Session, *, merchant_id: UUID) -> list[SanctionLine]:
    """Return what was done about a merchant, what stands first, then the newest."""
    query = (
        select(Sanction)
        .where(Sanction.merchant_id == merchant_id)
        .order_by(Sanction.lifted_at.is_not(None), Sanction.set_at.desc(), Sanction.id.desc())
        .limit(SANCTION_ROWS_MAX)
    )
    found = session.scalars(query).all()
    appeals: dict[UUID, list[SanctionAppeal]] = {}
    told = (
        select(SanctionAppeal)
        .where(SanctionAppeal.sanction_id.in_([each.id for each in found]))
        .order_by(SanctionAppeal.made_at.desc())
    )
    for appeal in session.scalars(told):
        appeals.setdefault(appeal.sanction_id, []).append(appeal)
    return [SanctionLine(each, tuple(appeals.get(each.id, ()))) for each in found]


def sanction_in_force(session: Session, *, merchant_id: UUID, kind: SanctionKind) -> bool:
    return bool(session.scalar(select(_stands(merchant_id, kind))))


def has_payout_hold(merchant_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Return the condition that the merchant of a query's row may not be paid now."""
    return _stands(merchant_id, SanctionKind.PAYOUT_HOLD)


def _stands(
    merchant_id: UUID | InstrumentedAttribute[UUID], kind: SanctionKind
) -> ColumnElement[bool]:
    return exists().where(
        Sanction.merchant_id == merchant_id,
        Sanction.kind == kind,
        Sanction.lifted_at.is_(None),
    )


def find_sanction(session: Session, *, sanction_id: UUID, reach: MerchantReach) -> Sanction:
    """Return a measure against a merchant in reach. Raises SanctionNotFound for any other."""
    found = session.scalars(
        select(Sanction).where(
            Sanction.id == sanction_id, Sanction.merchant_id.in_(merchant_ids_within(reach))
        )
    ).one_or_none()
    if found is None:
        raise SanctionNotFound
    return found


@dataclass(frozen=True)
class AppealRow:
    """An appeal as the desk lists it."""

    appeal: SanctionAppeal
    sanction: Sanction
    merchant: str


def find_appeal(session: Session, *, appeal_id: UUID, reach: MerchantReach) -> SanctionAppeal:
    """Return an appeal of a merchant in reach. Raises SanctionAppealNotFound for any other."""
    found = session.scalars(
        select(SanctionAppeal).where(
            SanctionAppeal.id == appeal_id,
            SanctionAppeal.merchant_id.in_(merchant_ids_within(reach)),
        )
    ).one_or_none()
    if found is None:
        raise SanctionAppealNotFound
    return found


def sanction_appeals_within(
    session: Session,
    *,
    reach: MerchantReach,
    state: SanctionAppealState | None = None,
    after: tuple[datetime, UUID] | None = None,
    rows: int = SANCTION_ROWS_MAX,
) -> Sequence[AppealRow]:
    """Return appeals of merchants in reach, the longest wait first, from behind `after`."""
    query = (
        select(SanctionAppeal, Sanction, Merchant.name)
        .join(Sanction, Sanction.id == SanctionAppeal.sanction_id)
        .join(Merchant, Merchant.id == SanctionAppeal.merchant_id)
        .where(SanctionAppeal.merchant_id.in_(merchant_ids_within(reach)))
        .order_by(SanctionAppeal.made_at, SanctionAppeal.id)
        .limit(rows)
    )
    if state is not None:
        query = query.where(SanctionAppeal.state == state)
    if after is not None:
        query = query.where(tuple_(SanctionAppeal.made_at, SanctionAppeal.id) > tuple_(*after))
    return [AppealRow(*row) for row in session.execute(query)]


def sanction_appeals_waiting(session: Session, actor: Actor) -> int:
    """Return how many appeals wait for the answer of somebody like `actor`."""
    reach = MerchantReach(paths=actor.paths(*DECIDERS))
    query = (
        select(func.count())
        .select_from(SanctionAppeal)
        .where(
            SanctionAppeal.state == SanctionAppealState.OPEN,
            SanctionAppeal.merchant_id.in_(merchant_ids_within(reach)),
        )
    )
    return session.scalar(query) or 0
