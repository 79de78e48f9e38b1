"""Reads of the register, each bounded by the union paths that the caller reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, or_, select
from sqlalchemy.orm import Session

from kernel.actors import Actor, ActorKind
from kernel.persons import DocumentKind
from kernel.phones import parse_phone
from kernel.secrets import blind_index
from members.models import (
    Consent,
    Member,
    MemberSession,
    MembershipStatus,
    RosterImport,
    RosterImportRefusal,
    UnionOrg,
)
from members.rules import (
    DOCUMENT_FIELD,
    NAME_FIELD,
    PHONE_FIELD,
    normal_document_number,
    normal_name,
)

PAGE_ROWS_MAX = 100


def within(paths: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition "this union is one of `paths` or below one of them"."""
    if not paths:
        return UnionOrg.id.is_(None)
    return or_(
        *(
            or_(UnionOrg.path == path, UnionOrg.path.startswith(path + "/", autoescape=True))
            for path in paths
        )
    )


def root_paths(session: Session) -> list[str]:
    """Return the paths of the unions that have none above them: together, the whole city."""
    return list(session.scalars(select(UnionOrg.path).where(UnionOrg.parent_id.is_(None))))


def union_by_code(session: Session, *, code: str) -> UnionOrg | None:
    return session.scalars(select(UnionOrg).where(UnionOrg.code == code)).one_or_none()


def union_tree(session: Session, *, paths: Sequence[str]) -> list[UnionOrg]:
    """Return the unions within `paths`, parents before children."""
    return list(session.scalars(select(UnionOrg).where(within(paths)).order_by(UnionOrg.path)))


def union_by_id(session: Session, *, union_id: UUID) -> UnionOrg:
    return session.get_one(UnionOrg, union_id)


def union_path_of(session: Session, *, union_id: UUID) -> str:
    return session.scalars(select(UnionOrg.path).where(UnionOrg.id == union_id)).one()


def member_by_id(session: Session, *, member_id: UUID) -> Member | None:
    return session.get(Member, member_id)


def member_by_phone_index(session: Session, *, phone_index: bytes) -> Member | None:
    return session.scalars(select(Member).where(Member.phone_index == phone_index)).one_or_none()


def member_within(session: Session, *, member_id: UUID, paths: Sequence[str]) -> Member | None:
    """Return the member if one of `paths` reaches their union."""
    query = (
        select(Member)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(Member.id == member_id, within(paths))
    )
    return session.scalars(query).one_or_none()


@dataclass(frozen=True)
class MemberLine:
    """One line of the register as a list shows it: nothing in it is unmasked."""

    id: UUID
    name_masked: str
    union_code: str
    union_name: str
    status: MembershipStatus
    has_phone: bool
    real_name_at: datetime | None


def members_within(
    session: Session,
    *,
    paths: Sequence[str],
    union_code: str | None = None,
    status: MembershipStatus | None = None,
    indexes: Sequence[bytes] | None = None,
    after: UUID | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[MemberLine]:
    """Return members by id, newest first, from below `after`.

    `indexes` are blind indexes of a name, a document or a phone: sealed values can be found only
    whole.
    """
    query = (
        select(
            Member.id,
            Member.name_masked,
            UnionOrg.code,
            UnionOrg.name,
            Member.status,
            Member.phone_index.is_not(None),
            Member.real_name_at,
        )
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(within(paths))
        .order_by(Member.id.desc())
        .limit(rows)
    )
    if union_code is not None:
        query = query.where(UnionOrg.code == union_code)
    if status is not None:
        query = query.where(Member.status == status)
    if indexes is not None:
        query = query.where(
            or_(
                Member.name_index.in_(indexes),
                Member.document_index.in_(indexes),
                Member.phone_index.in_(indexes),
            )
        )
    if after is not None:
        query = query.where(Member.id < after)
    return [MemberLine(*row) for row in session.execute(query)]


def search_indexes(typed: str) -> list[bytes]:
    """Return the blind indexes under which what an officer typed may stand: whole values only."""
    number = normal_document_number(typed)
    phone = parse_phone(typed)
    return [
        blind_index(NAME_FIELD, normal_name(typed)),
        *(blind_index(DOCUMENT_FIELD, f"{kind.value}:{number}") for kind in DocumentKind),
        *([blind_index(PHONE_FIELD, phone)] if phone else []),
    ]


def member_count_within(session: Session, *, paths: Sequence[str]) -> int:
    query = (
        select(func.count())
        .select_from(Member)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(within(paths))
    )
    return session.scalar(query) or 0


def live_consents(session: Session, *, member_id: UUID) -> list[Consent]:
    query = select(Consent).where(Consent.member_id == member_id, Consent.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(Consent.given_at)))


def consents_ever(session: Session, *, member_id: UUID) -> list[Consent]:
    """Return every consent a member gave, those they withdrew among them, the oldest first."""
    query = select(Consent).where(Consent.member_id == member_id)
    return list(session.scalars(query.order_by(Consent.given_at, Consent.id)))


def member_by_token(connection: Connection, *, token_hash: bytes, now: datetime) -> Actor | None:
    """Return who a member's token belongs to, or None when it has ended. One statement."""
    query = select(MemberSession.id, MemberSession.member_id).where(
        MemberSession.token_hash == token_hash,
        MemberSession.revoked_at.is_(None),
        MemberSession.expires_at > now,
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Actor(ActorKind.MEMBER, id=row.member_id, session_id=row.id)


def import_by_id(session: Session, *, import_id: UUID) -> RosterImport | None:
    return session.get(RosterImport, import_id)


def imports_within(
    session: Session, *, paths: Sequence[str], rows: int = PAGE_ROWS_MAX
) -> list[RosterImport]:
    """Return the uploads whose uploader reached nothing beyond `paths`, newest first."""
    query = select(RosterImport).order_by(RosterImport.id.desc()).limit(rows)
    return [each for each in session.scalars(query) if reached(each.paths, paths)]


def reached(wanted: Sequence[str], paths: Sequence[str]) -> bool:
    """Say whether every one of the `wanted` union paths lies within one of `paths`."""
    return all(
        any(each == path or str(each).startswith(path + "/") for path in paths) for each in wanted
    )


def import_refusals(
    session: Session, *, import_id: UUID, after_line: int = 0, rows: int | None = PAGE_ROWS_MAX
) -> list[RosterImportRefusal]:
    """Return refused lines in the order of the file; `rows` None returns them all."""
    query = (
        select(RosterImportRefusal)
        .where(RosterImportRefusal.import_id == import_id, RosterImportRefusal.line > after_line)
        .order_by(RosterImportRefusal.line)
    )
    return list(session.scalars(query if rows is None else query.limit(rows)))
