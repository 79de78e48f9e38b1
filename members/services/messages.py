"""Text messages: written sealed in the transaction of their cause, handed out by a job.

The job asks twice for a transaction, before and after it calls the gateway, and holds none
meanwhile. Killed in between it calls again under the same id: the gateway sends once.
docs/decisions/0023.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from uuid import UUID

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel.gateway import NotSentError, gateway
from kernel.ids import new_id
from kernel.jobs import defer_named
from kernel.persons import DocumentKind
from kernel.secrets import blind_index
from kernel.states import move
from members.models import (
    MEMBER_PHONE,
    SMS_MOVES,
    SMS_PHONE,
    SMS_TEXT,
    Member,
    NoticeKind,
    SmsMessage,
    SmsOutcome,
    SmsPurpose,
    SmsState,
    SmsTotal,
)
from members.rules import PHONE_FIELD
from members.rules.messages import retry_seconds

SEND_JOB = "members.send_message"
NOTICE_MESSAGE_LIFE = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)
_STEP_ROWS = 5_000


@dataclass(frozen=True)
class MessageText:
    """What is sent, in both languages; `{code}` stands for the code. `sms` false: not sent."""

    text_zh: str
    text_en: str
    sms: bool = True

    def in_language(self, *, is_chinese: bool) -> str:
        return self.text_zh if is_chinese else self.text_en


@dataclass(frozen=True)
class Outgoing:
    """One try: what to hand to the gateway. Neither phone nor text is ever in a `repr`."""

    id: UUID
    phone: str = field(repr=False)
    text: str = field(repr=False)


@cache
def _policy() -> tuple[MessageText, Mapping[NoticeKind, MessageText]]:
    """Return the text of a code and the policy of notices (members/data/notices.json)."""
    content = resources.files("members").joinpath("data/notices.json").read_text(encoding="utf-8")
    said = json.loads(content)
    notices = {NoticeKind(kind): MessageText(**each) for kind, each in said["notices"].items()}
    return MessageText(**said["sign_in_code"]), notices


def notice_policy() -> Mapping[NoticeKind, MessageText]:
    """Return which kinds of notice go out as text messages too, and in which words."""
    return _policy()[1]


def send_code_message(
    session: Session, *, phone: str, code: str, life: timedelta, is_chinese: bool, now: datetime
) -> UUID:
    """Have a sign-in code sent to `phone` (normalised) while it is good, for `life`.

    An earlier one still waiting is dropped: it is good no longer.
    """
    index = blind_index(PHONE_FIELD, phone)
    _drop_older_codes(session, phone_index=index, now=now)
    text = _policy()[0].in_language(is_chinese=is_chinese).format(code=code)
    return _write(
        session,
        purpose=SmsPurpose.SIGN_IN_CODE,
        member_id=None,
        phone=phone,
        text=text,
        life=life,
        now=now,
    )


def sends_notice_messages(kind: NoticeKind) -> bool:
    """Say whether notices of a kind are followed by text messages at all."""
    return notice_policy()[kind].sms and gateway() is not None


def send_notice_message(
    session: Session, *, member_id: UUID, kind: NoticeKind, now: datetime
) -> UUID | None:
    """Have a member told by text message, where policy says so and they have a phone on file.

    The message names nothing: what happened is read in the member's page. Without a gateway
    nothing is written; the notice is there all the same.
    """
    if not sends_notice_messages(kind):
        return None
    member = session.get_one(Member, member_id)
    if member.phone_sealed is None:
        return None
    # The register holds no language: who was entered by a passport reads English.
    is_chinese = member.document_kind is not DocumentKind.PASSPORT
    return _write(
        session,
        purpose=SmsPurpose.NOTICE,
        member_id=member_id,
        phone=MEMBER_PHONE.open(member_id, member.phone_sealed),
        text=notice_policy()[kind].in_language(is_chinese=is_chinese),
        life=NOTICE_MESSAGE_LIFE,
        now=now,
    )


def begin_try(session: Session, *, message_id: UUID, now: datetime) -> Outgoing | None:
    """Return what to hand to the gateway; None when there is nothing to send (any more).

    Locks the message; past its life it expires.
    """
    message = session.get(SmsMessage, message_id, with_for_update=True)
    if message is None or message.state is not SmsState.WAITING:
        return None
    if now >= message.expires_at:
        _end(session, message, SmsState.EXPIRED, now=now)
        return None
    message.attempts += 1
    session.flush()
    assert message.text_sealed is not None
    return Outgoing(
        id=message_id,
        phone=SMS_PHONE.open(message_id, message.phone_sealed),
        text=SMS_TEXT.open(message_id, message.text_sealed),
    )


def finish_try(
    session: Session, *, message_id: UUID, error: NotSentError | None, now: datetime
) -> SmsState | None:
    """Note what a try came to; a passing failure is tried again while the message lives.

    Returns the state, None if the message is gone. Locks the message. One that was dropped
    meanwhile stays dropped, though it may have gone out.
    """
    message = session.get(SmsMessage, message_id, with_for_update=True)
    if message is None or message.state is not SmsState.WAITING:
        return message.state if message is not None else None
    if error is None:
        message.last_error = None
        _end(session, message, SmsState.SENT, now=now)
        return message.state
    message.last_error = error.code
    if error.is_final:
        _end(session, message, SmsState.FAILED, now=now)
        return message.state
    _count(session, message.purpose, SmsOutcome.RETRIED)
    seconds = retry_seconds(message.attempts)
    defer_named(session, SEND_JOB, after_seconds=seconds, message_id=str(message_id))
    return message.state


def expire_messages(session: Session, *, now: datetime) -> int:
    """End messages that waited past their life, some at a time; return how many."""
    late = (
        select(SmsMessage.id)
        .where(SmsMessage.state == SmsState.WAITING, SmsMessage.expires_at <= now)
        .order_by(SmsMessage.expires_at)
        .limit(_STEP_ROWS)
        .with_for_update(skip_locked=True)
    )
    ended = session.scalars(
        update(SmsMessage)
        .where(SmsMessage.id.in_(late))
        .values(
            state=SmsState.EXPIRED,
            ended_at=now,
            text_sealed=case(
                (SmsMessage.purpose == SmsPurpose.SIGN_IN_CODE, None),
                else_=SmsMessage.text_sealed,
            ),
        )
        .returning(SmsMessage.purpose)
        .execution_options(synchronize_session=False)
    ).all()
    for purpose, count in sorted(Counter(ended).items()):
        _count(session, purpose, SmsOutcome.EXPIRED, count)
    return len(ended)


def forget_messages(session: Session, *, now: datetime) -> int:
    """Remove messages of more than 30 days ago, some at a time; return how many."""
    old = (
        select(SmsMessage.id)
        .where(SmsMessage.created_at < now - KEPT_FOR)
        .order_by(SmsMessage.created_at)
        .limit(_STEP_ROWS)
    )
    gone = session.scalars(
        delete(SmsMessage).where(SmsMessage.id.in_(old)).returning(SmsMessage.id)
    )
    return len(gone.all())


def _write(
    session: Session,
    *,
    purpose: SmsPurpose,
    member_id: UUID | None,
    phone: str,
    text: str,
    life: timedelta,
    now: datetime,
) -> UUID:
    message_id = new_id()
    session.add(
        SmsMessage(
            id=message_id,
            purpose=purpose,
            member_id=member_id,
            phone_index=blind_index(PHONE_FIELD, phone),
            phone_sealed=SMS_PHONE.seal(message_id, phone),
            text_sealed=SMS_TEXT.seal(message_id, text),
            created_at=now,
            expires_at=now + life,
        )
    )
    # The job names the row and nothing else: jobs are stored in clear.
    defer_named(session, SEND_JOB, message_id=str(message_id))
    return message_id


def _drop_older_codes(session: Session, *, phone_index: bytes, now: datetime) -> None:
    query = select(SmsMessage).where(
        SmsMessage.phone_index == phone_index,
        SmsMessage.purpose == SmsPurpose.SIGN_IN_CODE,
        SmsMessage.state == SmsState.WAITING,
    )
    for message in session.scalars(query.with_for_update()):
        _end(session, message, SmsState.EXPIRED, now=now)


def _end(session: Session, message: SmsMessage, state: SmsState, *, now: datetime) -> None:
    message.state = move(SMS_MOVES, message.state, state)
    message.ended_at = now
    if message.purpose is SmsPurpose.SIGN_IN_CODE:
        # Even sealed, a code is kept no longer than it is needed.
        message.text_sealed = None
    session.flush()
    _count(session, message.purpose, SmsOutcome(state.value))


def _count(session: Session, purpose: SmsPurpose, outcome: SmsOutcome, count: int = 1) -> None:
    counted = insert(SmsTotal).values(purpose=purpose, outcome=outcome, total=count)
    session.execute(
        counted.on_conflict_do_update(
            index_elements=[SmsTotal.purpose, SmsTotal.outcome],
            set_={"total": SmsTotal.total + count},
        )
    )
