"""What the tables of finance refuse whatever the program does, tried as the application's role."""

import re

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from finance.models import BatchState, StatementState
from kernel.db import violated_constraint
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import FundSource
from ledger.services import SourceKey, post_reversal
from tests.finance.chain import DAYS, TODAY, ChainMaker
from tests.finance.refused import (
    ALLOWED,
    EDITS,
    FORBIDDEN,
    KEPT,
    REMOVALS,
    UNREACHABLE,
    WRITTEN_ONCE,
)
from tests.ledger.statements import month
from tests.make import NOW

TABLES = [*WRITTEN_ONCE, "bank_accounts", "payout_accounts"]
GUARDS = (
    "check_statement_lines",
    "guard_statement",
    "check_statement_funds",
    "guard_dispute",
    "guard_void",
    "guard_payment",
    "guard_payment_day",
    "guard_payment_move",
    "guard_bank_refusal",
    "follow_bank_refusal",
    "guard_batch",
    "guard_tiers",
    "tier_batch",
    "count_match",
    "count_matches",
)


@pytest.fixture(scope="module")
def books(app, databases):
    """A statement, batch, payment and match in every state that matters, each of its own merchant.

    Yields an engine as the application's role, and the names under which the statements of
    `refused` speak of things.
    """
    books = create_engine(databases.urls.app.format(name=databases.copy()))
    with Session(books) as session, session.begin():
        names = _world(ChainMaker(session))
    yield books, names
    books.dispose()


def _world(make):
    make.chart()
    make.session.execute(text(month("2026-10", "2026-10-01", "2026-11-01")))
    make.session.execute(
        text(
            "UPDATE periods SET state = 'closed', maker_id = :a, approver_id = :b,"
            " closed_at = now()"
        ),
        {"a": new_id(), "b": new_id()},
    )
    names = {"clerk": make.clerk.id, "approver": make.approver.id}
    names |= {"checker": make.staff("finance_checker").id, "member": make.member().id}
    states = {
        "open": StatementState.OPEN,
        "other_open": StatementState.OPEN,
        "bare_open": StatementState.OPEN,
        "issued": StatementState.ISSUED,
        "agreed": StatementState.AGREED,
        "disputed": StatementState.ISSUED,
        "approved": StatementState.APPROVED,
        "preparing": StatementState.APPROVED,
        "sending": StatementState.APPROVED,
        "settled": StatementState.APPROVED,
    }
    statements = {}
    for name, state in states.items():
        sale = new_id()
        shop = make.merchant()
        line = make.journal(
            source_id=sale,
            party_id=shop.id,
            fund_source=FundSource.DUES if name == "bare_open" else FundSource.UNION_FUND,
        )
        statements[name] = make.stated(shop.id, line, state=state)
        names |= {name: statements[name].id, f"{name}_line": line, f"{name}_sale": sale}
        names |= {f"{name}_shop": shop.id}
    names["shop"] = names["open_shop"]
    names |= _money(make, names, statements) | _books(make, names)
    return names


def _money(make, names, statements):
    """Batches, payments and bank lines on the statements of the world."""
    till = make.terminal(site=make.site(merchant_id=names["disputed_shop"]))
    dispute = make.disputed(statements["disputed"], names["disputed_line"], till)
    prepared, (prepared_payment,) = make.batch(statements["preparing"])
    sent_batch, (sent, paid) = make.batch(
        statements["sending"], statements["settled"], state=BatchState.SENT
    )
    large_shop = make.merchant()
    large_line = make.journal(party_id=large_shop.id, amount_fen=Fen(900_00))
    large = make.stated(large_shop.id, large_line, state=StatementState.APPROVED)
    _, (large_payment,) = make.batch(large, state=BatchState.SENT)
    paid_line = make.bank_line(-40_00)
    match = make.match(paid_line, paid)
    make.walk(statements["settled"], StatementState.PAID)
    owed = make.owed_to_a_member()
    return {
        "till": till.id,
        "sold": make.sale(till).id,
        "dispute": dispute.id,
        "manager": make.manager().id,
        "prepared": prepared.id,
        "prepared_payment": prepared_payment.id,
        "sent_batch": sent_batch.id,
        "sent": sent.id,
        "paid": paid.id,
        "paid_line": paid_line.id,
        "match": match.id,
        "large": large_payment.id,
        "debit": make.bank_line(-40_00).id,
        "credit": make.bank_line(40_00).id,
        "large_debit": make.bank_line(-900_00).id,
        "account": make.bank_file.account_id,
        "file": make.bank_file.id,
        "owed": owed.id,
        "owed_member": owed.payee_id,
        "aid_batch": new_id(),
    }


def _books(make, names):
    """Journals that are on no statement yet, and a statement that carries a debt on."""
    sale = new_id()
    journal = make.journal(source_id=sale, party_id=names["shop"])
    carrying_shop = make.merchant().id
    carried_sale = new_id()
    make.journal(source_id=carried_sale, party_id=carrying_shop)

    def reversal_of(source_id):
        return post_reversal(
            make.session,
            original=SourceKey("redemption", source_id, "captured"),
            source_type="redemption_reversal",
            source_id=new_id(),
            kind="reversal",
            amount_fen=Fen(10_00),
            occurred_at=NOW,
            now=NOW,
        )

    carrying = make.stated(carrying_shop, reversal_of(carried_sale), state=StatementState.APPROVED)
    return {
        "sale": journal,
        "reversal": reversal_of(sale),
        "later_sale": make.journal(party_id=names["shop"], book_date=DAYS[1]),
        "foreign_sale": make.journal(party_id=names["issued_shop"], book_date=TODAY),
        "carrying": carrying.id,
        "carrying_shop": carrying_shop,
    }


