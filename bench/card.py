"""The card's own cases, without a server: issuing, verifying, building the status lists.

Each is measured against the one operation it cannot do without, in turns and in the same process:
what a busy neighbour takes from one, it takes from the other.
"""

import os
import secrets
import time
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle, islice
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import Engine, create_engine, select, text

from bench.load import Measured
from bench.world import World
from cards.models import Device
from cards.queries import card_policy
from cards.services import (
    close_full_lists,
    current_signer,
    current_trust,
    ensure_issuer_keys,
    status_token,
)
from cards.services.status import Bearer, place_credentials
from cards.uc1.answers import Verified
from cards.uc1.cache import CredentialCache
from cards.uc1.credential import issue_credential
from cards.uc1.keys import key_from_point, new_private_key
from cards.uc1.status import ENTRIES, Status, StatusCheck, pack
from cards.uc1.terms import KeyUse, Profile
from cards.uc1.trust import TrustList
from cards.uc1.verify import verify_text
from kernel.actors import SYSTEM
from kernel.clock import from_unix, unix, utc_now
from kernel.db import transaction

CREDENTIALS = 20_000
BATCH = 1_000
STATUS_LISTS = 10
# One in a hundred of all entries is revoked; others that are valid stand beside them in the table.
REVOKED_A_LIST = ENTRIES // 100
VALID_A_LIST = 3 * REVOKED_A_LIST
VERIFICATIONS = 2_000
_MESSAGE = secrets.token_bytes(190)  # as many bytes as the issuer signs
_FLOOR_ROUND = 200
_CLOSED_EVERY = 50  # batches; in the service a job does it every five minutes
_SIGNING = ec.ECDSA(SHA256(), deterministic_signing=True)
_VERIFYING = ec.ECDSA(SHA256())

Line = dict[str, Any]
Phones = Sequence[tuple[Bearer, bytes]]


def issue(_world: World, *, credentials: int) -> list[Line]:
    """Issue credentials to enrolled phones as a refresh does: name, entry, row, signature.

    A thousand to a transaction, set-wise. The floor is the signature alone.
    """
    now = from_unix(unix(utc_now()))
    phones = cycle(_enrolled())
    batches, bare, cpu = Measured(), Measured(), 0.0
    key = new_private_key()
    owner = _owner()
    try:
        for number, start in enumerate(range(0, credentials, BATCH)):
            _time(bare, _FLOOR_ROUND, lambda: key.sign(_MESSAGE, _SIGNING))
            batch = list(islice(phones, min(BATCH, credentials - start)))
            cpu -= time.process_time()
            _time(batches, 1, partial(_issue_batch, batch, now=now))
            cpu += time.process_time()
            if number % _CLOSED_EVERY == 0:
                with transaction() as session:
                    close_full_lists(session, now=now)
    finally:
        with owner.begin() as connection:
            connection.execute(
                text("DELETE FROM credentials WHERE issued_at = :now AND profile = 1"), {"now": now}
            )
        owner.dispose()
    rate = credentials / sum(batches.seconds)
    return [
        _line(
            "issue",
            batches,
            rps=rate,
            cpu_ms=cpu * 1000 / credentials,
            floor=("bare_signing", _rate(bare)),
        )
        | {"credentials": credentials, "credentials_a_transaction": BATCH}
    ]


def _issue_batch(batch: Phones, *, now: datetime) -> list[bytes]:
    with transaction() as session:
        signer = current_signer(session, use=KeyUse.CARD, now=now)
        expires_at = now + timedelta(days=card_policy(session).credential_days)
        entries = place_credentials(
            session,
            bearers=[bearer for bearer, _ in batch],
            profile=Profile.CARD,
            kid=signer.kid,
            now=now,
            expires_at=expires_at,
        )
        return [
            issue_credential(
                signer,
                device_key=key_from_point(point),
                cti=entry.cti,
                exp=unix(expires_at),
                status_list=entry.status_list,
                status_index=entry.status_index,
            )
            for (_, point), entry in zip(batch, entries, strict=True)
        ]


def _enrolled() -> Phones:
    query = select(Device.card_id, Device.id, Device.public_key).where(Device.retired_at.is_(None))
    with transaction() as session:
        rows = session.execute(query).all()
    return [(Bearer(row.card_id, row.id), row.public_key) for row in rows]


def verify_card(world: World) -> list[Line]:
    """Verify codes in this process, as a till without a network and as the service do.

    Cold: both signatures. Cached: the credential was seen before, and the phone's is left. The
    floor is one signature's verification.
    """
    now = unix(utc_now())
    with transaction() as session:
        trust = current_trust(session, now=utc_now())
    phones = world.phones
    codes = [phones[n % len(phones)].show(now) for n in range(min(VERIFICATIONS, len(phones)))]
    key = new_private_key()
    signature, public = key.sign(_MESSAGE, _SIGNING), key.public_key()
    cold, cached, bare = Measured(), Measured(), Measured()
    cache = CredentialCache()
    for code in codes:
        _time(bare, 1, lambda: public.verify(signature, _MESSAGE, _VERIFYING))
        _time(cold, 1, partial(_accept, code, now, trust, None))
        _accept(code, now, trust, cache)
        _time(cached, 1, partial(_accept, code, now, trust, cache))
    floor = ("bare_verification", _rate(bare))
    return [
        _line(name, seen, rps=_rate(seen), floor=floor)
        | {"p50_us": _p50_us(seen), "floor_p50_us": _p50_us(bare)}
        for name, seen in (("verify_card_cold", cold), ("verify_card_cached", cached))
    ]


