"""Issuer keys as the tests of their rotation change them."""

from datetime import timedelta

from sqlalchemy import select

from audit.models import AuditEntry
from cards.queries import signing_keys
from cards.services import (
    current_trust,
    promote_due_keys,
    retire_compromised_key,
    rotate_key,
)
from cards.uc1.status import StatusCheck
from cards.uc1.terms import KeyUse
from cards.uc1.verify import verify_text
from kernel.actors import SYSTEM
from kernel.clock import unix
from tests.make import NOW
from tests.make.cards import BASE_URL

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
WHO = {"base_url": BASE_URL, "actor": SYSTEM}


def signing(session, use):
    return next(key for key in signing_keys(session) if key.key_use == use)


def rotate(session, use=KeyUse.CARD, *, now=NOW, **facts):
    return rotate_key(session, use=use, now=now, **WHO | facts)


def promote(session, now):
    return promote_due_keys(session, now=now, **WHO)


def retire(session, key, now=NOW):
    return retire_compromised_key(session, kid=key.kid, now=now, **WHO)


def offline(session, text, *, now, trust=None):
    """What a till without a network says to a code."""
    return verify_text(
        text,
        now=unix(now),
        trust=trust or current_trust(session, now=now),
        statuses=StatusCheck.CALLER,
    )


def actions(session):
    query = select(AuditEntry.action).where(AuditEntry.object_type == "issuer_key")
    return sorted(set(session.scalars(query)) - {"issuer_key.created"})
