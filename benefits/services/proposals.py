"""Offers proposed by a merchant's manager: proposed, withdrawn, approved, refused."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.services import record
from benefits.errors import (
    ProposalDaysWrong,
    ProposalNotFound,
    ProposalOver,
    ProposalsTooMany,
)
from benefits.models import PROPOSAL_MOVES, OfferKind, OfferProposal, ProposalState
from benefits.queries import proposal_terms
from benefits.rules import Terms
from benefits.services.offers import add_offer, check_terms
from kernel.actors import Actor
from kernel.clock import shanghai_date, shanghai_day
from kernel.refusals import RequestKeyReused
from kernel.states import move
from merchants.errors import MerchantNotActive
from merchants.models import Merchant, MerchantState
from merchants.queries import union_path_of

# Far more than anybody answers in a week, and few enough to be read.
WAITING_PROPOSALS_MAX = 20


@dataclass(frozen=True)
class ProposalFacts:
    """What is proposed, for the Shanghai days [starts_on, ends_on)."""

    title_zh: str
    title_en: str
    terms: Terms
    starts_on: date
    ends_on: date | None
    note: str | None


def propose_offer(
    session: Session, *, actor: Actor, proposal_id: UUID, facts: ProposalFacts, now: datetime
) -> OfferProposal:
    """Put an offer of the manager's merchant before the union. The same id again: the same.

    Locks the merchant, so that what waits is counted once. Raises RequestKeyReused for the id of
    something else, MerchantNotActive, OfferTermsWrong, ProposalDaysWrong, ProposalsTooMany.
    """
    merchant = session.get_one(
        Merchant,
        actor.managed_merchant_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )
    known = session.get(OfferProposal, proposal_id)
    if known is not None:
        if known.merchant_id != merchant.id or _facts_of(known) != facts:
            raise RequestKeyReused
        return known
    if merchant.state is not MerchantState.ACTIVE:
        raise MerchantNotActive(state=merchant.state)
    check_terms(facts.terms)
    if facts.starts_on < shanghai_date(now):
        raise ProposalDaysWrong(field="starts_on")
    if facts.ends_on is not None and facts.ends_on <= facts.starts_on:
        raise ProposalDaysWrong(field="last_on")
    if _waiting_of(session, merchant.id) >= WAITING_PROPOSALS_MAX:
        raise ProposalsTooMany(waiting_max=WAITING_PROPOSALS_MAX)
    proposal = OfferProposal(
        id=proposal_id,
        merchant_id=merchant.id,
        proposed_by=actor.manager_id,
        proposed_at=now,
        title_zh=facts.title_zh,
        title_en=facts.title_en,
        **asdict(facts.terms) | {"kind": OfferKind(facts.terms.kind)},
        starts_on=facts.starts_on,
        ends_on=facts.ends_on,
        note=facts.note,
    )
    session.add(proposal)
    session.flush()
    _record(session, proposal, "offer.proposed", actor=actor, now=now)
    return proposal


def withdraw_proposal(
    session: Session, *, actor: Actor, proposal_id: UUID, now: datetime
) -> OfferProposal:
    """Take a proposal of the manager's own merchant back before it is answered. Locks it.

    Raises ProposalNotFound for another merchant's, MoveNotAllowed once it is answered.
    """
    proposal = _lock(session, proposal_id)
    if proposal.merchant_id != actor.managed_merchant_id:
        raise ProposalNotFound
    proposal.state = move(PROPOSAL_MOVES, proposal.state, ProposalState.WITHDRAWN)
    proposal.withdrawn_at = now
    session.flush()
    _record(session, proposal, "offer.proposal_withdrawn", actor=actor, now=now)
    return proposal


def approve_proposal(
    session: Session,
    *,
    actor: Actor,
    proposal_id: UUID,
    programme_id: UUID,
    assurances: Sequence[str],
    needs_challenge: bool,
    now: datetime,
) -> OfferProposal:
    """Make the offer that was proposed, in a programme, from its first day or from now on.

    Locks the proposal, so that of two officers one makes the offer. Raises ProposalNotFound,
    MoveNotAllowed once it is answered, ProposalOver, and as `add_offer` does.
    """
    proposal = _lock(session, proposal_id)
    state = move(PROPOSAL_MOVES, proposal.state, ProposalState.APPROVED)
    starts_at, _ = shanghai_day(proposal.starts_on)
    ends_at = None
    if proposal.ends_on is not None:
        ends_at, _ = shanghai_day(proposal.ends_on)
        if ends_at <= now:
            raise ProposalOver
    offer = add_offer(
        session,
        actor=actor,
        programme_id=programme_id,
        merchant_id=proposal.merchant_id,
        title_zh=proposal.title_zh,
        title_en=proposal.title_en,
        terms=proposal_terms(proposal),
        assurances=assurances,
        needs_challenge=needs_challenge,
        valid_from=max(starts_at, now),
        valid_to=ends_at,
        now=now,
    )
    proposal.state = state
    proposal.offer_id = offer.id
    proposal.decided_by, proposal.decided_at = actor.staff_id, now
    session.flush()
    _record(session, proposal, "offer.proposal_approved", actor=actor, now=now)
    return proposal


def refuse_proposal(
    session: Session, *, actor: Actor, proposal_id: UUID, reason: str, now: datetime
) -> OfferProposal:
    """Refuse a proposal; its merchant reads the reason. Locks it.

    Raises ProposalNotFound, MoveNotAllowed once it is answered.
    """
    proposal = _lock(session, proposal_id)
    proposal.state = move(PROPOSAL_MOVES, proposal.state, ProposalState.REFUSED)
    proposal.reason = reason
    proposal.decided_by, proposal.decided_at = actor.staff_id, now
    session.flush()
    _record(session, proposal, "offer.proposal_refused", actor=actor, now=now)
    return proposal


def _lock(session: Session, proposal_id: UUID) -> OfferProposal:
    found = session.get(OfferProposal, proposal_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise ProposalNotFound
    return found


def _facts_of(proposal: OfferProposal) -> ProposalFacts:
    return ProposalFacts(
        proposal.title_zh,
        proposal.title_en,
        proposal_terms(proposal),
        proposal.starts_on,
        proposal.ends_on,
        proposal.note,
    )


def _waiting_of(session: Session, merchant_id: UUID) -> int:
    query = select(func.count()).where(
        OfferProposal.merchant_id == merchant_id, OfferProposal.state == ProposalState.WAITING
    )
    return session.scalar(query) or 0


def _record(
    session: Session,
    proposal: OfferProposal,
    action: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    merchant = session.get_one(Merchant, proposal.merchant_id)
    record(
        session,
        actor=actor,
        action=action,
        object_type="offer_proposal",
        object_id=proposal.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        merchant_id=merchant.id,
        offer_id=proposal.offer_id,
    )
