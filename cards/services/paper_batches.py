"""Paper cards by the batch: asked for, issued step by step, drawn file by file, forgotten.

A batch can be left and come back to, and a worker that dies in the middle is followed by one that
issues nothing twice: a card's QR text is kept, sealed, from its issue until its file is stored.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session

from audit.services import record
from cards.errors import (
    CardNotFound,
    CardNotUsable,
    ConsentMissing,
    DocumentNotSeen,
    NameNotPrintable,
    NothingToPrint,
    PaperBatchNotFound,
    UnionNotYours,
)
from cards.models import (
    PAPER_LINE_DETAIL,
    PAPER_LINE_TEXT,
    PAPER_MOVES,
    PAPER_PART_CONTENT,
    Card,
    PaperBatch,
    PaperLayout,
    PaperLine,
    PaperPart,
    PaperState,
)
from cards.queries import (
    PaperToDraw,
    card_policy,
    cards_to_print,
    has_paper,
    paper_content,
    paper_to_draw,
    union_within,
    without_phone,
)
from cards.services.paper import issue_paper_card, prove_at_desk
from kernel.actors import Actor, ActorKind
from kernel.errors import Refusal
from kernel.ids import new_id
from kernel.states import move
from members.errors import NoStanding, RealNameRequired
from members.models import Member, UnionOrg

STEP_CARDS = 100  # issued in one transaction
PART_CARDS = 500  # in one file: fifty A4 sheets, and what one drawing holds in memory
CHOSEN_MAX = 100
_FORGOTTEN_AT_ONCE = 50
# What may be the matter with one card; anything else is the matter with all of them.
_OF_ONE_CARD: tuple[type[Refusal], ...] = (
    CardNotFound,
    CardNotUsable,
    ConsentMissing,
    NameNotPrintable,
    NoStanding,
    RealNameRequired,
)


def start_paper_batch(
    session: Session,
    *,
    union_code: str,
    layout: PaperLayout,
    paths: Sequence[str],
    actor: Actor,
    now: datetime,
) -> PaperBatch:
    """Note that a union's members without a phone, and without paper, are to get a paper card.

    The job finds out who they are. Raises UnionNotYours when `union_code` is not within `paths`.
    """
    union = union_within(session, code=union_code, paths=paths)
    if union is None:
        raise UnionNotYours
    return _start(session, union, layout=layout, total=None, actor=actor, now=now)


def start_paper_for(
    session: Session,
    *,
    union_code: str,
    card_ids: Sequence[UUID],
    layout: PaperLayout,
    document_seen: bool,
    consent_signed: bool,
    paths: Sequence[str],
    actor: Actor,
    now: datetime,
) -> PaperBatch:
    """Note that the chosen cards of a union, at most CHOSEN_MAX, are to be printed.

    `document_seen` and `consent_signed` are the officer's word for every chosen person who has not
    proven themselves yet; without it those are refused in the batch's report, never printed. A card
    that has paper already gets a new one. Raises UnionNotYours, NothingToPrint, CardNotFound, and
    DocumentNotSeen when only one of the two was confirmed.
    """
    union = union_within(session, code=union_code, paths=paths)
    if union is None:
        raise UnionNotYours
    if document_seen != consent_signed:
        raise DocumentNotSeen
    wanted = set(card_ids)
    if not 0 < len(wanted) <= CHOSEN_MAX:
        raise NothingToPrint
    cards = cards_to_print(session, card_ids=wanted, path=union.path)
    if len(cards) < len(wanted):
        raise CardNotFound
    if document_seen:
        for member_id in sorted(card.member_id for card in cards if not card.is_proven):
            prove_at_desk(session, member_id=member_id, actor=actor, now=now)
    batch = _start(session, union, layout=layout, total=len(cards), actor=actor, now=now)
    session.add_all(
        PaperLine(batch_id=batch.id, card_id=card.card_id, place=place)
        for place, card in enumerate(cards)
    )
    session.flush()
    return batch


def step_paper_batch(
    session: Session, *, batch_id: UUID, now: datetime, rows: int = STEP_CARDS
) -> bool:
    """Issue the next cards of a batch and count them; say whether to go on.

    Locks the batch: a second worker with the same job takes turns and repeats nothing. Raises
    PaperBatchNotFound, FontMissing, IssuerKeysMissing.
    """
    batch = _locked(session, batch_id)
    if batch.state in {PaperState.DRAWING, PaperState.DONE}:
        return False
    batch.state = move(PAPER_MOVES, batch.state, PaperState.ISSUING)
    if batch.total is None:
        batch.total = _fill(session, batch, now=now)
    query = (
        select(PaperLine)
        .where(
            PaperLine.batch_id == batch.id, PaperLine.part.is_(None), PaperLine.refusal.is_(None)
        )
        .order_by(PaperLine.place)
        .limit(rows)
    )
    lines = session.scalars(query).all()
    if not lines:
        batch.state = move(PAPER_MOVES, batch.state, PaperState.DRAWING)
        return False
    actor = Actor(ActorKind.STAFF, id=batch.requested_by)
    printed = 0
    for line in lines:
        part = (batch.printed + printed) // PART_CARDS
        printed += _issue(session, line, part=part, actor=actor, now=now)
    # Together, since the database holds them to add up.
    batch.printed += printed
    batch.refused += len(lines) - printed
    batch.done += len(lines)
    session.flush()
    return True


def next_paper_to_draw(session: Session, *, batch_id: UUID) -> PaperToDraw | None:
    """Return what belongs into the next file, once nothing can be added to it any more."""
    batch = session.get(PaperBatch, batch_id, populate_existing=True)
    if batch is None:
        raise PaperBatchNotFound
    parts = batch.printed // PART_CARDS
    before = parts if batch.state is PaperState.ISSUING else parts + 1
    return paper_to_draw(session, batch_id=batch_id, layout=batch.layout, before=before)


def keep_paper(
    session: Session, *, batch_id: UUID, drawn: PaperToDraw, content: bytes, now: datetime
) -> None:
    """Store a file, sealed, and forget the texts that are drawn in it.

    Locks the batch. Of two workers that drew the same file, the second changes nothing.
    """
    _locked(session, batch_id)
    is_kept = exists().where(PaperPart.batch_id == batch_id, PaperPart.number == drawn.number)
    if not session.scalar(select(is_kept)):
        row_id = new_id()
        session.add(
            PaperPart(
                id=row_id,
                batch_id=batch_id,
                number=drawn.number,
                cards=len(drawn.faces),
                content_sealed=PAPER_PART_CONTENT.seal(row_id, content),
                made_at=now,
            )
        )
    session.execute(
        update(PaperLine)
        .where(PaperLine.batch_id == batch_id, PaperLine.part == drawn.number)
        .values(text_sealed=None)
        .execution_options(synchronize_session=False)
    )
    session.flush()


def finish_paper_batch(session: Session, *, batch_id: UUID, now: datetime) -> None:
    """End a batch whose last file is stored. Locks the batch."""
    batch = _locked(session, batch_id)
    if batch.state is PaperState.DRAWING:
        batch.state = move(PAPER_MOVES, batch.state, PaperState.DONE)
        batch.finished_at = now


def open_paper_file(
    session: Session, *, batch_id: UUID, number: int, actor: Actor, now: datetime
) -> bytes:
    """Return one file, and note who opened it: it shows whole names, and codes that are good.

    Raises PaperBatchNotFound when it is not there, or not any more.
    """
    content = paper_content(session, batch_id=batch_id, number=number)
    path = session.scalars(
        select(UnionOrg.path)
        .join(PaperBatch, PaperBatch.union_id == UnionOrg.id)
        .where(PaperBatch.id == batch_id)
    ).one()
    record(
        session,
        actor=actor,
        action="paper_batch.file_opened",
        object_type="paper_batch",
        object_id=batch_id,
        union_path=path,
        now=now,
        file=number,
    )
    return content


def forget_paper(session: Session, *, now: datetime) -> int:
    """Delete the files of batches that ended as long ago as policy keeps them; return how many.

    Who got a card and who was refused stays; which character was the matter does not.
    """
    before = now - timedelta(days=card_policy(session).paper_kept_days)
    query = (
        select(PaperBatch)
        .where(PaperBatch.finished_at < before, PaperBatch.forgotten_at.is_(None))
        .order_by(PaperBatch.id)
        .limit(_FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    batches = session.scalars(query).all()
    for batch in batches:
        session.execute(delete(PaperPart).where(PaperPart.batch_id == batch.id))
        session.execute(
            update(PaperLine)
            .where(PaperLine.batch_id == batch.id, PaperLine.detail_sealed.is_not(None))
            .values(detail_sealed=None)
        )
        batch.forgotten_at = now
    session.flush()
    return len(batches)


def _start(
    session: Session,
    union: UnionOrg,
    *,
    layout: PaperLayout,
    total: int | None,
    actor: Actor,
    now: datetime,
) -> PaperBatch:
    batch = PaperBatch(
        id=new_id(),
        union_id=union.id,
        requested_by=actor.staff_id,
        layout=layout,
        total=total,
        created_at=now,
    )
    session.add(batch)
    session.flush()
    record(
        session,
        actor=actor,
        action="paper_batch.started",
        object_type="paper_batch",
        object_id=batch.id,
        union_path=union.path,
        now=now,
        total=total,
    )
    return batch


def _locked(session: Session, batch_id: UUID) -> PaperBatch:
    batch = session.get(PaperBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise PaperBatchNotFound
    return batch


def _fill(session: Session, batch: PaperBatch, *, now: datetime) -> int:
    """Write a line for everybody in the batch's union without a phone and paper, set-wise."""
    path = session.scalars(select(UnionOrg.path).where(UnionOrg.id == batch.union_id)).one()
    place = func.row_number().over(order_by=(UnionOrg.path, Card.number))
    wanted = (
        select(func.gen_random_uuid(), literal(batch.id), Card.id, place - 1)
        .join(Member, Member.id == Card.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(without_phone([path]), ~has_paper(now))
    )
    columns = [PaperLine.id, PaperLine.batch_id, PaperLine.card_id, PaperLine.place]
    session.execute(insert(PaperLine).from_select(columns, wanted))
    lines = select(func.count()).where(PaperLine.batch_id == batch.id)
    return session.scalar(lines) or 0


def _issue(session: Session, line: PaperLine, *, part: int, actor: Actor, now: datetime) -> bool:
    """Issue one card into the file `part` and say so, or write down why not.

    What is refused has written nothing else.
    """
    try:
        issued = issue_paper_card(session, card_id=line.card_id, actor=actor, now=now)
    except _OF_ONE_CARD as refusal:
        line.refusal = refusal.code
        character = refusal.facts.get("character")
        if character is not None:
            line.detail_sealed = PAPER_LINE_DETAIL.seal(line.id, str(character))
        return False
    line.part = part
    line.text_sealed = PAPER_LINE_TEXT.seal(line.id, issued.text)
    return True
