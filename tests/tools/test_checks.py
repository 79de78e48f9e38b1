import pytest

from tools import checks
from tools.errors import TaskError


def failing():
    raise TaskError("There is no server.")


def test_every_check_runs_even_after_one_failed(monkeypatch, capsys):
    monkeypatch.setattr(
        checks,
        "CHECKS",
        {
            "broken": failing,
            "wrong": lambda: checks.sentences(["Line 3 is too long."]),
            "right": lambda: checks.sentences([]),
        },
    )

    assert checks.check([]) == 1

    said = capsys.readouterr().out
    assert "There is no server." in said
    assert "Line 3 is too long." in said
    assert "ok     right" in said
    assert "broken, wrong failed" in said


def test_a_check_is_what_its_program_says(tmp_path):
    (tmp_path / "wrong.py").write_text("import os\n")
    verdict = checks.command(*checks.RUFF, "check", "--isolated", ".", folder=tmp_path)

    assert not verdict.passed
    assert "F401" in verdict.text


@pytest.mark.parametrize("slug", ["", "ab", "2nd table", "drop; table", "漂亮", "x" * 41])
def test_a_migration_needs_a_plain_name(slug):
    with pytest.raises(TaskError, match="Usage"):
        checks.migration([slug])
