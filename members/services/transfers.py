"""Moving a membership to another union: the member keeps every benefit until it is decided (R06).

The card's timeline is above this package; cards.services.transfers writes it beside these verbs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.i18n import N_
from kernel.ids import new_id
from kernel.refusals import refused_by
from kernel.states import move
from members.errors import (
    AlreadyInUnion,
    AnswerMissing,
    MemberNotFound,
    NoStanding,
    TransferNotFound,
    TransferUnderWay,
    UnionUnknown,
)
from members.models import (
    MEMBER_NAME,
    MEMBERSHIP_MOVES,
    TRANSFER_ANSWER,
    TRANSFER_MOVES,
    TRANSFER_REASON,
    Member,
    MembershipStatus,
    MembershipTransfer,
    NoticeKind,
    TransferState,
    UnionOrg,
)
from members.queries import open_transfer, transfer_within, union_by_code, union_by_id
from members.rules import normal_union_code
from members.services.notices import notify

# domain.md 2.2: a receiving union that has not decided by then is overtaken by the city.
ESCALATED_AFTER = timedelta(days=30)
# Why an officer saw who asks: the member reads it among the looks.
TRANSFER_PURPOSE = N_("To decide the transfer that you asked for.")


def ask_for_transfer(
    session: Session, *, member_id: UUID, union_code: str, reason: str, now: datetime
) -> MembershipTransfer:
    """Ask the union of `union_code` to take the member over.

    Locks the member. Raises UnionUnknown, AlreadyInUnion, TransferUnderWay, NoStanding.
    """
    union = union_by_code(session, code=normal_union_code(union_code))
    if union is None:
        raise UnionUnknown
    member = _lock(session, member_id)
    if open_transfer(session, member_id=member_id) is not None:
        raise TransferUnderWay
    if not member.has_standing():
        raise NoStanding
    if member.union_id == union.id:
        raise AlreadyInUnion
    row_id = new_id()
    transfer = MembershipTransfer(
        id=row_id,
        member_id=member_id,
        from_union_id=member.union_id,
        to_union_id=union.id,
        status_before=member.status,
        reason_sealed=TRANSFER_REASON.seal(row_id, reason),
        asked_at=now,
    )
    session.add(transfer)
    with refused_by({"uq_membership_transfers_open": TransferUnderWay}):
        session.flush()
    _set_status(member, MembershipStatus.TRANSFERRING, now=now)
    _record(session, transfer, "requested", actor=Actor(ActorKind.MEMBER, id=member_id), now=now)
    return transfer


def withdraw_transfer(session: Session, *, member_id: UUID, now: datetime) -> MembershipTransfer:
    """Take a transfer back that nobody has decided; the membership is as it was.

    Locks the member, then the transfer. Raises TransferNotFound.
    """
    member = _lock(session, member_id)
    transfer = open_transfer(session, member_id=member_id)
    if transfer is None:
        raise TransferNotFound
    _end(session, member, transfer, TransferState.WITHDRAWN, now=now)
    _record(session, transfer, "withdrawn", actor=Actor(ActorKind.MEMBER, id=member_id), now=now)
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
    """Take a member over, or say in a sentence why not.

    `paths` must reach the receiving union. Locks the member, then the transfer. Raises
    TransferNotFound, AnswerMissing for a refusal without a sentence, NoStanding for a membership
    that ended meanwhile, MoveNotAllowed for what is decided already.
    """
    line = transfer_within(session, transfer_id=transfer_id, paths=paths, receiving=True)
    if line is None:
        raise TransferNotFound
    if not accepts and not answer.strip():
        raise AnswerMissing
    member = _lock(session, line.transfer.member_id)
    transfer = session.get_one(
        MembershipTransfer, transfer_id, with_for_update=True, populate_existing=True
    )
    state = TransferState.ACCEPTED if accepts else TransferState.REFUSED
    if accepts and transfer.decided_at is None and not member.has_standing():
        raise NoStanding
    _end(session, member, transfer, state, now=now)
    transfer.decided_by = actor.id
    if answer.strip():
        transfer.answer_sealed = TRANSFER_ANSWER.seal(transfer.id, answer.strip())
    if accepts:
        member.union_id = transfer.to_union_id
    session.flush()
    _record(session, transfer, state.value, actor=actor, now=now)
    union = union_by_id(session, union_id=transfer.to_union_id)
    notify(
        session,
        member_id=member.id,
        kind=NoticeKind.MEMBERSHIP,
        title_zh=f"{union.name}{'已接收您的会籍' if accepts else '未接收您的会籍，请查看答复'}",
        title_en=f"{union.name} {'has taken you over' if accepts else 'did not take you over'}",
        place="data",
        now=now,
    )
    return transfer


@dataclass(frozen=True)
class TransferPlea:
    """Who asks, in full, and why. Stays out of any `repr`."""

    name: str = field(repr=False)
    reason: str = field(repr=False)


def open_plea(
    session: Session, *, transfer_id: UUID, paths: Sequence[str], actor: Actor, now: datetime
) -> TransferPlea:
    """Return who asks and why, to who may decide it, and write down that they looked.

    Raises TransferNotFound unless `paths` reach the receiving union.
    """
    line = transfer_within(session, transfer_id=transfer_id, paths=paths, receiving=True)
    if line is None:
        raise TransferNotFound
    member = session.get_one(Member, line.transfer.member_id)
    record(
        session,
        actor=actor,
        action="transfer.opened",
        object_type="membership_transfer",
        object_id=transfer_id,
        member_id=member.id,
        purpose=TRANSFER_PURPOSE,
        union_path=line.to_path,
        now=now,
    )
    return TransferPlea(
        name=MEMBER_NAME.open(member.id, member.name_sealed), reason=reason_of(line.transfer)
    )


def escalate_transfer(
    session: Session, *, transfer_id: UUID, member_id: UUID, now: datetime
) -> bool:
    """Bring a transfer before the city that its union left lying; say whether it was.

    Locks the member, then the transfer. The membership stays as it is.
    """
    _lock(session, member_id)
    transfer = session.get_one(
        MembershipTransfer, transfer_id, with_for_update=True, populate_existing=True
    )
    if transfer.state is not TransferState.REQUESTED or now < transfer.asked_at + ESCALATED_AFTER:
        return False
    transfer.state = move(TRANSFER_MOVES, transfer.state, TransferState.ESCALATED)
    transfer.escalated_at = now
    session.flush()
    _record(session, transfer, "escalated", actor=SYSTEM, now=now)
    notify(
        session,
        member_id=member_id,
        kind=NoticeKind.MEMBERSHIP,
        title_zh="转会满三十天未决，已交市总工会办理，会员权益不受影响",
        title_en="Your transfer waited 30 days: the city federation decides it; benefits go on",
        place="data",
        now=now,
    )
    return True


def reason_of(transfer: MembershipTransfer) -> str:
    """Return the member's own words: for the member, or for who may decide."""
    return TRANSFER_REASON.open(transfer.id, transfer.reason_sealed)


