from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import column, func

from benefits.models.spending import EVERYDAY, Instrument
from kernel.db import Base
from kernel.ids import new_id
from kernel.money import BasisPoints, Fen
from kernel.states import Moves
from ledger.models import Family, FundSource

_ONE_DAY = timedelta(days=1)


class ProgrammeState(StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"  # waits for somebody else's approval
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


PROGRAMME_MOVES: Moves[ProgrammeState] = {
    ProgrammeState.DRAFT: frozenset({ProgrammeState.PROPOSED, ProgrammeState.ENDED}),
    ProgrammeState.PROPOSED: frozenset(
        {ProgrammeState.DRAFT, ProgrammeState.RUNNING, ProgrammeState.ENDED}
    ),
    ProgrammeState.RUNNING: frozenset({ProgrammeState.PAUSED, ProgrammeState.ENDED}),
    ProgrammeState.PAUSED: frozenset({ProgrammeState.RUNNING, ProgrammeState.ENDED}),
    ProgrammeState.ENDED: frozenset(),
}


class Programme(Base):
    """What the federation pays for: one fund, one family, for whom and when.

    `eligibility` is a list of rules as benefits.rules.evaluate() reads them. Runs on the Shanghai
    days [starts_on, ends_on); no end means until further notice, `ended_on` an end before that.

    Nothing of it is granted before somebody else than `maker_id` approved it; from then on what
    was approved stays as it is. An import has no maker, and what ran before there were approvals
    no approver. People are named without foreign keys, as in the ledger (docs/decisions/0011).
    """

    __tablename__ = "programmes"
    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="ends_after_start"),
        CheckConstraint("approver_id <> maker_id", name="two_people"),
        CheckConstraint(
            "state NOT IN ('running', 'paused') OR approved_at IS NOT NULL",
            name="approved_before_it_runs",
        ),
        CheckConstraint("state <> 'proposed' OR proposed_at IS NOT NULL", name="proposed_once"),
        CheckConstraint("approver_id IS NULL OR approved_at IS NOT NULL", name="approved_whole"),
        CheckConstraint(
            "instrument NOT IN ('cash', 'shopping_card') OR approved_at IS NULL", name="no_cash"
        ),
        CheckConstraint("member_year_fen > 0", name="member_year_positive"),
        # What a claim pays is in the terms of its scheme.
        CheckConstraint("family <> 'aid' OR member_year_fen IS NULL", name="aid_by_its_scheme"),
        CheckConstraint("ended_on IS NULL OR state = 'ended'", name="ended_has_ended"),
        Index("ix_programmes_waiting", "proposed_at", postgresql_where=text("state = 'proposed'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    family: Mapped[Family]
    fund_source: Mapped[FundSource]
    occasion: Mapped[str] = mapped_column(String(40), default=EVERYDAY)
    instrument: Mapped[Instrument] = mapped_column(default=Instrument.DISCOUNT)
    # The most that one member may get of it in a calendar year; none where no ceiling asks for it.
    member_year_fen: Mapped[Fen | None]
    state: Mapped[ProgrammeState] = mapped_column(default=ProgrammeState.DRAFT)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    eligibility: Mapped[list[Any]] = mapped_column(default=list)
    maker_id: Mapped[UUID | None]  # who asked for the approval
    proposed_at: Mapped[datetime | None]
    approver_id: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    sent_back_reason: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    @property
    def last_on(self) -> date | None:
        """Return the last day of it, which is how people say it."""
        return self.ends_on - _ONE_DAY if self.ends_on is not None else None


class OfferState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    ENDED = "ended"


OFFER_MOVES: Moves[OfferState] = {
    OfferState.DRAFT: frozenset({OfferState.ACTIVE, OfferState.ENDED}),
    OfferState.ACTIVE: frozenset({OfferState.ENDED}),
    OfferState.ENDED: frozenset(),
}


class Offer(Base):
    """What members get at one merchant, or (no merchant) at every merchant in the programme."""

    __tablename__ = "offers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"), index=True)
    merchant_id: Mapped[UUID | None] = mapped_column(ForeignKey("merchants.id"), index=True)
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    # Counts for whoever has a piece of a release (benefits.models.coupons), and uses it up.
    needs_coupon: Mapped[bool] = mapped_column(default=False)
    state: Mapped[OfferState] = mapped_column(default=OfferState.ACTIVE)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class OfferKind(StrEnum):
    PERCENT = "percent"  # the member pays `member_rate_bp` of the bill
    FULL_REDUCTION = "full_reduction"  # from `threshold_fen`, `reduction_fen` less
    FIXED_PRICE = "fixed_price"  # `member_fen` for a thing that lists at `list_fen`
    DAILY_COUPON = "daily_coupon"  # as a full reduction, with a limit a day for each member
    GIFT = "gift"  # goods that list at `list_fen`, picked up for nothing