def _accept(code: str, now: int, trust: TrustList, cache: CredentialCache | None) -> None:
    answer = verify_text(code, now=now, trust=trust, statuses=StatusCheck.CALLER, cache=cache)
    assert isinstance(answer, Verified), answer


def status_lists(_world: World) -> list[Line]:
    """Build and sign ten lists of 2^20 entries of which one in a hundred is revoked.

    As the job does: a transaction each. The floor is packing and compressing the same bits.
    """
    now = from_unix(unix(utc_now()))
    owner = _owner()
    with transaction() as session:
        ensure_issuer_keys(session, base_url="http://127.0.0.1:8000", actor=SYSTEM, now=now)
    numbers = _fill_lists(owner, now=now)
    built, bare, cpu = Measured(), Measured(), 0.0
    entries = dict.fromkeys(
        (secrets.randbelow(ENTRIES) for _ in range(REVOKED_A_LIST)), Status.INVALID
    )
    try:
        for number in numbers:
            _time(bare, 1, lambda: zlib.compress(pack(entries), zlib.Z_BEST_COMPRESSION))
            cpu -= time.process_time()
            _time(built, 1, partial(_build, number, now=now))
            cpu += time.process_time()
        with transaction() as session:
            sizes = [len(status_token(session, number=number, now=now)) for number in numbers]
    finally:
        _drop_lists(owner, numbers)
        owner.dispose()
    return [
        _line(
            "status_lists",
            built,
            rps=_rate(built),
            cpu_ms=cpu * 1000 / len(numbers),
            floor=("bare_compression", _rate(bare)),
        )
        | {
            "entries": ENTRIES * len(numbers),
            "revoked": REVOKED_A_LIST * len(numbers),
            "seconds": round(sum(built.seconds), 2),
            "bytes_a_list": max(sizes),
        }
    ]


def _build(number: int, *, now: datetime) -> None:
    with transaction() as session:
        status_token(session, number=number, now=now)


def _fill_lists(owner: Engine, *, now: datetime) -> list[int]:
    """Make lists that no phone's credential goes into, with their entries; return their numbers."""
    numbers = []
    with owner.begin() as connection:
        card_id = connection.scalar(text("SELECT id FROM cards LIMIT 1"))
        for place in range(STATUS_LISTS):
            number = connection.scalar(
                text(
                    "INSERT INTO status_lists (series, period, is_full, ends_at)"
                    " VALUES ('card', :period, true, :ends_at) RETURNING number"
                ),
                {"period": f"bench-{place}", "ends_at": now + timedelta(days=20)},
            )
            assert number is not None
            numbers.append(number)
            connection.execute(
                text(_FILL),
                {
                    "card_id": card_id,
                    "list": number,
                    "revoked": REVOKED_A_LIST,
                    "all": REVOKED_A_LIST + VALID_A_LIST,
                    "entries": ENTRIES,
                    "now": now,
                    "expires_at": now + timedelta(days=14),
                },
            )
        connection.execute(text("ANALYZE credentials"))
    return numbers


# Entries drawn at random, each once, as the service draws them: what has a pattern compresses.
_FILL = """
    INSERT INTO credentials (cti, card_id, profile, kid, status_list, status_index, state,
        changed_at, issued_at, expires_at)
    SELECT substr(uuid_send(gen_random_uuid()), 1, 8), :card_id, 2, '\\x00000000', :list, entry,
        CASE WHEN place <= :revoked THEN 'invalid' ELSE 'valid' END,
        CASE WHEN place <= :revoked THEN CAST(:now AS timestamptz) END, :now, :expires_at
    FROM (
        SELECT entry, row_number() OVER () AS place
        FROM (SELECT entry FROM generate_series(0, :entries - 1) AS entry ORDER BY random()) drawn
        LIMIT :all
    ) AS drawn
"""


def _drop_lists(owner: Engine, numbers: list[int]) -> None:
    with owner.begin() as connection:
        for statement in (
            "DELETE FROM credentials WHERE status_list = ANY(:numbers)",
            "DELETE FROM status_lists WHERE number = ANY(:numbers)",
        ):
            connection.execute(text(statement), {"numbers": numbers})


def _owner() -> Engine:
    return create_engine(os.environ["DATABASE_OWNER_URL"])


def _time(measured: Measured, times: int, work: Callable[[], object]) -> None:
    for _ in range(times):
        started = time.perf_counter()
        work()
        measured.seconds.append(time.perf_counter() - started)


def _rate(measured: Measured) -> float:
    return len(measured.seconds) / sum(measured.seconds)


def _p50_us(measured: Measured) -> int:
    return round(measured.percentile_ms(50) * 1000)


def _line(
    case: str,
    measured: Measured,
    *,
    rps: float,
    floor: tuple[str, float],
    cpu_ms: float | None = None,
) -> Line:
    """Return the line of a case, in the words of the others. Its clients are this process."""
    name, floor_rate = floor
    return {
        "case": case,
        "clients": 1,
        "rps": round(rps, 1),
        "p50_ms": round(measured.percentile_ms(50), 3),
        "p95_ms": round(measured.percentile_ms(95), 3),
        "p99_ms": round(measured.percentile_ms(99), 3),
        "errors": 0,
        "cpu_ms": None if cpu_ms is None else round(cpu_ms, 3),
        "statements": None,
        "ratio": {name: round(rps / floor_rate, 3)},
        "floor_rps": round(floor_rate, 1),
    }
