"""A member's number becomes another: who holds the new one has to prove who they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.refusals import refused_by
from kernel.secrets import blind_index
from members.errors import MemberNotFound, PhoneTaken
from members.models import MEMBER_PHONE, Member
from members.queries import member_by_phone_index
from members.rules import PHONE_FIELD
from members.services.sign_in import end_other_sessions


def number_changed(session: Session, *, member: Member, now: datetime) -> None:
    """End every sign-in of a member whose number has just become another.

    Name and document are to be proven anew with the new number, and what a card may do meanwhile
    is cards.services.cooldown (docs/decisions/0019). The caller holds the member's lock.
    """
    member.phone_changed_at = now
    member.real_name_at = None
    end_other_sessions(session, member_id=member.id, but=None, now=now)


def change_phone(
    session: Session, *, member_id: UUID, phone: str, actor: Actor, now: datetime
) -> Member:
    """Give a member another number (normalised). The one they have already changes nothing.

    Locks the member. Raises MemberNotFound, PhoneTaken.
    """
    member = session.get(Member, member_id, with_for_update=True, populate_existing=True)
    if member is None:
        raise MemberNotFound
    index = blind_index(PHONE_FIELD, phone)
    if member.phone_index == index:
        return member
    if member_by_phone_index(session, phone_index=index) is not None:
        raise PhoneTaken
    had_one = member.phone_index is not None
    member.phone_index = index
    member.phone_sealed = MEMBER_PHONE.seal(member.id, phone)
    member.updated_at = now
    member.version += 1
    # Two members may be given one number at the same moment: the first has it.
    with refused_by({"uq_members_phone_index": PhoneTaken}):
        session.flush()
    if had_one:
        number_changed(session, member=member, now=now)
    record(
        session,
        actor=actor,
        action="member.phone_changed",
        object_type="member",
        object_id=member.id,
        now=now,
    )
    return member


def confirm_phone(session: Session, *, member_id: UUID, actor: Actor, now: datetime) -> bool:
    """Note that a changed number is the member's own; say whether that was open.

    Locks the member. Raises MemberNotFound.
    """
    member = session.get(Member, member_id, with_for_update=True, populate_existing=True)
    if member is None:
        raise MemberNotFound
    if member.phone_changed_at is None:
        return False
    member.phone_changed_at = None
    session.flush()
    record(
        session,
        actor=actor,
        action="member.phone_confirmed",
        object_type="member",
        object_id=member.id,
        now=now,
    )
    return True
