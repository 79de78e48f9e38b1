"""Everything that is held about a member, as plain values: the file they may take away."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from aid.queries import claims_of_member, covers_of
from aid.queries import schemes as all_schemes
from aid.services.sheet import ClaimSheet, own_sheet
from app.my_data.held import held_data
from app.my_data.looks import Look, looks_at
from audit.queries import Place
from audit.services import record
from benefits.queries import own_coupons, own_entries
from cards.queries import RecordPlace, card_of_member, live_devices, records_of_member
from finance.models.payments import MEMBER_ACCOUNT
from finance.queries.payout_accounts import payout_account_of
from kernel.actors import Actor, ActorKind
from kernel.clock import SHANGHAI
from kernel.i18n import N_
from members.errors import MemberNotFound
from members.models import MEMBER_DOCUMENT, MEMBER_NAME, MEMBER_PHONE, Member
from members.queries import (
    consents_ever,
    corrections_of,
    member_by_id,
    transfers_of,
    union_by_id,
    union_path_of,
)
from members.services.consents import consent_texts
from members.services.correcting import asked_for
from members.services.transfers import answer_of, reason_of
from training.queries.enrolments import enrolments_of
from training.queries.sessions import lines_by_id

# Why an export stands among the looks.
EXPORT_PURPOSE = N_("You asked for a copy of your data.")
FORMAT = "union-card-my-data/1"
_PAGE_ROWS = 100

Row = TypeVar("Row")
Facts = dict[str, Any]


def export_member(
    session: Session, *, member_id: UUID, is_chinese: bool, file_format: str, now: datetime
) -> Facts:
    """Return all that is held about a member, and note that it was taken. Raises MemberNotFound.

    Values are JSON's own: moments in RFC 3339 with Shanghai's offset, money in fen.
    """
    member = member_by_id(session, member_id=member_id)
    if member is None:
        raise MemberNotFound
    record(
        session,
        actor=Actor(ActorKind.MEMBER, id=member_id),
        action="member.exported",
        object_type="member",
        object_id=member_id,
        purpose=EXPORT_PURPOSE,
        union_path=union_path_of(session, union_id=member.union_id),
        now=now,
        format=file_format,
    )
    held = held_data(is_chinese=is_chinese)
    return {
        "format": FORMAT,
        "made_at": _plain(now),
        "profile": _profile(session, member),
        "held": [vars(each) for each in held],
        "consents": _consents(session, member_id, is_chinese=is_chinese),
        "card": _card(session, member_id, now=now),
        "records": list(_records(session, member_id, is_chinese=is_chinese)),
        "aid": _aid(session, member_id, is_chinese=is_chinese),
        "training": _training(session, member_id, is_chinese=is_chinese),
        "coupons": _coupons(session, member_id, is_chinese=is_chinese),
        "draws": _draws(session, member_id, is_chinese=is_chinese),
        "payout_account": _payout(session, member_id),
        "corrections": _corrections(session, member_id),
        "transfers": _transfers(session, member_id),
        "views": [_view(look) for look in _looks(session, member_id)],
    }


def _plain(value: object) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _facts(**values: object) -> Facts:
    return {name: _plain(value) for name, value in values.items()}


def _profile(session: Session, member: Member) -> Facts:
    union = union_by_id(session, union_id=member.union_id)
    sealed = member.phone_sealed
    return _facts(
        name=MEMBER_NAME.open(member.id, member.name_sealed),
        document_kind=member.document_kind,
        document=MEMBER_DOCUMENT.open(member.id, member.document_sealed),
        document_valid_until=member.document_valid_until,
        phone=MEMBER_PHONE.open(member.id, sealed) if sealed else None,
        nationality=member.nationality,
        sex=member.sex,
        born_on=member.born_on,
        education=member.education,
        employment=member.employment,
        is_migrant=member.is_migrant,
        union_code=union.code,
        union_name=union.name,
        status=member.status,
        joined_on=member.joined_on,
        real_name_at=member.real_name_at,
        in_register_since=member.created_at,
        changed_at=member.updated_at,
    )


def _consents(session: Session, member_id: UUID, *, is_chinese: bool) -> list[Facts]:
    texts = consent_texts()
    return [
        _facts(
            purpose=each.purpose,
            title=(
                (text.title_zh if is_chinese else text.title_en)
                if (text := texts.get(each.purpose))
                else each.purpose
            ),
            version=each.version,
            given_at=each.given_at,
            withdrawn_at=each.withdrawn_at,
        )
        for each in consents_ever(session, member_id=member_id)
    ]


def _card(session: Session, member_id: UUID, *, now: datetime) -> Facts | None:
    card = card_of_member(session, member_id=member_id)
    if card is None:
        return None
    devices = live_devices(session, card_id=card.id, now=now)
    return _facts(
        number=card.number,
        state=card.state,
        issued_at=card.issued_at,
        activated_at=card.activated_at,
    ) | {"devices": [_facts(name=each.name, added_at=each.enrolled_at) for each in devices]}


def _records(session: Session, member_id: UUID, *, is_chinese: bool) -> Iterator[Facts]:
    lines = _all(
        lambda last: records_of_member(
            session,
            member_id=member_id,
            before=last and RecordPlace(last.occurred_at, last.id),
            rows=_PAGE_ROWS,
        )
    )
    for line in lines:
        yield _facts(
            at=line.occurred_at,
            kind=line.kind,
            event=line.event,
            title=line.title_zh if is_chinese else line.title_en,
            gross_fen=line.gross_fen,
            member_pays_fen=line.member_pays_fen,
            merchant_bears_fen=line.merchant_bears_fen,
            union_pays_fen=line.union_pays_fen,
        )


def _aid(session: Session, member_id: UUID, *, is_chinese: bool) -> Facts:
    names = {
        scheme.id: scheme.name_zh if is_chinese else scheme.name_en
        for scheme in all_schemes(session)
    }
    claims = _all(
        lambda last: claims_of_member(
            session, member_id=member_id, after=last and last.id, rows=_PAGE_ROWS
        )
    )
    sheets = [own_sheet(session, claim=claim) for claim in claims]
    return {
        "covers": [
            _facts(
                scheme=names[cover.scheme_id],
                starts_on=cover.starts_on,
                ends_on=cover.ends_on,
                shares=cover.shares,
            )
            for cover in covers_of(session, member_id=member_id)
        ],
        "claims": [_claim(sheet, names[sheet.scheme.id]) for sheet in sheets],
    }


def _claim(sheet: ClaimSheet, scheme: str) -> Facts:
    claim = sheet.claim
    return _facts(
        scheme=scheme,
        event_type=sheet.event_type,
        event_date=claim.event_date,
        submitted_at=claim.submitted_at,
        state=claim.state,
        benefit_fen=claim.benefit_fen,
    ) | {
        "lines": [
            {name: _plain(value) for name, value in vars(line).items()} for line in sheet.lines
        ],
        "papers": [
            _facts(kind=paper.kind, size_bytes=paper.size_bytes, uploaded_at=paper.uploaded_at)
            for paper in sheet.papers
        ],
    }


def _training(session: Session, member_id: UUID, *, is_chinese: bool) -> list[Facts]:
    enrolments = _all(
        lambda last: enrolments_of(
            session, member_id=member_id, after=last and last[0].id, rows=_PAGE_ROWS
        )
    )
    found = list(enrolments)
    sessions = lines_by_id(session, session_ids=[each.session_id for each, _ in found])
    return [
        _facts(
            course=(
                sessions[each.session_id].course.title_zh
                if is_chinese
                else sessions[each.session_id].course.title_en
            ),
            starts_at=sessions[each.session_id].session.starts_at,
            enrolled_at=each.created_at,
            state=each.state,
        )
        for each, _ in found
    ]


def _coupons(session: Session, member_id: UUID, *, is_chinese: bool) -> list[Facts]:
    found = _all(
        lambda last: own_coupons(
            session, member_id=member_id, after=last and last.coupon.id, rows=_PAGE_ROWS
        )
    )
    return [
        _facts(
            title=each.title_zh if is_chinese else each.title_en,
            state=each.coupon.state,
            given_at=each.coupon.granted_at,
            ends_on=each.coupon.until,
        )
        for each in found
    ]


def _draws(session: Session, member_id: UUID, *, is_chinese: bool) -> list[Facts]:
    found = _all(
        lambda last: own_entries(
            session, member_id=member_id, after=last and last.entry.id, rows=_PAGE_ROWS
        )
    )
    return [
        _facts(
            title=each.title_zh if is_chinese else each.title_en,
            code=each.entry.code,
            place=each.entry.rank,
            entered_at=each.entry.created_at,
        )
        for each in found
    ]


def _payout(session: Session, member_id: UUID) -> Facts | None:
    account = payout_account_of(session, member_id=member_id)
    if account is None:
        return None
    return _facts(
        account=MEMBER_ACCOUNT.open(account.id, account.account_sealed),
        bank_name=account.bank_name,
        bank_code=account.bank_code,
        given_at=account.set_at,
    )


def _corrections(session: Session, member_id: UUID) -> list[Facts]:
    return [
        _facts(
            field=each.field,
            text=said.text,
            asked_at=each.created_at,
            state=each.state,
            decided_at=each.decided_at,
            answer=said.answer,
        )
        for each in corrections_of(session, member_id=member_id)
        for said in [asked_for(each)]
    ]


def _transfers(session: Session, member_id: UUID) -> list[Facts]:
    return [
        _facts(
            from_union=line.from_name,
            to_union=line.to_name,
            reason=reason_of(line.transfer),
            asked_at=line.transfer.asked_at,
            state=line.transfer.state,
            decided_at=line.transfer.decided_at,
            answer=answer_of(line.transfer),
        )
        for line in transfers_of(session, member_id=member_id)
    ]


def _looks(session: Session, member_id: UUID) -> Iterator[Look]:
    return _all(
        lambda last: looks_at(
            session,
            member_id=member_id,
            before=last and Place(last.at, last.id),
            rows=_PAGE_ROWS,
        )
    )


def _view(look: Look) -> Facts:
    return _facts(at=look.at, office=look.office, union=look.union, what=look.what, why=look.why)


def _all(page: Callable[[Any], Sequence[Row]]) -> Iterator[Row]:
    """Yield the rows of every page; `page` is given the last row of the one before, first None."""
    last: Row | None = None
    while True:
        rows = page(last)
        yield from rows
        if len(rows) < _PAGE_ROWS:
            return
        last = rows[-1]
