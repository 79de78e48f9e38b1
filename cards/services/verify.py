"""Verifying a presentation online: the codec's checks, then the card's own state, then replay.

The order is that of docs/reference/card-credential.md: signatures before anything the database
knows, the card's state before its credential's, and replay last, so that only fully valid codes
enter the replay memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from cards.models import CardState, CredentialState
from cards.services.keys import current_trust
from cards.uc1.answers import Refused, Verified
from cards.uc1.cache import CredentialCache
from cards.uc1.credential import Credential
from cards.uc1.keys import compressed
from cards.uc1.status import StatusCheck
from cards.uc1.terms import Profile, Reason
from cards.uc1.verify import verify_text
from kernel.clock import unix
from kernel.db import Statement
from kernel.ids import new_id
from members.models import STANDING, MembershipStatus

VERIFICATION_LIFE = timedelta(minutes=10)
SAME_SCAN = timedelta(seconds=60)

# A process sees the same phones again and again: their issuer half is checked once.
PROVEN = CredentialCache()


@dataclass(frozen=True)
class Holder:
    """The card and member behind an accepted code: what a till may see and rules may ask."""

    card_id: UUID
    member_id: UUID
    number_tail: str
    name_masked: str
    status: MembershipStatus
    union_path: str
    joined_on: date | None
    born_on: date | None
    employment: str | None
    is_migrant: bool | None
    hardship_level: str


@dataclass(frozen=True)
class Verdict:
    """The answer to one scan. `holder` is there only when it was accepted."""

    verification_id: UUID
    accepted: bool
    reason: str | None
    assurance: str | None
    challenged: bool
    expires_at: datetime
    holder: Holder | None


BY_CTI_SQL = """
    SELECT cr.card_id, cr.kid, cr.profile, cr.state AS credential_state, c.state AS card_state,
        c.number, c.member_id, m.name_masked, m.status, m.joined_on, m.born_on, m.employment,
        m.is_migrant, m.hardship_level, u.path AS union_path, d.retired_at, d.public_key,
        (SELECT nonce FROM terminal_challenges t WHERE t.terminal_id = :terminal_id
            AND t.used_at IS NULL AND t.expires_at > :now
            ORDER BY t.expires_at DESC LIMIT 1) AS open_nonce
    FROM credentials cr
    JOIN cards c ON c.id = cr.card_id
    JOIN members m ON m.id = c.member_id
    JOIN union_orgs u ON u.id = m.union_id
    LEFT JOIN devices d ON d.id = cr.device_id
    WHERE cr.cti = :cti
"""
_BY_CTI = Statement(BY_CTI_SQL)

ACCEPT_SQL = """
    fresh AS (
        INSERT INTO replays AS r (cti, moment, verification_id, accepted_at)
        SELECT :cti, :moment, :id, :now {only}
        ON CONFLICT (cti) DO UPDATE SET moment = excluded.moment,
            verification_id = excluded.verification_id, accepted_at = excluded.accepted_at
            WHERE r.moment < excluded.moment
        RETURNING r.cti
    ),
    accepted AS (
    INSERT INTO verifications (id, terminal_id, scan_id, card_id, accepted, reason, assurance,
        challenged, cti, moment, created_at, expires_at)
    SELECT :id, :terminal_id, :scan_id, {card_id}, true, NULL, :assurance, :challenged, :cti,
        :moment, :now, :expires_at
    FROM fresh {card}
    RETURNING id
    )
