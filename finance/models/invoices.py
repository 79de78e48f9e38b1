"""The invoices that merchants make out for what they are paid."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.states import Moves


class InvoiceState(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"  # to the merchant, with a reason


INVOICE_MOVES: Moves[InvoiceState] = {
    InvoiceState.WAITING: frozenset({InvoiceState.ACCEPTED, InvoiceState.RETURNED}),
    InvoiceState.ACCEPTED: frozenset(),
    InvoiceState.RETURNED: frozenset(),
}


class Invoice(Base):
    """An invoice for a statement, by its number: in the whole city once, unless it was returned.

    `number` is the code and the number of a paper invoice together, or the 20 digits of a fully
    digital one. What was entered never changes; a wrong one is returned and entered anew.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("number ~ '^[0-9]{8,20}$'", name="number_of_digits"),
        CheckConstraint(
            "num_nonnulls(entered_by_manager_id, entered_by_staff_id) = 1", name="entered_by_one"
        ),
        CheckConstraint("decided_by <> entered_by_staff_id", name="two_people"),
        CheckConstraint(
            "(state = 'waiting') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)"
            " AND (state = 'returned') = (reason IS NOT NULL)",
            name="decided_whole",
        ),
        CheckConstraint("version > 0", name="version_positive"),
        Index(
            "uq_invoices_number_in_the_city",
            "number",
            unique=True,
            postgresql_where=text("state <> 'returned'"),
        ),
        Index("ix_invoices_statement_id", "statement_id"),
        Index("ix_invoices_waiting", "entered_at", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    number: Mapped[str] = mapped_column(String(20))
    issued_on: Mapped[date]
    amount_fen: Mapped[Fen]
    buyer_uscc: Mapped[str] = mapped_column(String(18))
    seller_uscc: Mapped[str] = mapped_column(String(18))
    entered_by_manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("merchant_managers.id"))
    entered_by_staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    entered_at: Mapped[datetime]
    state: Mapped[InvoiceState] = mapped_column(default=InvoiceState.WAITING)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)
