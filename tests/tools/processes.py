"""What still runs: a test that starts processes shows that none is left."""

import os
import time
from pathlib import Path


def processes_of(folder):
    """Return what runs inside `folder`, names it, or was told of it in its environment.

    Those that ended and were not reaped do not run any more.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = os.fsdecode((process / "cmdline").read_bytes().replace(b"\0", b" "))
            inside = (process / "cwd").readlink().is_relative_to(folder)
            told = os.fsencode(folder) in (process / "environ").read_bytes()
        except OSError:
            continue
        if int(process.name) != os.getpid() and (inside or told or str(folder) in said):
            found.append(f"{process.name} {said}")
    return found


def wait_until(condition, *, seconds=30):
    """Return once `condition()` holds; fail the test if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still waiting after {seconds} s"
        time.sleep(0.02)
