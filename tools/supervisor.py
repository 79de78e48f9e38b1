"""Keeps the service's processes running until it is told to stop, and then leaves none."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.errors import TaskError

LOOK_SECONDS = 0.5
STOP_SECONDS = 25  # more than gunicorn gives the requests it is answering
GONE_SECONDS = 5  # a killed process that nobody has reaped yet counts as there
DEATHS_MAX = 5
DEATHS_WITHIN_SECONDS = 60

# Where the kernel can, a child is told to stop even when the supervisor is killed outright.
TIED = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


@dataclass
class Child:
    """One long-running process: in a session of its own, its output in a log file."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS_MAX))

    def start(self, env: Mapping[str, str], folder: Path) -> None:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C is for the supervisor, which stops things in order.
            self.process = subprocess.Popen(
                [*TIED, *self.command],
                env=env,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self.process.poll() if self.process else None

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stop(self, *, deadline: float) -> None:
        """Wait until it has stopped; past `deadline` kill it, and in any case what it left."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        # Its own children, should it have died without them: they share its session.
        _end_group(self.process.pid)
        self.process = None

    def note_death(self) -> None:
        """Raises TaskError when it dies again and again: starting it once more mends nothing."""
        now = time.monotonic()
        self.deaths.append(now)
        if len(self.deaths) == DEATHS_MAX and now - self.deaths[0] < DEATHS_WITHIN_SECONDS:
            raise TaskError(f"{self.name} died {DEATHS_MAX} times in a row: look at {self.log}.")


def _end_group(group: int) -> None:
    """Kill what is left of a process group, and wait until it is gone.

    SIGKILL is not heard at once: until the kernel gets to it, the process is still there.
    """
    deadline = time.monotonic() + GONE_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.01)


class Supervisor:
    """Starts the children, starts again the ones that died, stops all.

    `revive_database` tells whether the database had to be restarted; `environment` is asked
    again then, because the port may be another.
    """

    def __init__(
        self,
        children: list[Child],
        *,
        folder: Path,
        environment: Callable[[], dict[str, str]],
        revive_database: Callable[[], bool],
    ) -> None:
        self.children = children
        self._folder = folder
        self._environment = environment
        self._revive_database = revive_database
        self._env: dict[str, str] = {}
        self._told_to_stop = threading.Event()

    def heed_signals(self) -> None:
        """From now on Ctrl-C, SIGTERM and a closed terminal mean: stop in order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda _number, _frame: self._told_to_stop.set())

    @property
    def is_stopping(self) -> bool:
        return self._told_to_stop.is_set()

    def start(self) -> None:
        self._env = self._environment()
        for child in self.children:
            child.start(self._env, self._folder)

    def watch(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Look after the children until told to stop, or until `until()` holds."""
        while not until() and not self._told_to_stop.wait(LOOK_SECONDS):
            self._look()

    def stop(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            child.stop(deadline=deadline)

    def _look(self) -> None:
        if self._revive_database():
            print("PostgreSQL had died; it was started again.", flush=True)
            if self._environment() != self._env:
                self.stop()
                self.start()
                return
        for child in self.children:
            if child.exit_code is not None:
                print(f"{child.name} ended ({child.exit_code}); starting it again.", flush=True)
                child.note_death()
                child.stop(deadline=time.monotonic())
                child.start(self._env, self._folder)
