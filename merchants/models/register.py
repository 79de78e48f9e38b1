from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    column,
    func,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.secrets import SealedColumn
from kernel.states import Moves

# The tree of unions belongs to `members`, beside us: what of it bounds who sees a merchant. Read
# here, never written.
UNION_ORGS = table(
    "union_orgs",
    column("id", Uuid),
    column("code", String),
    column("name", String),
    column("path", String),
    column("level", String),
)


class MerchantKind(StrEnum):
    MERCHANT = "merchant"
    SERVICE_SITE = "service_site"  # a union's own service organisation


class MerchantState(StrEnum):
    APPLIED = "applied"
    REFUSED = "refused"  # the application; they may apply again
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


MERCHANT_MOVES: Moves[MerchantState] = {
    MerchantState.APPLIED: frozenset(
        {MerchantState.ACTIVE, MerchantState.REFUSED, MerchantState.ENDED}
    ),
    MerchantState.REFUSED: frozenset({MerchantState.APPLIED, MerchantState.ENDED}),
    MerchantState.ACTIVE: frozenset({MerchantState.SUSPENDED, MerchantState.ENDED}),
    MerchantState.SUSPENDED: frozenset({MerchantState.ACTIVE, MerchantState.ENDED}),
    MerchantState.ENDED: frozenset(),
}

MERCHANT_ACCOUNT_NUMBER = SealedColumn("merchants", "account_number_sealed")
MERCHANT_ACCOUNT_HOLDER = SealedColumn("merchants", "account_holder_sealed")


