"""What can be used at one till by one card: asked alike by a scan, a quote and a redemption."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from benefits.queries import OfferLine, Scopes, offers_at
from benefits.rules import MemberFacts
from benefits.services.static_limit import STATIC, static_limit, with_static_limit
from benefits.services.usable import CodeFacts, Usability, usability
from cards.services.verify import Holder
from kernel.actors import Till
from kernel.clock import shanghai_date
from kernel.money import Fen


def usable_here(
    session: Session,
    *,
    till: Till,
    holder: Holder,
    code: CodeFacts,
    now: datetime,
    offer_id: UUID | None = None,
    gross: Fen | None = None,
) -> list[Usability]:
    """Judge every offer in force at a till, or one of them; with `gross`, for that bill."""
    scopes = Scopes(till.merchant_id, till.site_id, till.terminal_id, holder.member_id)
    offers = offers_at(session, scopes=scopes, now=now, offer_id=offer_id)
    if code.assurance == STATIC:
        offers = _on_paper(session, offers, card_id=holder.card_id, now=now)
    return judged(offers, holder=holder, code=code, now=now, gross=gross)


def judged(
    offers: Iterable[OfferLine],
    *,
    holder: Holder,
    code: CodeFacts,
    now: datetime,
    gross: Fen | None = None,
) -> list[Usability]:
    """Judge offers that were read already, of any code but one on paper."""
    member = member_facts(holder)
    return [usability(offer, member, code=code, now=now, gross=gross) for offer in offers]


def member_facts(holder: Holder) -> MemberFacts:
    """Return what eligibility may look at; nothing that names the person."""
    return MemberFacts(
        union_path=holder.union_path,
        status=holder.status.value,
        joined_on=holder.joined_on,
        born_on=holder.born_on,
        employment=holder.employment,
        is_migrant=holder.is_migrant,
        hardship_level=holder.hardship_level,
    )


def _on_paper(
    session: Session, offers: list[OfferLine], *, card_id: UUID, now: datetime
) -> list[OfferLine]:
    line = static_limit(session, card_id=card_id, day=shanghai_date(now))
    return [with_static_limit(offer, line) for offer in offers]
