"""Reads of moves between unions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from kernel.actors import Actor, Role
from members.models import (
    TRANSFERS_OPEN,
    Member,
    MembershipTransfer,
    TransferState,
    UnionOrg,
)
from members.queries.register import PAGE_ROWS_MAX

_From = aliased(UnionOrg)
_To = aliased(UnionOrg)


@dataclass(frozen=True)
class TransferLine:
    """A transfer with the member's masked name and both unions."""

    transfer: MembershipTransfer
    name_masked: str
    from_name: str
    from_path: str
    to_name: str
    to_path: str
    to_code: str


def _lines() -> Select[MembershipTransfer, str, str, str, str, str, str]:
    return (
        select(
            MembershipTransfer,
            Member.name_masked,
            _From.name,
            _From.path,
            _To.name,
            _To.path,
            _To.code,
        )
        .join(Member, Member.id == MembershipTransfer.member_id)
        .join(_From, _From.id == MembershipTransfer.from_union_id)
        .join(_To, _To.id == MembershipTransfer.to_union_id)
    )


def _below(union: type[UnionOrg], paths: Sequence[str]) -> ColumnElement[bool]:
    if not paths:
        return union.id.is_(None)
    return or_(
        *(
            or_(union.path == path, union.path.startswith(path + "/", autoescape=True))
            for path in paths
        )
    )


def transfers_within(
    session: Session,
    *,
    paths: Sequence[str],
    state: TransferState | None = None,
    before: UUID | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[TransferLine]:
    """Return moves into or out of the unions `paths` and below, newest first."""
    query = (
        _lines()
        .where(or_(_below(_From, paths), _below(_To, paths)))
        .order_by(MembershipTransfer.id.desc())
        .limit(rows)
    )
    if state is not None:
        query = query.where(MembershipTransfer.state == state)
    if before is not None:
        query = query.where(MembershipTransfer.id < before)
    return [TransferLine(*row) for row in session.execute(query)]


def transfer_within(
    session: Session, *, transfer_id: UUID, paths: Sequence[str], receiving: bool = False
) -> TransferLine | None:
    """Return a transfer into `paths`, or, unless `receiving`, out of them."""
    reach = _below(_To, paths)
    if not receiving:
        reach = or_(reach, _below(_From, paths))
    row = session.execute(_lines().where(MembershipTransfer.id == transfer_id, reach))
    found = row.one_or_none()
    return None if found is None else TransferLine(*found)


def transfers_of(
    session: Session, *, member_id: UUID, rows: int = PAGE_ROWS_MAX
) -> list[TransferLine]:
    """Return a member's transfers, newest first."""
    query = _lines().where(MembershipTransfer.member_id == member_id)
    query = query.order_by(MembershipTransfer.id.desc()).limit(rows)
    return [TransferLine(*row) for row in session.execute(query)]


def open_transfer(session: Session, *, member_id: UUID) -> MembershipTransfer | None:
    query = select(MembershipTransfer).where(
        MembershipTransfer.member_id == member_id, MembershipTransfer.state.in_(TRANSFERS_OPEN)
    )
    return session.scalars(query).one_or_none()


def waiting_transfers(session: Session, actor: Actor) -> int:
    """Return how many transfers the actor may decide, for the desk's home."""
    paths = actor.paths(Role.REGISTER_OFFICER)
    query = (
        select(func.count())
        .select_from(MembershipTransfer)
        .join(_To, _To.id == MembershipTransfer.to_union_id)
        .where(_below(_To, paths), MembershipTransfer.state.in_(TRANSFERS_OPEN))
    )
    return session.scalar(query) or 0


def transfers_asked_before(
    session: Session, *, moment: datetime, rows: int = PAGE_ROWS_MAX
) -> list[tuple[UUID, UUID]]:
    """Return (transfer, member) of those undecided that were asked for before `moment`."""
    query = (
        select(MembershipTransfer.id, MembershipTransfer.member_id)
        .where(
            MembershipTransfer.state == TransferState.REQUESTED,
            MembershipTransfer.asked_at <= moment,
        )
        .order_by(MembershipTransfer.asked_at)
        .limit(rows)
    )
    return [(row.id, row.member_id) for row in session.execute(query)]


def unions_named(session: Session, *, text: str, rows: int = 20) -> list[UnionOrg]:
    """Return unions whose name has `text` in it or whose code begins with it, by path."""
    query = (
        select(UnionOrg)
        .where(
            or_(
                UnionOrg.name.contains(text, autoescape=True),
                UnionOrg.code.startswith(text.upper(), autoescape=True),
            )
        )
        .order_by(UnionOrg.path)
        .limit(rows)
    )
    return list(session.scalars(query))


def parents_of(session: Session, *, unions: Sequence[UnionOrg]) -> dict[UUID, str]:
    """Return by a union's id the name of the one above it: many unions have one name."""
    below = [union.id for union in unions if union.parent_id is not None]
    query = (
        select(_From.id, _To.name).join(_To, _To.id == _From.parent_id).where(_From.id.in_(below))
    )
    return dict(session.execute(query).all())