class Merchant(Base):
    """Somebody with whom a discount or a service is agreed, and to whom the union's share is paid.

    The settlement account is sealed; `account_masked` shows its last four digits and
    `account_index` finds equal accounts. A service organisation may have no account and no credit
    code of its own. `union_id` says whose officers look after it; without one, only the city's do.
    """

    __tablename__ = "merchants"
    __table_args__ = (
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("kind = 'service_site' OR uscc IS NOT NULL", name="merchant_has_uscc"),
        CheckConstraint(
            "num_nonnulls(account_number_sealed, account_holder_sealed, account_masked,"
            " account_index) IN (0, 4)",
            name="account_whole",
        ),
        CheckConstraint("account_bank_code ~ '^[0-9]{12}$'", name="account_bank_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[MerchantKind]
    name: Mapped[str] = mapped_column(String(200))
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    category: Mapped[str] = mapped_column(String(40))
    district: Mapped[str] = mapped_column(String(40))
    state: Mapped[MerchantState] = mapped_column(index=True)
    state_reason: Mapped[str | None] = mapped_column(String(200))  # why it is not at work
    account_number_sealed: Mapped[bytes | None]
    account_holder_sealed: Mapped[bytes | None]
    account_masked: Mapped[str | None] = mapped_column(String(40))
    account_index: Mapped[bytes | None] = mapped_column(index=True)
    account_bank: Mapped[str | None] = mapped_column(String(60))
    account_bank_code: Mapped[str | None] = mapped_column(String(12))  # of the branch: 联行号
    union_id: Mapped[UUID | None] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    def may_redeem(self) -> bool:
        """Say whether its tills may grant anything; a suspended merchant's may only look."""
        return self.state is MerchantState.ACTIVE


class SiteState(StrEnum):
    PROPOSED = "proposed"  # by its merchant
    OPEN = "open"
    CLOSED = "closed"


SITE_MOVES: Moves[SiteState] = {
    SiteState.PROPOSED: frozenset({SiteState.OPEN, SiteState.CLOSED}),
    SiteState.OPEN: frozenset({SiteState.CLOSED}),
    SiteState.CLOSED: frozenset({SiteState.OPEN}),
}


class Site(Base):
    """One place where cards are scanned. While it is closed, its tills are nobody."""

    __tablename__ = "sites"
    __table_args__ = (
        UniqueConstraint("merchant_id", "name"),
        # What a terminal's foreign key holds on to, so that its merchant is its site's.
        UniqueConstraint("id", "merchant_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    merchant_id: Mapped[UUID] = mapped_column(ForeignKey("merchants.id"))
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(200))
    district: Mapped[str] = mapped_column(String(40))
    state: Mapped[SiteState] = mapped_column(default=SiteState.OPEN)
    state_reason: Mapped[str | None] = mapped_column(String(200))  # why a proposal was refused
    created_at: Mapped[datetime]


class AgreementState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    ENDED = "ended"


AGREEMENT_MOVES: Moves[AgreementState] = {
    AgreementState.DRAFT: frozenset({AgreementState.ACTIVE, AgreementState.ENDED}),
    AgreementState.ACTIVE: frozenset({AgreementState.ENDED}),
    AgreementState.ENDED: frozenset(),
}


class SettlementCycle(StrEnum):
    """How often a merchant is stated what it is owed."""

    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"


class Agreement(Base):
    """What a merchant and a union have signed: in force on the Shanghai days [starts_on, ends_on).

    Of one merchant, no two signed agreements share a day: the database refuses the second. How it
    is settled: a statement each `cycle`, answered within `confirm_workdays`; what comes to less
    than `min_payout_fen` waits for the next one; nothing is paid in the first `hold_days`. With
    `invoice_buyer_uscc`, payment waits for invoices made out to that buyer.
    """

    __tablename__ = "agreements"
    __table_args__ = (
        CheckConstraint("starts_on < ends_on", name="days_in_order"),
        CheckConstraint("state <> 'active' OR signed_at IS NOT NULL", name="active_is_signed"),
        CheckConstraint(
            "confirm_workdays BETWEEN 1 AND 30 AND min_payout_fen BETWEEN 0 AND 10000000"
            " AND hold_days BETWEEN 0 AND 90",
            name="settled_in_reason",
        ),
        ExcludeConstraint(
            (column("merchant_id"), "="),
            (func.daterange(column("starts_on"), column("ends_on"), text("'[)'")), "&&"),
            where=text("state = 'active'"),
            using="gist",
            name="ex_agreements_days_of_merchant",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    merchant_id: Mapped[UUID] = mapped_column(ForeignKey("merchants.id"), index=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[AgreementState]
    signed_by: Mapped[str] = mapped_column(String(200))  # the union's side, as on the paper
    cycle: Mapped[SettlementCycle] = mapped_column(default=SettlementCycle.WEEKLY)
    confirm_workdays: Mapped[int] = mapped_column(default=5)
    min_payout_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    hold_days: Mapped[int] = mapped_column(default=0)
    invoice_buyer_uscc: Mapped[str | None] = mapped_column(String(18))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    created_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def last_on(self) -> date:
        """Return the last day of the agreement, which is how people say it."""
        return self.ends_on - timedelta(days=1)

    def is_in_force(self, day: date) -> bool:
        return self.state is AgreementState.ACTIVE and self.starts_on <= day < self.ends_on


class Terminal(Base):
    """A paired till: one device, its token and its key.

    `code` is the `aud` of a challenge and is read aloud; the token is stored as a hash only.
    `public_key` is the compressed P-256 point with which the till signs what it did offline, and
    `seq` the last of its own numbers that the service has taken. Once unpaired, always unpaired.
    """

    __tablename__ = "terminals"
    __table_args__ = (
        ForeignKeyConstraint(["site_id", "merchant_id"], ["sites.id", "sites.merchant_id"]),
        CheckConstraint("length(code) = 8", name="code_of_eight"),
        CheckConstraint("length(public_key) = 33", name="point_compressed"),
        CheckConstraint("seq >= 0", name="seq_not_negative"),
        Index("ix_terminals_site_id", "site_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID]
    merchant_id: Mapped[UUID] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(String(8), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    paired_at: Mapped[datetime]
    unpaired_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    clerk_id: Mapped[UUID | None] = mapped_column(ForeignKey("clerks.id"), index=True)


class PairingCode(Base):
    """A code that pairs one device, once, before `expires_at`. Only its blind index is kept.

    Made at the desk (`created_by`) or by a manager (`manager_id`), who may make it for a clerk.
    """

    __tablename__ = "pairing_codes"
    __table_args__ = (
        CheckConstraint("created_at < expires_at", name="lives_a_while"),
        CheckConstraint("(used_at IS NULL) = (terminal_id IS NULL)", name="use_is_whole"),
        CheckConstraint("num_nonnulls(created_by, manager_id) <= 1", name="made_by_one"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), index=True)
    code_index: Mapped[bytes] = mapped_column(unique=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_accounts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    terminal_id: Mapped[UUID | None] = mapped_column(ForeignKey("terminals.id"), unique=True)
    manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("merchant_managers.id"))
    clerk_id: Mapped[UUID | None] = mapped_column(ForeignKey("clerks.id"), index=True)

    def is_usable(self, now: datetime) -> bool:
        return self.used_at is None and now < self.expires_at


class PairingFailure(Base):
    """Wrong codes from one network address since `started_at`; the address by blind index only."""

    __tablename__ = "pairing_failures"
    __table_args__ = (CheckConstraint("tries >= 0", name="tries_not_negative"),)

    address_index: Mapped[bytes] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int]


MERCHANT_FILE_CONTENT = SealedColumn("merchant_files", "content_sealed")


class MerchantFile(Base):
    """An uploaded merchants file between its preview and its import; it names accounts, so sealed.

    What its lines come to is judged anew each time: nothing of the verdicts is stored.
    """

    __tablename__ = "merchant_files"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    content_sealed: Mapped[bytes]
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    uploaded_at: Mapped[datetime]
    imported_at: Mapped[datetime | None]
