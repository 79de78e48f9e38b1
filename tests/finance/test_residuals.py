"""Each identity of the close certificate, broken by one fact: exactly its residual speaks."""

import re
from datetime import date

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from finance.queries import residuals
from finance.queries.closing import named_exceptions
from finance.queries.identities import IDENTITIES
from tests.finance.whole_month import World
from tests.make import NOW

NOVEMBER = {"starts_on": date(2026, 11, 1), "ends_on": date(2026, 12, 1)}


# residual: (what it then is, the one fact that is changed). Fen, or a count.
BREAKS = {
    "debits_minus_credits_fen": (
        1,
        (
            "UPDATE postings SET debit_fen = debit_fen + 1 WHERE journal_id = :claimed"
            " AND debit_fen > 0"
        ),
    ),
    "redemptions_fen": (
        2 * 20_00,
        "UPDATE journals SET source_id = gen_random_uuid() WHERE source_id = :unstated",
    ),
    "reversals_fen": (
        2 * 10_00,
        "UPDATE journals SET source_id = gen_random_uuid() WHERE source_id = :taken_back",
    ),
    "adjustments_fen": (
        2 * 5_00,
        "UPDATE journals SET source_id = gen_random_uuid() WHERE source_type = 'adjustment'",
    ),
    "programme_costs_fen": (
        2 * 20_00,
        "UPDATE journals SET programme_id = gen_random_uuid() WHERE source_id = :unstated",
    ),
    "budget_lines_fen": (
        7_00,
        (
            "UPDATE close_certificates SET budgets ="
            " jsonb_set(budgets, '{0,right,carried_out}', '49300')"
        ),
    ),
    "balances_fen": (
        1,
        (
            "UPDATE period_balances SET closing_fen = closing_fen + 1,"
            " opening_fen = opening_fen + 1 WHERE closing_fen > 0"
        ),
    ),
    "vouchers_fen": (1, "UPDATE voucher_lines SET debit_fen = 4001 WHERE debit_fen = 4000"),
    "awards_fen": (1, "UPDATE aid_claims SET benefit_fen = benefit_fen + 1 WHERE id = :claim"),
    "payables_fen": (
        2 * 1_920_00,
        "UPDATE payables SET journal_id = :unstated_journal WHERE source_id = :claim",
    ),
    "programmes_fen": (
        7,
        (
            "UPDATE limit_takes SET returned = returned + 7 WHERE unit = 'fen';"
            " UPDATE limits SET used = used - 7 WHERE used > 1"
        ),
    ),
    "uses": (
        1,
        (
            "UPDATE limit_takes SET returned = 1 WHERE unit = 'uses';"
            " UPDATE limits SET used = 0 WHERE used = 1"
        ),
    ),
    "merchants_fen": (
        2 * 20_00,
        "UPDATE redemptions SET merchant_id = gen_random_uuid() WHERE id = :unstated",
    ),
    "statements_fen": (
        2 * 40_00,
        "UPDATE statement_lines SET fund_source = 'dues' WHERE amount_fen = 4000",
    ),
    "carried_fen": (
        10_00,
        "UPDATE statement_funds SET carried_from_id = :even WHERE carried_from_id IS NOT NULL",
    ),
    "payments_fen": (1_920_00, "UPDATE payables SET state = 'owed' WHERE source_id = :other_claim"),
    "sent_fen": (3, "UPDATE payment_batches SET total_fen = total_fen + 3 WHERE id = :batch"),
    "bank_balance_fen": (4, "UPDATE bank_accounts SET closing_fen = closing_fen + 4"),
    "bank_chain": (2, "UPDATE bank_lines SET seq = 0 WHERE seq = 5"),
    "bank_exceptions_fen": (
        5_00,
        "UPDATE discrepancies SET state = 'resolved', resolved_at = now()",
    ),
    "bank_ledger_fen": (
        60_00,
        (
            "UPDATE postings SET account_id = (SELECT id FROM accounts WHERE code = '135')"
            " WHERE credit_fen = 6000 AND party_id IS NULL"
        ),
    ),
    "merchants_owed_fen": (
        2 * 60_00,
        (
            "UPDATE postings SET party_id = gen_random_uuid() WHERE debit_fen = 6000"
            " AND party_type = 'merchant'"
        ),
    ),
    "members_owed_fen": (
        2 * 1_920_00,
        (
            "UPDATE payments SET payee_id = gen_random_uuid() WHERE amount_fen = 192000"
            " AND state = 'paid'"
        ),
    ),
    "limits": (1, "UPDATE limits SET used = used - 1 WHERE used > 1"),
    "receipt_gaps": (1, "UPDATE receipt_counters SET last = last + 1 WHERE last = 3"),
}


