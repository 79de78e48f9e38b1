from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.secrets import SealedColumn
from kernel.states import Moves


class AidClaimState(StrEnum):
    SUBMITTED = "submitted"
    RETURNED = "returned"  # for papers or corrections; the member's turn
    ASSESSED = "assessed"
    APPROVED = "approved"  # by a union whose approval is not enough for the amount
    PAYABLE = "payable"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


_OVER = frozenset({AidClaimState.REJECTED, AidClaimState.WITHDRAWN})
# A claim that is over gives its papers and its place in the period free.
LIVE_STATES = frozenset(AidClaimState) - _OVER

AID_CLAIM_MOVES: Moves[AidClaimState] = {
    AidClaimState.SUBMITTED: _OVER | {AidClaimState.RETURNED, AidClaimState.ASSESSED},
    AidClaimState.RETURNED: _OVER | {AidClaimState.SUBMITTED},
    # Assessed once more when another claim has changed what this one comes to.
    AidClaimState.ASSESSED: _OVER
    | {
        AidClaimState.ASSESSED,
        AidClaimState.RETURNED,
        AidClaimState.APPROVED,
        AidClaimState.PAYABLE,
    },
    AidClaimState.APPROVED: _OVER
    | {AidClaimState.ASSESSED, AidClaimState.RETURNED, AidClaimState.PAYABLE},
    AidClaimState.PAYABLE: frozenset(),
    AidClaimState.REJECTED: frozenset(),
    AidClaimState.WITHDRAWN: frozenset(),
}


class AidRejectReason(StrEnum):
    EXCLUDED = "excluded"  # by an exclusion of the scheme
    NOT_COVERED = "not_covered"
    PAID_ELSEWHERE = "paid_elsewhere"
    PAPERS_DOUBTFUL = "papers_doubtful"
    PAPERS_MISSING = "papers_missing"


AID_CLAIM_EVENT = SealedColumn("aid_claims", "event_type_sealed")
AID_LINE_INVOICE = SealedColumn("aid_claim_lines", "invoice_no_sealed")
AID_LINE_HOSPITAL = SealedColumn("aid_claim_lines", "hospital_sealed")
AID_LINE_ADMISSION = SealedColumn("aid_claim_lines", "admission_no_sealed")
AID_STEPS = SealedColumn("aid_calculations", "steps_sealed")
AID_DECISION_NOTE = SealedColumn("aid_decisions", "note_sealed")


