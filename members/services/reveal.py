"""Opening what is sealed: for a purpose, on the record, readable by the member."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from members.errors import MemberNotFound, PurposeMissing
from members.models import MEMBER_DOCUMENT, MEMBER_NAME, MEMBER_PHONE
from members.queries import member_within, union_path_of


@dataclass(frozen=True)
class FullValues:
    """A member's name, document and phone in full. Stays out of any `repr`."""

    name: str = field(repr=False)
    document: str = field(repr=False)
    phone: str | None = field(repr=False)


def reveal_member(
    session: Session,
    *,
    member_id: UUID,
    paths: Sequence[str],
    actor: Actor,
    purpose: str,
    now: datetime,
) -> FullValues:
    """Return the full values and write down who saw them and why.

    Raises MemberNotFound outside `paths`, PurposeMissing without a reason.
    """
    if not purpose.strip():
        raise PurposeMissing
    member = member_within(session, member_id=member_id, paths=paths)
    if member is None:
        raise MemberNotFound
    record(
        session,
        actor=actor,
        action="member.revealed",
        object_type="member",
        object_id=member_id,
        purpose=purpose.strip(),
        union_path=union_path_of(session, union_id=member.union_id),
        now=now,
    )
    sealed_phone = member.phone_sealed
    return FullValues(
        name=MEMBER_NAME.open(member.id, member.name_sealed),
        document=MEMBER_DOCUMENT.open(member.id, member.document_sealed),
        phone=MEMBER_PHONE.open(member.id, sealed_phone) if sealed_phone else None,
    )
