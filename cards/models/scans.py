"""Questions, answers and scans: what a code is good for once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base
from kernel.ids import new_id


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
