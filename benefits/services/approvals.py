"""A programme is one person's proposal and another's approval; only then is anything granted."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.services import record
from benefits.errors import ProgrammeNotFound
from benefits.models import (
    PROGRAMME_MOVES,
    Instrument,
    LimitRule,
    LimitScope,
    LimitUnit,
    LimitWindow,
    Offer,
    OfferKind,
    OfferState,
    OfferVersion,
    Programme,
    ProgrammeState,
)
from benefits.queries.spending import Years
from benefits.services.spending import check_spending, lock_occasion
from benefits.spending_errors import AboveCeiling, OfferOtherInstrument, ProposedByYou
from kernel.actors import Actor, ActorKind
from kernel.refusals import refuse_stale, refused_by
from kernel.states import MoveNotAllowed, move


def propose_programme(
    session: Session, *, actor: Actor, programme_id: UUID, version: int, now: datetime
) -> Programme:
    """Ask somebody else to approve a draft as it is.

    Raises ProgrammeNotFound, EditConflict, MoveNotAllowed, and what check_spending() does.
    """
    programme = _locked(session, programme_id, version)
    state = move(PROGRAMME_MOVES, programme.state, ProgrammeState.PROPOSED)
    check_programme(session, programme)
    programme.state = state
    programme.version += 1
    mark_proposed(programme, actor=actor, now=now)
    session.flush()
    _note(session, actor, "programme.proposed", programme, now)
    return programme


def mark_proposed(programme: Programme, *, actor: Actor, now: datetime) -> None:
    """Write down who asks. What an import brings has no maker, so anybody may approve it."""
    programme.maker_id = actor.id if actor.kind is ActorKind.STAFF else None
    programme.proposed_at = now
    programme.sent_back_reason = None


def approve_programme(
    session: Session, *, actor: Actor, programme_id: UUID, version: int, now: datetime
) -> Programme:
    """Let a programme run from its first day on, with the ceiling of a member's year as a limit.

    Locks the programme, then its occasion against other approvals. Raises ProgrammeNotFound,
    EditConflict, MoveNotAllowed, ProposedByYou, and what check_spending() does.
    """
    programme = _locked(session, programme_id, version)
    if programme.state is not ProgrammeState.PROPOSED:
        raise MoveNotAllowed(current=programme.state, target=ProgrammeState.RUNNING)
    if programme.maker_id == actor.staff_id:
        raise ProposedByYou
    lock_occasion(session, occasion=programme.occasion)
    check_programme(session, programme)
    if programme.member_year_fen is not None:
        session.add(
            LimitRule(
                id=programme.id,
                programme_id=programme.id,
                scope=LimitScope.MEMBER,
                window=LimitWindow.YEAR,
                unit=LimitUnit.FEN,
                maximum=programme.member_year_fen,
            )
        )
        session.flush()
    programme.state = ProgrammeState.RUNNING
    programme.version += 1
    programme.approver_id, programme.approved_at = actor.staff_id, now
    with refused_by({"ck_programmes_within_ceiling": AboveCeiling}):
        session.flush()
    _note(session, actor, "programme.approved", programme, now)
    return programme


def send_back_programme(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    version: int,
    reason: str,
    now: datetime,
) -> Programme:
    """Return a proposal to its designer, with the reason.

    Raises ProgrammeNotFound, EditConflict, MoveNotAllowed, ProposedByYou.
    """
    programme = _locked(session, programme_id, version)
    state = move(PROGRAMME_MOVES, programme.state, ProgrammeState.DRAFT)
    if programme.maker_id == actor.staff_id:
        raise ProposedByYou
    programme.state = state
    programme.version += 1
    programme.sent_back_reason = reason
    session.flush()
    _note(session, actor, "programme.sent_back", programme, now)
    return programme


def instrument_bears(instrument: Instrument, kind: OfferKind) -> bool:
    """Say whether an offer of this kind gives what its programme says: goods are picked up."""
    if instrument is Instrument.TRANSFER:
        return False
    return instrument is not Instrument.GOODS or kind is OfferKind.GIFT


def _refuse_other_offers(session: Session, programme: Programme) -> None:
    """Raise OfferOtherInstrument where an offer was made before the draft named what it gives."""
    kinds = session.scalars(
        select(OfferVersion.kind)
        .join(Offer, Offer.id == OfferVersion.offer_id)
        .where(Offer.programme_id == programme.id, Offer.state != OfferState.ENDED)
        .distinct()
    )
    if not all(instrument_bears(programme.instrument, kind) for kind in kinds):
        raise OfferOtherInstrument(instrument=programme.instrument)


def check_programme(session: Session, programme: Programme) -> None:
    """Hold a programme as it is written down, and its offers, against the rule of its occasion."""
    _refuse_other_offers(session, programme)
    check_spending(
        session,
        family=programme.family,
        occasion=programme.occasion,
        instrument=programme.instrument,
        member_year_fen=programme.member_year_fen,
        years=Years.of(programme.starts_on, programme.ends_on),
        besides=programme.id,
    )


def _locked(session: Session, programme_id: UUID, version: int) -> Programme:
    programme = session.get(Programme, programme_id, with_for_update=True, populate_existing=True)
    if programme is None:
        raise ProgrammeNotFound
    refuse_stale(programme.version, version)
    return programme


def _note(session: Session, actor: Actor, action: str, programme: Programme, now: datetime) -> None:
    record(
        session,
        actor=actor,
        action=action,
        object_type="programme",
        object_id=programme.id,
        now=now,
        programme=programme.code,
    )
