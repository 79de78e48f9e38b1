"""What a union may spend on a member, as data: occasions, their ceilings and instruments."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.states import Moves

# The occasion of what is on offer all year; the only one that the product's code knows by name.
EVERYDAY = "everyday"


class Instrument(StrEnum):
    """What a member gets. The last two are never approved."""

    DISCOUNT = "discount"  # less to pay at a till
    VOUCHER = "voucher"  # at named merchants; not transferable, no change given
    GOODS = "goods"
    SERVICE = "service"  # a course, a check-up
    TRANSFER = "transfer"  # to the member's own account
    CASH = "cash"
    SHOPPING_CARD = "shopping_card"


CASH_LIKE = frozenset({Instrument.CASH, Instrument.SHOPPING_CARD})


class SpendRuleState(StrEnum):
    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    REPLACED = "replaced"


SPEND_RULE_MOVES: Moves[SpendRuleState] = {
    SpendRuleState.PROPOSED: frozenset({SpendRuleState.IN_FORCE, SpendRuleState.REFUSED}),
    SpendRuleState.IN_FORCE: frozenset({SpendRuleState.REPLACED}),
    SpendRuleState.REFUSED: frozenset(),
    SpendRuleState.REPLACED: frozenset(),
}


class SpendRule(Base):
    """What may be spent on one occasion: one rule of it is in force, those before it are kept.

    `ceiling_fen` is for each member and calendar year, over all programmes of the occasion; none
    means that nobody set one. The rules that are shipped have no maker; any other is one person's
    proposal and another's decision. What was proposed is never changed.
    """

    __tablename__ = "spend_rules"
    __table_args__ = (
        CheckConstraint("occasion ~ '^[a-z][a-z0-9_]*$'", name="occasion_is_a_code"),
        CheckConstraint("ceiling_fen > 0", name="ceiling_positive"),
        CheckConstraint(
            "jsonb_typeof(instruments) = 'array' AND instruments <> '[]'", name="some_instrument"
        ),
        CheckConstraint("NOT instruments ?| array['cash', 'shopping_card']", name="no_cash"),
        CheckConstraint("approver_id <> maker_id", name="two_people"),
        CheckConstraint(
            "CASE WHEN maker_id IS NULL THEN approver_id IS NULL AND decided_at IS NULL"
            " AND state IN ('in_force', 'replaced')"
            " ELSE (state = 'proposed') = (approver_id IS NULL)"
            " AND (approver_id IS NULL) = (decided_at IS NULL) END",
            name="decided_by_somebody",
        ),
        Index(
            "uq_spend_rules_in_force",
            "occasion",
            unique=True,
            postgresql_where=text("state = 'in_force'"),
        ),
        Index("ix_spend_rules_waiting", "proposed_at", postgresql_where=text("state = 'proposed'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    occasion: Mapped[str] = mapped_column(String(40))
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    ceiling_fen: Mapped[Fen | None]
    instruments: Mapped[list[Any]]
    source: Mapped[str] = mapped_column(String(300))  # the document that says so
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[SpendRuleState] = mapped_column(default=SpendRuleState.PROPOSED)
    maker_id: Mapped[UUID | None]
    proposed_at: Mapped[datetime]
    approver_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
