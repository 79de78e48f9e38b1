"""Slices: a code of thirty seconds for a signed-in phone that cannot hold a key."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from cards.models import (
    SLICE_LIST,
    Credential,
    CredentialState,
    EnrolmentNonce,
    LostReportTries,
    TerminalChallenge,
)
from cards.rules import SLICE_LIFE
from cards.services.cooldown import refuse_too_new
from cards.services.keys import current_signer
from cards.services.lifecycle import lock_card_to_show
from cards.uc1.credential import issue_static, new_cti
from cards.uc1.status import ENTRIES
from cards.uc1.terms import KeyUse, Profile
from kernel.clock import from_unix, shanghai_date, unix

SLICES_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Slice:
    text: str
    expires_at: datetime


def issue_slice(session: Session, *, member_id: UUID, now: datetime) -> Slice:
    """Return a fresh US1 text that shows the member's card for thirty seconds, once.

    It names an entry of the list of slices at random, like any credential, but has none to itself:
    the service knows it by its cti. Activates an issued card (decision 0010). Locks the card.

    Raises what lock_card_to_show() raises, NumberTooNew, and IssuerKeysMissing.
    """
    card = lock_card_to_show(session, member_id=member_id, now=now)
    refuse_too_new(session, card=card, now=now)
    signer = current_signer(session, use=KeyUse.SLICE, now=now)
    exp = unix(now + SLICE_LIFE)
    cti = new_cti()
    session.add(
        Credential(
            cti=cti,
            card_id=card.id,
            profile=int(Profile.SLICE),
            kid=signer.kid,
            state=CredentialState.VALID,
            issued_at=now,
            expires_at=from_unix(exp),
        )
    )
    session.flush()
    text = issue_static(
        signer,
        profile=Profile.SLICE,
        cti=cti,
        exp=exp,
        status_list=SLICE_LIST,
        status_index=secrets.randbelow(ENTRIES),
    )
    return Slice(text, from_unix(exp))


def purge_short_lived(session: Session, *, now: datetime) -> int:
    """Delete slices, questions and counts that ended a day ago; return how many rows."""
    before = now - SLICES_KEPT
    statements = (
        delete(Credential).where(
            Credential.profile == int(Profile.SLICE), Credential.expires_at < before
        ),
        delete(EnrolmentNonce).where(EnrolmentNonce.expires_at < before),
        delete(TerminalChallenge).where(TerminalChallenge.expires_at < before),
        delete(LostReportTries).where(LostReportTries.day < shanghai_date(before)),
    )
    removed = 0
    for statement in statements:
        done = session.execute(statement.execution_options(synchronize_session=False))
        assert isinstance(done, CursorResult)
        removed += done.rowcount
    return removed
