"""A membership moves, and the card with it, in one transaction."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from cards.models import CardState
from cards.queries import card_of_member
from cards.services.lifecycle import cancel_card
from cards.services.states import said
from kernel.actors import Actor
from kernel.states import move
from members.errors import MemberNotFound
from members.models import LEFT, MEMBERSHIP_MOVES, Member, MembershipStatus, NoticeKind
from members.queries import union_path_of
from members.services import notify

_TITLES = {
    MembershipStatus.ACTIVE: ("会籍状态：在会", "Your membership is active"),
    MembershipStatus.RETAINED: ("会籍状态：保留会籍", "Your membership is retained"),
    MembershipStatus.WITHDRAWN: ("会籍状态：已退会", "Your membership has ended"),
    MembershipStatus.EXPELLED: ("会籍状态：已除名", "Your membership was ended by the union"),
}


def move_membership(
    session: Session,
    *,
    member_id: UUID,
    to: MembershipStatus,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Member:
    """Move a membership; whoever leaves has no card from this moment on.

    Transferring and retained keep the card, and a member who comes back applies for a new one.
    The reason stands on the cancelled card, where the member reads it. Locks the member, then the
    card. Raises MemberNotFound, MoveNotAllowed, ReasonMissing.
    """
    reason = said(reason)
    member = session.get(Member, member_id, with_for_update=True, populate_existing=True)
    if member is None:
        raise MemberNotFound
    came_from = member.status
    member.status = move(MEMBERSHIP_MOVES, member.status, to)
    member.updated_at = now
    member.version += 1
    session.flush()
    record(
        session,
        actor=actor,
        action="member.membership_moved",
        object_type="member",
        object_id=member.id,
        union_path=union_path_of(session, union_id=member.union_id),
        now=now,
        before=came_from,
        after=to,
    )
    if to in LEFT:
        card = card_of_member(session, member_id=member.id)
        if card is not None and card.state is not CardState.CANCELLED:
            cancel_card(session, card_id=card.id, reason=reason, actor=actor, now=now)
    if to in _TITLES:
        title_zh, title_en = _TITLES[to]
        notify(
            session,
            member_id=member.id,
            kind=NoticeKind.MEMBERSHIP,
            title_zh=title_zh,
            title_en=title_en,
            place="card",
            now=now,
        )
    return member
