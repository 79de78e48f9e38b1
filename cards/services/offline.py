"""Judging a presentation that a till saw without a network, as of the moment it was signed.

The order is that of every scan: the codec first, the card's row after, replay last. What differs is
the moment, which the member's phone signed, and replay: a code that is older than the newest one of
its credential may well come late, so only the very same code twice is a replay.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from cards.models import CardState, CredentialState
from cards.services.keys import current_trust
from cards.services.verify import VERIFICATION_LIFE, Holder
from cards.uc1.answers import Refused, Rejected, Verified
from cards.uc1.keys import compressed
from cards.uc1.policy import POLICY
from cards.uc1.presentation import read_full, read_presentation
from cards.uc1.status import StatusCheck
from cards.uc1.terms import Form, Reason
from cards.uc1.text import open_text
from cards.uc1.verify import verify_text
from kernel.clock import from_unix, unix
from kernel.db import Statement
from kernel.ids import new_id
from members.models import STANDING, MembershipStatus

# A change is on its list within a minute (cards.services.status) and fetched with the lease.
KNOWN_AFTER = timedelta(minutes=5)
_CLOCK_SLACK = timedelta(seconds=60)


@dataclass(frozen=True)
class Ended:
    """Why a card cannot be used any more, and since when; None: it is not known since when."""

    reason: str
    at: datetime | None


@dataclass(frozen=True)
class SeenOffline:
    """A presentation that holds. `ended` is of the card as it is today, `holder` as well."""

    verification_id: UUID
    holder: Holder
    ended: Ended | None


@dataclass(frozen=True)
class NotSeen:
    """A presentation that does not hold, and why.

    `replay_of` is the scan that had the same presentation first, `replayed_at` the till of it.
    """

    reason: str
    replay_of: UUID | None = None
    replayed_at: UUID | None = None


def signed_at(presentation: str) -> datetime | None:
    """Return the moment that a live code says it was signed at; None where it says none.

    Nothing is verified: whoever uses the moment verifies the code as of it.
    """
    try:
        form, message = open_text(presentation, length_max=POLICY.text_length_max)
        if form is not Form.FULL:
            return None
        _, holder = read_full(message)
        return from_unix(read_presentation(holder.payload).iat)
    except Rejected:
        return None


_BY_CTI = Statement(
    """
    SELECT cr.card_id, cr.kid, cr.profile, cr.state AS credential_state, cr.changed_at,
        cr.issued_at,
        c.state AS card_state, c.number, c.member_id, m.name_masked, m.status, m.joined_on,
        m.born_on, m.employment, m.is_migrant, m.hardship_level, u.path AS union_path,
        d.retired_at, d.public_key, first.event, first.recorded_at
    FROM credentials cr
    JOIN cards c ON c.id = cr.card_id
    JOIN members m ON m.id = c.member_id
    JOIN union_orgs u ON u.id = m.union_id
    LEFT JOIN devices d ON d.id = cr.device_id
    LEFT JOIN LATERAL (
        SELECT r.event, r.recorded_at FROM card_records r
        WHERE r.card_id = cr.card_id AND r.kind = 'card'
            AND r.event IN ('lost', 'frozen', 'cancelled', 'expired')
            AND r.recorded_at >= cr.issued_at
        ORDER BY r.recorded_at LIMIT 1) AS first ON true
    WHERE cr.cti = :cti
    """
)

# The newest moment stays the newest. The row is written in any case: whoever shows a code of this
# credential at this moment, at whatever till, waits here for our transaction to end.
_TAKE_TURN = Statement(
    """
    INSERT INTO replays AS r (cti, moment, verification_id, accepted_at)
    VALUES (:cti, :moment, :id, :now)
    ON CONFLICT (cti) DO UPDATE SET
        verification_id = CASE WHEN r.moment < excluded.moment
            THEN excluded.verification_id ELSE r.verification_id END,
        accepted_at = CASE WHEN r.moment < excluded.moment
            THEN excluded.accepted_at ELSE r.accepted_at END,
        moment = GREATEST(r.moment, excluded.moment)
    """
)

_SHOWN_BEFORE = Statement(
    """
    SELECT id, terminal_id FROM verifications
    WHERE card_id = :card_id AND cti = :cti AND moment = :moment AND accepted
    ORDER BY created_at, id LIMIT 1
    """
)

_NOTE = Statement(
    """
    INSERT INTO verifications (id, terminal_id, scan_id, card_id, accepted, reason, assurance,
        challenged, cti, moment, created_at, expires_at)
    VALUES (:id, :terminal_id, :scan_id, :card_id, true, NULL, :assurance, false, :cti, :moment,
        :now, :expires_at)
    """
)


def see_offline(
    session: Session,
    *,
    terminal_id: UUID,
    audience: str,
    presentation: str,
    moment: datetime,
    scan_id: UUID,
    now: datetime,
) -> SeenOffline | NotSeen:
    """Judge what a till saw at `moment`, which is signed_at() of it; keep a scan that holds.

    The first who brings a presentation has it, and that till alone may bring it again. Takes the
    replay row of the credential until the transaction ends.
    """
    checked = verify_text(
        presentation,
        now=unix(moment),
        trust=current_trust(session, now=now),
        statuses=StatusCheck.CALLER,
        audience=audience,
    )
    if isinstance(checked, Refused):
        return NotSeen(checked.code.value)
    row = _BY_CTI.first(session, {"cti": checked.cti})
    if row is None:
        return NotSeen(Reason.UNKNOWN_CARD.value)
    if not _is_as_issued(row, checked):
        return NotSeen(Reason.BAD_SIGNATURE.value)
    if moment < row.issued_at - _CLOCK_SLACK:
        # The phone chose the moment; it cannot have shown what it had not been given yet.
        return NotSeen(Reason.STALE.value)
    facts = {
        "id": new_id(),
        "terminal_id": terminal_id,
        "scan_id": scan_id,
        "card_id": row.card_id,
        "assurance": checked.assurance.value,
        "cti": checked.cti,
        "moment": checked.iat,
        "now": now,
        "expires_at": now + VERIFICATION_LIFE,
    }
    # Locked first, read after: of two tills with one presentation, one is the first.
    _TAKE_TURN.all(session, facts)
    before = _SHOWN_BEFORE.first(session, facts)
    if before is not None and before.terminal_id != terminal_id:
        return NotSeen(Reason.REPLAYED.value, before.id, before.terminal_id)
    if before is None:
        _NOTE.all(session, facts)
    return SeenOffline(before.id if before else facts["id"], _holder(row), _ended(row))


def _is_as_issued(row: Any, checked: Verified) -> bool:
    """Say whether what was shown is what was issued under this name: see cards.services.verify."""
    assert checked.device_key is not None
    return (
        bytes(row.kid) == checked.kid
        and row.profile == checked.profile
        and row.public_key is not None
        and compressed(checked.device_key) == bytes(row.public_key)
    )


def _ended(row: Any) -> Ended | None:
    """Return why this card is of no use today, by the card's own events before its credential's.

    A credential that has ended never comes back: restoring a card enrols its phones anew. So the
    first event after its issue is the one that ended it, whatever happened since.
    """
    over = row.credential_state != CredentialState.VALID
    if over and row.event is not None and row.recorded_at <= row.changed_at:
        return Ended(row.event, row.recorded_at)
    if over:
        is_suspended = row.credential_state == CredentialState.SUSPENDED
        reason = Reason.SUSPENDED if is_suspended else Reason.REVOKED
        return Ended(reason.value, row.changed_at)
    if row.retired_at is not None:
        return Ended(Reason.REVOKED.value, row.retired_at)
    if row.card_state != CardState.ACTIVE:
        return Ended(str(row.card_state), None)
    if MembershipStatus(row.status) not in STANDING:
        return Ended("not_a_member", None)
    return None


def _holder(row: Any) -> Holder:
    return Holder(
        card_id=row.card_id,
        member_id=row.member_id,
        number_tail=row.number[-4:],
        name_masked=row.name_masked,
        status=MembershipStatus(row.status),
        union_path=row.union_path,
        joined_on=row.joined_on,
        born_on=row.born_on,
        employment=row.employment,
        is_migrant=row.is_migrant,
        hardship_level=row.hardship_level,
    )