"""
_ACCEPT_ONCE = Statement(
    f"WITH {ACCEPT_SQL.format(only='', card_id=':card_id', card='')} SELECT id FROM accepted"  # noqa: S608 (literals of this file)
)

_NOTE = Statement(
    """
    INSERT INTO verifications (id, terminal_id, scan_id, card_id, accepted, reason, assurance,
        challenged, cti, moment, created_at, expires_at)
    VALUES (:id, :terminal_id, :scan_id, :card_id, :accepted, :reason, :assurance, :challenged,
        :cti, :moment, :now, :expires_at)
    """
)

_SAME_SCAN = Statement(
    """
    SELECT id, assurance, challenged, expires_at FROM verifications
    WHERE terminal_id = :terminal_id AND scan_id = :scan_id AND cti = :cti AND accepted
        AND moment IS NOT DISTINCT FROM :moment AND created_at > :since
    ORDER BY created_at DESC LIMIT 1
    """
)

_NEWEST_NONCE = Statement(
    """
    SELECT nonce, used_at IS NOT NULL AS is_used FROM terminal_challenges
    WHERE terminal_id = :terminal_id AND expires_at > :now
    ORDER BY expires_at DESC LIMIT 1
    """
)

_USE_NONCE = Statement(
    """
    UPDATE terminal_challenges SET used_at = :now
    WHERE nonce = :nonce AND terminal_id = :terminal_id AND used_at IS NULL
    RETURNING nonce
    """
)

_REFERENCED = Statement(
    """
    SELECT cr.kid, cr.expires_at, cr.status_list, cr.status_index, d.public_key
    FROM credentials cr JOIN devices d ON d.id = cr.device_id
    WHERE cr.cti = :cti AND cr.profile = 1
    """
)


def verify_presentation(
    session: Session,
    *,
    terminal_id: UUID,
    audience: str,
    presentation: str,
    scan_id: UUID | None,
    now: datetime,
) -> Verdict:
    """Judge what a till scanned and keep the judgement; never raises for what was scanned.

    `audience` is the till's 8-character code. `scan_id` is the scan's own id: the same id, till
    and code hear the same for 60 seconds. Takes the replay row of the credential.
    """
    scan = _Scan(session, terminal_id=terminal_id, audience=audience, scan_id=scan_id, now=now)
    return scan.judge(scan.check(presentation))


def is_as_issued(row: Any, checked: Verified) -> bool:
    """Say whether what was shown is what was issued under this name.

    With a key that has leaked, others sign credentials that name somebody's card. Online they are
    of no use even before the leak is noticed: the phone's key would be another.
    """
    if bytes(row.kid) != checked.kid or row.profile != checked.profile:
        return False
    return checked.device_key is None or compressed(checked.device_key) == bytes(row.public_key)


def state_reason(row: Any) -> str | None:
    """Return why this card cannot be used now: its own state first, then its credential's."""
    if row.card_state != CardState.ACTIVE:
        return str(row.card_state)
    if MembershipStatus(row.status) not in STANDING:
        return "not_a_member"
    if row.credential_state == CredentialState.SUSPENDED:
        return Reason.SUSPENDED.value
    if row.credential_state != CredentialState.VALID or row.retired_at is not None:
        return Reason.REVOKED.value
    return None


