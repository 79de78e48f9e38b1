"""Status lists: an entry for each credential, given once, and the signed lists built from them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cards.errors import StatusListNotFound
from cards.models import (
    CREDENTIAL_MOVES,
    Credential,
    CredentialState,
    StatusListRow,
    StatusSeries,
)
from cards.queries import has_status_changes, live_status_lists, status_entries
from cards.rules import (
    LIST_ENTRIES_MAX,
    card_period,
    card_period_end,
    paper_period,
    paper_period_end,
)
from cards.services.keys import (
    current_signer,
    current_trust,
    keep_keys_still,
    trust_in_force,
)
from cards.uc1.credential import STATUS_LIST_MAX, new_cti
from cards.uc1.policy import POLICY
from cards.uc1.status import ENTRIES, Status, build_status_list
from cards.uc1.terms import KeyUse, Profile
from kernel.clock import unix

# At 60 % full, one in 10^14 credentials would need more draws than this.
_DRAWS_MAX = 64
REBUILT_AT_MOST_EVERY = timedelta(seconds=60)
# Verifiers fetch every twelve hours: what they get has at least six and a half days to live.
REBUILT_AFTER = timedelta(hours=6)
_GRACE = timedelta(seconds=POLICY.exp_grace_seconds)

_STATUS_OF = {
    CredentialState.VALID: Status.VALID,
    CredentialState.INVALID: Status.INVALID,
    CredentialState.SUSPENDED: Status.SUSPENDED,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A credential's name and its place in the lists."""

    cti: bytes
    status_list: int
    status_index: int


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose a new credential is: a card, and the phone it is on, or None on paper."""

    card_id: UUID
    device_id: UUID | None


def place_phone_credential(
    session: Session,
    *,
    card_id: UUID,
    device_id: UUID,
    kid: bytes,
    now: datetime,
    expires_at: datetime,
) -> Entry:
    """Store one phone's credential as place_credentials() does."""
    [entry] = place_credentials(
        session,
        bearers=[Bearer(card_id, device_id)],
        profile=Profile.CARD,
        kid=kid,
        now=now,
        expires_at=expires_at,
    )
    return entry


def place_credentials(
    session: Session,
    *,
    bearers: Sequence[Bearer],
    profile: Profile,
    kid: bytes,
    now: datetime,
    expires_at: datetime,
) -> list[Entry]:
    """Store a credential for each of `bearers`, in their order, under a name and an entry each.

    Names and indexes are drawn at random and never given again, so that two credentials of one card
    cannot be linked by them; the constraint decides between two that drew the same. One statement
    for all of them, and one more for those few.
    """
    entries: dict[int, Entry] = {}
    for _ in range(_DRAWS_MAX):
        number = _open_list(session, profile=profile, expires_at=expires_at)
        drawn = {
            place: Entry(new_cti(), number, secrets.randbelow(ENTRIES))
            for place in range(len(bearers))
            if place not in entries
        }
        stored = session.scalars(
            _PLACE,
            {
                "ctis": [entry.cti for entry in drawn.values()],
                "card_ids": [bearers[place].card_id for place in drawn],
                "device_ids": [bearers[place].device_id for place in drawn],
                "indexes": [entry.status_index for entry in drawn.values()],
                "status_list": number,
                "profile": int(profile),
                "kid": kid,
                "now": now,
                "expires_at": expires_at,
            },
        )
        kept = set(stored)
        entries |= {place: entry for place, entry in drawn.items() if entry.cti in kept}
        if len(entries) == len(bearers):
            return [entries[place] for place in range(len(bearers))]
    raise RuntimeError(f"no free entry on status list {number} in {_DRAWS_MAX} draws")


_PLACE = text(
    """
    INSERT INTO credentials (cti, card_id, device_id, profile, kid, status_list, status_index,
        state, issued_at, expires_at)
    SELECT drawn.cti, card_id, device_id, :profile, :kid, :status_list, status_index, 'valid',
        :now, :expires_at
    FROM unnest(CAST(:ctis AS bytea[]), CAST(:card_ids AS uuid[]), CAST(:device_ids AS uuid[]),
        CAST(:indexes AS int[])) AS drawn (cti, card_id, device_id, status_index)
    ON CONFLICT DO NOTHING
    RETURNING cti
    """
)


def _open_list(session: Session, *, profile: Profile, expires_at: datetime) -> int:
    """Return the number of the list that takes new entries: of a week for phones, a year for paper.

    Never of slices, which have one list for ever.
    """
    series, period, ends_at = _period_of(profile, expires_at)
    query = select(StatusListRow.number).where(
        StatusListRow.series == series, StatusListRow.period == period, ~StatusListRow.is_full
    )
    number = session.scalar(query)
    if number is not None:
        return number
    session.execute(
        insert(StatusListRow)
        .values(series=series, period=period, is_full=False, ends_at=ends_at + _GRACE)
        .on_conflict_do_nothing(
            index_elements=[StatusListRow.series, StatusListRow.period],
            index_where=~StatusListRow.is_full,
        )
    )
    return session.scalars(query).one()


