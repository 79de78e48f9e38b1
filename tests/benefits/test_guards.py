"""What the database refuses of approvals and spend rules, whoever asks it past the services."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from bench.programmes import approved
from benefits.models import Instrument
from benefits.services import RuleFacts, add_programme, propose_rule
from kernel.db import violated_constraint
from kernel.money import Fen
from ledger.models import Family, FundSource
from tests.benefits.refused import APPROVALS, OTHERS
from tests.make import NOW


@pytest.fixture
def waiting(session, make):
    """Return the ids that the statements name: what `me` proposed, and what runs already."""
    me, other = make.staff_actor(), make.staff_actor()

    def birthday(code, fen):
        return add_programme(
            session,
            actor=me,
            code=code,
            name_zh="生日慰问(演示)",
            name_en="Birthday (demo)",
            family=Family.DISCOUNT,
            fund_source=FundSource.UNION_FUND,
            starts_on=date(2026, 1, 1),
            ends_on=None,
            eligibility=[],
            occasion="birthday",
            instrument=Instrument.GOODS,
            member_year_fen=Fen(fen),
            now=NOW,
        )

    running = approved(session, birthday("BIRTHDAY-1", 100_00), now=NOW)
    facts = RuleFacts(
        "birthday", "生日", "Birthday", Fen(99_99), [Instrument.GOODS], "演示", "核对"
    )
    return {
        "running": running.id,
        "programme": birthday("BIRTHDAY-2", 400_00).id,
        "rule": propose_rule(session, actor=me, facts=facts, now=NOW).id,
        "me": me.id,
        "other": other.id,
    }


@pytest.mark.parametrize(
    ("statements", "constraint"), (APPROVALS | OTHERS).values(), ids=APPROVALS | OTHERS
)
def test_the_database_refuses(session, waiting, statements, constraint):
    session.flush()

    *before, last = statements.split(";")
    for statement in before:
        session.execute(text(statement), waiting)
    with pytest.raises(IntegrityError) as refused:
        session.execute(text(last), waiting)

    assert violated_constraint(refused.value) == constraint


@pytest.mark.parametrize(
    "change", ["ceiling_fen = 1", "instruments = '[]'", "source = 'x'", "maker_id = :other"]
)
def test_what_was_proposed_of_a_rule_is_never_changed(session, waiting, change):
    statement = text(f"UPDATE spend_rules SET {change} WHERE id = :rule")  # noqa: S608 (ours)
    with pytest.raises(DBAPIError):
        session.execute(statement, waiting)
