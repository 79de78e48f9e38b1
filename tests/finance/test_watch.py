"""The hourly watch of the residuals: what it keeps, what it logs, what /metrics tells of it."""

import logging

import pytest
from sqlalchemy import create_engine, text

from finance.jobs import watch
from finance.services.closing import ask_to_close, close_period
from kernel import db
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from tests.make.maker import Maker


@pytest.fixture
def wrong_books(committed, app):
    """A month with a journal for a sale that there is not, and one that agrees."""
    with transaction() as session:
        make = Maker(session)
        make.chart()
        make.journal(amount_fen=40_00)
        session.execute(text("INSERT INTO periods VALUES ('2026-12', '2026-12-01', '2027-01-01')"))
    return committed


def test_the_watch_logs_what_is_not_0_and_metrics_tell_it(app, wrong_books, caplog):
    with caplog.at_level(logging.ERROR, logger="union_card.finance"):
        watch(timestamp=0)

    assert sorted(caplog.messages) == [
        "residual_not_zero 2026-11 merchants_fen 4000",
        "residual_not_zero 2026-11 redemptions_fen 4000",
    ]
    told = app.test_client().get("/metrics").text
    assert 'union_card_residual{month="2026-11",name="redemptions_fen"} 4000.0' in told
    assert 'union_card_residual{month="2026-12",name="redemptions_fen"} 0.0' in told
    assert 'union_card_residuals_checked_timestamp_seconds{month="2026-11"}' in told
    assert "python_info" in told


def test_a_closed_month_is_watched_no_more(app, committed):
    with transaction() as session:
        make = Maker(session)
        maker, closer = (
            make.staff_actor(role) for role in (Role.FINANCE_MAKER, Role.FINANCE_APPROVER)
        )
        ask_to_close(session, actor=maker, month="2026-10", now=utc_now())
    watch(timestamp=0)
    assert 'month="2026-10"' in app.test_client().get("/metrics").text

    with transaction() as session:
        close_period(session, actor=closer, month="2026-10", now=utc_now())
    watch(timestamp=0)

    assert 'month="2026-10"' not in app.test_client().get("/metrics").text


def test_metrics_answer_while_the_database_is_away(app, committed, caplog):
    gone = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    db.session_factory.configure(bind=gone)

    answer = app.test_client().get("/metrics")

    assert answer.status_code == 200
    assert "python_info" in answer.text
    assert "residuals_unreadable" in caplog.text