class AidClaim(Base):
    """What a member asks of one scheme for one event. The phone made the id.

    The row is the idempotency record: `facts_digest` is of the first round, `last_digest` of the
    newest, both keyed, since the facts of an illness are few enough to be guessed. `round` counts
    how often it was handed in. The people who decide differ, and the database says so too.
    """

    __tablename__ = "aid_claims"
    __table_args__ = (
        ForeignKeyConstraint(["cover_id", "member_id"], ["aid_covers.id", "aid_covers.member_id"]),
        CheckConstraint("approved_by <> assessed_by", name="approver_is_not_assessor"),
        CheckConstraint(
            "confirmed_by <> assessed_by AND confirmed_by <> approved_by",
            name="confirmer_is_a_third",
        ),
        CheckConstraint(
            "state NOT IN ('assessed', 'approved', 'payable') OR assessed_by IS NOT NULL",
            name="assessed_by_somebody",
        ),
        CheckConstraint(
            "(state IN ('approved', 'payable')) = (approved_by IS NOT NULL)",
            name="approved_by_somebody",
        ),
        CheckConstraint("benefit_fen >= 0", name="benefit_not_negative"),
        CheckConstraint("state <> 'payable' OR benefit_fen > 0", name="payable_is_something"),
        CheckConstraint("(state = 'rejected') = (reject_reason IS NOT NULL)", name="rejected_why"),
        CheckConstraint("version > 0 AND round > 0", name="counts_from_one"),
        # The queue: what waits longest comes first.
        Index("ix_aid_claims_waiting", "state", "waiting_since", "id"),
        Index("ix_aid_claims_member_id", "member_id", "id"),
        Index("ix_aid_claims_cover_id", "cover_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    card_id: Mapped[UUID] = mapped_column(ForeignKey("cards.id"))
    cover_id: Mapped[UUID]
    scheme_version_id: Mapped[UUID] = mapped_column(ForeignKey("aid_scheme_versions.id"))
    benefit: Mapped[str] = mapped_column(String(40))
    event_type_sealed: Mapped[bytes]
    event_date: Mapped[date]
    facts_digest: Mapped[bytes]
    last_digest: Mapped[bytes]
    round: Mapped[int] = mapped_column(default=1)
    state: Mapped[AidClaimState] = mapped_column(default=AidClaimState.SUBMITTED)
    benefit_fen: Mapped[Fen]
    assessed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    reject_reason: Mapped[AidRejectReason | None]
    version: Mapped[int] = mapped_column(default=1)
    submitted_at: Mapped[datetime]
    waiting_since: Mapped[datetime]  # since when it is the turn of whoever acts next

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES


class AidClaimLine(Base):
    """One paper of a claim: a stay in hospital and its invoice. Amounts are in fen.

    A line of an earlier round, or of a claim that is over, is not live and binds nobody. Across all
    schemes and members a live invoice counts once, and so does a live stay (R10).
    """

    __tablename__ = "aid_claim_lines"
    __table_args__ = (
        CheckConstraint(
            "pool_paid_fen >= 0 AND self_paid_fen >= 0 AND days >= 0", name="amounts_not_negative"
        ),
        CheckConstraint("line_no > 0", name="line_no_positive"),
        Index("uq_aid_claim_lines_place", "claim_id", "round", "line_no", unique=True),
        Index(
            "uq_aid_claim_lines_invoice",
            "invoice_index",
            unique=True,
            postgresql_where=text("is_live"),
        ),
        Index(
            "uq_aid_claim_lines_admission",
            "admission_index",
            unique=True,
            postgresql_where=text("is_live"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("aid_claims.id"))
    round: Mapped[int]
    line_no: Mapped[int] = mapped_column(SmallInteger)
    is_live: Mapped[bool] = mapped_column(default=True)
    invoice_no_sealed: Mapped[bytes]
    invoice_index: Mapped[bytes]
    hospital_sealed: Mapped[bytes]
    admission_no_sealed: Mapped[bytes]
    admission_index: Mapped[bytes]  # of hospital and number together
    pool_paid_fen: Mapped[Fen]
    self_paid_fen: Mapped[Fen]
    days: Mapped[int]


class AidOccurrence(Base):
    """A claim's place in the period of its cover: the first stay, the second.

    The key is the limit: a place is never given twice, and `number` stays within the maximum that
    the scheme had when it was given.
    """

    __tablename__ = "aid_occurrences"
    __table_args__ = (
        CheckConstraint("number BETWEEN 1 AND maximum", name="within_maximum"),
        Index("ix_aid_occurrences_claim_id", "claim_id"),
    )

    cover_id: Mapped[UUID] = mapped_column(ForeignKey("aid_covers.id"), primary_key=True)
    benefit: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    maximum: Mapped[int | None] = mapped_column(SmallInteger)  # None: as often as it happens
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("aid_claims.id"))


class AidCalculation(Base):
    """The trail of one calculation of a claim, written once. The newest one counts."""

    __tablename__ = "aid_calculations"

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("aid_claims.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    benefit_fen: Mapped[Fen]
    steps_sealed: Mapped[bytes]  # JSON: the sentences tell what the member suffers from
    created_at: Mapped[datetime]


class AidDecisionKind(StrEnum):
    SUBMITTED = "submitted"
    RESUBMITTED = "resubmitted"
    RETURNED = "returned"
    ASSESSED = "assessed"
    APPROVED = "approved"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class AidDecision(Base):
    """One thing that was done about a claim, by whom and why. Written once.

    In one round nobody decides in two capacities: this history says so beside the claim's row.
    """

    __tablename__ = "aid_decisions"
    __table_args__ = (
        ExcludeConstraint(
            (column("claim_id"), "="),
            (column("round"), "="),
            (column("staff_id"), "="),
            (column("kind"), "<>"),
            where=text("kind IN ('assessed', 'approved', 'confirmed')"),
            using="gist",
            name="ex_aid_decisions_one_capacity",
        ),
        CheckConstraint(
            "(kind IN ('submitted', 'resubmitted', 'withdrawn')) = (staff_id IS NULL)",
            name="staff_is_named",
        ),
        Index("ix_aid_decisions_claim_id", "claim_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("aid_claims.id"))
    round: Mapped[int]
    kind: Mapped[AidDecisionKind]
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    benefit_fen: Mapped[Fen]
    papers: Mapped[list[Any]] = mapped_column(default=list)  # kinds that are asked for
    reason: Mapped[str | None] = mapped_column(String(40))
    note_sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]
