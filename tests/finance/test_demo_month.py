"""The demo's last month closes as the tutorial says: by two people, its exceptions owned."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, select

from app.demo.month import seed_month
from finance.models import Discrepancy
from finance.queries.budgets import held_lines
from finance.queries.closing import certificate, find_month
from finance.queries.closing_steps import StepName, closing_steps
from finance.queries.residuals import residuals
from finance.queries.vouchers import kept_vouchers
from finance.services.closing import ExceptionsUnowned, ask_to_close, close_period
from finance.services.vouchers import export_vouchers
from kernel import db
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from ledger.models import Book
from staff.queries import actor_of


@pytest.fixture
def city(databases, engine, town_template):
    """The demo's tiny city, nobody serving it; transaction() works there."""
    name = databases.copy(town_template[0])
    own = create_engine(databases.urls.app.format(name=name))
    before = dict(db.session_factory.kw)
    db.session_factory.configure(bind=own)
    yield
    db.session_factory.kw.clear()
    db.session_factory.configure(**before)
    own.dispose()
    databases.drop(name)


def test_last_month_is_made_once_and_closes_as_the_tutorial_says(city):
    now = utc_now()
    last = shanghai_date(now).replace(day=1) - timedelta(days=1)
    made = seed_month(now=now)
    assert (made.month, made.sales, made.taken_back) == (f"{last:%Y-%m}", last.day, 1)
    assert (made.statements, made.bank_lines) == (3, 2)
    assert seed_month(now=now).sales == 0

    with transaction() as session:
        month = find_month(session, month=made.month)
        sums = residuals(session, starts_on=month.starts_on, ends_on=month.ends_on)
        assert sums.not_zero == {}
        musts = {
            each.name: each.found
            for each in closing_steps(session, month=month, wrong=0, now=now)
            if each.is_must and not each.is_done
        }
        assert musts == {StepName.EXCEPTIONS: 2, StepName.ASKED: 1}
        maker = actor_of(session, username="maker")
        approver = actor_of(session, username="finapprover")
        ask_to_close(session, actor=maker, month=made.month, now=now)
    with transaction() as session, pytest.raises(ExceptionsUnowned):
        close_period(session, actor=approver, month=made.month, now=now)
    with transaction() as session:
        for each in session.scalars(select(Discrepancy)):
            each.owner_id = maker.id
    with transaction() as session:
        close_period(session, actor=approver, month=made.month, now=now)

    with transaction() as session:
        kept = certificate(session, month=made.month)
        [programme] = [each for each in kept.programmes if each["code"] == "LASTMONTH"]
        # The union bears three quarters of ¥20 a sale; a quarter of one bill came back.
        assert programme["captured"] == last.day * 15_00
        assert programme["budget_line"] == "W01"
        lines = {each["code"]: each for each in kept.budgets}
        spent = last.day * 15_00 - 3_75
        assert lines["W01"]["left"]["moved"] == -lines["T01"]["left"]["moved"] == 800_00
        assert lines["W01"]["right"]["carried_out"] == 6_800_00 - spent
        assert lines["T01"]["right"]["carried_out"] == 2_200_00
        rows = {each.line.code: each for each in held_lines(session, year=last.year)}
        assert (rows["W01"].held_fen, rows["T01"].held_fen) == (6_800_00, 2_200_00)
        assert programme["taken_back"] == 3_75
        assert kept.signed
        assert len(kept_vouchers(session, month=made.month)) == last.day + 1
        facts = {"actor": maker, "month": made.month, "book": Book.UNION, "now": now}
        assert export_vouchers(session, profile_name="yonyou", **facts).startswith(
            "填制凭证".encode("gb18030")
        )


def test_without_a_demo_city_there_is_no_month(app, committed):
    done = app.test_cli_runner().invoke(args=["demo", "month", "--json"])

    assert done.exit_code == 1
    assert "There is no demo city yet" in done.output
