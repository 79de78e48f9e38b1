"""Saying that the register is wrong. What an officer then does: members.services.correcting."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor, ActorKind
from kernel.ids import new_id
from kernel.secrets import blind_index
from members.errors import MemberNotFound
from members.models import (
    CORRECTION_NAME,
    CORRECTION_PHONE,
    CORRECTION_TAIL,
    CORRECTION_TEXT,
    MEMBER_DOCUMENT,
    CorrectionField,
    CorrectionRequest,
    CorrectionState,
    Member,
)
from members.queries import union_path_of
from members.rules import NAME_FIELD, PHONE_FIELD, normal_name

# A name as common as any has fewer bearers than this in the city's register.
_NAMESAKES_MAX = 500


def open_sign_in_correction(
    session: Session,
    *,
    phone: str,
    name: str,
    member: Member | None,
    now: datetime,
    document_tail: str | None = None,
    text: str | None = None,
) -> CorrectionRequest:
    """Return the open request of a phone that could not sign in, made if there is none.

    One a phone: what is said again is added where nothing stood. `member` is who has the phone in
    the register. The caller holds the phone's code row.
    """
    index = blind_index(PHONE_FIELD, phone)
    waiting = select(CorrectionRequest).where(
        CorrectionRequest.phone_index == index,
        CorrectionRequest.state == CorrectionState.OPEN,
        CorrectionRequest.field == CorrectionField.SIGN_IN,
    )
    request = session.scalars(waiting).one_or_none()
    if request is None:
        row_id = new_id()
        request = CorrectionRequest(
            id=row_id,
            phone_index=index,
            phone_sealed=CORRECTION_PHONE.seal(row_id, phone),
            name_sealed=CORRECTION_NAME.seal(row_id, name),
            member_id=member.id if member else None,
            field=CorrectionField.SIGN_IN,
            created_at=now,
        )
        session.add(request)
    if document_tail is not None and request.document_tail_sealed is None:
        request.document_tail_sealed = CORRECTION_TAIL.seal(request.id, document_tail)
        if request.member_id is None:
            request.member_id = _only_bearer(session, name=name, document_tail=document_tail)
    if text is not None and request.text_sealed is None:
        request.text_sealed = CORRECTION_TEXT.seal(request.id, text)
    session.flush()
    return request


def _only_bearer(session: Session, *, name: str, document_tail: str) -> UUID | None:
    """Return the one member of this name whose document ends so: their phone is what is wrong.

    The request then goes to their own union; whoever asked is told nothing of it.
    """
    bearers = session.scalars(
        select(Member)
        .where(Member.name_index == blind_index(NAME_FIELD, normal_name(name)))
        .limit(_NAMESAKES_MAX)
    )
    tail = document_tail.strip().upper()
    found = [
        each.id
        for each in bearers
        if MEMBER_DOCUMENT.open(each.id, each.document_sealed).endswith(tail)
    ]
    return found[0] if len(found) == 1 else None


def ask_correction(
    session: Session, *, member_id: UUID, field: CorrectionField, text: str, now: datetime
) -> CorrectionRequest:
    """Note that a signed-in member says a fact is wrong. One open request a fact: newer words win.

    Locks the member. Raises MemberNotFound.
    """
    member = session.get(Member, member_id, with_for_update=True, populate_existing=True)
    if member is None:
        raise MemberNotFound
    waiting = select(CorrectionRequest).where(
        CorrectionRequest.member_id == member_id,
        CorrectionRequest.state == CorrectionState.OPEN,
        CorrectionRequest.field == field,
    )
    request = session.scalars(waiting).one_or_none()
    if request is None:
        request = CorrectionRequest(id=new_id(), member_id=member_id, field=field, created_at=now)
        session.add(request)
    request.text_sealed = CORRECTION_TEXT.seal(request.id, text)
    session.flush()
    record(
        session,
        actor=Actor(ActorKind.MEMBER, id=member_id),
        action="correction.asked",
        object_type="correction_request",
        object_id=request.id,
        member_id=member_id,
        union_path=union_path_of(session, union_id=member.union_id),
        now=now,
        field=field,
    )
    return request
