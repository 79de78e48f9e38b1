"""`./dev bench quarter` and `./dev bench machine`: the suite's own tests of money, at full size."""

import os
import subprocess
import sys
import time
from typing import Any

from bench.fresh import fresh_database
from bench.play import Quarter
from bench.servers import ROOT

SALES, FAULTS = 200_000, 20
STEPS = 10_000
_MACHINE = "tests/finance/test_money_machine.py"


def quarter(sales: int = SALES) -> list[dict[str, Any]]:
    started = time.perf_counter()
    with fresh_database("quarter"):
        played = Quarter(sales=sales, faults=FAULTS).play()
    for sentence in played.wrong:
        print(sentence[:2_000], file=sys.stderr)
    return [
        {
            "case": "quarter",
            "sales": played.sales,
            "late": played.late,
            "statements": played.statements,
            "payments": played.payments,
            "bank_lines": played.bank_lines,
            "planted": dict(played.planted),
            "errors": len(played.wrong),
            "seconds": round(time.perf_counter() - started, 1),
        }
    ]


def machine(steps: int = STEPS) -> list[dict[str, Any]]:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tools", "test", _MACHINE, "-q"],
        cwd=ROOT,
        env=os.environ | {"MONEY_STEPS": str(steps)},
        stdout=sys.stderr,
        check=False,
    )
    return [
        {
            "case": "machine",
            "steps": steps,
            "errors": int(done.returncode != 0),
            "seconds": round(time.perf_counter() - started, 1),
        }
    ]
