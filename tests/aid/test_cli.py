"""`flask aid …`."""

import json
from datetime import date

import pytest

from tests.aid.files import content
from tests.make.aid import INPATIENT


@pytest.fixture
def run(app, session):
    """Return a function: run `flask aid …` in the test's transaction; its result."""

    def command(*arguments):
        return app.test_cli_runner().invoke(args=["aid", *map(str, arguments)])

    return command


def answer(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.output.splitlines()[-1])


def test_the_shipped_schemes_are_loaded_once(run):
    assert answer(run("load-schemes", "--json")) == {"schemes": 2, "versions": 2}
    assert answer(run("load-schemes", "--json")) == {"schemes": 0, "versions": 0}


def test_a_file_of_ones_own_is_loaded(run, tmp_path):
    file = tmp_path / "ningbo.json"
    file.write_text(json.dumps(content("e-ningbo.json")))

    assert answer(run("load-schemes", file, "--json")) == {"schemes": 1, "versions": 1}


@pytest.mark.parametrize("text", ["not JSON", "{}", '{"code": "x"}'])
def test_a_wrong_file_is_a_sentence(run, tmp_path, text):
    file = tmp_path / "wrong.json"
    file.write_text(text)

    result = run("load-schemes", file)

    assert result.exit_code == 1
    assert "does not describe a scheme" in result.output


def test_a_union_is_enrolled(run, make):
    make.aid_schemes()
    union = make.union(code="SZ-E1")
    make.member(union=union, born_on=date(1990, 3, 7))
    make.member(union=union, born_on=date(1950, 3, 7))
    make.member(born_on=date(1990, 3, 7))

    def enrol():
        return answer(run("enrol", INPATIENT, "SZ-E1", "--from", "2026-06-01", "--json"))

    assert enrol() == {
        "enrolled": 1,
        "already": 0,
        "refused": [{"reason": "age", "members": 1}],
    }
    assert enrol()["already"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((INPATIENT, "NOWHERE"), "There is no union with that code."),
        (("NOTHING", "SZ-E1"), "There is no mutual-aid scheme with this code."),
    ],
)
def test_what_is_not_there_is_a_sentence(run, make, arguments, sentence):
    make.aid_schemes()
    make.member(union=make.union(code="SZ-E1"), born_on=date(1990, 3, 7))

    result = run("enrol", *arguments, "--from", "2026-06-01")

    assert result.exit_code == 1
    assert sentence in result.output
