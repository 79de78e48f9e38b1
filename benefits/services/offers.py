"""Offers and the versions of their terms: what a member gets, where, from when until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.services import record
from benefits.errors import (
    OfferNotFound,
    OfferTermsWrong,
    OfferVersionHasNoTime,
    OfferVersionInThePast,
    OfferVersionsOverlap,
    ProgrammeNotFound,
    ProgrammeTakesNoOffers,
)
from benefits.models import (
    OFFER_MOVES,
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
from benefits.rules import (
    ALWAYS,
    EVERY_WEEKDAY,
    MINUTES_OF_DAY,
    REDUCTIONS,
    Conditions,
    Terms,
)
from benefits.services.approvals import instrument_bears
from benefits.services.programmes import LimitFacts, add_limit
from benefits.spending_errors import OfferOtherInstrument
from kernel.actors import Actor
from kernel.money import WHOLE_BP
from kernel.refusals import refuse_stale, refused_by
from kernel.states import MoveNotAllowed, move
from ledger.models import Family
from merchants.errors import MerchantNotActive, MerchantNotFound
from merchants.models import Merchant, MerchantState
from merchants.queries import union_path_of


@dataclass(frozen=True)
class VersionFacts:
    """The terms of one version, the codes they accept, and when they hold: [from, to).

    `conditions` say at which of these times they count, for whom, and beside what.
    """

    terms: Terms
    assurances: Sequence[str]
    valid_from: datetime
    valid_to: datetime | None = None
    needs_challenge: bool = False
    conditions: Conditions = ALWAYS


def add_offer(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    merchant_id: UUID | None,
    title_zh: str,
    title_en: str,
    terms: Terms,
    assurances: Sequence[str],
    needs_challenge: bool = False,
    conditions: Conditions = ALWAYS,
    valid_from: datetime,
    valid_to: datetime | None = None,
    now: datetime,
) -> Offer:
    """Offer `terms` at one merchant, or with no merchant at every one.

    Raises OfferTermsWrong, OfferOtherInstrument, OfferVersionHasNoTime, ProgrammeNotFound,
    ProgrammeTakesNoOffers, MerchantNotFound, and MerchantNotActive if the business has ended.
    """
    programme = session.get(Programme, programme_id)
    if programme is None:
        raise ProgrammeNotFound
    if programme.family is not Family.DISCOUNT or programme.state is ProgrammeState.ENDED:
        raise ProgrammeTakesNoOffers(family=programme.family, state=programme.state)
    if merchant_id is not None:
        merchant = session.get(Merchant, merchant_id)
        if merchant is None:
            raise MerchantNotFound
        if merchant.state is MerchantState.ENDED:
            raise MerchantNotActive(state=merchant.state)
    offer = Offer(
        programme_id=programme_id,
        merchant_id=merchant_id,
        title_zh=title_zh,
        title_en=title_en,
        created_at=now,
    )
    session.add(offer)
    session.flush()
    facts = VersionFacts(terms, assurances, valid_from, valid_to, needs_challenge, conditions)
    _put_version(session, actor=actor, offer=offer, facts=facts, now=now)
    return offer


def add_version(
    session: Session,
    *,
    actor: Actor,
    offer_id: UUID,
    version: int,
    facts: VersionFacts,
    now: datetime,
) -> OfferVersion:
    """Put new terms in force from `facts.valid_from`; the version before ends there.

    `version` is that of the offer, as its editor saw it. Locks the offer. What was redeemed keeps
    the version it was redeemed under, so nothing begins before `now`. Raises OfferNotFound,
    EditConflict, MoveNotAllowed if the offer has ended, OfferVersionInThePast,
    OfferVersionHasNoTime, OfferTermsWrong, OfferOtherInstrument, OfferVersionsOverlap.
    """
    offer = _lock_offer(session, offer_id=offer_id)
    refuse_stale(offer.version, version)
    if offer.state is OfferState.ENDED:
        raise MoveNotAllowed(current=offer.state, target=OfferState.ACTIVE)
    if facts.valid_from < now:
        raise OfferVersionInThePast
    return _put_version(session, actor=actor, offer=offer, facts=facts, now=now)


def _put_version(
    session: Session, *, actor: Actor, offer: Offer, facts: VersionFacts, now: datetime
) -> OfferVersion:
    terms = facts.terms
    check_terms(terms)
    programme = session.get_one(Programme, offer.programme_id)
    if not instrument_bears(programme.instrument, OfferKind(terms.kind)):
        raise OfferOtherInstrument(instrument=programme.instrument)
    check_conditions(facts.conditions)
    if facts.valid_to is not None and facts.valid_to <= facts.valid_from:
        raise OfferVersionHasNoTime
    _end_version_before(session, offer_id=offer.id, moment=facts.valid_from)
    newest = session.scalar(
        select(func.coalesce(func.max(OfferVersion.number), 0)).where(
            OfferVersion.offer_id == offer.id
        )
    )
    version = OfferVersion(
        offer_id=offer.id,
        number=(newest or 0) + 1,
        kind=OfferKind(terms.kind),
        member_rate_bp=terms.member_rate_bp,
        threshold_fen=terms.threshold_fen,
        reduction_fen=terms.reduction_fen,
        list_fen=terms.list_fen,
        member_fen=terms.member_fen,
        union_share_bp=terms.union_share_bp,
        union_max_fen=terms.union_max_fen,
        assurances=list(facts.assurances),
        needs_challenge=facts.needs_challenge,
        **_stored_conditions(facts.conditions),
        valid_from=facts.valid_from,
        valid_to=facts.valid_to,
        created_at=now,
    )
    session.add(version)
    with refused_by({"ex_offer_versions_in_force": OfferVersionsOverlap}):
        session.flush()
    offer.version += 1
    session.flush()
    if version.kind is OfferKind.DAILY_COUPON:
        _limit_to_once_a_day(session, actor=actor, offer=offer, now=now)
    record(
        session,
        actor=actor,
        action="offer.version_added",
        object_type="offer",
        object_id=offer.id,
        now=now,
        union_path=_auditors_of(session, offer),
        number=version.number,
    )
    return version


def _end_version_before(session: Session, *, offer_id: UUID, moment: datetime) -> None:
    """End the version in force at `moment` there, and write that before the next one comes."""
    before = session.scalars(
        select(OfferVersion).where(
            OfferVersion.offer_id == offer_id,
            OfferVersion.valid_from < moment,
            OfferVersion.valid_to.is_(None) | (OfferVersion.valid_to > moment),
        )
    ).one_or_none()
    if before is not None:
        before.valid_to = moment
        session.flush()


def end_offer(
    session: Session, *, actor: Actor, offer_id: UUID, version: int, now: datetime
) -> Offer:
    """Stop an offer at once; what was redeemed stays.

    Locks the offer. Raises OfferNotFound, EditConflict, MoveNotAllowed.
    """
    offer = _lock_offer(session, offer_id=offer_id)
    refuse_stale(offer.version, version)
    offer.state = move(OFFER_MOVES, offer.state, OfferState.ENDED)
    offer.version += 1
    session.flush()
    record(
        session,
        actor=actor,
        action="offer.ended",
        object_type="offer",
        object_id=offer_id,
        now=now,
        union_path=_auditors_of(session, offer),
    )
    return offer


def _lock_offer(session: Session, *, offer_id: UUID) -> Offer:
    offer = session.get(Offer, offer_id, with_for_update=True, populate_existing=True)
    if offer is None:
        raise OfferNotFound
    return offer


def _auditors_of(session: Session, offer: Offer) -> str | None:
    """Return the union whose auditors read about an offer: its merchant's, None for the city's."""
    merchant = session.get(Merchant, offer.merchant_id) if offer.merchant_id else None
    return union_path_of(session, union_id=merchant.union_id) if merchant else None


def check_terms(terms: Terms) -> None:
    """Raise OfferTermsWrong naming the first field that makes no offer of these terms."""
    if not 0 <= terms.union_share_bp <= WHOLE_BP:
        raise OfferTermsWrong(field="union_share_bp", reason="share_out_of_range")
    if terms.union_max_fen is not None and terms.union_max_fen < 0:
        raise OfferTermsWrong(field="union_max_fen", reason="negative")
    checks = {"percent": _percent, "fixed_price": _fixed_price, "gift": _gift}
    wrong = (_reduction if terms.kind in REDUCTIONS else checks[terms.kind])(terms)
    if wrong is not None:
        raise OfferTermsWrong(field=wrong, reason="amounts_make_no_offer")


def _percent(terms: Terms) -> str | None:
    rate = terms.member_rate_bp
    return None if rate is not None and 0 <= rate < WHOLE_BP else "member_rate_bp"


def _reduction(terms: Terms) -> str | None:
    if terms.reduction_fen is None or terms.reduction_fen <= 0:
        return "reduction_fen"
    if terms.threshold_fen is None or terms.threshold_fen < terms.reduction_fen:
        return "threshold_fen"
    return None


def _fixed_price(terms: Terms) -> str | None:
    if terms.member_fen is None or terms.member_fen < 0:
        return "member_fen"
    if terms.list_fen is None or terms.list_fen <= terms.member_fen:
        return "list_fen"
    return None


def _gift(terms: Terms) -> str | None:
    if terms.list_fen is None or terms.list_fen <= 0:
        return "list_fen"
    # What a maximum of the union's cuts off would be the member's to pay.
    return None if terms.union_max_fen is None else "union_max_fen"


def check_conditions(conditions: Conditions) -> None:
    """Raise OfferTermsWrong naming the first field by which an offer would never count."""
    if not 1 <= conditions.weekday_mask <= EVERY_WEEKDAY:
        raise OfferTermsWrong(field="weekdays", reason="no_weekday")
    start, end = conditions.from_minute, conditions.to_minute
    if (start is None) != (end is None):
        raise OfferTermsWrong(field="to_minute", reason="half_of_the_hours")
    if start is not None and end is not None:
        if not 0 <= start < MINUTES_OF_DAY or start == end:
            raise OfferTermsWrong(field="from_minute", reason="no_hours")
        if not 1 <= end <= MINUTES_OF_DAY:
            raise OfferTermsWrong(field="to_minute", reason="no_hours")
    if any(last < first for first, last in conditions.blackouts):
        raise OfferTermsWrong(field="blackouts", reason="ends_before_it_begins")
    if conditions.joined_within_days is not None and conditions.joined_within_days < 1:
        raise OfferTermsWrong(field="joined_within_days", reason="no_days")


def _stored_conditions(conditions: Conditions) -> dict[str, Any]:
    return {
        "weekday_mask": conditions.weekday_mask,
        "from_minute": conditions.from_minute,
        "to_minute": conditions.to_minute,
        "blackouts": [
            [first.isoformat(), last.isoformat()] for first, last in conditions.blackouts
        ],
        "joined_within_days": conditions.joined_within_days,
        "stack_group": conditions.stack_group,
    }


def _limit_to_once_a_day(session: Session, *, actor: Actor, offer: Offer, now: datetime) -> None:
    """Give a daily coupon its limit, unless it has one: a rule like any other, to be edited."""
    known = session.scalars(
        select(LimitRule.id).where(
            LimitRule.offer_id == offer.id,
            LimitRule.scope == LimitScope.MEMBER,
            LimitRule.window == LimitWindow.DAY,
            LimitRule.unit == LimitUnit.USES,
            LimitRule.is_active,
        )
    ).first()
    if known is None:
        once = LimitFacts(LimitScope.MEMBER, LimitWindow.DAY, LimitUnit.USES, 1, offer_id=offer.id)
        add_limit(session, actor=actor, programme_id=offer.programme_id, facts=once, now=now)
