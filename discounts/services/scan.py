"""A till scans a card: is it good, and what can be used here now."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from benefits.queries import LimitLine, OfferLine, Scopes, offers_at
from benefits.services.static_limit import STATIC, static_limit
from benefits.services.usable import Usability, usability
from cards.services.verify import Verdict, verify_presentation
from discounts.services.redeem import member_facts
from kernel.actors import Till
from kernel.clock import shanghai_date


@dataclass(frozen=True)
class ScanAnswer:
    """The verdict on the card, and every offer of this till with its reasons."""

    verdict: Verdict
    offers: tuple[Usability, ...]


def scan_card(
    session: Session, *, till: Till, presentation: str, scan_id: UUID | None, now: datetime
) -> ScanAnswer:
    """Verify a presentation and evaluate this till's offers for its holder.

    A refused card is an answer like any other: nothing is raised.
    """
    verdict = verify_presentation(
        session,
        terminal_id=till.terminal_id,
        audience=till.code,
        presentation=presentation,
        scan_id=scan_id,
        now=now,
    )
    if verdict.holder is None:
        return ScanAnswer(verdict, ())
    scopes = Scopes(till.merchant_id, till.site_id, till.terminal_id, verdict.holder.member_id)
    member = member_facts(verdict.holder)
    offers = offers_at(session, scopes=scopes, now=now)
    if verdict.assurance == STATIC:
        day = shanghai_date(now)
        line = static_limit(session, card_id=verdict.holder.card_id, day=day)
        offers = [_with_limit(offer, line) for offer in offers]
    return ScanAnswer(
        verdict,
        tuple(
            usability(
                offer,
                member,
                assurance=verdict.assurance or "",
                challenged=verdict.challenged,
                now=now,
            )
            for offer in offers
        ),
    )


def _with_limit(offer: OfferLine, line: LimitLine) -> OfferLine:
    """Return the offer as it is for a card on paper, where the union bears any of it."""
    if not offer.terms.union_share_bp:
        return offer
    if not line.maximum:
        return replace(offer, assurances=tuple({*offer.assurances} - {STATIC}))
    return replace(offer, limits=(*offer.limits, line))
