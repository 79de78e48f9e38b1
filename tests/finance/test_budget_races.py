"""Two approvals of one line at once, with real commits: a line is never left below nothing."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from finance.queries.budgets import find_line
from finance.services.budgets import approve_change
from kernel.db import transaction, violated_constraint
from ledger.errors import BudgetLineTooSmall
from ledger.models import BudgetChangeKind
from tests.finance.test_budgets import BudgetDesk
from tests.make import NOW
from tests.make.maker import Maker


@pytest.fixture
def two_virements(committed):
    """A line that can give to one of two changes: its id, the changes' ids and who approves."""
    with transaction() as session:
        desk = BudgetDesk(Maker(session))
        line, other = desk.line("A1", holding=100_00), desk.line("A2")
        changes = [desk.propose(BudgetChangeKind.VIREMENT, line, 60_00, to=other) for _ in "12"]
        return line.id, [each.id for each in changes], desk.approver


def at_once(calls):
    barrier = Barrier(len(calls), timeout=10)

    def run(call):
        try:
            with transaction() as session:
                session.execute(text("SELECT 1"))
                barrier.wait()
                call(session)
        except BudgetLineTooSmall:
            return "too small"
        except IntegrityError as error:
            return violated_constraint(error)
        return "approved"

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


def approval(change_id, approver):
    return lambda session: approve_change(session, actor=approver, change_id=change_id, now=NOW)


def test_of_two_approvals_at_once_one_is_refused(two_virements):
    line_id, changes, approver = two_virements

    heard = at_once([approval(each, approver) for each in changes])

    assert heard == ["approved", "too small"]
    with transaction() as session:
        assert find_line(session, line_id=line_id).held_fen == 40_00


def bare_update(session, change_id, approver):
    """Approve without the service, so that the database alone is asked, and hear it at once."""
    session.execute(
        text(
            "UPDATE budget_changes SET state = 'approved', approver_id = :who, decided_at = now()"
            " WHERE id = :id"
        ),
        {"who": approver.id, "id": change_id},
    )
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def test_past_the_service_the_second_waits_for_the_first_and_is_refused(two_virements):
    """Both are checked before either commits, unless the database lets them take turns."""
    line_id, (first, second), approver = two_virements
    began, ended = Event(), Event()

    def one_first(session):
        bare_update(session, first, approver)
        began.set()
        waits = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        while not ended.wait(0.01) and not session.scalar(waits):
            pass

    def the_other(session):
        began.wait(10)
        try:
            bare_update(session, second, approver)
        finally:
            ended.set()

    heard = at_once([one_first, the_other])

    assert heard == ["approved", "ck_budget_changes_within_lines"]
    with transaction() as session:
        assert find_line(session, line_id=line_id).held_fen == 40_00
