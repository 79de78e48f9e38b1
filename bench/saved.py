"""`python -m bench.saved FORMAT STATEMENT WARM_UP`: what saving a long statement takes of memory.

Run in a process of its own, so that nothing else has grown it: first a short statement, for what
every file needs once, then the long one. What the peak of memory grew by is what its length costs.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from app.factory import create_app
from finance.pages.statement_files import draw_statement, lines_file
from finance.queries.statement_lines import sums_of
from finance.queries.statements import funds_of, statement_within
from kernel.db import session_factory, transaction
from kernel.exports import ListFormat
from merchants.queries import MerchantReach

FORMATS = ("csv", "xlsx", "pdf")
# Lines that were kept, 100,000 of them, would come to 30 MB at the least.
GROWN_MB_MAX = 16.0
_ROOT = Path(__file__).resolve().parent.parent


def saved(statement_id: UUID, *, lines: int, warm_up: UUID) -> dict[str, Any]:
    """Save a statement in every format, each in a process of its own; say what each took."""
    url = session_factory.kw["bind"].url.render_as_string(hide_password=False)
    told = {}
    for name in FORMATS:
        run = subprocess.run(
            [sys.executable, "-m", "bench.saved", name, str(statement_id), str(warm_up)],
            cwd=_ROOT,
            env=os.environ | {"DATABASE_URL": url},
            stdout=subprocess.PIPE,
            check=True,
        )
        told[name] = json.loads(run.stdout)
    grown = max(each["grown_mb"] for each in told.values())
    return {
        "case": "statement_files",
        "lines": lines,
        **told,
        "errors": int(grown > GROWN_MB_MAX),
    }


def _save(name: str, statement_id: UUID) -> int:
    """Write the file as a request would have it, keeping none of it; return its bytes."""
    if name != "pdf":
        answer = lines_file(statement_id, number=1, file_format=ListFormat(name))
        size = sum(map(len, answer.iter_encoded()))
        answer.close()
        return size
    with transaction() as session:
        found = statement_within(
            session, statement_id=statement_id, reach=MerchantReach(paths=("SZ",))
        )
        assert found is not None
        sums = sums_of(session, statement_id=statement_id)
        funds = funds_of(session, statement_id=statement_id)
    return len(draw_statement(found, sums, funds, maker="-", approver=None))


def _peak_mb() -> float:
    """Return the most memory that this process has held: Linux's count, as of the process alone."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def main() -> int:
    name, statement_id, warm_up = sys.argv[1:]
    with create_app().test_request_context("/"):
        _save(name, UUID(warm_up))
        before = _peak_mb()
        started = time.perf_counter()
        size = _save(name, UUID(statement_id))
        took = time.perf_counter() - started
    facts = {
        "seconds": round(took, 1),
        "file_mb": round(size / 1_000_000, 1),
        "memory_mb": round(before),
        "grown_mb": round(_peak_mb() - before, 1),
    }
    print(json.dumps(facts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
