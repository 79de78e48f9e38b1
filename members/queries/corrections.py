"""Reads of what people say is wrong in the register."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from kernel.actors import Actor, Role
from members.models import CorrectionRequest, CorrectionState, Member, UnionOrg
from members.queries.register import PAGE_ROWS_MAX, root_paths, within


@dataclass(frozen=True)
class CorrectionLine:
    """A request, and the member it is about where that is known."""

    request: CorrectionRequest
    member_id: UUID | None
    name_masked: str | None
    union_name: str | None
    union_path: str | None


def _lines(
    session: Session, *, paths: Sequence[str]
) -> Select[CorrectionRequest, UUID, str, str, str]:
    return (
        select(CorrectionRequest, Member.id, Member.name_masked, UnionOrg.name, UnionOrg.path)
        .outerjoin(Member, Member.id == CorrectionRequest.member_id)
        .outerjoin(UnionOrg, UnionOrg.id == Member.union_id)
        .where(_reached(session, paths))
    )


def _reached(session: Session, paths: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition "about a member within `paths`", or about nobody known, for the city."""
    condition = within(paths)
    if any(path in paths for path in root_paths(session)):
        condition = or_(condition, CorrectionRequest.member_id.is_(None))
    return condition


def corrections_within(
    session: Session,
    *,
    paths: Sequence[str],
    state: CorrectionState | None = None,
    before: UUID | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[CorrectionLine]:
    """Return requests by id, newest first, from before `before`."""
    query = _lines(session, paths=paths).order_by(CorrectionRequest.id.desc()).limit(rows)
    if state is not None:
        query = query.where(CorrectionRequest.state == state)
    if before is not None:
        query = query.where(CorrectionRequest.id < before)
    return [CorrectionLine(*row) for row in session.execute(query)]


def correction_within(
    session: Session, *, request_id: UUID, paths: Sequence[str]
) -> CorrectionLine | None:
    query = _lines(session, paths=paths).where(CorrectionRequest.id == request_id)
    row = session.execute(query).one_or_none()
    return None if row is None else CorrectionLine(*row)


def waiting_corrections(session: Session, actor: Actor) -> int:
    """Return how many requests wait for the actor, for the desk's home."""
    paths = actor.paths(Role.REGISTER_OFFICER)
    query = (
        select(func.count())
        .select_from(CorrectionRequest)
        .outerjoin(Member, Member.id == CorrectionRequest.member_id)
        .outerjoin(UnionOrg, UnionOrg.id == Member.union_id)
        .where(_reached(session, paths), CorrectionRequest.state == CorrectionState.OPEN)
    )
    return session.scalar(query) or 0


def corrections_of(
    session: Session, *, member_id: UUID, rows: int = PAGE_ROWS_MAX
) -> list[CorrectionRequest]:
    """Return what a member asked to have corrected, newest first."""
    query = select(CorrectionRequest).where(CorrectionRequest.member_id == member_id)
    return list(session.scalars(query.order_by(CorrectionRequest.id.desc()).limit(rows)))


def newest_sign_in_correction(session: Session, *, phone_index: bytes) -> CorrectionRequest | None:
    """Return the last request of a phone that could not sign in."""
    query = (
        select(CorrectionRequest)
        .where(CorrectionRequest.phone_index == phone_index)
        .order_by(CorrectionRequest.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()
