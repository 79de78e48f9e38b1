"""What every change of a card's state shares: its codes end, it is written down, and told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.services import record
from cards.errors import ReasonMissing
from cards.models import (
    APPEAL_MOVES,
    CARD_MOVES,
    AppealState,
    Card,
    CardAppeal,
    CardState,
    CredentialState,
    Device,
)
from cards.services.status import end_credentials
from cards.services.timeline import add_card_event
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.states import move
from members.models import NoticeKind
from members.queries import member_by_id, union_path_of
from members.services import notify


def said(reason: str) -> str:
    """Return what was said, without blanks around it. Raises ReasonMissing."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    return reason


def live_devices_of(session: Session, card: Card) -> list[Device]:
    """Return the phones that the card is on now, by id. The caller holds the card's lock."""
    query = select(Device).where(Device.card_id == card.id, Device.retired_at.is_(None))
    return list(session.scalars(query.order_by(Device.id)))


def retire_devices(session: Session, card: Card, *, now: datetime, but: UUID | None = None) -> None:
    """Take the card off every phone but `but`. Their credentials are the caller's to end."""
    for device in live_devices_of(session, card):
        if device.id != but:
            device.retired_at = now


def suspend(session: Session, card: Card, *, now: datetime) -> None:
    end_credentials(session, card_id=card.id, state=CredentialState.SUSPENDED, now=now)


def is_still_frozen(card: Card, *, now: datetime) -> bool:
    """Say whether a freeze that began before a loss outlives it."""
    return card.frozen_until is not None and now < card.frozen_until


def answer_appeal(
    session: Session,
    *,
    card: Card,
    to: AppealState,
    answer: str | None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Close the card's open appeal, if there is one. The caller holds the card's lock."""
    query = (
        select(CardAppeal)
        .where(CardAppeal.card_id == card.id, CardAppeal.state == AppealState.OPEN)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    appeal = session.scalars(query).one_or_none()
    if appeal is None:
        return False
    appeal.state = move(APPEAL_MOVES, appeal.state, to)
    appeal.answer = answer
    appeal.decided_at = now
    appeal.decided_by = actor.id if actor.kind is ActorKind.STAFF else None
    session.flush()
    return True


def reopen(
    session: Session, card: Card, *, reason: str | None, to_frozen: bool, now: datetime
) -> None:
    """Let a card be used again, or back into its freeze; every credential of before is invalid.

    An appeal that nobody has answered by then is overtaken.
    """
    target = CardState.ACTIVE if card.activated_at else CardState.ISSUED
    card.state = move(CARD_MOVES, card.state, CardState.FROZEN if to_frozen else target)
    end_credentials(session, card_id=card.id, state=CredentialState.INVALID, now=now)
    if not to_frozen:
        card.state_reason = reason
        card.frozen_until = None
        overtaken = AppealState.OVERTAKEN
        answer_appeal(session, card=card, to=overtaken, answer=None, actor=SYSTEM, now=now)


# What the member reads in the timeline, by event.
_TITLES = {
    "activated": ("会员卡已激活", "Card activated"),
    "paper_lost": ("纸质卡已挂失", "Paper card reported lost"),
    "lost": ("会员卡已挂失", "Card reported lost"),
    "frozen": ("会员卡已冻结", "Card frozen"),
    "restored": ("会员卡已恢复使用", "Card restored"),
    "replaced": ("会员卡已补办，卡号不变", "Card replaced, its number stays"),
    "freeze_ended": ("冻结期满，会员卡恢复使用", "Freeze over, card restored"),
    "cancelled": ("会员卡已注销", "Card cancelled"),
    "appealed": ("已对冻结提出申诉", "Appeal against the freeze"),
    "appeal_rejected": ("申诉未获支持，原因见会员卡页", "Appeal rejected; the card says why"),
    "confirmation_asked": (
        "请在三十天内确认会籍，否则会员卡到期停用",
        "Confirm your membership within thirty days, or the card expires",
    ),
    "confirmed": ("会籍已确认", "Membership confirmed"),
    "expired": ("会员卡已到期，确认会籍后即可使用", "Card expired until membership is confirmed"),
}
# What the member has just done themselves in the app is no news to them.
_NO_NEWS = frozenset({"activated", "appealed", "confirmed"})


def note(
    session: Session,
    card: Card,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Write what happened to the card into audit trail and timeline, and tell the member."""
    card.version += 1
    session.flush()
    member = member_by_id(session, member_id=card.member_id)
    assert member is not None
    entry = record(
        session,
        actor=actor,
        action=f"card.{event}",
        object_type="card",
        object_id=card.id,
        member_id=card.member_id,
        union_path=union_path_of(session, union_id=member.union_id),
        now=now,
        until=until,
    )
    title_zh, title_en = _TITLES[event]
    # The same may happen to a card again and again: each time has an audit entry of its own.
    add_card_event(
        session,
        card_id=card.id,
        event=event,
        title=(title_zh, title_en),
        source_type="audit_entry",
        source_id=entry.id,
        now=now,
    )
    if event not in _NO_NEWS:
        notify(
            session,
            member_id=card.member_id,
            kind=NoticeKind.CARD_STATE,
            title_zh=title_zh,
            title_en=title_en,
            place="card",
            now=now,
        )
