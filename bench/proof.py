"""`./dev bench proof`: what the log of everything costs, to the service and to an auditor.

Two leaves a sale, the sale and its journal. The floors are the same hashes and nothing else: of the
sequencer, PostgreSQL's over the same texts; of the verifier, a loop of SHA-256 over the same lines.
"""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, select, text

import proof.verifier
from bench.books import Books, Deal, Sold, add_deal
from bench.fresh import fresh_database
from bench.town import Town, plant_town
from benefits.rules import Terms
from kernel.db import transaction
from kernel.ids import new_id
from kernel.money import BasisPoints, Fen
from ledger.models import FundSource
from proof.jobs import log_new_records
from proof.models import ProofLeaf, RecordKind
from proof.queries import faults, log_size, proof_of
from proof.queries.sources import SOURCE_OF
from proof.services import EXPORT_ROWS, begin_export, export_stretch, look_again

LEAVES = 1_000_000
MERCHANTS, SITES_EACH, MEMBERS = 500, 2, 2_000
_OPENS_AT = datetime(2026, 9, 30, 16, tzinfo=UTC)
_NOW = _OPENS_AT + timedelta(days=32)
_TERMS = Terms("full_reduction", None, Fen(5000), Fen(4000), None, None, BasisPoints(7500), None)
_PROOFS = 200
_HASHED = """
    SELECT count(sha256('\\x00'::bytea || convert_to(CAST({body} AS text), 'UTF8')))
    FROM {table} WHERE {is_one}
    """


def proof_log(leaves: int = LEAVES) -> list[dict[str, Any]]:
    with fresh_database("proof") as owner, TemporaryDirectory() as folder:
        with transaction() as session:
            town = plant_town(
                session,
                merchants=MERCHANTS,
                sites_each=SITES_EACH,
                members=MEMBERS,
                opens_at=_OPENS_AT,
            )
            deal = add_deal(
                session, code="PROOF", fund=FundSource.UNION_FUND, terms=_TERMS, starts_at=_OPENS_AT
            )
        Books().write(_sales(leaves // 2, town, deal))
        with owner.connect() as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
        return [_sequenced(leaves, owner), _verified(Path(folder) / "log")]


def _sales(count: int, town: Town, deal: Deal) -> Iterator[Sold]:
    random = Random(7)
    step = timedelta(days=30) / count
    for number in range(count):
        yield Sold(
            new_id(),
            _OPENS_AT + number * step,
            random.choice(town.places),
            random.choice(town.holders),
            deal,
            member_fen=random.randrange(10_00, 360_00),
            merchant_fen=10_00,
            union_fen=30_00,
        )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _sequenced(leaves: int, owner: Engine) -> dict[str, Any]:
    """Measure the sequencer, the hourly look over all of it, and the proof of one record."""
    floor = _seconds(_hash_in_the_database)
    logged = _seconds(lambda: log_new_records(now=_NOW))
    with owner.connect() as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    looked = _seconds(_look_at_all)
    with transaction() as session:
        size, wrong = log_size(session), len(faults(session))
        numbers = Random(8).sample(range(size), _PROOFS)
        found = list(session.scalars(select(ProofLeaf).where(ProofLeaf.seq.in_(numbers))))
        proved = _seconds(lambda: [proof_of(session, leaf) for leaf in found])
    return {
        "case": "proof_sequencer",
        "leaves": size,
        "lost": abs(leaves - size),
        "errors": wrong,
        "sequence_seconds": round(logged, 1),
        "leaves_per_second": round(size / logged),
        "hash_seconds": round(floor, 1),
        "look_seconds": round(looked, 1),
        "proof_ms": round(proved * 1000 / len(found), 1),
        "ratio": {"hash_in_database": round(logged / floor, 2)},
    }


def _hash_in_the_database() -> None:
    for kind in (RecordKind.CAPTURED, RecordKind.BOOKED):
        source = SOURCE_OF[kind]
        parts = {"body": source.body, "table": source.table, "is_one": source.is_one}
        with transaction() as session:
            session.execute(text(_HASHED.format(**parts))).one()


def _look_at_all() -> None:
    compared = 1
    while compared:
        with transaction() as session:
            compared = look_again(session, now=_NOW)


def _verified(folder: Path) -> dict[str, Any]:
    """Measure the export, and the verifier over it as an auditor runs it: by itself."""
    exported = _seconds(lambda: _export(folder))
    floor = min(_seconds(lambda: _hash_lines(folder / "records.jsonl")) for _ in range(2))
    command = [sys.executable, "-I", proof.verifier.__file__, str(folder)]
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    verified = time.perf_counter() - started
    with transaction() as session:
        size = log_size(session)
    return {
        "case": "proof_verifier",
        "leaves": size,
        "megabytes": round(sum(each.stat().st_size for each in folder.iterdir()) / 2**20),
        "errors": done.returncode,
        "export_seconds": round(exported, 1),
        "verify_seconds": round(verified, 1),
        "leaves_per_second": round(size / verified),
        "sha256_seconds": round(floor, 2),
        "ratio": {"sha256": round(verified / floor, 2)},
    }


def _export(folder: Path) -> None:
    with transaction() as session:
        size = begin_export(session, folder=folder)
    for start in range(0, size, EXPORT_ROWS):
        with transaction() as session:
            end = min(start + EXPORT_ROWS, size)
            export_stretch(session, folder=folder, start=start, end=end)


def _hash_lines(path: Path) -> bytes:
    """Hash every line, and as many nodes as the tree over them has."""
    node = bytes(32)
    with path.open("rb") as file:
        for line in file:
            leaf = hashlib.sha256(b"\x00" + line[:-1]).digest()
            node = hashlib.sha256(b"\x01" + node + leaf).digest()
    return node
