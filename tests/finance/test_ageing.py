"""Ageing: each thing that is owed stands once, at its stage and age; all add up to the books."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from finance.models import BatchState, StatementState
from finance.queries.ageing import Stage, aged_sums
from ledger.models import PartyType
from tests.finance.chain import TODAY, ChainMaker

OWED_BY_THE_BOOKS = text(
    "SELECT sum(credit_fen - debit_fen) FROM postings WHERE party_id IS NOT NULL"
)


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    return make


def by_stage(session, *, today=TODAY):
    sums = {}
    for each in aged_sums(session, today=today):
        key = (each.party_type, each.stage)
        sums[key] = sums.get(key, 0) + each.amount_fen
    assert sum(sums.values()) == session.execute(OWED_BY_THE_BOOKS).scalar_one()
    return sums


def test_each_thing_stands_at_its_stage_and_all_add_up(session, make):
    till, other = make.terminal(), make.terminal()
    make.sale(till, union_fen=1_00)
    stated = make.sale(till, union_fen=20_00)
    make.stated(till.merchant_id, make.journal_of(stated).id)
    agreed = make.sale(other, union_fen=300_00)
    statement = make.stated(
        other.merchant_id, make.journal_of(agreed).id, state=StatementState.AGREED
    )
    make.owed_to_a_member(fen=4_000_00)

    merchant, member = PartyType.MERCHANT, PartyType.MEMBER
    expected = {
        (merchant, Stage.NOT_STATED): 1_00,
        (merchant, Stage.STATED): 20_00,
        (merchant, Stage.AGREED): 300_00,
        (member, Stage.TO_PAY): 4_000_00,
    }
    assert by_stage(session) == expected

    make.walk(statement, StatementState.APPROVED)
    assert (merchant, Stage.TO_PAY) in by_stage(session)
    make.batch(statement, state=BatchState.SENT)
    assert by_stage(session)[merchant, Stage.AT_THE_BANK] == 300_00


def test_what_is_carried_on_is_set_off_once(session, make):
    till = make.terminal()
    sale = make.sale(till, union_fen=40_00)
    back = make.take_back(sale, union_fen=10_00)
    week = (date(2026, 11, 1), date(2026, 11, 24))
    before = make.stated(till.merchant_id, make.journal_of(back).id, days=week)

    owed = {Stage.NOT_STATED: 40_00, Stage.CARRIED: -10_00}
    assert by_stage(session) == {(PartyType.MERCHANT, key): fen for key, fen in owed.items()}

    make.carrying_on(before, make.journal_of(sale).id, days=(date(2026, 11, 24), date(2026, 12, 1)))
    assert by_stage(session) == {(PartyType.MERCHANT, Stage.STATED): 30_00}


@pytest.mark.parametrize(("days", "age"), [(0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (91, 3)])
def test_ages_begin_after_30_60_and_90_days(session, make, days, age):
    make.sale(make.terminal())

    [owed] = aged_sums(session, today=TODAY + timedelta(days=days))

    assert (owed.age, owed.oldest_on, owed.count) == (age, TODAY, 1)


def test_nothing_owed_is_nothing(session, make):
    assert aged_sums(session, today=TODAY) == []
