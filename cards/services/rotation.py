"""Issuer keys change: published first, signing later, trusted until nothing of theirs is met.

All of it under the lock of keys.one_at_a_time(), and each change with the trust list that says so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from audit.services import record
from cards.errors import (
    IssuerKeyNotFound,
    IssuerKeysMissing,
    OverlapTooShort,
    RootKeyStays,
    RotationUnderWay,
)
from cards.models import ISSUER_KEY_MOVES, IssuerKey, IssuerKeyState, StatusListRow
from cards.queries import card_policy, due_keys, issuer_key, issuer_key_in, last_expiry
from cards.rules import SLICE_LIFE
from cards.services.keys import ROOT_USE, make_key, one_at_a_time, publish_trust_list
from cards.uc1.policy import POLICY
from cards.uc1.status import LIFE_SECONDS
from cards.uc1.terms import KeyUse, Profile
from kernel.actors import Actor
from kernel.states import move

# As long as a till may go without a new trust list (8.5 of the format): every till that still
# accepts anything has heard of a key before it signs.
OVERLAP = timedelta(seconds=POLICY.trust_age_seconds_max)
# Whoever shows a slice is online, and so are most tills that take one: no wait is imposed.
_OVERLAP_MIN = {KeyUse.SLICE: timedelta(0)}
_ROTATED_EVERY = {KeyUse.PAPER: timedelta(days=365)}
_QUARTER = timedelta(days=91)
# A transaction that had read which key signs may still commit what it signed.
_STILL_SIGNING = timedelta(seconds=60)
_GRACE = timedelta(seconds=POLICY.exp_grace_seconds)
CREDENTIALS_A_STEP = 5_000


@dataclass(frozen=True, slots=True)
class Compromised:
    """A key that nobody accepts any more, and the one that signs in its place, if it signed."""

    key: IssuerKey
    successor: IssuerKey | None


def rotation_due(key: IssuerKey, *, now: datetime) -> bool:
    """Say whether it is time to publish the successor of a signing key. The root has none."""
    if key.state is not IssuerKeyState.SIGNING or key.key_use == ROOT_USE:
        return False
    return now >= key.signs_from + _ROTATED_EVERY.get(KeyUse(key.key_use), _QUARTER)


def rotate_key(
    session: Session,
    *,
    use: KeyUse,
    after: timedelta = OVERLAP,
    base_url: str,
    actor: Actor,
    now: datetime,
) -> IssuerKey:
    """Publish the next key of `use`; it begins to sign when `after` is over, or at once for zero.

    Two at once give one: the second hears that a rotation is under way. Raises OverlapTooShort,
    RotationUnderWay, IssuerKeysMissing.
    """
    overlap_min = _OVERLAP_MIN.get(use, OVERLAP)
    if after < overlap_min:
        raise OverlapTooShort(days_min=overlap_min.days)
    one_at_a_time(session)
    if issuer_key_in(session, use=int(use), state=IssuerKeyState.SIGNING) is None:
        raise IssuerKeysMissing(use=int(use))
    waiting = issuer_key_in(session, use=int(use), state=IssuerKeyState.PUBLISHED)
    if waiting is not None:
        raise RotationUnderWay(kid=waiting.kid.hex(), signs_from=waiting.signs_from.isoformat())
    key = make_key(
        session,
        use=int(use),
        state=IssuerKeyState.PUBLISHED,
        signs_from=now + after,
        actor=actor,
        now=now,
    )
    if not after:
        _begin_to_sign(session, key, actor=actor, now=now)
    publish_trust_list(session, base_url=base_url, actor=actor, now=now)
    return key


def promote_due_keys(
    session: Session, *, base_url: str, actor: Actor, now: datetime
) -> list[IssuerKey]:
    """Let the keys sign whose turn has come; those before them stay trusted for what they signed.

    A second run at the same moment finds nothing to do.
    """
    one_at_a_time(session)
    keys = due_keys(session, now=now)
    for key in keys:
        _begin_to_sign(session, key, actor=actor, now=now)
    if keys:
        publish_trust_list(session, base_url=base_url, actor=actor, now=now)
    return keys


def retire_compromised_key(
    session: Session, *, kid: bytes, base_url: str, actor: Actor, now: datetime
) -> Compromised:
    """Drop a key that others may hold from the trust list; a fresh one signs in its place.

    Nothing that it signed is accepted any more: online within five seconds, elsewhere with the next
    trust list. What it signed is marked by end_credentials_of_key(), which takes longer. A key of
    the same use that is published already is left alone: it may have leaked as well.

    Raises IssuerKeyNotFound, RootKeyStays, MoveNotAllowed (it is compromised already).
    """
    one_at_a_time(session)
    key = issuer_key(session, kid=kid)
    if key is None:
        raise IssuerKeyNotFound
    if key.key_use == ROOT_USE:
        raise RootKeyStays
    was_signing = key.state is IssuerKeyState.SIGNING
    key.state = move(ISSUER_KEY_MOVES, key.state, IssuerKeyState.COMPROMISED)
    key.expires_at = now
    session.flush()
    _note(session, key, "compromised", actor=actor, now=now)
    successor = None
    if was_signing:
        successor = make_key(
            session,
            use=key.key_use,
            state=IssuerKeyState.SIGNING,
            signs_from=now,
            actor=actor,
            now=now,
        )
    if key.key_use == KeyUse.STATUS:
        # Each list is signed anew when it is next asked for.
        session.execute(
            update(StatusListRow)
            .where(StatusListRow.token.is_not(None))
            .values(token=None, built_at=None)
        )
    publish_trust_list(session, base_url=base_url, actor=actor, now=now)
    return Compromised(key, successor)


@dataclass(frozen=True, slots=True)
class Ended:
    """What one step came to. `last_cti` is where the next begins; None: there is no more."""

    count: int
    last_cti: bytes | None


# In slices of the whole table by its key, so that the work is linear whatever the planner does.
# Rows that somebody changes at this moment are left out: a card's own change ends them anyway.
_END = text(
    """
    WITH step AS (
        SELECT cti FROM credentials WHERE cti > :after ORDER BY cti LIMIT :rows
    ), found AS (
        SELECT c.cti FROM credentials c JOIN step ON step.cti = c.cti
        WHERE c.kid = :kid AND c.state <> 'invalid' AND c.expires_at > :since
        ORDER BY c.cti FOR NO KEY UPDATE OF c SKIP LOCKED
    ), ended AS (
        UPDATE credentials c SET state = 'invalid', changed_at = :now
        FROM found WHERE found.cti = c.cti RETURNING c.cti
    )
    SELECT (SELECT count(*) FROM ended) AS ended,
        (SELECT cti FROM step ORDER BY cti DESC LIMIT 1) AS last_cti
    """
)


def end_credentials_of_key(
    session: Session, *, kid: bytes, after: bytes, now: datetime, rows: int = CREDENTIALS_A_STEP
) -> Ended:
    """Make invalid what a key signed and may still be met, among the `rows` credentials after one.

    For those who do not see the trust list: codes that only name their credential, and tills whose
    status lists are newer than their trust list.
    """
    step = {"kid": kid, "after": after, "rows": rows, "now": now, "since": now - _GRACE}
    row = session.execute(_END, step).one()
    return Ended(row.ended, row.last_cti)


def note_credentials_ended(
    session: Session, *, kid: bytes, count: int, actor: Actor, now: datetime
) -> None:
    """Write into the audit trail how many credentials a key's compromise has ended."""
    key = issuer_key(session, kid=kid)
    if key is None:
        raise IssuerKeyNotFound
    record(
        session,
        actor=actor,
        action="issuer_key.credentials_ended",
        object_type="issuer_key",
        object_id=key.id,
        now=now,
        kid=kid.hex(),
        count=count,
    )


