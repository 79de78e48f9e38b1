"""The servers that are measured: gunicorn with two workers of eight threads, as in ./dev run."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
_START_SECONDS_MAX = 60
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Server:
    """`with Server("wsgi:app") as server:` serves on `server.port` until the block ends."""

    def __init__(self, target: str) -> None:
        self.port = free_port()
        self._command = [
            *(sys.executable, "-m", "gunicorn", "--workers", "2", "--worker-class", "gthread"),
            *("--threads", "8", "--bind", f"127.0.0.1:{self.port}", "--no-control-socket"),
            *("--log-level", "warning", target),
        ]

    def __enter__(self) -> Self:
        env = os.environ | {"BASE_URL": f"http://127.0.0.1:{self.port}"}
        # What a request logs is part of what it costs, so it is written, but not to our output.
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _START_SECONDS_MAX
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self._command[-1]} did not start")
            time.sleep(0.1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def cpu_seconds(self) -> float:
        """Return the CPU time that the workers have used so far."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        total = 0
        for pid in children.read_text().split():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / _TICKS
