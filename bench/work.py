"""What something takes: seconds by the clock, and of all processors, ours and the database's.

The clock tells what somebody waits; on a machine that does other things too, only the processors'
seconds can be compared with another run's.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import text

from kernel.db import transaction

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USED, _WAITED = 1, slice(11, 13), slice(13, 15)

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Took:
    seconds: float
    cpu_seconds: float


def took(run: Callable[[], Answer]) -> tuple[Answer, Took]:
    cpu, started = _cpu_seconds(), time.perf_counter()
    answer = run()
    seconds = time.perf_counter() - started
    return answer, Took(round(seconds, 2), round(_cpu_seconds() - cpu, 2))


def _cpu_seconds() -> float:
    """Return what this process and the whole database server have used so far."""
    with transaction() as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    server = int(_stat(backend)[_PARENT])
    ticks = sum(map(int, _stat(server)[_WAITED]))
    for child in Path(f"/proc/{server}/task/{server}/children").read_text().split():
        ticks += sum(map(int, _stat(child)[_USED]))
    return time.process_time() + ticks / _TICKS


def _stat(pid: object) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
