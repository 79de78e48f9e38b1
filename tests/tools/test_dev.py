"""The `dev` script from outside, as a person at a terminal meets it."""

import ast
import os
import socket
import subprocess
import sys

import pytest

from tests.tools.processes import processes_of
from tools.__main__ import TASKS
from tools.paths import ROOT

OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "MODE", "DATA_DIR", "PORT", "BIND_HOST")


def environment(**more):
    """Return the environment of a terminal in which nothing of ours is set but `more`."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | more


def dev(*arguments, folder=ROOT, **more):
    return subprocess.run(
        [sys.executable, ROOT / "dev", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(**more),
    )


def test_without_a_task_it_lists_them_one_line_each():
    answer = dev()

    assert answer.returncode == 0
    listed = [line.split()[0] for line in answer.stdout.splitlines() if line.startswith("  ")]
    assert listed == list(TASKS)


def test_an_unknown_task_is_refused_with_the_known_ones():
    answer = dev("deploy")

    assert answer.returncode == 1
    assert "no task 'deploy'" in answer.stderr
    assert "migration" in answer.stderr


def test_it_needs_nothing_but_the_standard_library():
    tree = ast.parse((ROOT / "dev").read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or node.names[0].name]
    }

    assert imported <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DATABASE_URL": "postgresql+psycopg://somebody@127.0.0.1/theirs"}, "MODE=production"),
        ({"BIND_HOST": "0.0.0.0"}, "open to the network"),  # noqa: S104
        ({"BIND_HOST": "0.0.0.0", "MODE": "demo"}, "open to the network"),  # noqa: S104
        ({"BIND_HOST": "the-office"}, "not an IP address"),
        ({"PORT": "http"}, "not a port"),
        ({"PORT": "0"}, "not a port"),
        ({"PORT": "65536"}, "not a port"),
    ],
)
def test_run_refuses_what_would_be_unsafe_or_cannot_work(tmp_path, variables, sentence):
    answer = dev("run", DATA_DIR=str(tmp_path), **variables)

    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("task", [["run"], ["flask", "routes"]])
def test_a_data_dir_that_is_a_file_is_explained(tmp_path, task):
    (tmp_path / "data").write_text("")
    answer = dev(*task, DATA_DIR=str(tmp_path / "data"), PORT="65535")

    assert answer.returncode == 1
    assert "data cannot be used: File exists" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_run_says_that_its_port_is_taken(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        answer = dev("run", DATA_DIR=str(tmp_path), PORT=str(other.getsockname()[1]))

    assert answer.returncode == 1
    assert "set another PORT" in answer.stderr


def test_flask_makes_a_database_in_an_empty_folder_and_prints_only_its_own(tmp_path):
    answer = dev("flask", "routes", folder=tmp_path, DATA_DIR=str(tmp_path / "data"))

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("Endpoint")
    assert (tmp_path / "data" / "keys.json").stat().st_mode & 0o777 == 0o600
    assert processes_of(tmp_path) == []

    unknown = dev("flask", "no-such-command", folder=tmp_path, DATA_DIR=str(tmp_path / "data"))
    assert unknown.returncode == 2


def test_vectors_wants_a_file(tmp_path):
    answer = dev("vectors", str(tmp_path / "none.json"), DATA_DIR=str(tmp_path))

    assert answer.returncode == 1
    assert "There is no file" in answer.stderr
