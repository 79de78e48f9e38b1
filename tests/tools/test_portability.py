import subprocess

import pytest

from tools import portability
from tools.hygiene import BYTES_MAX
from tools.hygiene import faults as hygiene_faults


@pytest.fixture
def repository(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.setattr(portability, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "open('" + "/work" + "/main/x')",
        "see " + "/root" + "/.cache",
        "/home" + "/alice/clone",
        "data: .." + "/shared/data/roster.csv",
        '"resolved": "https://' + "registry." + 'npmjs.org/esbuild"',
        "https://files." + "pythonhosted." + "org/packages",
        "index-url" + " = https://somewhere/simple",
    ],
)
def test_a_line_that_ties_the_repository_to_a_place_is_found(repository, line):
    (repository / "notes.md").write_text(f"First line.\n{line}\n")

    assert [fault.split(": ")[0] for fault in portability.faults()] == ["notes.md:2"]


@pytest.mark.parametrize(
    "line",
    [
        "GET /api/v1/work/orders",
        "a clone below /root is closed",
        "https://flask-docs.example/work",
        'import { yuan } from "../shared/money";',
    ],
)
def test_other_lines_are_not(repository, line):
    (repository / "notes.md").write_text(line)

    assert portability.faults() == []


def test_what_git_ignores_is_not_read(repository):
    (repository / ".gitignore").write_text("local.txt\n")
    (repository / "local.txt").write_text("/root" + "/.netrc")

    assert portability.faults() == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"no newline", "no newline"),
        (b"too many\n\n", "empty lines"),
        (b"\0" * (BYTES_MAX + 1), "bytes is more than"),
    ],
)
def test_a_commit_brings_no_large_file_and_no_ragged_end(tmp_path, content, fault):
    (tmp_path / "file").write_bytes(content)

    assert [fault in found for found in hygiene_faults(tmp_path / "file")] == [True]