class _Scan:
    """One scan on its way: who asks, when, and in which transaction."""

    def __init__(
        self,
        session: Session,
        *,
        terminal_id: UUID,
        audience: str,
        scan_id: UUID | None,
        now: datetime,
    ) -> None:
        self._session = session
        self._terminal_id = terminal_id
        self._audience = audience
        self._scan_id = scan_id
        self._now = now
        self._nonce: bytes | None = None
        self._nonce_is_used = False

    def check(self, presentation: str) -> Verified | Refused:
        """Run the codec; a code that may answer this till's question is checked against it.

        Answers are good for longer than plain codes, so one may look stale at first.
        """
        checked = self._verify(presentation, None)
        if isinstance(checked, Refused) and checked.code in _MAY_BE_ANSWERS:
            asked = _NEWEST_NONCE.first(
                self._session, {"terminal_id": self._terminal_id, "now": self._now}
            )
            if asked is not None:
                self._nonce, self._nonce_is_used = bytes(asked.nonce), asked.is_used
                checked = self._verify(presentation, self._nonce)
        return checked

    def judge(self, checked: Verified | Refused) -> Verdict:
        """Say what the database knows against a code, accept it if that is nothing; keep it."""
        if isinstance(checked, Refused):
            return self.refuse(checked.code.value)
        row = self.look_up(checked.cti)
        if row is None:
            return self.refuse(Reason.UNKNOWN_CARD.value)
        if not is_as_issued(row, checked):
            return self.refuse(Reason.BAD_SIGNATURE.value)
        reason = state_reason(row)
        if reason is None and row.open_nonce is not None and not checked.challenged:
            # A plain code while this till waits for the answer to its own question.
            reason = Reason.WRONG_AUDIENCE.value
        if reason is not None:
            return self.refuse(reason, row=row, checked=checked)
        return self.accept(row, checked)

    def _verify(self, presentation: str, nonce: bytes | None) -> Verified | Refused:
        return verify_text(
            presentation,
            now=unix(self._now),
            trust=current_trust(self._session, now=self._now),
            statuses=StatusCheck.CALLER,
            audience=self._audience,
            nonce=nonce,
            references=self._reference,
            cache=PROVEN,
        )

    def _reference(self, cti: bytes) -> Credential | None:
        """Find the credential that a `UR1:` code only names."""
        row = _REFERENCED.first(self._session, {"cti": cti})
        if row is None:
            return None
        return Credential(
            profile=Profile.CARD,
            kid=bytes(row.kid),
            cti=cti,
            exp=unix(row.expires_at),
            tier=0,
            status_list=row.status_list,
            status_index=row.status_index,
            device_point=bytes(row.public_key),
        )

    def look_up(self, cti: bytes) -> Any:
        return _BY_CTI.first(
            self._session, {"cti": cti, "terminal_id": self._terminal_id, "now": self._now}
        )

    def accept(self, row: Any, checked: Verified) -> Verdict:
        facts = self._facts(row, checked)
        if self._nonce is not None and (self._nonce_is_used or not self._use_nonce()):
            return self._again(row, checked, else_reason=Reason.WRONG_AUDIENCE)
        if checked.single_use_moment is None:
            # Paper may be shown again and again; the same scan still hears the same.
            earlier = self._same_scan(checked)
            if earlier is not None:
                return _answer(earlier, row)
            _NOTE.all(self._session, facts | {"accepted": True, "reason": None})
        elif _ACCEPT_ONCE.first(self._session, facts) is None:
            return self._again(row, checked, else_reason=Reason.REPLAYED)
        return accepted_verdict(row, checked, facts)

    def refuse(self, reason: str, *, row: Any = None, checked: Verified | None = None) -> Verdict:
        """Keep a refusal in the till's log: its reason, never a word of what was scanned."""
        facts = self._facts(row, checked)
        _NOTE.all(self._session, facts | {"accepted": False, "reason": reason})
        return Verdict(
            verification_id=facts["id"],
            accepted=False,
            reason=reason,
            assurance=None,
            challenged=False,
            expires_at=facts["expires_at"],
            holder=None,
        )

    def _again(self, row: Any, checked: Verified, *, else_reason: Reason) -> Verdict:
        """Repeat the answer of this very scan, or refuse what somebody shows a second time."""
        earlier = self._same_scan(checked)
        if earlier is not None:
            return _answer(earlier, row)
        return self.refuse(else_reason.value, row=row, checked=checked)

    def _facts(self, row: Any, checked: Verified | None) -> dict[str, Any]:
        return {
            "id": new_id(),
            "terminal_id": self._terminal_id,
            "scan_id": self._scan_id,
            "card_id": row.card_id if row is not None else None,
            "assurance": checked.assurance.value if checked else None,
            "challenged": checked.challenged if checked else False,
            "cti": checked.cti if checked else None,
            "moment": checked.single_use_moment if checked else None,
            "now": self._now,
            "expires_at": self._now + VERIFICATION_LIFE,
        }

    def _same_scan(self, checked: Verified) -> Any:
        """Return the answer this very scan got less than a minute ago."""
        if self._scan_id is None:
            return None
        return _SAME_SCAN.first(
            self._session,
            {
                "terminal_id": self._terminal_id,
                "scan_id": self._scan_id,
                "cti": checked.cti,
                "moment": checked.single_use_moment,
                "since": self._now - SAME_SCAN,
            },
        )

    def _use_nonce(self) -> bool:
        used = _USE_NONCE.first(
            self._session,
            {"nonce": self._nonce, "terminal_id": self._terminal_id, "now": self._now},
        )
        return used is not None


# What a good answer to a question looks like to a verifier that has none open.
_MAY_BE_ANSWERS = frozenset({Reason.WRONG_AUDIENCE, Reason.STALE})


def accepted_verdict(row: Any, checked: Verified, facts: Mapping[str, Any]) -> Verdict:
    return Verdict(
        verification_id=facts["id"],
        accepted=True,
        reason=None,
        assurance=checked.assurance.value,
        challenged=checked.challenged,
        expires_at=facts["expires_at"],
        holder=holder_of(row),
    )


def _answer(earlier: Any, row: Any) -> Verdict:
    return Verdict(
        verification_id=earlier.id,
        accepted=True,
        reason=None,
        assurance=earlier.assurance,
        challenged=earlier.challenged,
        expires_at=earlier.expires_at,
        holder=holder_of(row),
    )


def holder_of(row: Any) -> Holder:
    """Return whose card it is, from a row that has the columns of card, member and union."""
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
