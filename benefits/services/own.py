"""What a member can use, wherever: the till's evaluator, asked before there is a till."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from benefits.errors import BenefitNotFound
from benefits.models import LimitScope
from benefits.queries import (
    LimitLine,
    OfferSites,
    OwnFacts,
    OwnOffer,
    OwnSite,
    own_facts,
    own_offers,
    sites_of_offer,
    sites_of_offers,
)
from benefits.rules import Reason, reason
from benefits.services.usable import tightest_of, usability
from kernel.clock import shanghai_day


@dataclass(frozen=True)
class OwnBenefit:
    """An offer as its member sees it: every reason against it, what is left, where it counts.

    `mine` is the member's own limit that is met first. `ends_at` is the moment from which the
    offer is over as far as is known today.
    """

    offer: OwnOffer
    reasons: tuple[Reason, ...]
    mine: LimitLine | None
    ends_at: datetime | None
    sites: Sequence[OfferSites]

    @property
    def usable(self) -> bool:
        return not self.reasons


def benefits_of_member(
    session: Session,
    *,
    member_id: UUID,
    now: datetime,
    rows: int,
    kind: str | None = None,
    words: str | None = None,
    after: UUID | None = None,
) -> list[OwnBenefit]:
    """Return a page of what is offered to one member, judged as a till would, in three statements.

    Where the card itself does not work, every offer says so first: a till refuses it whatever the
    offer is.
    """
    facts = own_facts(session, member_id=member_id)
    offers = own_offers(
        session, member_id=member_id, now=now, rows=rows, kind=kind, words=words, after=after
    )
    sites = sites_of_offers(session, offers=offers, now=now)
    return [
        _judged(offer, facts, sites=sites.get(offer.merchant_id, ()), now=now) for offer in offers
    ]


def sites_of_benefit(
    session: Session,
    *,
    member_id: UUID,
    offer_id: UUID,
    district: str | None,
    now: datetime,
    after: UUID | None,
    rows: int,
) -> Sequence[OwnSite]:
    """Return where an offer counts, in one district or in all.

    Raises BenefitNotFound for an offer that is not in force.
    """
    offers = own_offers(session, member_id=member_id, now=now, rows=1, offer_id=offer_id)
    if not offers:
        raise BenefitNotFound
    return sites_of_offer(
        session, offer=offers[0], district=district, now=now, after=after, rows=rows
    )


def _judged(
    offer: OwnOffer, facts: OwnFacts, *, sites: Sequence[OfferSites], now: datetime
) -> OwnBenefit:
    judged = usability(offer.line, facts.member, code=None, now=now)
    reasons = judged.reasons if facts.card_works else (reason("card_not_usable"), *judged.reasons)
    own = [line for line in offer.line.limits if line.scope is LimitScope.MEMBER]
    return OwnBenefit(offer, reasons, tightest_of(own), _end_of(offer), sites)


def _end_of(offer: OwnOffer) -> datetime | None:
    """Return when the terms or the programme end, whichever is first."""
    ends_on = offer.line.ends_on
    programme_end = None if ends_on is None else shanghai_day(ends_on)[0]
    return min(filter(None, (offer.valid_to, programme_end)), default=None)
