"""Whether a server really runs: its pid file alone is believed by nobody who was burnt once."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from psycopg import pq

from tools.errors import TaskError

PROC = Path("/proc")
ANSWER_SECONDS = 60  # crash recovery of a developer's database takes less
ORPHAN_SECONDS = 10


@dataclass(frozen=True)
class Postmaster:
    """The server that holds a data directory, as its pid file describes it."""

    pid: int
    port: int


def running(data: Path) -> Postmaster | None:
    """Return the live server of `data`, or None.

    A server that was killed and not yet reaped still has its pid, and after a reboot the pid
    may be somebody else's: the process must be alive and must have been started on `data`.
    """
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
        found = Postmaster(pid=int(lines[0]), port=int(lines[3]))
    except (FileNotFoundError, ValueError, IndexError):
        return None
    return found if str(data) in _command_line(found.pid) else None


def wait_until_it_answers(server: Postmaster, *, log: Path) -> None:
    """Raises TaskError if `server` takes no connection within a minute."""
    deadline = time.monotonic() + ANSWER_SECONDS
    address = f"host=127.0.0.1 port={server.port} dbname=postgres connect_timeout=5".encode()
    # Compared by value: the compiled psycopg answers a plain int.
    while pq.PGconn.ping(address) != pq.Ping.OK:
        if time.monotonic() > deadline:
            raise TaskError(
                f"PostgreSQL process {server.pid} runs but does not answer on port {server.port}: "
                f"look at {log}."
            )
        time.sleep(0.05)


def clear_remains(data: Path) -> None:
    """Make `data` fit for a new server after the last one was killed.

    Its backends may still be busy: they are ended first, because two generations of processes
    on one directory corrupt it. Then the pid file goes, which a not yet reaped process or a
    reused pid would otherwise make valid for ever.
    """
    deadline = time.monotonic() + ORPHAN_SECONDS
    while orphans := _processes_in(data):
        for pid in orphans:
            _signal(pid, signal.SIGQUIT)
        if time.monotonic() > deadline:
            raise TaskError(f"Processes {orphans} of a killed server do not leave {data}.")
        time.sleep(0.05)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _command_line(pid: int) -> str:
    """Return what process `pid` was started as; empty for one that is dead or unreaped."""
    if PROC.is_dir():
        try:
            return os.fsdecode((PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" "))
        except (FileNotFoundError, ProcessLookupError):
            return ""
    return subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True
    ).stdout


def _processes_in(data: Path) -> list[int]:
    """Return the processes that work inside `data`: every process of a server does.

    Where there is no /proc the server's own check of its shared memory has to do.
    """
    return [
        int(process.name)
        for process in (PROC.glob("[0-9]*") if PROC.is_dir() else [])
        if _working_directory(process) == data
    ]


def _working_directory(process: Path) -> Path | None:
    try:
        return (process / "cwd").readlink()
    except OSError:
        return None  # gone meanwhile, or not ours to look at


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