def answer_of(transfer: MembershipTransfer) -> str | None:
    sealed = transfer.answer_sealed
    return None if sealed is None else TRANSFER_ANSWER.open(transfer.id, sealed)


def _lock(session: Session, member_id: UUID) -> Member:
    member = session.get(Member, member_id, with_for_update=True, populate_existing=True)
    if member is None:
        raise MemberNotFound
    return member


def _end(
    session: Session,
    member: Member,
    transfer: MembershipTransfer,
    state: TransferState,
    *,
    now: datetime,
) -> None:
    """Close a transfer and give the membership a status again, unless it ended meanwhile."""
    transfer.state = move(TRANSFER_MOVES, transfer.state, state)
    transfer.decided_at = now
    if member.status is MembershipStatus.TRANSFERRING:
        accepted = state is TransferState.ACCEPTED
        status = MembershipStatus.ACTIVE if accepted else transfer.status_before
        _set_status(member, status, now=now)
    session.flush()


def _set_status(member: Member, status: MembershipStatus, *, now: datetime) -> None:
    member.status = move(MEMBERSHIP_MOVES, member.status, status)
    member.version += 1
    member.updated_at = now


def _record(
    session: Session, transfer: MembershipTransfer, event: str, *, actor: Actor, now: datetime
) -> None:
    unions = {
        name: session.get_one(UnionOrg, union_id)
        for name, union_id in (("left", transfer.from_union_id), ("joined", transfer.to_union_id))
    }
    record(
        session,
        actor=actor,
        action=f"transfer.{event}",
        object_type="membership_transfer",
        object_id=transfer.id,
        member_id=transfer.member_id,
        union_path=unions["joined"].path,
        now=now,
        from_union=unions["left"].code,
        to_union=unions["joined"].code,
    )
