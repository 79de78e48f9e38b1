"""What the issuer signs, and with what: credentials, status lists, keys, trust lists."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id
from kernel.secrets import SealedColumn
from kernel.states import Moves


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
    """A signing key of the federation. `key_use` 0 is the root, which signs only trust lists.

    `signs_from` is when it begins to sign, or began. Verifiers accept what it signed from
    `not_before` until before `expires_at`, as long as it stands in the trust list.
    """

    __tablename__ = "issuer_keys"
    __table_args__ = (
        CheckConstraint("key_use BETWEEN 0 AND 4", name="use_known"),
        Index(
            "uq_issuer_keys_signing",
            "key_use",
            unique=True,
            postgresql_where=text("state = 'signing'"),
        ),
        # The next key of a use: of two rotations at once, one.
        Index(
            "uq_issuer_keys_published",
            "key_use",
            unique=True,
            postgresql_where=text("state = 'published'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key_use: Mapped[int] = mapped_column(SmallInteger)
    kid: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]  # compressed point
    private_sealed: Mapped[bytes]
    state: Mapped[IssuerKeyState]
    signs_from: Mapped[datetime]
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