def _begin_to_sign(session: Session, key: IssuerKey, *, actor: Actor, now: datetime) -> None:
    before = issuer_key_in(session, use=key.key_use, state=IssuerKeyState.SIGNING)
    if before is not None:
        before.state = move(ISSUER_KEY_MOVES, before.state, IssuerKeyState.RETIRED)
        before.expires_at = _trusted_until(session, before, now=now)
        # Flushed first: the constraint lets only one key of a use sign.
        session.flush()
        _note(session, before, "retired", actor=actor, now=now)
    key.state = move(ISSUER_KEY_MOVES, key.state, IssuerKeyState.SIGNING)
    session.flush()
    _note(session, key, "signing", actor=actor, now=now)


def _trusted_until(session: Session, key: IssuerKey, *, now: datetime) -> datetime:
    """Return when the last thing that a key signed until `now` is not accepted any more.

    Longer when the life of credentials was shortened meanwhile: those issued before still run.
    """
    last = now + _STILL_SIGNING + _life_signed(session, KeyUse(key.key_use))
    if key.key_use in {KeyUse.CARD, KeyUse.PAPER}:
        last = max(last, last_expiry(session, kid=key.kid) or last)
    return last + _GRACE


def _life_signed(session: Session, use: KeyUse) -> timedelta:
    match use:
        case KeyUse.CARD:
            return timedelta(days=card_policy(session).credential_days)
        case KeyUse.PAPER:
            return timedelta(seconds=POLICY.life_seconds_max(Profile.PAPER))
        case KeyUse.SLICE:
            return SLICE_LIFE
        case KeyUse.STATUS:
            return timedelta(seconds=LIFE_SECONDS)


def _note(session: Session, key: IssuerKey, event: str, *, actor: Actor, now: datetime) -> None:
    record(
        session,
        actor=actor,
        action=f"issuer_key.{event}",
        object_type="issuer_key",
        object_id=key.id,
        now=now,
        use=key.key_use,
        kid=key.kid.hex(),
        trusted_until=key.expires_at.isoformat(),
    )
