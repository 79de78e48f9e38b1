"""Starts the real service for tests: gunicorn with two workers, on a free port."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_START_SECONDS_MAX = 120


class Service:
    """`with Service(settings) as service:` serves at `service.base_url` until the block ends."""

    def __init__(self, settings, *, workers=2, threads=8):
        self.settings = settings
        self.workers = workers
        self.threads = threads
        self.log = settings.data_dir / "service.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"

    def environment(self):
        return os.environ | {
            "MODE": self.settings.mode.value,
            "DATABASE_URL": self.settings.database_url,
            "DATABASE_OWNER_URL": self.settings.database_owner_url,
            "DATA_DIR": str(self.settings.data_dir),
            "UNION_CARD_KEYS": self.settings.keys_json,
            "BASE_URL": self.base_url,
        }

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Serve at `base_url`, again after a stop()."""
        arguments = [
            *("--workers", str(self.workers), "--worker-class", "gthread"),
            *("--threads", str(self.threads), "--bind", f"127.0.0.1:{self.port}"),
            "--no-control-socket",
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *arguments, "wsgi:app"],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=log,
            )
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + _START_SECONDS_MAX
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"{self.base_url}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                # The port opens when gunicorn has bound it; there is no event to wait for.
                self.process_yield()
        raise AssertionError(self.log.read_text())

    @staticmethod
    def process_yield():
        time.sleep(0.05)

    def flask(self, *arguments):
        """Run a `flask` command on the same database; returns its answer, and logs the rest."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        with self.log.open("a") as log:
            log.write(done.stderr)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self):
        """End the processes; ending twice changes nothing."""
        self.process.terminate()
        self.process.wait(timeout=20)
