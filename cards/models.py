from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Sequence,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.money import Fen
from kernel.secrets import SealedColumn
from kernel.states import Moves


class CardState(StrEnum):
    PENDING_VERIFY = "pending_verify"
    ISSUED = "issued"  # numbered; becomes active with its first credential
    ACTIVE = "active"
    LOST = "lost"
    FROZEN = "frozen"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


CARD_MOVES: Moves[CardState] = {
    CardState.PENDING_VERIFY: frozenset({CardState.ISSUED, CardState.CANCELLED}),
    CardState.ISSUED: frozenset(
        {CardState.ACTIVE, CardState.LOST, CardState.FROZEN, CardState.CANCELLED}
    ),
    CardState.ACTIVE: frozenset(
        {CardState.LOST, CardState.FROZEN, CardState.EXPIRED, CardState.CANCELLED}
    ),
    # A card that was never shown goes back to being issued, not active.
    CardState.LOST: frozenset(
        {CardState.ACTIVE, CardState.ISSUED, CardState.FROZEN, CardState.CANCELLED}
    ),
    CardState.FROZEN: frozenset(
        {CardState.ACTIVE, CardState.ISSUED, CardState.LOST, CardState.CANCELLED}
    ),
    CardState.EXPIRED: frozenset({CardState.ACTIVE, CardState.CANCELLED}),
    CardState.CANCELLED: frozenset(),
}


# The serial in a card's number (domain 2.3): nine digits, never used twice.
CARD_SERIAL = Sequence("card_serial", maxvalue=999_999_999, metadata=Base.metadata)