@pytest.fixture(scope="module")
def books(app, databases):
    """A month with everything in it; yields its database's name and the ids of what is broken."""
    name = databases.copy()
    engine = create_engine(databases.urls.app.format(name=name))
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            ids = World(session).build()
    finally:
        engine.dispose()
    return name, ids


@pytest.fixture
def owner(databases, books):
    """A session as the owner, to whom no trigger is sacred; what it does vanishes."""
    engine = create_engine(databases.urls.owner.format(name=books[0]))
    with Session(engine) as session:
        yield session
        session.rollback()
    engine.dispose()


def test_a_whole_month_comes_to_nothing_and_both_sides_are_something(owner):
    found = residuals(owner, **NOVEMBER)

    assert found.as_dict() == dict.fromkeys(BREAKS, 0)
    assert found.all_zero
    sides = {each.name: (each.left_sum, each.right_sum) for each in found.checked}
    assert [name for name, (left, right) in sides.items() if left != right or not left] == []
    kept = found.identities()
    assert kept["merchants_fen"]["left"] == {
        "captured": 125_00,
        "taken_back": -20_00,
        "adjusted": 5_00,
    }
    assert kept["merchants_fen"]["right"] == {"stated": 85_00, "not_yet_stated": 25_00}
    assert kept["sent_fen"]["right"]["not_yet_seen"] > 0


def test_no_identity_goes_without_a_fact_that_breaks_it():
    assert {each.name for each in IDENTITIES} <= set(BREAKS)


@pytest.mark.parametrize("name", BREAKS)
def test_one_broken_fact_makes_exactly_its_residual_speak(owner, books, name):
    wanted, change = BREAKS[name]
    owner.execute(text("SET LOCAL lock_timeout = '2s'"))
    for table in re.findall(r"UPDATE (\w+)", change):
        owner.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    for statement in change.split(";"):
        given = {key: value for key, value in books[1].items() if f":{key}" in statement}
        assert owner.execute(text(statement), given).rowcount > 0

    assert residuals(owner, **NOVEMBER).not_zero == {name: wanted}


def test_what_a_person_explained_is_named_too(owner, books):
    owner.execute(text("ALTER TABLE discrepancies DISABLE TRIGGER USER"))
    owner.execute(
        text(
            "UPDATE discrepancies SET state = 'resolved', resolved_at = now(), note = '手续费',"
            " owner_id = (SELECT id FROM staff_accounts LIMIT 1)"
        )
    )

    found = residuals(owner, **NOVEMBER)

    assert found.all_zero
    assert found.identities()["bank_exceptions_fen"]["right"] == {
        "open_exceptions": 0,
        "explained": 5_00,
    }


def test_another_month_is_not_asked_about_this_one(owner, books):
    owner.execute(text("ALTER TABLE journals DISABLE TRIGGER USER"))
    owner.execute(text(BREAKS["redemptions_fen"][1]), {"unstated": books[1]["unstated"]})

    december = {"starts_on": date(2026, 12, 1), "ends_on": date(2027, 1, 1)}
    assert residuals(owner, **december).all_zero


def test_what_stays_open_is_named_with_its_amount_and_age(owner):
    named = [(each.code, each.subject_type, each.amount_fen) for each in named_exceptions(owner)]

    assert sorted(named) == [
        ("bank_fee", "bank_line", 5_00),
        ("sent_not_seen", "payment_batch", 1_920_00),
    ]
    assert all(each.age(NOW).days == 0 for each in named_exceptions(owner))
