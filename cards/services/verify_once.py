"""Accepting a plain code in one statement, which its caller makes and may read more with.

Almost every scan is of a phone's own code, shown for the first time, of a card in good standing.
Such a code needs one look and one write; whatever else it may be is left to `verify.py`, whose
judgement these conditions repeat and never widen.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from cards.services.keys import held_trust
from cards.services.verify import (
    ACCEPT_SQL,
    BY_CTI_SQL,
    PROVEN,
    VERIFICATION_LIFE,
    Verdict,
    accepted_verdict,
    is_as_issued,
    state_reason,
)
from cards.uc1.answers import Refused, Verified
from cards.uc1.keys import compressed
from cards.uc1.status import StatusCheck
from cards.uc1.verify import verify_text
from kernel.clock import unix
from kernel.ids import new_id
from members.models import STANDING

# Judges as `is_as_issued` and `state_reason` do, and writes only where both have nothing to say:
# whatever they would refuse is left to them. `card` and `accepted` have a row each, or none.
ACCEPTING = f"""
    card AS ({BY_CTI_SQL}),
    {
    ACCEPT_SQL.format(
        only='''FROM card
            WHERE kid = :kid AND profile = :profile
            AND (CAST(:device_point AS bytea) IS NULL
                OR public_key = CAST(:device_point AS bytea))
            AND card_state = 'active' AND status = ANY(CAST(:standing AS text[]))
            AND credential_state = 'valid' AND retired_at IS NULL AND open_nonce IS NULL''',
        card_id="card.card_id",
        card="CROSS JOIN card",
    )
}
"""
_STANDING = sorted(status.value for status in STANDING)


def check_plain(
    connection: Connection, *, audience: str, presentation: str, now: datetime
) -> Verified | None:
    """Return what a code that can be used once proves, without asking the database anything.

    None for whatever only `verify_presentation` can judge: a refusal, paper, a reference, an answer
    to a question, or a moment at which the trust list has to be read.
    """
    trust = held_trust(connection, now=now)
    if trust is None:
        return None
    checked = verify_text(
        presentation,
        now=unix(now),
        trust=trust,
        statuses=StatusCheck.CALLER,
        audience=audience,
        cache=PROVEN,
    )
    if isinstance(checked, Refused) or checked.single_use_moment is None:
        return None
    return checked


def accepting_parameters(
    checked: Verified, *, terminal_id: UUID, scan_id: UUID | None, now: datetime
) -> dict[str, Any]:
    """Return what ACCEPTING asks for."""
    return {
        "id": new_id(),
        "terminal_id": terminal_id,
        "scan_id": scan_id,
        "assurance": checked.assurance.value,
        "challenged": False,
        "cti": checked.cti,
        "moment": checked.single_use_moment,
        "now": now,
        "expires_at": now + VERIFICATION_LIFE,
        "kid": checked.kid,
        "profile": checked.profile.value,
        "device_point": checked.device_key and compressed(checked.device_key),
        "standing": _STANDING,
    }


def accepted(row: Any, checked: Verified, facts: Mapping[str, Any]) -> Verdict:
    """Return the verdict on a code that ACCEPTING accepted; `row` has its card's columns."""
    # What the statement compared is judged once more by those who judge all others.
    assert is_as_issued(row, checked)
    assert state_reason(row) is None
    return accepted_verdict(row, checked, facts)
