"""Reads of paper cards: who may need one, what a batch prints, what came of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from cards.errors import PaperBatchNotFound
from cards.models import (
    PAPER_LINE_DETAIL,
    PAPER_LINE_TEXT,
    PAPER_PART_CONTENT,
    Card,
    CardState,
    Credential,
    CredentialState,
    DeskProof,
    Device,
    PaperBatch,
    PaperLayout,
    PaperLine,
    PaperPart,
    PaperState,
)
from cards.uc1.terms import Profile
from kernel.clock import shanghai_date
from members.models import MEMBER_NAME, STANDING, Member, UnionOrg
from members.queries import within

PAGE_ROWS_MAX = 100


def without_phone(paths: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition for cards in use, or issued, that are on no phone; joined to unions."""
    return (
        within(paths)
        & Card.state.in_((CardState.ISSUED, CardState.ACTIVE))
        & Member.status.in_(STANDING)
        & ~exists().where(Device.card_id == Card.id, Device.retired_at.is_(None))
    )


def has_paper(now: datetime) -> ColumnElement[bool]:
    """Return the condition for cards that have a valid paper form."""
    return exists().where(
        Credential.card_id == Card.id,
        Credential.profile == int(Profile.PAPER),
        Credential.state == CredentialState.VALID,
        Credential.expires_at > now,
    )


@dataclass(frozen=True)
class PaperCandidate:
    """A member without a phone, as an officer chooses whom to print for."""

    card_id: UUID
    number: str
    name_masked: str
    union_name: str
    is_proven: bool  # by a phone or at a desk
    has_paper: bool


_IS_PROVEN = Member.real_name_at.is_not(None) | exists().where(DeskProof.member_id == Member.id)