@pytest.fixture
def names(books):
    return books[1] | {"j": new_id(), "k": new_id()}


def execute(connection, names, *statements):
    for statement in statements:
        connection.execute(text(statement), names)


@pytest.mark.parametrize(("statements", "constraint"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_database_refuses(books, names, statements, constraint):
    engine, _ = books

    with engine.connect() as connection:
        execute(connection, names, *statements[:-1])
        with pytest.raises(IntegrityError) as refused:
            execute(connection, names, statements[-1])

    assert violated_constraint(refused.value) == constraint


@pytest.mark.parametrize("statements", ALLOWED.values(), ids=ALLOWED.keys())
def test_the_database_lets_pass(books, names, statements):
    engine, _ = books

    with engine.connect() as connection:
        execute(connection, names, *statements, "SET CONSTRAINTS ALL IMMEDIATE")
        connection.rollback()


def test_a_void_before_the_statement_is_issued_is_no_concern_of_finance(books, names):
    """The world has no redemption: its absence is all that is left to object to."""
    engine, _ = books
    void = FORBIDDEN["a void after the statement was issued"][0][0].replace("issued", "open")

    with engine.connect() as connection, pytest.raises(IntegrityError) as refused:
        execute(connection, names, void)

    assert violated_constraint(refused.value) == "fk_redemption_reversals_redemption_id"


def test_no_constraint_of_finance_is_without_a_case(books):
    engine, _ = books
    tried = {constraint for _, constraint in FORBIDDEN.values()}

    with engine.connect() as connection:
        listed = connection.scalars(
            text(
                "SELECT conname FROM pg_constraint WHERE contype IN ('c', 'u', 'p', 'x')"
                " AND conrelid::regclass::text = ANY(:tables)"
                " UNION SELECT i.indexrelid::regclass::text FROM pg_index i"
                " WHERE i.indisunique AND i.indrelid::regclass::text = ANY(:tables)"
            ),
            {"tables": TABLES},
        ).all()
        guards = connection.scalars(
            text("SELECT prosrc FROM pg_proc WHERE proname = ANY(:guards)"),
            {"guards": list(GUARDS)},
        ).all()

    raised = {name for body in guards for name in re.findall(r"CONSTRAINT = '(\w+)'", body)}
    assert len(guards) == len(GUARDS)
    assert ({*listed} | raised) - tried == UNREACHABLE.keys()


def test_no_right_of_the_application_is_without_a_reason(books):
    """What the application may update is what is not written once, less what the owner keeps."""
    engine, _ = books

    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT c.table_name, c.column_name FROM information_schema.columns c"
                " WHERE c.table_schema = 'public' AND c.table_name = ANY(:tables)"
                " AND has_column_privilege(c.table_name, c.column_name, 'UPDATE')"
            ),
            {"tables": list(WRITTEN_ONCE)},
        ).all()

    may = {}
    for table, column in rows:
        may.setdefault(table, set()).add(column)
    assert may == {
        "statements": {
            *("state", "issued_at", "agreed_by_terminal_id", "agreed_by_manager_id"),
            *("agreed_at", "agreed_by_silence", "confirm_by"),
            *("approver_id", "approved_at", "version"),
        },
        "disputes": {
            *("state", "maker_id", "answer", "adjustment_fen"),
            *("approver_id", "decided_at", "journal_id", "version"),
        },
        "payment_batches": {
            *("state", "approver_id", "approved_at", "file_sha256", "sent_at", "version"),
            *("checker_id", "checked_at", "first_approver_id", "first_approved_at"),
            *("profile", "paid_from_id"),
        },
        "invoices": {"state", "decided_by", "decided_at", "reason", "version"},
        "dispute_evidence": {"content_sealed"},
        "payment_tiers": {"approver_id", "approved_at", "withdrawn_at", "version"},
        "paying_accounts": {"ended_at"},
        "payment_runs": {"finished_at"},
        "payments": {"state", "payee_name_sealed", "payee_account_sealed"},
        "bank_refusals": {
            *("state", "approver_id", "confirmed_at", "version"),
            *("ended_by", "ended_at", "ended_reason"),
        },
        "matches": {"undone_by", "undone_at", "undone_reason"},
        "discrepancies": {
            *("code", "state", "owner_id", "note", "resolved_at", "version", "amount_fen"),
        },
        "trades": {"redemption_id", "matched_at"},
    }


@pytest.mark.parametrize("statement", [*EDITS, *REMOVALS, *KEPT])
def test_the_application_may_not(books, statement):
    engine, _ = books

    with engine.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(statement))


@pytest.fixture(scope="module")
def owner(databases, books):
    owner = create_engine(databases.urls.owner.format(name=books[0].url.database))
    yield owner
    owner.dispose()


@pytest.mark.parametrize("statement", [*EDITS, *REMOVALS])
def test_nor_may_the_owner_by_mistake(owner, statement):
    with owner.connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(text(statement))

    assert violated_constraint(refused.value).endswith("_append_only")
