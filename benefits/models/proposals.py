"""Offers that a merchant's manager proposes and the federation answers."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from benefits.models.offers import OfferKind, terms_checks
from kernel.db import Base
from kernel.money import BasisPoints, Fen
from kernel.states import Moves

_ONE_DAY = timedelta(days=1)


class ProposalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by the merchant


PROPOSAL_MOVES: Moves[ProposalState] = {
    ProposalState.WAITING: frozenset(
        {ProposalState.APPROVED, ProposalState.REFUSED, ProposalState.WITHDRAWN}
    ),
    ProposalState.APPROVED: frozenset(),
    ProposalState.REFUSED: frozenset(),
    ProposalState.WITHDRAWN: frozenset(),
}


class OfferProposal(Base):
    """An offer that a merchant would like to make at its sites, on the Shanghai days [from, to).

    What was proposed is never changed: another wish is another proposal. Approved, it is the offer
    `offer_id`, made in the same transaction. The maker is a manager and the checker staff, so they
    are never one person. The id is made with the form, so that sending it twice is once.
    """

    __tablename__ = "offer_proposals"
    __table_args__ = (
        *terms_checks(),
        CheckConstraint("ends_on > starts_on", name="ends_after_start"),
        CheckConstraint(
            "num_nonnulls(decided_by, decided_at)"
            " = CASE WHEN state IN ('approved', 'refused') THEN 2 ELSE 0 END",
            name="decided_whole",
        ),
        CheckConstraint("(state = 'approved') = (offer_id IS NOT NULL)", name="approved_is_offer"),
        CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="refused_says_why"),
        CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_has_moment"
        ),
        Index("ix_offer_proposals_merchant", "merchant_id", "proposed_at"),
        Index(
            "ix_offer_proposals_waiting",
            "proposed_at",
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    merchant_id: Mapped[UUID] = mapped_column(ForeignKey("merchants.id"))
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("merchant_managers.id"))
    proposed_at: Mapped[datetime]
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    kind: Mapped[OfferKind]
    member_rate_bp: Mapped[BasisPoints | None]
    threshold_fen: Mapped[Fen | None]
    reduction_fen: Mapped[Fen | None]
    list_fen: Mapped[Fen | None]
    member_fen: Mapped[Fen | None]
    union_share_bp: Mapped[BasisPoints]
    union_max_fen: Mapped[Fen | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(String(200))  # to the union
    state: Mapped[ProposalState] = mapped_column(default=ProposalState.WAITING)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))  # why it was refused
    withdrawn_at: Mapped[datetime | None]
    offer_id: Mapped[UUID | None] = mapped_column(ForeignKey("offers.id"), unique=True)

    @property
    def last_on(self) -> date | None:
        """Return the last day of it, which is how people say it."""
        return self.ends_on - _ONE_DAY if self.ends_on is not None else None
