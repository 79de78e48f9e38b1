"""What the database refuses whatever the program does, tried as the application's own role."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from kernel.db import violated_constraint
from kernel.ids import new_id
from ledger.services import SourceKey, load_defaults, post_reversal
from tests.ledger.statements import (
    ALLOWED,
    CHANGES,
    FIRE,
    FORBIDDEN,
    JOURNAL,
    NAMES,
    journal,
    month,
)
from tests.make import NOW
from tests.make.ledger import LedgerMaker


@pytest.fixture(scope="module")
def books(databases):
    """The shipped chart, an open November after a closed October, and a sale of 40 yuan.

    10 yuan of the sale are reversed. Yields an engine as the application's role, and the names
    under which the statements speak of things.
    """
    books = create_engine(databases.urls.app.format(name=databases.copy()))
    with Session(books) as session, session.begin():
        load_defaults(session)
        session.execute(text(month("2026-10", "2026-10-01", "2026-11-01")))
        session.execute(
            text(
                "UPDATE periods SET state = 'closed', maker_id = :merchant, approver_id = :other,"
                " closed_at = now()"
            ),
            NAMES,
        )
        sale = LedgerMaker(session).journal(source_id=NAMES["sale"], party_id=NAMES["merchant"])
        undo = post_reversal(
            session,
            original=SourceKey("redemption", NAMES["sale"], "captured"),
            source_type="redemption_reversal",
            source_id=NAMES["undo"],
            kind="reversed",
            amount_fen=10_00,
            occurred_at=NOW,
            now=NOW,
        )
    yield books, NAMES | {"original": sale, "reversal": undo}
    books.dispose()


@pytest.fixture
def names(books):
    """The names for one test; `j` and `k` are its own, so that no test meets another's journals."""
    return books[1] | {"j": new_id(), "k": new_id()}


def execute(connection, names, statements):
    for statement in statements:
        connection.execute(text(statement), names)


def finish(connection, names, statement):
    connection.execute(text(statement), names)
    connection.commit()


@pytest.mark.parametrize(("statements", "constraint"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_database_refuses(books, names, statements, constraint):
    engine, _ = books

    with engine.connect() as connection:
        execute(connection, names, statements[:-1])
        with pytest.raises(IntegrityError) as refused:
            finish(connection, names, statements[-1])

    assert violated_constraint(refused.value) == constraint


@pytest.mark.parametrize("statements", ALLOWED.values(), ids=ALLOWED.keys())
def test_the_database_lets_pass(books, names, statements):
    engine, _ = books

    with engine.connect() as connection:
        execute(connection, names, [*statements, FIRE])
        connection.rollback()


def test_the_transaction_of_a_journal_is_not_the_writers_to_choose(books, names):
    engine, _ = books
    posing = JOURNAL.replace("reverses_id)", "reverses_id, posted_in_tx)").replace(
        "NULL)", "NULL, 1)"
    )

    with engine.connect() as connection:
        connection.execute(text(posing), names)
        found = connection.scalar(
            text(
                "SELECT posted_in_tx = pg_current_xact_id()::text::bigint"
                " FROM journals WHERE id = :j"
            ),
            names,
        )
        connection.rollback()

    assert found


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_an_older_view_of_the_books_writes_nothing(books, names, level):
    engine, _ = books

    with (
        engine.connect().execution_options(isolation_level=level) as connection,
        pytest.raises(IntegrityError) as refused,
    ):
        connection.execute(text(JOURNAL), names)

    assert violated_constraint(refused.value) == "ck_journals_read_committed"


def test_a_temporary_table_of_the_same_name_fools_nobody(books, names):
    engine, _ = books

    with engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE periods (LIKE public.periods)"))
        connection.execute(text(month("2026-10", "2026-10-01", "2026-11-01")))
        with pytest.raises(IntegrityError) as refused:
            connection.execute(text(journal(day="2026-10-05")), names)

    assert violated_constraint(refused.value) == "ck_journals_period_open"


@pytest.mark.parametrize("statement", CHANGES)
def test_the_application_may_not_change_what_is_written(books, statement):
    engine, _ = books

    with engine.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(statement))


@pytest.mark.parametrize("statement", CHANGES)
def test_nor_may_the_owner_by_mistake(databases, books, statement):
    owner = create_engine(databases.urls.owner.format(name=books[0].url.database))

    with owner.connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(text(statement))

    owner.dispose()
    assert violated_constraint(refused.value).endswith("_append_only")