def terms_checks() -> tuple[CheckConstraint, ...]:
    """Return what holds for the terms of a version and of a proposal, on columns of one name."""
    return (
        CheckConstraint("union_share_bp BETWEEN 0 AND 10000", name="union_share_in_range"),
        CheckConstraint("union_max_fen >= 0", name="union_max_not_negative"),
        CheckConstraint(
            "num_nonnulls(member_rate_bp, threshold_fen, reduction_fen, list_fen, member_fen)"
            " = CASE kind WHEN 'percent' THEN num_nonnulls(member_rate_bp)"
            " WHEN 'gift' THEN num_nonnulls(list_fen)"
            " WHEN 'fixed_price' THEN num_nonnulls(list_fen, member_fen)"
            " ELSE num_nonnulls(threshold_fen, reduction_fen) END",
            name="no_foreign_amounts",
        ),
        CheckConstraint(
            "num_nonnulls(member_rate_bp, threshold_fen, reduction_fen, list_fen, member_fen)"
            " = CASE WHEN kind IN ('percent', 'gift') THEN 1 ELSE 2 END",
            name="all_own_amounts",
        ),
        CheckConstraint(
            "kind <> 'percent' OR member_rate_bp BETWEEN 0 AND 9999", name="percent_terms"
        ),
        CheckConstraint(
            "kind <> 'full_reduction' OR (reduction_fen > 0 AND threshold_fen >= reduction_fen)",
            name="full_reduction_terms",
        ),
        CheckConstraint(
            "kind <> 'fixed_price' OR (member_fen >= 0 AND list_fen > member_fen)",
            name="fixed_price_terms",
        ),
        CheckConstraint(
            "kind <> 'daily_coupon' OR (reduction_fen > 0 AND threshold_fen >= reduction_fen)",
            name="daily_coupon_terms",
        ),
        # The member pays nothing for a gift, so no maximum of the union's may leave them a rest.
        CheckConstraint(
            "kind <> 'gift' OR (list_fen > 0 AND union_max_fen IS NULL)", name="gift_terms"
        ),
    )