def paper_candidates(
    session: Session,
    *,
    path: str,
    now: datetime,
    after: str | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[PaperCandidate]:
    """Return a union's members without a phone, by card number, from above the number `after`."""
    query = (
        select(
            Card.id,
            Card.number,
            Member.name_masked,
            UnionOrg.name,
            _IS_PROVEN,
            has_paper(now),
        )
        .join(Member, Member.id == Card.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(without_phone([path]))
        .order_by(Card.number)
        .limit(rows)
    )
    if after is not None:
        query = query.where(Card.number > after)
    return [PaperCandidate(*row) for row in session.execute(query)]


@dataclass(frozen=True)
class CardToPrint:
    card_id: UUID
    member_id: UUID
    is_proven: bool


def cards_to_print(session: Session, *, card_ids: Collection[UUID], path: str) -> list[CardToPrint]:
    """Return those of `card_ids` whose members are of the union `path` or below, in print order."""
    query = (
        select(Card.id, Card.member_id, _IS_PROVEN)
        .join(Member, Member.id == Card.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(Card.id.in_(card_ids), within([path]))
        .order_by(UnionOrg.path, Card.number)
    )
    return [CardToPrint(*row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class Face:
    """What stands on one card. It is the member's own, so the name is whole."""

    union_name: str
    name: str = field(repr=False)
    number: str
    text: str = field(repr=False)  # of the QR code
    expires_on: date


@dataclass(frozen=True)
class PaperToDraw:
    """What belongs into one file of a batch."""

    number: int
    layout: PaperLayout
    faces: tuple[Face, ...]


def paper_to_draw(
    session: Session, *, batch_id: UUID, layout: PaperLayout, before: int
) -> PaperToDraw | None:
    """Return the first file below the number `before` whose texts are still waiting."""
    waiting = (PaperLine.batch_id == batch_id) & PaperLine.text_sealed.is_not(None)
    number = session.scalar(
        select(func.min(PaperLine.part)).where(waiting, PaperLine.part < before)
    )
    if number is None:
        return None
    newest = (
        select(func.max(Credential.expires_at))
        .where(Credential.card_id == Card.id, Credential.profile == int(Profile.PAPER))
        .scalar_subquery()
    )
    query = (
        select(PaperLine.id, PaperLine.text_sealed, Card.number, Member, UnionOrg.name, newest)
        .join(Card, Card.id == PaperLine.card_id)
        .join(Member, Member.id == Card.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(waiting, PaperLine.part == number)
        .order_by(PaperLine.place)
    )
    rows = session.execute(query).all()
    return PaperToDraw(
        number,
        layout,
        tuple(
            Face(
                union_name,
                MEMBER_NAME.open(member.id, member.name_sealed),
                card_number,
                PAPER_LINE_TEXT.open(line_id, text_sealed or b""),
                shanghai_date(expires_at),
            )
            for line_id, text_sealed, card_number, member, union_name, expires_at in rows
        ),
    )


@dataclass(frozen=True)
class PaperBatchLine:
    """One batch of paper cards, with the union that it is for. `total` None: not counted yet."""

    id: UUID
    union_name: str
    union_code: str
    layout: PaperLayout
    state: PaperState
    total: int | None
    done: int
    printed: int
    refused: int
    created_at: datetime
    finished_at: datetime | None
    forgotten_at: datetime | None


_BATCH = select(
    PaperBatch.id,
    UnionOrg.name.label("union_name"),
    UnionOrg.code.label("union_code"),
    PaperBatch.layout,
    PaperBatch.state,
    PaperBatch.total,
    PaperBatch.done,
    PaperBatch.printed,
    PaperBatch.refused,
    PaperBatch.created_at,
    PaperBatch.finished_at,
    PaperBatch.forgotten_at,
).join(UnionOrg, UnionOrg.id == PaperBatch.union_id)


def paper_batches_within(
    session: Session, *, paths: Sequence[str], rows: int = PAGE_ROWS_MAX
) -> list[PaperBatchLine]:
    """Return the batches for unions that the caller reaches, newest first."""
    query = _BATCH.where(within(paths)).order_by(PaperBatch.id.desc()).limit(rows)
    return [PaperBatchLine(**row) for row in session.execute(query).mappings()]


def paper_batch_within(session: Session, *, batch_id: UUID, paths: Sequence[str]) -> PaperBatchLine:
    """Return the batch if one of `paths` reaches its union. Raises PaperBatchNotFound."""
    found = session.execute(_BATCH.where(PaperBatch.id == batch_id, within(paths)))
    row = found.mappings().one_or_none()
    if row is None:
        raise PaperBatchNotFound
    return PaperBatchLine(**row)


@dataclass(frozen=True)
class PaperRefusal:
    """A card that was not printed, and why. `detail` is the character that cannot be."""

    card_id: UUID
    number: str
    name_masked: str
    union_name: str
    code: str
    detail: str | None
    place: int


def paper_refusals(
    session: Session, *, batch_id: UUID, after: int | None = None, rows: int = PAGE_ROWS_MAX
) -> list[PaperRefusal]:
    """Return what a batch did not print, in print order, from after the place `after`."""
    query = (
        select(PaperLine, Card.number, Member.name_masked, UnionOrg.name)
        .join(Card, Card.id == PaperLine.card_id)
        .join(Member, Member.id == Card.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(PaperLine.batch_id == batch_id, PaperLine.refusal.is_not(None))
        .order_by(PaperLine.place)
        .limit(rows)
    )
    if after is not None:
        query = query.where(PaperLine.place > after)
    return [
        PaperRefusal(
            line.card_id,
            number,
            name_masked,
            union_name,
            line.refusal or "",
            PAPER_LINE_DETAIL.open(line.id, line.detail_sealed) if line.detail_sealed else None,
            line.place,
        )
        for line, number, name_masked, union_name in session.execute(query)
    ]


@dataclass(frozen=True)
class PaperFile:
    number: int
    cards: int
    made_at: datetime


def paper_files(session: Session, *, batch_id: UUID) -> list[PaperFile]:
    """Return the files of a batch that are there, in their order, without their contents."""
    query = (
        select(PaperPart.number, PaperPart.cards, PaperPart.made_at)
        .where(PaperPart.batch_id == batch_id)
        .order_by(PaperPart.number)
    )
    return [PaperFile(*row) for row in session.execute(query)]


def paper_content(session: Session, *, batch_id: UUID, number: int) -> bytes:
    """Return one file, opened. Raises PaperBatchNotFound when it is not there, or not any more."""
    query = select(PaperPart).where(PaperPart.batch_id == batch_id, PaperPart.number == number)
    part = session.scalars(query).one_or_none()
    if part is None:
        raise PaperBatchNotFound
    return PAPER_PART_CONTENT.open_bytes(part.id, part.content_sealed)


@dataclass(frozen=True)
class PaperOfCard:
    """What a card has on paper now, and whether its member may have it printed as they stand."""

    is_proven: bool
    issued_at: datetime | None
    expires_at: datetime | None


def paper_of_card(session: Session, *, card_id: UUID, now: datetime) -> PaperOfCard:
    proven = select(_IS_PROVEN).join(Card, Card.member_id == Member.id).where(Card.id == card_id)
    live = (
        select(Credential.issued_at, Credential.expires_at)
        .where(
            Credential.card_id == card_id,
            Credential.profile == int(Profile.PAPER),
            Credential.state == CredentialState.VALID,
            Credential.expires_at > now,
        )
        .order_by(Credential.issued_at.desc())
        .limit(1)
    )
    row = session.execute(live).one_or_none()
    return PaperOfCard(
        bool(session.scalar(proven)),
        row.issued_at if row else None,
        row.expires_at if row else None,
    )
