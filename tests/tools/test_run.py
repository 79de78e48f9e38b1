"""`./dev run` from outside: what it starts, what it starts again, and that it leaves nothing."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys

import psycopg
import pytest

from tests.tools.processes import processes_of, wait_until
from tests.tools.test_dev import environment
from tools.paths import ROOT
from tools.postgres import Cluster
from tools.service import DATABASE

pytestmark = pytest.mark.service


class Run:
    """A running `./dev run` on `folder`, its output in a file beside it."""

    def __init__(self, folder, *, mode):
        self.folder = folder
        self.mode = mode
        self.data = folder / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self):
        with (self.folder / "output").open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "dev", "run"],
                env=environment(DATA_DIR=str(self.data), PORT=str(self.port), MODE=self.mode),
                stdout=output,
                stderr=output,
            )
        wait_until(lambda: "Union Card is at" in self.output or self.has_ended, seconds=180)
        assert not self.has_ended, self.output

    @property
    def output(self):
        return (self.folder / "output").read_text()

    @property
    def has_ended(self):
        return self.process.poll() is not None

    def is_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def kill(self, what):
        """Kill outright the oldest process whose command line matches `what`."""
        found = [line for line in processes_of(self.data) if re.search(what, line)]
        os.kill(min(int(line.split()[0]) for line in found), signal.SIGKILL)

    def stop(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@pytest.fixture
def running(tmp_path, request):
    """A run in the mode that the test is parametrized with; production has no demo to make."""
    run = Run(tmp_path, mode=request.param)
    run.start()
    yield run
    if not run.has_ended:
        run.stop(signal.SIGTERM)


@pytest.mark.parametrize("running", ["demo"], indirect=True)
def test_what_dies_is_started_again_and_ctrl_c_leaves_nothing(running):
    assert running.is_ready()
    assert (running.data / "demo.json").stat().st_mode & 0o777 == 0o600
    running.kill("gunicorn")
    wait_until(lambda: "The web server ended" in running.output)
    wait_until(running.is_ready)

    running.kill(r"wsgi\.py worker")
    wait_until(lambda: "The worker ended" in running.output)

    running.kill(r"postgres -D")
    wait_until(lambda: "PostgreSQL had died" in running.output)
    wait_until(running.is_ready)

    assert running.stop(signal.SIGINT) == 0
    assert processes_of(running.data) == []
    assert not running.is_ready()


@pytest.mark.parametrize("running", ["production"], indirect=True)
def test_one_run_at_a_time_and_a_later_one_keeps_the_data(running, tmp_path_factory):
    second = Run(tmp_path_factory.mktemp("second"), mode="production")
    second.data = running.data
    with pytest.raises(AssertionError, match="The service is running on"):
        second.start()

    keys = (running.data / "keys.json").read_text()
    with Cluster(running.data / "postgres") as cluster:
        url = cluster.urls(DATABASE).owner.replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")

    # The kernel tells the children of a killed run; the database stays, and is adopted.
    assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not any("gunicorn" in line for line in processes_of(running.data)))
    running.start()

    assert (running.data / "keys.json").read_text() == keys
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    assert running.stop(signal.SIGTERM) == 0
    assert processes_of(running.data) == []
