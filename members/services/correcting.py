"""Putting the register right, or saying why not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.clock import shanghai_date
from kernel.i18n import N_
from kernel.masks import mask_name
from kernel.persons import DocumentKind, Mode
from kernel.phones import parse_phone
from kernel.refusals import refused_by
from kernel.secrets import blind_index
from kernel.states import move
from kernel.text import Refused
from members.errors import (
    AnswerMissing,
    CorrectionNotFound,
    DocumentTaken,
    FactInvalid,
    MemberNotFound,
    NothingToCorrect,
)
from members.models import (
    CORRECTION_ANSWER,
    CORRECTION_MOVES,
    CORRECTION_NAME,
    CORRECTION_PHONE,
    CORRECTION_TAIL,
    CORRECTION_TEXT,
    MEMBER_DOCUMENT,
    MEMBER_NAME,
    CorrectionRequest,
    CorrectionState,
    Member,
    NoticeKind,
    RealNameFailure,
)
from members.queries import correction_within, member_within, union_path_of
from members.rules import DOCUMENT_FIELD, NAME_FIELD, read_document, read_name
from members.services.notices import notify
from members.services.phones import change_phone, number_changed

# Why an officer saw what stands in a request: the member reads it among the looks.
CORRECTION_PURPOSE = N_("To decide the correction that you asked for.")


@dataclass(frozen=True)
class AskedFor:
    """What a request says, in full. Stays out of any `repr`."""

    phone: str | None = field(repr=False)
    name: str | None = field(repr=False)
    document_tail: str | None = field(repr=False)
    text: str | None = field(repr=False)
    answer: str | None = field(repr=False)


@dataclass(frozen=True)
class RegisterChanges:
    """What an officer typed over the register; None leaves a fact as it is."""

    name: str | None = field(default=None, repr=False)
    document_kind: DocumentKind | None = None
    document: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    drops_phone: bool = False


def open_correction(
    session: Session, *, request_id: UUID, paths: Sequence[str], actor: Actor, now: datetime
) -> AskedFor:
    """Return what a request says, and write down who read it where the member is known.

    Raises CorrectionNotFound outside `paths`.
    """
    line = correction_within(session, request_id=request_id, paths=paths)
    if line is None:
        raise CorrectionNotFound
    if line.member_id is not None:
        record(
            session,
            actor=actor,
            action="correction.opened",
            object_type="correction_request",
            object_id=request_id,
            member_id=line.member_id,
            purpose=CORRECTION_PURPOSE,
            union_path=line.union_path,
            now=now,
        )
    return asked_for(line.request)


def asked_for(request: CorrectionRequest) -> AskedFor:
    """Return a request's own words, unsealed: for whoever asked, or behind `open_correction`."""
    row_id = request.id
    columns = {
        "phone": (CORRECTION_PHONE, request.phone_sealed),
        "name": (CORRECTION_NAME, request.name_sealed),
        "document_tail": (CORRECTION_TAIL, request.document_tail_sealed),
        "text": (CORRECTION_TEXT, request.text_sealed),
        "answer": (CORRECTION_ANSWER, request.answer_sealed),
    }
    return AskedFor(
        **{
            name: None if sealed is None else column.open(row_id, sealed)
            for name, (column, sealed) in columns.items()
        }
    )


def correct_member(
    session: Session,
    *,
    member_id: UUID,
    changes: RegisterChanges,
    request_id: UUID | None,
    paths: Sequence[str],
    actor: Actor,
    mode: Mode,
    now: datetime,
) -> Member:
    """Write what is right into the register, and close the request that asked for it, if any.

    Locks the member, then the request. Raises MemberNotFound and CorrectionNotFound outside
    `paths`, FactInvalid, DocumentTaken, PhoneTaken, NothingToCorrect.
    """
    if member_within(session, member_id=member_id, paths=paths) is None:
        raise MemberNotFound
    member = session.get_one(Member, member_id, with_for_update=True, populate_existing=True)
    request = None
    if request_id is not None:
        request = _lock_open(session, request_id=request_id, paths=paths)
    facts = _facts(session, member, changes, mode=mode, now=now)
    fields = [*facts]
    for values in facts.values():
        for column, value in values.items():
            setattr(member, column, value)
    with refused_by({"uq_members_document_index": DocumentTaken}):
        session.flush()
    if _change_number(session, member, changes, actor=actor, now=now):
        fields.append("phone")
    if not fields:
        raise NothingToCorrect
    member.version += 1
    member.updated_at = now
    record(
        session,
        actor=actor,
        action="member.corrected",
        object_type="member",
        object_id=member.id,
        union_path=union_path_of(session, union_id=member.union_id),
        now=now,
        fields=fields,
    )
    if request is not None:
        request.member_id = member.id
        _close(session, request, CorrectionState.DONE, answer=None, actor=actor, now=now)
    session.flush()
    return member


