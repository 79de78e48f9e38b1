"""The import commands on the real-shaped files, each roster in a database of its own."""

import json
from pathlib import Path

import pytest

DATA = Path(__file__).parent.parent / "data"
EXPECTED = json.loads((DATA / "expected.json").read_text())


@pytest.fixture
def flask(app, committed):
    """Run a command of the application on a database of its own; returns its JSON."""
    runner = app.test_cli_runner()

    def run(*arguments):
        result = runner.invoke(args=[*arguments, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout.splitlines()[-1])

    return run


def without_detail(answer):
    return [{"line": each["line"], "reason": each["reason"]} for each in answer["refused"]]


@pytest.mark.parametrize("name", ["roster.xlsx", "roster-gbk.csv"])
def test_a_roster_is_answered_line_by_line_and_again_changes_nothing(flask, name):
    unions = flask("members", "import-unions", str(DATA / "union-orgs.csv"))
    assert (unions["accepted"], unions["refused"]) == (EXPECTED["orgs"], [])

    dry = flask("members", "import", str(DATA / name), "--dry-run")
    first = flask("members", "import", str(DATA / name))
    again = flask("members", "import", str(DATA / name))

    wanted = EXPECTED[name]
    assert first["lines"] == wanted["lines"]
    assert first["accepted"] == wanted["accepted"]
    assert without_detail(first) == wanted["refused"]
    assert dry == first
    assert (again["accepted"], again["unchanged"]) == (0, wanted["accepted"])
    assert again["refused"] == first["refused"]


def test_the_same_unions_again_change_nothing(flask):
    flask("members", "import-unions", str(DATA / "union-orgs.csv"))

    again = flask("members", "import-unions", str(DATA / "union-orgs.csv"))

    assert (again["accepted"], again["unchanged"]) == (0, EXPECTED["orgs"])
