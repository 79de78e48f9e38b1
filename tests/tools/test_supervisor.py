import sys

import pytest

from tests.tools.processes import processes_of, wait_until
from tools.errors import TaskError
from tools.supervisor import Child, Supervisor


def supervisor(tmp_path, *programs, environment=dict, revive_database=lambda: False):
    children = [
        Child(f"Number {number}", [sys.executable, "-c", program], tmp_path / "log")
        for number, program in enumerate(programs)
    ]
    return Supervisor(
        children, folder=tmp_path, environment=environment, revive_database=revive_database
    )


def test_a_child_that_dies_again_and_again_ends_the_run(tmp_path):
    watched = supervisor(tmp_path, "print('what is wrong'); raise SystemExit(3)")
    watched.start()

    with pytest.raises(TaskError, match="Number 0 died 5 times"):
        watched.watch()

    watched.stop()
    assert "what is wrong" in (tmp_path / "log").read_text()


def test_what_a_dead_child_left_behind_is_ended_too(tmp_path):
    watched = supervisor(
        tmp_path,
        "import subprocess, sys;"
        "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])",
    )
    watched.start()
    wait_until(lambda: watched.children[0].exit_code is not None)
    assert processes_of(tmp_path) != []

    watched.stop()

    assert processes_of(tmp_path) == []


def test_children_that_ignore_sigterm_are_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.supervisor.STOP_SECONDS", 1)
    watched = supervisor(
        tmp_path,
        "import signal, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "pathlib.Path('deaf').touch(); signal.pause()",
    )
    watched.start()
    watched.watch(until=(tmp_path / "deaf").exists)

    watched.stop()

    assert processes_of(tmp_path) == []


def test_children_hear_of_a_database_that_moved(tmp_path):
    told = {"PORT": "1"}

    def move():
        """Say that the database was restarted, once the child has printed its first port."""
        moved = told["PORT"] == "1" and printed() == ["1"]
        told["PORT"] = "2" if moved else told["PORT"]
        return moved

    def printed():
        return (tmp_path / "log").read_text().split()

    watched = supervisor(
        tmp_path,
        "import os, signal; print(os.environ['PORT'], flush=True); signal.pause()",
        environment=lambda: dict(told),
        revive_database=move,
    )
    watched.start()
    watched.watch(until=lambda: printed() == ["1", "2"])

    watched.stop()

    assert processes_of(tmp_path) == []
