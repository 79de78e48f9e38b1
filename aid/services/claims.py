"""A member claims: simulates, hands in, hands in again, withdraws.

The phone makes a claim's id and keeps it until it has an answer; the row is the idempotency record.
Locks, in order: the claim, then its cover.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aid.errors import (
    AidConsentMissing,
    CardMissing,
    ClaimNotFound,
)
from aid.models import (
    AID_CLAIM_EVENT,
    AID_CLAIM_MOVES,
    AidClaim,
    AidClaimState,
    AidDecisionKind,
    AidRejectReason,
)
from aid.rules import Calculation, LineAmounts, PaperLine
from aid.services.ground import (
    CLAIM_CONSENTS,
    FirmGround,
    Ground,
    firm_ground,
    free_places,
    ground_of,
    ground_of_claim,
    lock_cover,
    reckon,
    something_due,
    write_calculation,
)
from aid.services.lines import refuse_used_papers, release_lines, write_lines
from aid.services.papers import attach_papers
from aid.services.trail import note_decision, record_on_card
from cards.models import CardState
from cards.queries import card_of_member
from kernel.actors import Actor, ActorKind
from kernel.clock import shanghai_date
from kernel.db import TryAgain
from kernel.refusals import RequestKeyReused, refused_by
from kernel.secrets import blind_index
from kernel.states import move
from members.services import missing_consents


@dataclass(frozen=True)
class ClaimRequest:
    """What a member asks. The id is the phone's."""

    id: UUID
    scheme: str
    event_type: str
    event_date: date
    lines: tuple[PaperLine, ...]
    document_ids: tuple[UUID, ...]

    @property
    def digest(self) -> bytes:
        return _digest(
            [self.scheme, self.event_type, self.event_date.isoformat()],
            self.lines,
            self.document_ids,
        )


@dataclass(frozen=True)
class ClaimAnswer:
    """The claim; `replayed` when this very request had been answered before."""

    claim: AidClaim
    replayed: bool


@dataclass(frozen=True)
class Simulation:
    """What a claim would come to today: covered or why not, and the trail where it is computed."""

    ground: Ground
    calculation: Calculation | None


def simulate_claim(
    session: Session,
    *,
    member_id: UUID,
    scheme: str,
    event_type: str,
    event_date: date,
    lines: Sequence[LineAmounts],
    now: datetime,
) -> Simulation:
    """Say what a claim would come to; keeps nothing. Raises SchemeNotFound."""
    ground = ground_of(
        session,
        member_id=member_id,
        scheme_code=scheme,
        event_type=event_type,
        event_date=event_date,
        today=shanghai_date(now),
    )
    if ground.reasons:
        return Simulation(ground, None)
    firm = firm_ground(ground, event_type=event_type)
    return Simulation(ground, reckon(session, firm, lines=lines))


def submit_claim(
    session: Session, *, member_id: UUID, request: ClaimRequest, now: datetime
) -> ClaimAnswer:
    """Take a claim in and say what it comes to. Locks the cover.

    The same id and facts hear the first claim. Raises RequestKeyReused, SchemeNotFound,
    AidConsentMissing, CardMissing, NotCovered, NothingDue, InvoiceUsed, AdmissionUsed,
    AidDocumentNotFound; and TryAgain when the same id was inserted in this moment.
    """
    known = session.get(AidClaim, request.id)
    if known is not None:
        return _replay(known, member_id=member_id, digest=request.digest)
    ground = ground_of(
        session,
        member_id=member_id,
        scheme_code=request.scheme,
        event_type=request.event_type,
        event_date=request.event_date,
        today=shanghai_date(now),
    )
    refuse_without_consents(session, member_id=member_id)
    card_id = _card_of(session, member_id=member_id)
    firm = firm_ground(ground, event_type=request.event_type)
    lock_cover(session, cover_id=firm.cover.id)
    # Two requests of one phone took turns at the lock: the second one finds the first's claim.
    known = session.scalars(select(AidClaim).where(AidClaim.id == request.id)).one_or_none()
    if known is not None:
        return _replay(known, member_id=member_id, digest=request.digest)
    refuse_used_papers(session, request.lines)
    amounts = [line.amounts for line in request.lines]
    calculation = something_due(firm, reckon(session, firm, lines=amounts))
    claim = AidClaim(
        id=request.id,
        member_id=member_id,
        card_id=card_id,
        cover_id=firm.cover.id,
        scheme_version_id=firm.version.id,
        benefit=firm.benefit.code,
        event_type_sealed=AID_CLAIM_EVENT.seal(request.id, request.event_type),
        event_date=request.event_date,
        facts_digest=request.digest,
        last_digest=request.digest,
        round=1,
        state=AidClaimState.SUBMITTED,
        benefit_fen=calculation.benefit_fen,
        submitted_at=now,
        waiting_since=now,
    )
    session.add(claim)
    with refused_by({"pk_aid_claims": TryAgain}):
        session.flush()
    _hand_in(
        session,
        firm,
        claim,
        lines=request.lines,
        calculation=calculation,
        document_ids=request.document_ids,
        now=now,
    )
    _note(session, claim, AidDecisionKind.SUBMITTED, now=now)
    record_on_card(session, claim, firm.scheme, event="submitted", now=now)
    return ClaimAnswer(claim, replayed=False)


