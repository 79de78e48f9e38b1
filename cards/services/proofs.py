"""A phone proves that it holds a key: by answering a question of the service, once."""

import secrets
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from sqlalchemy.orm import Session

from cards.errors import EnrolmentExpired, EnrolmentRefused
from cards.models import EnrolmentNonce
from cards.queries import open_nonces
from cards.rules import ENROLMENT_LIFE
from cards.uc1.answers import Refused
from cards.uc1.enrolment import NONCE_BYTES, Proven, verify_enrolment
from cards.uc1.terms import Reason
from kernel.clock import unix

# Several windows of one browser may each be enrolling: the newest questions of a session count.
_OPEN_NONCES_MAX = 5


def start_enrolment(session: Session, *, session_id: UUID, now: datetime) -> EnrolmentNonce:
    """Return the question that the signed-in session's phone answers, once, within 120 seconds."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    question = EnrolmentNonce(nonce=nonce, session_id=session_id, expires_at=now + ENROLMENT_LIFE)
    session.add(question)
    session.flush()
    return question


def answer_nonce(
    session: Session,
    *,
    session_id: UUID,
    proof: str,
    device_key: EllipticCurvePublicKey,
    now: datetime,
) -> None:
    """Find the session's question that `proof` answers, and note that it was.

    The caller holds the card's lock: of two answers to one question, the second finds it answered.
    Raises EnrolmentExpired, EnrolmentRefused.
    """
    refused: Refused | None = None
    for question in open_nonces(session, session_id=session_id, now=now, rows=_OPEN_NONCES_MAX):
        answer = verify_enrolment(proof, device_key=device_key, nonce=question.nonce, now=unix(now))
        if isinstance(answer, Proven):
            question.used_at = now
            session.flush()
            return
        refused = answer
        if refused.code is not Reason.WRONG_AUDIENCE:
            break
    if refused is None:
        raise EnrolmentExpired
    raise EnrolmentRefused(reason=refused.code.value, detail=refused.detail)
