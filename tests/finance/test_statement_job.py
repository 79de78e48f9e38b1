"""Statements that the worker opens each week, in the name of a person who is named for it."""

import logging
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from finance.jobs import open_due
from finance.models import Statement, StatementState
from kernel.actors import Role
from kernel.clock import unix
from tests.finance.chain import ChainMaker
from tests.make import NOW

# NOW is on Monday, 2026-11-23; what was booked that day belongs to the next week.
MONDAY = unix(NOW + timedelta(days=7))


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    return make


@pytest.fixture
def maker(make):
    return make.staff(Role.FINANCE_MAKER, union=make.union(code="SZ"))


@pytest.fixture
def run(app, session):
    """Run the job at a Monday, in the name of `username`."""
    settings = app.config["SETTINGS"]

    def once(username, *, at=MONDAY):
        app.config["SETTINGS"] = replace(settings, statement_maker=username)
        with app.app_context():
            open_due(timestamp=at)

    yield once
    app.config["SETTINGS"] = settings


def test_last_weeks_statements_are_open_in_the_morning_once(session, make, maker, run):
    till = make.terminal()
    make.sale(till, union_fen=40_00)

    run(maker.username)
    run(maker.username)

    [statement] = session.scalars(select(Statement))
    assert (statement.starts_on, statement.ends_on) == (date(2026, 11, 23), date(2026, 11, 30))
    assert (statement.merchant_id, statement.lines_fen) == (till.merchant_id, 40_00)
    assert (statement.state, statement.maker_id) == (StatementState.OPEN, maker.id)


def test_what_was_booked_this_week_waits(session, make, maker, run):
    make.sale(make.terminal(), union_fen=40_00)

    run(maker.username, at=unix(NOW))

    assert session.scalar(select(func.count()).select_from(Statement)) == 0


def test_nobody_is_named_and_nothing_is_opened(session, make, run):
    make.sale(make.terminal(), union_fen=40_00)

    run(None)

    assert session.scalar(select(func.count()).select_from(Statement)) == 0


def test_who_is_not_a_finance_maker_opens_nothing(session, make, run, caplog):
    auditor = make.staff(Role.AUDITOR)
    make.sale(make.terminal(), union_fen=40_00)

    with caplog.at_level(logging.ERROR, logger="union_card.finance"):
        run(auditor.username)
        run("nobody.at.all")

    assert caplog.messages == ["statement_maker_unknown"] * 2
    assert session.scalar(select(func.count()).select_from(Statement)) == 0
