"""What the desk sees of programmes, offers and limits, bounded by the caller's reach."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from benefits.errors import LimitNotFound, OfferNotFound, ProgrammeNotFound
from benefits.models import (
    Limit,
    LimitRule,
    LimitScope,
    Offer,
    OfferState,
    OfferVersion,
    Programme,
    ProgrammeState,
)
from benefits.rules import Conditions, Terms, read_blackouts, window_key
from kernel.clock import shanghai_date
from ledger.models import Family, FundSource, PostingEvent, PostingRule
from members.models import UnionOrg
from merchants.models import Merchant
from merchants.queries import MerchantReach, merchant_ids_within

DESK_ROWS_MAX = 100


@dataclass(frozen=True)
class OfferReach:
    """Which offers a caller reaches: those of merchants, and (`for_all`) those of everywhere."""

    merchants: MerchantReach
    for_all: bool = False


@dataclass(frozen=True)
class LimitUse:
    """A limit rule; `taken` in its current window, None where each member or till has its own."""

    rule: LimitRule
    taken: int | None

    @property
    def left(self) -> int:
        return max(0, self.rule.maximum - (self.taken or 0))


@dataclass(frozen=True)
class ProgrammeRow:
    """A programme with its budgets: the active limits that all its offers share."""

    programme: Programme
    offer_count: int
    budgets: tuple[LimitUse, ...] = field(default=())


def programme_rows(
    session: Session, *, now: datetime, after: str | None = None, rows: int = DESK_ROWS_MAX
) -> list[ProgrammeRow]:
    """Return programmes by code, from behind the code `after`, with what is taken of each."""
    offers = (
        select(func.count())
        .where(Offer.programme_id == Programme.id, Offer.state != OfferState.ENDED)
        .scalar_subquery()
    )
    query = select(Programme, offers).order_by(Programme.code).limit(rows)
    if after is not None:
        query = query.where(Programme.code > after)
    found = session.execute(query).all()
    rules = session.scalars(
        select(LimitRule)
        .where(
            LimitRule.programme_id.in_([programme.id for programme, _ in found]),
            LimitRule.offer_id.is_(None),
            LimitRule.scope == LimitScope.PROGRAMME,
            LimitRule.is_active,
        )
        .order_by(LimitRule.id)
    ).all()
    budgets: dict[UUID, list[LimitUse]] = {}
    for use in _uses(session, rules, now=now):
        budgets.setdefault(use.rule.programme_id, []).append(use)
    return [
        ProgrammeRow(programme, count, tuple(budgets.get(programme.id, ())))
        for programme, count in found
    ]


def find_programme(session: Session, *, programme_id: UUID) -> Programme:
    """Return a programme, which everybody at these pages may read. Raises ProgrammeNotFound."""
    programme = session.get(Programme, programme_id)
    if programme is None:
        raise ProgrammeNotFound
    return programme


def programmes_for_offers(session: Session) -> list[Programme]:
    """Return the discount programmes that have not ended: those that take offers."""
    query = select(Programme).where(
        Programme.family == Family.DISCOUNT, Programme.state != ProgrammeState.ENDED
    )
    return list(session.scalars(query.order_by(Programme.code)))


def discount_funds(session: Session) -> list[FundSource]:
    """Return the funds that may pay discounts: those the ledger has a posting rule for."""
    query = select(PostingRule.fund_source).where(
        PostingRule.family == Family.DISCOUNT,
        PostingRule.event == PostingEvent.CAPTURED,
        PostingRule.is_active,
    )
    known = set(session.scalars(query))
    return [fund for fund in FundSource if fund in known]


def union_names(session: Session, *, paths: Iterable[str]) -> dict[str, str]:
    query = select(UnionOrg.path, UnionOrg.name).where(UnionOrg.path.in_(set(paths)))
    return {row.path: row.name for row in session.execute(query)}


# --- Limits


def limits_of_programme(session: Session, *, programme_id: UUID, now: datetime) -> list[LimitUse]:
    """Return the active limits that bind all offers of a programme.

    The seats of a course's session are changed with that session, so they are not among them.
    """
    rules = session.scalars(
        select(LimitRule)
        .where(
            LimitRule.programme_id == programme_id,
            LimitRule.offer_id.is_(None),
            LimitRule.scope != LimitScope.SESSION,
            LimitRule.is_active,
        )
        .order_by(LimitRule.id)
    ).all()
    return _uses(session, rules, now=now)


def limits_of_offer(session: Session, *, offer_id: UUID, now: datetime) -> list[LimitUse]:
    """Return the active limits of one offer alone; its programme's bind it as well."""
    rules = session.scalars(
        select(LimitRule)
        .where(LimitRule.offer_id == offer_id, LimitRule.is_active)
        .order_by(LimitRule.id)
    ).all()
    return _uses(session, rules, now=now)


def find_limit_rule(session: Session, *, rule_id: UUID, reach: OfferReach) -> LimitRule:
    """Return an active limit that the caller may change. Raises LimitNotFound for any other.

    A programme's own is for those who reach everything; an offer's for those who reach the offer.
    """
    rule = session.get(LimitRule, rule_id)
    if rule is None or not rule.is_active or rule.scope is LimitScope.SESSION:
        raise LimitNotFound
    if rule.offer_id is None:
        is_reached = reach.for_all
    else:
        is_reached = offer_is_within(session, offer_id=rule.offer_id, reach=reach)
    if not is_reached:
        raise LimitNotFound
    return rule


