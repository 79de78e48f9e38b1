"""A membership moves to another union, and the card's record says so."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cards.models import CardState
from cards.queries import card_of_member
from cards.services.timeline import add_card_event
from kernel.actors import Actor
from members.models import MembershipTransfer, TransferState
from members.queries import union_by_id
from members.services import transfers as memberships

# What the member reads in the timeline, by state; the union is the receiving one.
_TITLES = {
    TransferState.REQUESTED: ("申请转会至{union}", "Transfer to {union} asked for"),
    TransferState.WITHDRAWN: ("撤回转会申请", "Transfer taken back"),
    TransferState.ACCEPTED: ("会籍已转至{union}", "Membership moved to {union}"),
    TransferState.REFUSED: ("{union}未同意转会", "{union} refused the transfer"),
    TransferState.ESCALATED: ("转会已交市总工会办理", "Transfer brought before the city"),
}
_TITLE_CHARACTERS_MAX = 200


def ask_for_transfer(
    session: Session, *, member_id: UUID, union_code: str, reason: str, now: datetime
) -> MembershipTransfer:
    """See members.services.transfers.ask_for_transfer."""
    transfer = memberships.ask_for_transfer(
        session, member_id=member_id, union_code=union_code, reason=reason, now=now
    )
    _note(session, transfer, now=now)
    return transfer


def withdraw_transfer(session: Session, *, member_id: UUID, now: datetime) -> MembershipTransfer:
    """See members.services.transfers.withdraw_transfer."""
    transfer = memberships.withdraw_transfer(session, member_id=member_id, now=now)
    _note(session, transfer, now=now)
    return transfer


def decide_transfer(
    session: Session,
    *,
    transfer_id: UUID,
    accepts: bool,
    answer: str,
    paths: Sequence[str],
    actor: Actor,
    now: datetime,
) -> MembershipTransfer:
    """See members.services.transfers.decide_transfer."""
    transfer = memberships.decide_transfer(
        session,
        transfer_id=transfer_id,
        accepts=accepts,
        answer=answer,
        paths=paths,
        actor=actor,
        now=now,
    )
    _note(session, transfer, now=now)
    return transfer


def escalate_transfer(
    session: Session, *, transfer_id: UUID, member_id: UUID, now: datetime
) -> bool:
    """See members.services.transfers.escalate_transfer."""
    if not memberships.escalate_transfer(
        session, transfer_id=transfer_id, member_id=member_id, now=now
    ):
        return False
    _note(session, session.get_one(MembershipTransfer, transfer_id), now=now)
    return True


def _note(session: Session, transfer: MembershipTransfer, *, now: datetime) -> None:
    """Write the transfer's new state into the timeline of the member's card, if there is one."""
    card = card_of_member(session, member_id=transfer.member_id)
    if card is None or card.state is CardState.CANCELLED:
        return
    union = union_by_id(session, union_id=transfer.to_union_id).name
    title_zh, title_en = (
        title.format(union=union)[:_TITLE_CHARACTERS_MAX] for title in _TITLES[transfer.state]
    )
    add_card_event(
        session,
        card_id=card.id,
        event=transfer.state.value,
        title=(title_zh, title_en),
        source_type="membership_transfer",
        source_id=transfer.id,
        now=now,
    )