def resubmit_claim(
    session: Session,
    *,
    member_id: UUID,
    claim_id: UUID,
    lines: tuple[PaperLine, ...],
    document_ids: tuple[UUID, ...],
    now: datetime,
) -> ClaimAnswer:
    """Hand a returned claim in again: all its lines as they are now, and papers to be added.

    The same again, once it was taken, hears the claim. Locks the claim and its cover. Raises
    ClaimNotFound, MoveNotAllowed, AidConsentMissing, NotCovered, NothingDue, InvoiceUsed,
    AdmissionUsed, AidDocumentNotFound.
    """
    claim = _lock_own(session, claim_id=claim_id, member_id=member_id)
    digest = _digest([str(claim_id)], lines, document_ids)
    if claim.state is not AidClaimState.RETURNED and claim.last_digest == digest:
        return ClaimAnswer(claim, replayed=True)
    state = move(AID_CLAIM_MOVES, claim.state, AidClaimState.SUBMITTED)
    refuse_without_consents(session, member_id=member_id)
    ground = ground_of_claim(session, claim)
    release_lines(session, claim)
    refuse_used_papers(session, lines)
    calculation = something_due(
        ground,
        reckon(
            session,
            ground,
            lines=[line.amounts for line in lines],
            claim_id=claim.id,
            submitted_at=claim.submitted_at,
        ),
    )
    claim.state = state
    claim.round += 1
    claim.last_digest = digest
    claim.version += 1
    claim.waiting_since = now
    _hand_in(
        session,
        ground,
        claim,
        lines=lines,
        calculation=calculation,
        document_ids=document_ids,
        now=now,
    )
    _note(session, claim, AidDecisionKind.RESUBMITTED, now=now)
    return ClaimAnswer(claim, replayed=False)


def withdraw_claim(
    session: Session, *, member_id: UUID, claim_id: UUID, now: datetime
) -> ClaimAnswer:
    """Take a claim back before it is payable; its papers may be claimed again.

    Withdrawing twice hears the same. Locks the claim and its cover. Raises ClaimNotFound,
    MoveNotAllowed.
    """
    claim = _lock_own(session, claim_id=claim_id, member_id=member_id)
    if claim.state is AidClaimState.WITHDRAWN:
        return ClaimAnswer(claim, replayed=True)
    state = move(AID_CLAIM_MOVES, claim.state, AidClaimState.WITHDRAWN)
    ground = ground_of_claim(session, claim)
    release(session, claim, state, now=now)
    _note(session, claim, AidDecisionKind.WITHDRAWN, now=now)
    record_on_card(session, claim, ground.scheme, event="withdrawn", now=now)
    return ClaimAnswer(claim, replayed=False)


def release(
    session: Session,
    claim: AidClaim,
    state: AidClaimState,
    *,
    now: datetime,
    reason: AidRejectReason | None = None,
) -> None:
    """End a claim in `state`: papers, stays and its place in the period are free again.

    The caller holds the locks of the claim and its cover.
    """
    release_lines(session, claim)
    free_places(session, claim)
    claim.state = state
    claim.reject_reason = reason
    claim.approved_by = None
    claim.confirmed_by = None
    claim.version += 1
    claim.waiting_since = now
    session.flush()


def refuse_without_consents(session: Session, *, member_id: UUID) -> None:
    """Raise AidConsentMissing with the texts to agree to (R26)."""
    missing = missing_consents(session, member_id=member_id, purposes=CLAIM_CONSENTS)
    if missing:
        raise AidConsentMissing(
            consents=[{"purpose": text.purpose, "version": text.version} for text in missing]
        )


def _card_of(session: Session, *, member_id: UUID) -> UUID:
    card = card_of_member(session, member_id=member_id)
    if card is None or card.state is CardState.CANCELLED:
        raise CardMissing
    return card.id


def _replay(known: AidClaim, *, member_id: UUID, digest: bytes) -> ClaimAnswer:
    if known.member_id != member_id or known.facts_digest != digest:
        raise RequestKeyReused
    return ClaimAnswer(known, replayed=True)


def _lock_own(session: Session, *, claim_id: UUID, member_id: UUID) -> AidClaim:
    query = (
        select(AidClaim)
        .where(AidClaim.id == claim_id, AidClaim.member_id == member_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    claim = session.scalars(query).one_or_none()
    if claim is None:
        raise ClaimNotFound
    return claim


def _digest(
    facts: Sequence[str], lines: Sequence[PaperLine], document_ids: Sequence[UUID]
) -> bytes:
    text = json.dumps(
        [
            *facts,
            [
                [
                    line.invoice_no,
                    line.hospital,
                    line.admission_no,
                    line.amounts.pool_paid_fen,
                    line.amounts.self_paid_fen,
                    line.amounts.days,
                ]
                for line in lines
            ],
            sorted(str(each) for each in set(document_ids)),
        ],
        ensure_ascii=False,
    )
    return blind_index("aid_claim_facts", text)


def _hand_in(
    session: Session,
    ground: FirmGround,
    claim: AidClaim,
    *,
    lines: Sequence[PaperLine],
    calculation: Calculation,
    document_ids: Sequence[UUID],
    now: datetime,
) -> None:
    """Write a round's lines, its calculation and its papers."""
    write_lines(session, claim, lines)
    write_calculation(session, ground, claim, calculation, now=now)
    attach_papers(session, member_id=claim.member_id, claim_id=claim.id, document_ids=document_ids)


def _note(session: Session, claim: AidClaim, kind: AidDecisionKind, *, now: datetime) -> None:
    actor = Actor(ActorKind.MEMBER, id=claim.member_id)
    note_decision(session, claim, kind, actor=actor, now=now)