def _period_of(profile: Profile, expires_at: datetime) -> tuple[StatusSeries, str, datetime]:
    """Return the series and period of the lists for what expires then, and when that is over."""
    if profile is Profile.CARD:
        return StatusSeries.CARD, card_period(expires_at), card_period_end(expires_at)
    assert profile is Profile.PAPER, "a slice has no entry of its own"
    return StatusSeries.PAPER, paper_period(expires_at), paper_period_end(expires_at)


def end_credentials(
    session: Session,
    *,
    card_id: UUID,
    state: CredentialState,
    now: datetime,
    device_id: UUID | None = None,
    profile: Profile | None = None,
    but: bytes | None = None,
) -> int:
    """Make a card's credentials invalid or suspended, as far as they may still be met.

    Narrowed to one phone, one profile, or all but the credential named `but`. Returns how many.
    The caller holds the card's lock.
    """
    movable = [start for start, ends in CREDENTIAL_MOVES.items() if state in ends]
    change = update(Credential).where(
        Credential.card_id == card_id,
        Credential.state.in_(movable),
        Credential.expires_at > now - _GRACE,
    )
    if device_id is not None:
        change = change.where(Credential.device_id == device_id)
    if profile is not None:
        change = change.where(Credential.profile == int(profile))
    if but is not None:
        change = change.where(Credential.cti != but)
    ended = session.execute(
        change.values(state=state, changed_at=now)
        .returning(Credential.cti)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())


def status_token(session: Session, *, number: int, now: datetime) -> bytes:
    """Return the signed list as served, built now if it is due.

    A change reaches verifiers at most 60 seconds (and their own `ttl`) after it was made: so often
    a list is built at most. Raises StatusListNotFound, IssuerKeysMissing.
    """
    row = session.get(StatusListRow, number) if 0 <= number <= STATUS_LIST_MAX else None
    if row is None:
        raise StatusListNotFound
    if _is_due(session, row, now=now):
        # What is signed now must be signed by the key of now: before any row is locked.
        keep_keys_still(session)
        row = session.get_one(StatusListRow, number, with_for_update=True, populate_existing=True)
        # Whoever held the lock before may have built it.
        if _is_due(session, row, now=now):
            _build(session, row, now=now)
    assert row.token is not None
    return row.token


def lists_to_build(session: Session, *, now: datetime) -> list[int]:
    """Return the numbers of the lists whose token is due: what the job builds, one at a time."""
    rows = (
        session.get_one(StatusListRow, number) for number in live_status_lists(session, now=now)
    )
    return [row.number for row in rows if _is_due(session, row, now=now)]


def close_full_lists(
    session: Session, *, now: datetime, entries_max: int = LIST_ENTRIES_MAX
) -> list[int]:
    """Stop giving out entries of lists that hold more than `entries_max`; return their numbers.

    The next credential of that period opens a new list.
    """
    counted = (
        select(Credential.status_list)
        .join(StatusListRow, StatusListRow.number == Credential.status_list)
        .where(~StatusListRow.is_full, StatusListRow.ends_at > now)
        .group_by(Credential.status_list)
        .having(func.count() > entries_max)
    )
    full = session.scalars(
        update(StatusListRow)
        .where(StatusListRow.number.in_(counted))
        .values(is_full=True)
        .returning(StatusListRow.number)
    )
    return sorted(full)


def _is_due(session: Session, row: StatusListRow, *, now: datetime) -> bool:
    if row.built_at is None or now - row.built_at >= REBUILT_AFTER:
        return True
    if current_trust(session, now=now).iat > unix(row.built_at):
        return True  # a newer trust list may give the lists another address
    if now - row.built_at <= REBUILT_AT_MOST_EVERY:
        return False
    # A change is stamped before it is committed: those just before the last build may be missing.
    since = row.built_at - REBUILT_AT_MOST_EVERY
    return has_status_changes(session, number=row.number, since=since)


def _build(session: Session, row: StatusListRow, *, now: datetime) -> None:
    signer = current_signer(session, use=KeyUse.STATUS, now=now)
    trust = trust_in_force(session, now=now)
    states = status_entries(session, number=row.number)
    row.token = build_status_list(
        signer,
        uri=trust.keys[signer.kid].status_uri(row.number),
        iat=unix(now),
        entries={index: _STATUS_OF[state] for index, state in states.items()},
    )
    row.built_at = now
    session.flush()