class OfferVersion(Base):
    """The terms of an offer while it is valid_from <= now < valid_to. Never two in force.

    Written once; ending one early moves `valid_to`. `union_share_bp` of the discount is the
    union's, at most `union_max_fen` a use; the merchant bears the rest of the discount as
    computed, and what the maximum cuts off stays with the member (docs/decisions/0012).

    It counts on the weekdays of `weekday_mask` (bit 0 is Monday) during the minutes of the
    Shanghai day [from_minute, to_minute), over midnight where the second is the smaller, except
    on `blackouts`, pairs of a first and a last day. Of one `stack_group`, a scan redeems one.
    """

    __tablename__ = "offer_versions"
    __table_args__ = (
        UniqueConstraint("offer_id", "number"),
        ExcludeConstraint(
            (column("offer_id"), "="),
            (func.tstzrange(column("valid_from"), column("valid_to")), "&&"),
            using="gist",
            name="ex_offer_versions_in_force",
        ),
        CheckConstraint("valid_to > valid_from", name="valid_to_after_from"),
        *terms_checks(),
        CheckConstraint("weekday_mask BETWEEN 1 AND 127", name="some_weekday"),
        CheckConstraint(
            "num_nonnulls(from_minute, to_minute) <> 1 AND from_minute BETWEEN 0 AND 1439"
            " AND to_minute BETWEEN 1 AND 1440 AND from_minute <> to_minute",
            name="hours_of_a_day",
        ),
        CheckConstraint("joined_within_days > 0", name="joined_within_some_days"),
        CheckConstraint("stack_group <> ''", name="stack_group_named"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offers.id"))
    number: Mapped[int]
    kind: Mapped[OfferKind]
    member_rate_bp: Mapped[BasisPoints | None]
    threshold_fen: Mapped[Fen | None]
    reduction_fen: Mapped[Fen | None]
    list_fen: Mapped[Fen | None]
    member_fen: Mapped[Fen | None]
    union_share_bp: Mapped[BasisPoints]
    union_max_fen: Mapped[Fen | None]
    assurances: Mapped[list[Any]]  # which of possession, session, static it accepts
    needs_challenge: Mapped[bool] = mapped_column(default=False)
    weekday_mask: Mapped[int] = mapped_column(SmallInteger, default=127)
    from_minute: Mapped[int | None] = mapped_column(SmallInteger)
    to_minute: Mapped[int | None] = mapped_column(SmallInteger)
    blackouts: Mapped[list[Any]] = mapped_column(default=list)
    joined_within_days: Mapped[int | None]
    stack_group: Mapped[str | None] = mapped_column(String(40))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LimitScope(StrEnum):
    PROGRAMME = "programme"
    OFFER = "offer"
    MERCHANT = "merchant"
    SITE = "site"
    TERMINAL = "terminal"
    MEMBER = "member"
    SESSION = "session"  # the seats of a course's session: one rule, one row


class LimitWindow(StrEnum):
    TOTAL = "total"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class LimitUnit(StrEnum):
    USES = "uses"
    FEN = "fen"  # of the union's part


class LimitRule(Base):
    """How much of a programme, or of one of its offers, there is: per scope and window.

    `maximum` is read at each take, so an edited rule counts at once. `stripes` > 1 splits a
    budget that everybody draws on over as many rows; the sum is still the budget.

    The rule with its programme's own id is the ceiling that was approved: what one member may get
    in a calendar year. It is written with the approval and never changes.
    """

    __tablename__ = "limit_rules"
    __table_args__ = (
        CheckConstraint("maximum >= 0", name="maximum_not_negative"),
        CheckConstraint("stripes BETWEEN 1 AND 64", name="stripes_in_range"),
        # Stripes are for rows that everybody shares; a member's own row has no crowd.
        CheckConstraint(
            "stripes = 1 OR scope IN ('programme', 'offer')", name="stripes_for_shared_rows"
        ),
        CheckConstraint(
            "id <> programme_id OR (scope = 'member' AND \"window\" = 'year' AND unit = 'fen'"
            " AND offer_id IS NULL AND is_active)",
            name="ceiling_of_a_members_year",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"), index=True)
    offer_id: Mapped[UUID | None] = mapped_column(ForeignKey("offers.id"), index=True)
    scope: Mapped[LimitScope]
    window: Mapped[LimitWindow]
    unit: Mapped[LimitUnit]
    maximum: Mapped[int] = mapped_column(BigInteger)
    stripes: Mapped[int] = mapped_column(default=1)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def is_ceiling(self) -> bool:
        return self.id == self.programme_id


class Limit(Base):
    """What is held and used of one rule, for one scope, window and stripe.

    Changed only by benefits.services.limits: one conditional statement whose rows are counted.
    `rule_id` has no foreign key: each sale would lock the rule's row; rules are never deleted.
    """

    __tablename__ = "limits"
    __table_args__ = (
        CheckConstraint("held >= 0 AND used >= 0", name="not_negative"),
        CheckConstraint("held + used <= max", name="within_max"),
    )

    rule_id: Mapped[UUID] = mapped_column(primary_key=True)
    scope_id: Mapped[UUID] = mapped_column(primary_key=True)
    win: Mapped[str] = mapped_column(String(10), primary_key=True)
    stripe: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    max: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger, default=0)
    used: Mapped[int] = mapped_column(BigInteger, default=0)


class LimitTake(Base):
    """What one redemption (or seat) took of one limit, and how much of it has gone back."""

    __tablename__ = "limit_takes"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("returned BETWEEN 0 AND quantity", name="returned_within_quantity"),
        Index("ix_limit_takes_limit", "rule_id", "scope_id", "win", "stripe"),
    )

    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_id: Mapped[UUID] = mapped_column(primary_key=True)
    scope_id: Mapped[UUID] = mapped_column(primary_key=True)
    win: Mapped[str] = mapped_column(String(10), primary_key=True)
    stripe: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    unit: Mapped[LimitUnit]
    quantity: Mapped[int] = mapped_column(BigInteger)
    returned: Mapped[int] = mapped_column(BigInteger, default=0)
    is_held: Mapped[bool]