class Card(Base):
    """A member's card: at most one that is not cancelled. Its number never returns.

    `number` is 16 digits, `4403` + year + serial + Luhn (domain 2.3): nothing personal in it.
    """

    __tablename__ = "cards"
    __table_args__ = (
        Index(
            "uq_cards_one_a_member",
            "member_id",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
        CheckConstraint("number ~ '^[0-9]{16}$'", name="number_of_digits"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), index=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    state: Mapped[CardState]
    state_reason: Mapped[str | None] = mapped_column(String(200))
    frozen_until: Mapped[datetime | None]  # a freeze that nobody prolongs ends then
    issued_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def is_usable(self) -> bool:
        return self.state is CardState.ACTIVE


class Device(Base):
    """A phone whose key signs presentations. The key never left it; here is its public point.

    A key is enrolled once at a time; a phone that was retired and comes back gets a row of its own.
    """

    __tablename__ = "devices"
    __table_args__ = (
        CheckConstraint("length(public_key) = 33", name="point_compressed"),
        Index(
            "uq_devices_live_key",
            "public_key",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("cards.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    public_key: Mapped[bytes]
    enrolled_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class CardPolicy(Base):
    """The one row of numbers that a deployment decides for its cards."""

    __tablename__ = "card_policies"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("devices_max BETWEEN 1 AND 20", name="devices_max_in_range"),
        # 8.5 of the format: verifiers refuse a credential that lives longer than 35 days.
        CheckConstraint("credential_days BETWEEN 1 AND 35", name="credential_days_in_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    devices_max: Mapped[int]  # live devices a card
    credential_days: Mapped[int]


class CredentialState(StrEnum):
    """The values of the status list: 0, 1 and 2."""

    VALID = "valid"
    INVALID = "invalid"
    SUSPENDED = "suspended"


CREDENTIAL_MOVES: Moves[CredentialState] = {
    CredentialState.VALID: frozenset({CredentialState.INVALID, CredentialState.SUSPENDED}),
    # Never back to valid: a restored card gets new credentials.
    CredentialState.SUSPENDED: frozenset({CredentialState.INVALID}),
    CredentialState.INVALID: frozenset(),
}


class Credential(Base):
    """One issued credential of a card: on a phone (profile 1), on paper (2) or a slice (3).

    `status_list` and `status_index` are never given twice. A slice lives half a minute and has no
    entry of its own: both are null here (it carries the list 0, which is always valid).
    """

    __tablename__ = "credentials"
    __table_args__ = (
        Index("uq_credentials_status_entry", "status_list", "status_index", unique=True),
        # What a status list has to say, and whether it has changed since it was built.
        Index(
            "ix_credentials_status_changes",
            "status_list",
            "changed_at",
            postgresql_where=text("state <> 'valid'"),
        ),
        Index("ix_credentials_slices", "expires_at", postgresql_where=text("profile = 3")),
        CheckConstraint("length(cti) = 8", name="cti_of_eight_bytes"),
        CheckConstraint("profile BETWEEN 1 AND 3", name="profile_known"),
        CheckConstraint("(profile = 1) = (device_id IS NOT NULL)", name="phone_has_device"),
        CheckConstraint("(profile = 3) = (status_list IS NULL)", name="slice_has_no_entry"),
        CheckConstraint(
            "(status_list IS NULL) = (status_index IS NULL)", name="status_entry_whole"
        ),
        CheckConstraint("(state = 'valid') = (changed_at IS NULL)", name="change_has_moment"),
    )

    cti: Mapped[bytes] = mapped_column(primary_key=True)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("cards.id"), index=True)
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("devices.id"), index=True)
    profile: Mapped[int] = mapped_column(SmallInteger)
    kid: Mapped[bytes]
    status_list: Mapped[int | None]
    status_index: Mapped[int | None]
    state: Mapped[CredentialState] = mapped_column(default=CredentialState.VALID)
    changed_at: Mapped[datetime | None]  # when `state` last changed
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class StatusSeries(StrEnum):
    CARD = "card"
    PAPER = "paper"
    SLICE = "slice"


SLICE_LIST = 0  # the one list of all slices, on which every entry is valid


class StatusListRow(Base):
    """One list of 2^20 entries: cards by the week they expire in, paper by the year.

    `token` is the signed list as served, null until the first build. After `ends_at` no credential
    of the list is accepted any more.
    """

    __tablename__ = "status_lists"
    __table_args__ = (
        CheckConstraint("number BETWEEN 0 AND 65535", name="number_in_range"),
        CheckConstraint("(number = 0) = (series = 'slice')", name="slices_have_list_zero"),
        CheckConstraint("(token IS NULL) = (built_at IS NULL)", name="token_has_moment"),
        # New entries of a period all go into one list, until it is full.
        Index(
            "uq_status_lists_open",
            "series",
            "period",
            unique=True,
            postgresql_where=text("NOT is_full"),
        ),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    series: Mapped[StatusSeries]
    period: Mapped[str] = mapped_column(String(10))
    is_full: Mapped[bool] = mapped_column(default=False)
    token: Mapped[bytes | None]
    built_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]  # None: never


class IssuerKeyState(StrEnum):
    PUBLISHED = "published"  # in the trust list, not signing yet
    SIGNING = "signing"
    RETIRED = "retired"  # signs no more, still trusted until `expires_at`
    COMPROMISED = "compromised"  # out of the trust list at once


ISSUER_KEY_MOVES: Moves[IssuerKeyState] = {
    IssuerKeyState.PUBLISHED: frozenset({IssuerKeyState.SIGNING, IssuerKeyState.COMPROMISED}),
    IssuerKeyState.SIGNING: frozenset({IssuerKeyState.RETIRED, IssuerKeyState.COMPROMISED}),
    IssuerKeyState.RETIRED: frozenset({IssuerKeyState.COMPROMISED}),
    IssuerKeyState.COMPROMISED: frozenset(),
}

ISSUER_KEY_PRIVATE = SealedColumn("issuer_keys", "private_sealed")


class IssuerKey(Base):
    """A signing key of the federation. `key_use` 0 is the root, which signs only trust lists."""

    __tablename__ = "issuer_keys"
    __table_args__ = (
        CheckConstraint("key_use BETWEEN 0 AND 4", name="use_known"),
        Index(
            "uq_issuer_keys_signing",
            "key_use",
            unique=True,
            postgresql_where=text("state = 'signing'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key_use: Mapped[int] = mapped_column(SmallInteger)
    kid: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]  # compressed point
    private_sealed: Mapped[bytes]
    state: Mapped[IssuerKeyState]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]


class TrustListRow(Base):
    """One published trust list. The highest `seq` is the one in force; clients never go back."""

    __tablename__ = "trust_lists"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[bytes]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class EnrolmentNonce(Base):
    """A question to one signed-in session: lives 120 seconds, is answered once."""

    __tablename__ = "enrolment_nonces"

    nonce: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("member_sessions.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class TerminalChallenge(Base):
    """A till's question in challenge mode: lives 120 seconds, is answered once."""

    __tablename__ = "terminal_challenges"

    nonce: Mapped[bytes] = mapped_column(primary_key=True)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Replay(Base):
    """The newest accepted moment per credential, one memory for all tills.

    Keyed by (cti, moment), never by a signature or a hash: ECDSA signatures are malleable.
    """

    __tablename__ = "replays"

    cti: Mapped[bytes] = mapped_column(primary_key=True)
    moment: Mapped[int] = mapped_column(BigInteger)  # Unix seconds: iat, or a slice's exp
    verification_id: Mapped[UUID]
    accepted_at: Mapped[datetime]


class Verification(Base):
    """One scan that was judged, accepted or not. Belongs to its till and lives ten minutes."""

    __tablename__ = "verifications"
    __table_args__ = (
        Index("ix_verifications_terminal", "terminal_id", "created_at"),
        CheckConstraint("NOT accepted OR card_id IS NOT NULL", name="accepted_has_card"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    terminal_id: Mapped[UUID] = mapped_column(ForeignKey("terminals.id"))
    scan_id: Mapped[UUID | None]
    card_id: Mapped[UUID | None] = mapped_column(ForeignKey("cards.id"), index=True)
    accepted: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(String(40))
    assurance: Mapped[str | None] = mapped_column(String(20))
    challenged: Mapped[bool] = mapped_column(default=False)
    cti: Mapped[bytes | None]
    moment: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class RecordKind(StrEnum):
    CARD = "card"
    DISCOUNT = "discount"
    AID = "aid"
    TRAINING = "training"


class CardRecord(Base):
    """One line of the card's timeline, written by whatever happened, in its transaction.

    Amounts say who bore what; a line that takes something back has them negative. Append-only.
    `title_zh` and `title_en` are what the member reads; `event` is a code such as "captured".
    """

    __tablename__ = "card_records"
    __table_args__ = (
        CheckConstraint(
            "gross_fen = member_pays_fen + merchant_bears_fen + union_pays_fen",
            name="parts_make_gross",
        ),
        Index("uq_card_records_source", "source_type", "source_id", "event", unique=True),
        Index("ix_card_records_card", "card_id", "occurred_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("cards.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    kind: Mapped[RecordKind]
    event: Mapped[str] = mapped_column(String(40))
    source_type: Mapped[str] = mapped_column(String(40))
    source_id: Mapped[UUID]
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    gross_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    member_pays_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    merchant_bears_fen: Mapped[Fen] = mapped_column(default=Fen(0))
    union_pays_fen: Mapped[Fen] = mapped_column(default=Fen(0))


class BatchState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


BATCH_MOVES: Moves[BatchState] = {
    BatchState.WAITING: frozenset({BatchState.RUNNING}),
    # A worker that was killed finds the batch as it left it and goes on.
    BatchState.RUNNING: frozenset({BatchState.RUNNING, BatchState.DONE}),
    BatchState.DONE: frozenset(),
}


class CardBatch(Base):
    """Cards issued to everybody in a union's subtree, by a job that counts as it goes.

    `done` of `total` members are what the progress bar shows; `total` is that of the start.
    """

    __tablename__ = "card_batches"
    __table_args__ = (CheckConstraint("done = issued + already", name="counts_add_up"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    union_id: Mapped[UUID] = mapped_column(ForeignKey("union_orgs.id"), index=True)
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    state: Mapped[BatchState] = mapped_column(default=BatchState.WAITING)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    issued: Mapped[int] = mapped_column(default=0)
    already: Mapped[int] = mapped_column(default=0)
    last_member_id: Mapped[UUID | None]  # where the job goes on
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
