"""Closing a month: who may, when, what is kept, and what is refused afterwards."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.models import AuditEntry
from finance.errors import (
    CertificateNotFound,
    CloseAlreadyAsked,
    CloseNotAsked,
    EarlierMonthOpen,
    MonthAlreadyClosed,
    MonthNotOver,
    PreparedByYou,
    ResidualsNotZero,
)
from finance.models import CloseCertificate
from finance.queries.closing import certificate, months, residual_checks
from finance.services.closing import ask_to_close, close_period, watch_residuals
from kernel.actors import Role
from kernel.ids import new_id
from ledger.errors import PeriodClosed
from ledger.models import Period, PeriodState
from ledger.services import ensure_period
from tests.make import NOW
from tests.make.maker import Maker

MONTH = "2026-11"
LATER = NOW + timedelta(days=20)  # in December


@pytest.fixture
def people(make):
    return make.staff_actor(Role.FINANCE_MAKER), make.staff_actor(Role.FINANCE_APPROVER)


@pytest.fixture
def asked(session, people):
    ask_to_close(session, actor=people[0], month=MONTH, now=LATER)
    return people


def close(session, actor, *, month=MONTH, now=LATER):
    return close_period(session, actor=actor, month=month, now=now)


def test_two_people_close_a_month_and_its_certificate_says_so(session, asked):
    maker, approver = asked

    close(session, approver)

    [month] = months(session)
    assert (month.state, month.asked_by, month.closed_by) == (
        PeriodState.CLOSED,
        maker.id,
        approver.id,
    )
    kept = certificate(session, month=MONTH)
    assert (kept.maker_id, kept.approver_id, kept.closed_at) == (maker.id, approver.id, LATER)
    assert set(kept.residuals.values()) == {0}
    assert kept.identities.keys() == kept.residuals.keys()
    assert kept.identities["merchants_fen"]["right"] == {"stated": 0, "not_yet_stated": 0}
    told = session.scalars(select(AuditEntry.action).where(AuditEntry.object_type == "period"))
    assert list(told) == ["period.close_asked", "period.closed"]


def test_who_asked_does_not_close(session, asked):
    with pytest.raises(PreparedByYou):
        close(session, asked[0])

    assert session.get_one(Period, MONTH).state is PeriodState.OPEN


def test_nobody_closes_what_nobody_asked_for(session, people):
    ensure_period(session, day=NOW.date())

    with pytest.raises(CloseNotAsked):
        close(session, people[1])


def test_a_month_that_the_books_do_not_know_is_not_closed(session, people):
    for month in (MONTH, "2026-13", "november"):
        with pytest.raises(CloseNotAsked):
            close(session, people[1], month=month)


def test_a_month_is_closed_once(session, asked):
    close(session, asked[1])

    with pytest.raises(MonthAlreadyClosed):
        close(session, asked[1])
    with pytest.raises(MonthAlreadyClosed):
        ask_to_close(session, actor=asked[0], month=MONTH, now=LATER)


@pytest.mark.parametrize("month", ["2026-11", "2026-12"])
def test_a_month_that_is_not_over_is_not_asked_for(session, people, month):
    with pytest.raises(MonthNotOver):
        ask_to_close(session, actor=people[0], month=month, now=NOW)


def test_the_last_hours_of_a_month_are_those_of_shanghai(session, people):
    new_year = NOW.replace(month=12, day=1, hour=0) - timedelta(hours=8)
    with pytest.raises(MonthNotOver):
        ask_to_close(
            session, actor=people[0], month=MONTH, now=new_year - timedelta(microseconds=1)
        )

    assert ask_to_close(session, actor=people[0], month=MONTH, now=new_year)


def test_asking_twice_is_asking_once_and_somebody_else_hears_who_may_close(session, asked):
    maker, approver = asked
    again = ask_to_close(session, actor=maker, month=MONTH, now=LATER + timedelta(days=1))

    assert again.asked_at == LATER
    with pytest.raises(CloseAlreadyAsked):
        ask_to_close(session, actor=approver, month=MONTH, now=LATER)


def test_months_close_in_their_order(session, people):
    maker, approver = people
    ensure_period(session, day=NOW.date().replace(month=10))
    with pytest.raises(EarlierMonthOpen):
        ask_to_close(session, actor=maker, month=MONTH, now=LATER)

    for month in ("2026-10", MONTH):
        ask_to_close(session, actor=maker, month=month, now=LATER)
        close(session, approver, month=month)

    assert [each.is_closed for each in months(session)] == [True, True]


def test_a_month_whose_sums_differ_stays_open_and_each_is_named(session, make, asked):
    make.chart()
    make.journal(amount_fen=40_00)  # booked for a sale that there is not

    with pytest.raises(ResidualsNotZero) as refused:
        close(session, asked[1])

    assert refused.value.facts["residuals"] == {"redemptions_fen": 40_00, "merchants_fen": 40_00}
    assert session.get_one(Period, MONTH).state is PeriodState.OPEN
    with pytest.raises(CertificateNotFound):
        certificate(session, month=MONTH)


def test_nothing_is_posted_into_a_month_that_finance_closed(session, make, asked):
    make.chart()
    close(session, asked[1])

    with pytest.raises(PeriodClosed):
        make.journal(book_date=NOW.date(), now=LATER)
    assert make.journal(now=LATER)


def test_the_watch_keeps_what_it_found_last_in_an_open_month(session, make, asked):
    assert watch_residuals(session, month=MONTH, now=NOW) == {}
    make.chart()
    make.journal(amount_fen=40_00)

    assert watch_residuals(session, month=MONTH, now=LATER)["redemptions_fen"] == 40_00

    [check] = residual_checks(session)
    assert (check.month, check.checked_at) == (MONTH, LATER)
    assert check.residuals["redemptions_fen"] == 40_00
    assert watch_residuals(session, month="2026-10", now=LATER) == {}


@pytest.fixture
def closers(committed):
    """Eight who may close, a month that somebody asked for, real commits."""
    with Session(committed, expire_on_commit=False) as session, session.begin():
        make = Maker(session)
        make.chart()
        ask_to_close(session, actor=make.staff_actor(Role.FINANCE_MAKER), month=MONTH, now=LATER)
        return [make.staff_actor(Role.FINANCE_APPROVER) for _ in range(8)]


def test_eight_officers_closing_at_once_give_one_closing_and_seven_refusals(committed, closers):
    """Seen to fail without the lock of lock_period(): the others end in constraint errors."""
    barrier = Barrier(len(closers))

    def one(actor):
        with Session(committed) as session, session.begin():
            session.connection()
            barrier.wait()
            try:
                return close(session, actor).approver_id
            except MonthAlreadyClosed as refused:
                return refused.code

    with ThreadPoolExecutor(len(closers)) as threads:
        answers = list(threads.map(one, closers))

    assert sorted(map(str, answers))[1:] == ["month_already_closed"] * 7
    with Session(committed) as session:
        [kept] = session.scalars(select(CloseCertificate))
        assert kept.approver_id in answers


def test_a_closing_waits_for_what_is_being_posted_and_counts_it(committed, closers):
    """Without the lock the month closes around a journal that it never counted."""
    with Session(committed) as posting, ThreadPoolExecutor(1) as threads:
        posting.begin()
        Maker(posting).journal(source_id=new_id(), amount_fen=40_00)

        def close_meanwhile():
            with Session(committed) as session, session.begin():
                close(session, closers[0])

        closing = threads.submit(close_meanwhile)
        wait_for_waiter(committed)
        posting.commit()

        with pytest.raises(ResidualsNotZero):
            closing.result(timeout=30)


def wait_for_waiter(engine):
    """Return once somebody waits for an advisory lock; fail if nobody ever does."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with engine.connect() as connection:
        for _ in range(2000):
            if connection.exec_driver_sql(waiting).scalar_one():
                return
            connection.rollback()
    pytest.fail("the closing did not wait for the posting")