def answer_correction(
    session: Session,
    *,
    request_id: UUID,
    is_done: bool,
    answer: str,
    paths: Sequence[str],
    actor: Actor,
    now: datetime,
) -> CorrectionRequest:
    """Close a request with a sentence: `is_done` says that the register is right now.

    Locks the request. Raises CorrectionNotFound outside `paths`, AnswerMissing, MoveNotAllowed.
    """
    if not answer.strip():
        raise AnswerMissing
    request = _lock_open(session, request_id=request_id, paths=paths)
    state = CorrectionState.DONE if is_done else CorrectionState.REJECTED
    _close(session, request, state, answer=answer.strip(), actor=actor, now=now)
    return request


def _lock_open(session: Session, *, request_id: UUID, paths: Sequence[str]) -> CorrectionRequest:
    if correction_within(session, request_id=request_id, paths=paths) is None:
        raise CorrectionNotFound
    request = session.get_one(
        CorrectionRequest, request_id, with_for_update=True, populate_existing=True
    )
    move(CORRECTION_MOVES, request.state, CorrectionState.DONE)
    return request


def _facts(
    session: Session, member: Member, changes: RegisterChanges, *, mode: Mode, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return the columns to set, by the fact they are about; what is the same is left out."""
    facts: dict[str, dict[str, Any]] = {}
    if changes.name is not None:
        name = read_name(changes.name)
        if isinstance(name, Refused):
            raise FactInvalid(field="name", detail=name.detail)
        if name != MEMBER_NAME.open(member.id, member.name_sealed):
            facts["name"] = {
                "name_sealed": MEMBER_NAME.seal(member.id, name),
                "name_masked": mask_name(name),
                "name_index": blind_index(NAME_FIELD, name),
            }
    if changes.document is not None:
        kind = changes.document_kind or member.document_kind
        document = read_document(
            changes.document, today=shanghai_date(now), mode=mode, kinds=frozenset({kind})
        )
        if isinstance(document, Refused):
            raise FactInvalid(field="document", detail=document.detail)
        index = blind_index(DOCUMENT_FIELD, document.identity)
        taken = select(Member.id).where(Member.document_index == index, Member.id != member.id)
        if session.scalar(taken) is not None:
            raise DocumentTaken
        if document.number != MEMBER_DOCUMENT.open(member.id, member.document_sealed):
            facts["document"] = {
                "document_kind": document.kind,
                "document_sealed": MEMBER_DOCUMENT.seal(member.id, document.number),
                "document_index": index,
                "born_on": document.born_on or member.born_on,
                "sex": document.sex or member.sex,
            }
    return facts


def _change_number(
    session: Session, member: Member, changes: RegisterChanges, *, actor: Actor, now: datetime
) -> bool:
    """Give the member another number, or none, and say whether that is a change."""
    before = member.phone_index
    if changes.phone is not None:
        phone = parse_phone(changes.phone)
        if phone is None:
            raise FactInvalid(field="phone", detail="phone_invalid")
        change_phone(session, member_id=member.id, phone=phone, actor=actor, now=now)
        # Whoever proved this number and failed may try again: the register has changed.
        _forget_failures(session, member.phone_index)
    elif changes.drops_phone and before is not None:
        member.phone_index = member.phone_sealed = None
        number_changed(session, member=member, now=now)
    return member.phone_index != before


def _close(
    session: Session,
    request: CorrectionRequest,
    state: CorrectionState,
    *,
    answer: str | None,
    actor: Actor,
    now: datetime,
) -> None:
    request.state = move(CORRECTION_MOVES, request.state, state)
    request.decided_at = now
    request.decided_by = actor.id
    if answer is not None:
        request.answer_sealed = CORRECTION_ANSWER.seal(request.id, answer)
    _forget_failures(session, request.phone_index)
    session.flush()
    member = session.get(Member, request.member_id) if request.member_id else None
    record(
        session,
        actor=actor,
        action=f"correction.{state.value}",
        object_type="correction_request",
        object_id=request.id,
        member_id=request.member_id,
        union_path=union_path_of(session, union_id=member.union_id) if member else None,
        now=now,
        field=request.field,
    )
    if member is None:
        return
    done = state is CorrectionState.DONE
    notify(
        session,
        member_id=member.id,
        kind=NoticeKind.CORRECTION,
        title_zh="登记资料已更正" if done else "更正申请未获同意，请查看答复",
        title_en="The register was corrected" if done else "Your correction was answered",
        place="data",
        now=now,
    )


def _forget_failures(session: Session, phone_index: bytes | None) -> None:
    if phone_index is not None:
        session.execute(delete(RealNameFailure).where(RealNameFailure.phone_index == phone_index))
