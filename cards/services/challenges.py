"""A till's question: with it, only an answer made for this till, now, is accepted."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from cards.models import TerminalChallenge
from cards.rules import CHALLENGE_LIFE, CHALLENGE_NONCE_BYTES


def start_challenge(session: Session, *, terminal_id: UUID, now: datetime) -> TerminalChallenge:
    """Return a fresh question of this till: it lives 120 seconds and is answered once."""
    nonce = secrets.token_bytes(CHALLENGE_NONCE_BYTES)
    question = TerminalChallenge(
        nonce=nonce, terminal_id=terminal_id, expires_at=now + CHALLENGE_LIFE
    )
    session.add(question)
    session.flush()
    return question


def close_challenges(session: Session, *, terminal_id: UUID, now: datetime) -> None:
    """End this till's open questions: from now on plain codes are accepted again.

    What answers one of them after this is refused. Nothing open: nothing changes.
    """
    session.execute(
        update(TerminalChallenge)
        .where(
            TerminalChallenge.terminal_id == terminal_id,
            TerminalChallenge.used_at.is_(None),
            TerminalChallenge.expires_at > now,
        )
        .values(expires_at=now)
    )
