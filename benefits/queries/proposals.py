"""Reads of the offers that merchants propose, and of those that count at a merchant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from benefits.errors import ProposalNotFound
from benefits.models import (
    Offer,
    OfferProposal,
    OfferState,
    OfferVersion,
    Programme,
    ProgrammeState,
    ProposalState,
)
from benefits.rules import Terms
from kernel.actors import Actor, Role
from ledger.models import Family
from merchants.models import Merchant
from merchants.queries import MerchantReach, merchant_ids_within

PROPOSAL_ROWS_MAX = 100
_Place = tuple[datetime, UUID]


def proposal_terms(proposal: OfferProposal) -> Terms:
    """Return what is proposed as the rules compute with it."""
    return Terms(
        kind=proposal.kind.value,
        member_rate_bp=proposal.member_rate_bp,
        threshold_fen=proposal.threshold_fen,
        reduction_fen=proposal.reduction_fen,
        list_fen=proposal.list_fen,
        member_fen=proposal.member_fen,
        union_share_bp=proposal.union_share_bp,
        union_max_fen=proposal.union_max_fen,
    )


def proposals_of_merchant(
    session: Session,
    *,
    merchant_id: UUID,
    after: _Place | None = None,
    rows: int = PROPOSAL_ROWS_MAX,
) -> list[OfferProposal]:
    """Return what a merchant proposed, the newest first, from behind `after`."""
    place = tuple_(OfferProposal.proposed_at, OfferProposal.id)
    query = select(OfferProposal).where(OfferProposal.merchant_id == merchant_id)
    if after is not None:
        query = query.where(place < tuple_(*after))
    query = query.order_by(OfferProposal.proposed_at.desc(), OfferProposal.id.desc())
    return list(session.scalars(query.limit(rows)))


@dataclass(frozen=True)
class ProposalRow:
    """One line of the desk's list."""

    proposal: OfferProposal
    merchant: str


def proposals_within(
    session: Session,
    *,
    reach: MerchantReach,
    state: ProposalState | None = None,
    after: _Place | None = None,
    rows: int = PROPOSAL_ROWS_MAX,
) -> list[ProposalRow]:
    """Return proposals of merchants in reach, the longest wait first, from behind `after`."""
    place = tuple_(OfferProposal.proposed_at, OfferProposal.id)
    query = (
        select(OfferProposal, Merchant.name)
        .join(Merchant, Merchant.id == OfferProposal.merchant_id)
        .where(OfferProposal.merchant_id.in_(merchant_ids_within(reach)))
    )
    if state is not None:
        query = query.where(OfferProposal.state == state)
    if after is not None:
        query = query.where(place > tuple_(*after))
    query = query.order_by(OfferProposal.proposed_at, OfferProposal.id).limit(rows)
    return [ProposalRow(*row) for row in session.execute(query)]


def find_proposal(session: Session, *, proposal_id: UUID, reach: MerchantReach) -> ProposalRow:
    """Return a proposal of a merchant in reach. Raises ProposalNotFound for any other."""
    query = (
        select(OfferProposal, Merchant.name)
        .join(Merchant, Merchant.id == OfferProposal.merchant_id)
        .where(
            OfferProposal.id == proposal_id,
            OfferProposal.merchant_id.in_(merchant_ids_within(reach)),
        )
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise ProposalNotFound
    return ProposalRow(*row)


def proposals_waiting(session: Session, actor: Actor) -> int:
    """Return how many proposals the caller could answer."""
    reach = MerchantReach(paths=actor.paths(Role.PROGRAMME_DESIGNER))
    query = (
        select(func.count())
        .select_from(OfferProposal)
        .where(
            OfferProposal.state == ProposalState.WAITING,
            OfferProposal.merchant_id.in_(merchant_ids_within(reach)),
        )
    )
    return session.scalar(query) or 0


@dataclass(frozen=True)
class MerchantOffer:
    """An offer that counts at a merchant now, or begins later."""

    offer: Offer
    version: OfferVersion
    is_running: bool  # its programme is


def offers_at_merchant(
    session: Session, *, merchant_id: UUID, now: datetime, rows: int = PROPOSAL_ROWS_MAX
) -> list[MerchantOffer]:
    """Return what counts at a merchant or will: its own offers first, then those for all."""
    not_over = or_(OfferVersion.valid_to.is_(None), OfferVersion.valid_to > now)
    query = (
        select(Offer, OfferVersion, Programme.state)
        .join(Programme, Programme.id == Offer.programme_id)
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, not_over))
        .where(
            or_(Offer.merchant_id == merchant_id, Offer.merchant_id.is_(None)),
            Offer.state == OfferState.ACTIVE,
            Programme.family == Family.DISCOUNT,
            Programme.state.in_([ProgrammeState.RUNNING, ProgrammeState.PAUSED]),
        )
        .order_by(Offer.merchant_id.is_(None), Offer.id.desc(), OfferVersion.valid_from)
        .limit(rows)
    )
    return [
        MerchantOffer(offer, version, state is ProgrammeState.RUNNING)
        for offer, version, state in session.execute(query)
    ]