class TestCommandLine:
    @pytest.fixture
    def run(self, app, session):
        def run(*arguments):
            return app.test_cli_runner().invoke(args=["finance", "close", *arguments])

        return run

    @pytest.fixture
    def usernames(self, make):
        make.staff(Role.FINANCE_MAKER, username="maker")
        make.staff(Role.FINANCE_APPROVER, username="approver")
        return "maker", "approver"

    def test_the_check_prints_the_residuals_and_closes_nothing(self, run, session):
        ensure_period(session, day=NOW.date())

        answer = json.loads(run(MONTH, "--check", "--json").output)

        assert answer["closed"] is False
        assert set(answer["residuals"].values()) == {0}
        assert session.get_one(Period, MONTH).state is PeriodState.OPEN

    def test_two_people_close_a_month(self, run, session, usernames):
        maker, approver = usernames

        answer = run("2026-10", "--maker", maker, "--approver", approver, "--json")

        assert json.loads(answer.output)["closed"] is True
        assert certificate(session, month="2026-10").residuals == dict.fromkeys(
            json.loads(answer.output)["residuals"], 0
        )

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((MONTH,), "Give --check, or --maker and --approver"),
            ((MONTH, "--maker", "maker"), "Give --check, or --maker and --approver"),
            (("2026-13", "--check"), "a month such as 2026-11"),
            (("2026-10", "--maker", "nobody", "--approver", "approver"), "No account is called"),
            (("2026-10", "--maker", "approver", "--approver", "maker"), "does not hold"),
            (("2026-10", "--maker", "maker", "--approver", "maker"), "does not hold"),
            (("2096-10", "--maker", "maker", "--approver", "approver"), "not over yet"),
            (("1999-10", "--check"), "a month such as 2026-11"),
        ],
    )
    def test_what_cannot_be_done_is_said_in_words(self, run, usernames, arguments, sentence):
        answer = run(*arguments)

        assert answer.exit_code != 0
        assert sentence in answer.output
