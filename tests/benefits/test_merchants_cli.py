"""`flask merchants import` on the real-shaped file: merchants, sites, agreements and offers."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from benefits.models import LimitRule, OfferVersion
from kernel.db import transaction

DATA = Path(__file__).parent.parent / "data"
EXPECTED = json.loads((DATA / "expected.json").read_text())["merchants"]


@pytest.fixture
def flask(app, committed):
    def run(*arguments):
        result = app.test_cli_runner().invoke(args=[*arguments, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout.splitlines()[-1])

    return run


def test_merchants_come_with_their_offers_and_again_change_nothing(flask):
    flask("members", "import-unions", str(DATA / "union-orgs.csv"))

    first = flask("merchants", "import", str(DATA / "merchants.csv"))
    again = flask("merchants", "import", str(DATA / "merchants.csv"))

    assert first["lines"] == EXPECTED["lines"]
    assert [
        {"line": each["line"], "reason": each["reason"]} for each in first["refused"]
    ] == EXPECTED["refused"]
    taken = EXPECTED["lines"] - len(EXPECTED["refused"])
    assert (first["accepted"], first["offers"]) == (taken, taken)
    assert (again["accepted"], again["offers"]) == (0, 0)
    with transaction() as session:
        versions = session.scalars(select(OfferVersion)).all()
        limits = session.scalars(select(LimitRule)).all()
    assert {version.kind.value for version in versions} == {
        "percent",
        "full_reduction",
        "fixed_price",
    }
    assert {version.union_max_fen for version in versions} == {4000}
    assert {(rule.scope.value, rule.window.value, rule.maximum) for rule in limits} == {
        ("member", "day", 2)
    }
