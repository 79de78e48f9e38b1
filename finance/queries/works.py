"""Reads of long work: what goes on, and what became of what was asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from finance.models import Work, WorkKind
from finance.rules.works import percent
from ledger.models import Journal
from staff.models import StaffAccount


@dataclass(frozen=True)
class WorkRow:
    """A piece of work with who asked for it, and who for its end."""

    work: Work
    maker: str
    cancelled_by: str | None

    @property
    def percent(self) -> int:
        if self.work.finished_at is not None:
            return 100
        return percent(self.work.kind, self.work.stage, done=self.work.done, total=self.work.total)


def _rows() -> Select[Work, str, str]:
    maker, canceller = aliased(StaffAccount), aliased(StaffAccount)
    return (
        select(Work, maker.display_name, canceller.display_name)
        .join(maker, maker.id == Work.maker_id)
        .outerjoin(canceller, canceller.id == Work.cancel_asked_by)
        .execution_options(populate_existing=True)
    )


def work_by_id(session: Session, *, work_id: UUID) -> WorkRow | None:
    found = session.execute(_rows().where(Work.id == work_id)).one_or_none()
    return WorkRow(*found) if found else None


def works(session: Session, *, after: tuple[datetime, UUID] | None, limit: int) -> list[WorkRow]:
    """Return what was asked for, the newest first."""
    query = _rows()
    if after is not None:
        query = query.where(tuple_(Work.asked_at, Work.id) < after)
    query = query.order_by(Work.asked_at.desc(), Work.id.desc()).limit(limit)
    return [WorkRow(*row) for row in session.execute(query)]


def works_going_on(session: Session, *, kinds: Collection[WorkKind]) -> list[WorkRow]:
    """Return what goes on of some kinds, the oldest first."""
    query = _rows().where(Work.finished_at.is_(None), Work.kind.in_(kinds))
    return [WorkRow(*row) for row in session.execute(query.order_by(Work.asked_at))]


def has_more_journals(session: Session, *, starts_on: date, ends_on: date, than: int) -> bool:
    """Say whether more than so many journals were booked in [starts_on, ends_on)."""
    some = (
        select(Journal.id)
        .where(Journal.book_date >= starts_on, Journal.book_date < ends_on)
        .limit(than + 1)
        .subquery()
    )
    return session.scalars(select(func.count()).select_from(some)).one() > than