def _is_shared(rule: LimitRule) -> bool:
    """Say whether the rule has one count for everybody, of which one can say how much is left."""
    of_one_offer = rule.scope is LimitScope.OFFER and rule.offer_id is not None
    return rule.scope is LimitScope.PROGRAMME or of_one_offer


def _uses(session: Session, rules: Sequence[LimitRule], *, now: datetime) -> list[LimitUse]:
    day = shanghai_date(now)
    shared = [(rule.id, window_key(rule.window, day)) for rule in rules if _is_shared(rule)]
    query = (
        select(Limit.rule_id, func.sum(Limit.held + Limit.used))
        .where(tuple_(Limit.rule_id, Limit.win).in_(shared))
        .group_by(Limit.rule_id)
    )
    taken = {rule_id: int(total) for rule_id, total in session.execute(query)} if shared else {}
    return [LimitUse(rule, taken.get(rule.id, 0) if _is_shared(rule) else None) for rule in rules]


# --- Offers


@dataclass(frozen=True)
class OfferRow:
    """One line of the list of offers; `merchant_name` None: for every merchant."""

    offer: Offer
    programme: Programme
    merchant_name: str | None
    in_force: OfferVersion | None


@dataclass(frozen=True)
class OfferFilter:
    """What a list of offers is narrowed to. `text` is part of a title or of a merchant's name."""

    text: str | None = None
    programme: UUID | None = None
    merchant: UUID | None = None
    state: OfferState | None = None


def offers_within(
    session: Session,
    *,
    reach: OfferReach,
    now: datetime,
    wanted: OfferFilter = OfferFilter(),
    after: UUID | None = None,
    rows: int = DESK_ROWS_MAX,
) -> list[OfferRow]:
    """Return offers, the newest first, from behind the offer `after`, with the terms in force."""
    query = _reached_offers(reach, now=now).order_by(Offer.id.desc()).limit(rows)
    query = query.where(*_narrowed(wanted))
    if after is not None:
        query = query.where(Offer.id < after)
    return [OfferRow(*row) for row in session.execute(query)]


def find_offer(session: Session, *, offer_id: UUID, reach: OfferReach, now: datetime) -> OfferRow:
    """Return an offer that the caller reaches. Raises OfferNotFound for any other."""
    query = _reached_offers(reach, now=now).where(Offer.id == offer_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise OfferNotFound
    return OfferRow(*row)


def version_terms(version: OfferVersion) -> Terms:
    """Return a stored version's terms as the rules compute with them."""
    return Terms(
        kind=version.kind.value,
        member_rate_bp=version.member_rate_bp,
        threshold_fen=version.threshold_fen,
        reduction_fen=version.reduction_fen,
        list_fen=version.list_fen,
        member_fen=version.member_fen,
        union_share_bp=version.union_share_bp,
        union_max_fen=version.union_max_fen,
    )


def version_conditions(version: OfferVersion) -> Conditions:
    """Return when a stored version counts, as the rules judge it."""
    return Conditions(
        weekday_mask=version.weekday_mask,
        from_minute=version.from_minute,
        to_minute=version.to_minute,
        blackouts=read_blackouts(version.blackouts),
        joined_within_days=version.joined_within_days,
        stack_group=version.stack_group,
    )


def _reached_offers(
    reach: OfferReach, *, now: datetime
) -> Select[Offer, Programme, str, OfferVersion]:
    in_force = and_(
        OfferVersion.offer_id == Offer.id,
        OfferVersion.valid_from <= now,
        or_(OfferVersion.valid_to.is_(None), OfferVersion.valid_to > now),
    )
    return (
        select(Offer, Programme, Merchant.name, OfferVersion)
        .join(Programme, Programme.id == Offer.programme_id)
        .outerjoin(Merchant, Merchant.id == Offer.merchant_id)
        .outerjoin(OfferVersion, in_force)
        .where(_within(reach))
    )


def offer_is_within(session: Session, *, offer_id: UUID, reach: OfferReach) -> bool:
    query = select(Offer.id).where(Offer.id == offer_id, _within(reach))
    return session.scalar(query) is not None


def offer_ids_within(reach: OfferReach) -> Select[UUID]:
    """Return the query of all offers in reach, to bound a query of what belongs to them."""
    return select(Offer.id).where(_within(reach))


def _within(reach: OfferReach) -> ColumnElement[bool]:
    of_merchants = Offer.merchant_id.in_(merchant_ids_within(reach.merchants))
    return or_(of_merchants, Offer.merchant_id.is_(None)) if reach.for_all else of_merchants


def _narrowed(wanted: OfferFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.text:
        yield or_(
            *(
                column.icontains(wanted.text, autoescape=True)
                for column in (Offer.title_zh, Offer.title_en, Merchant.name)
            )
        )
    if wanted.programme is not None:
        yield Offer.programme_id == wanted.programme
    if wanted.merchant is not None:
        yield Offer.merchant_id == wanted.merchant
    if wanted.state is not None:
        yield Offer.state == wanted.state
