"""Disputes: raised at the till, answered by one person, confirmed by another, booked once."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import IntegrityError

from finance.errors import (
    AdjustmentTooLarge,
    DisputeNotFound,
    DisputesUndecided,
    DisputeTooLate,
    LineAlreadyDisputed,
    PreparedByYou,
    StatementLineNotFound,
    StatementNotFound,
)
from finance.models import Dispute, DisputeState, StatementState
from finance.queries.statement_lines import LineKind, disputed_lines, disputes_waiting, lines_of
from finance.queries.statements import statement_reach
from finance.services.disputes import (
    DISPUTE_LIFE,
    answer_dispute,
    confirm_dispute,
    raise_dispute,
    send_back_dispute,
)
from finance.services.opening import open_statements
from finance.services.statements import agree_statement, approve_statement
from kernel.actors import Role
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import EditConflict, RequestKeyReused
from kernel.states import MoveNotAllowed
from ledger.models import Journal
from ledger.queries import left_of_journal
from ledger.services import SourceKey, post_reversal
from tests.finance.test_statements import (
    TOMORROW,
    approver,
    at,
    city,
    issued,
    make,
    maker,
    till,
)
from tests.make import NOW

DAY = timedelta(days=1)
SHARED = (approver, city, make, maker, till)


@pytest.fixture
def sale(make, till):
    return make.sale(till, union_fen=40_00)


@pytest.fixture
def statement(session, sale, maker):
    return issued(session, maker)


@pytest.fixture
def line(session, statement):
    return lines_of(session, statement_id=statement.id, rows=1)[0]


@pytest.fixture
def dispute(session, till, statement, line):
    return raised(session, till, statement, line)


def raised(session, till, statement, line, **facts):
    defaults = {
        "dispute_id": new_id(),
        "statement_id": statement.id,
        "journal_id": line.journal_id,
        "reason": "少算了一单",
        "now": NOW,
    }
    return raise_dispute(session, voice=at(till), **defaults | facts)


def answered(session, actor, dispute, *, fen=0, **facts):
    defaults = {"version": dispute.version, "answer": "已核对小票", "now": NOW}
    return answer_dispute(
        session,
        actor=actor,
        dispute_id=dispute.id,
        adjustment_fen=Fen(fen),
        **defaults | facts,
    )


def confirmed(session, actor, dispute, **facts):
    defaults = {"version": dispute.version, "now": NOW}
    return confirm_dispute(session, actor=actor, dispute_id=dispute.id, **defaults | facts)


def next_statement(session, maker):
    [statement] = open_statements(
        session, actor=maker, starts_on=TOMORROW, ends_on=TOMORROW + DAY, now=NOW + DAY
    )
    return statement


def test_a_disputed_line_waits_for_finance(session, maker, statement, line, dispute):
    reach = statement_reach(maker, Role.FINANCE_MAKER)

    [(found, of)] = disputed_lines(session, reach=reach, rows=10)

    assert statement.state is StatementState.DISPUTED
    assert (found.journal_id, found.dispute, of.id) == (line.journal_id, dispute, statement.id)
    assert of.open_disputes == 1
    assert disputes_waiting(session, maker) == 1


def test_the_same_id_hears_the_same(session, till, statement, line, dispute):
    again = raised(session, till, statement, line, dispute_id=dispute.id)

    assert again is dispute
    with pytest.raises(RequestKeyReused):
        raised(session, till, statement, line, dispute_id=dispute.id, reason="别的")
    with pytest.raises(LineAlreadyDisputed):
        raised(session, till, statement, line)


def test_a_line_of_another_statement_is_not_there(session, make, till, statement):
    other = SimpleNamespace(journal_id=make.journal_of(make.sale(till)).id)

    with pytest.raises(StatementLineNotFound):
        raised(session, till, statement, other)
    with pytest.raises(StatementNotFound):
        raised(session, make.terminal(), statement, other)


def test_what_is_agreed_is_approved_once_a_later_dispute_is_decided(
    session, make, maker, approver, till
):
    make.sale(till)
    statement = issued(session, maker)
    [line] = lines_of(session, statement_id=statement.id, rows=1)
    agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW)
    dispute = raised(session, till, statement, line)
    step = {"actor": approver, "statement_id": statement.id, "now": NOW}

    with pytest.raises(DisputesUndecided), session.begin_nested():
        approve_statement(session, version=statement.version, **step)
    answered(session, maker, dispute)
    confirmed(session, approver, dispute)
    session.refresh(statement)
    approve_statement(session, version=statement.version, **step)

    assert statement.state is StatementState.APPROVED


def test_after_payment_a_dispute_changes_the_next_statement_only(
    session, make, till, maker, approver
):
    journal = make.journal_of(make.sale(till, union_fen=40_00))
    assert make.approver
    statement = make.stated(till.merchant_id, journal.id, state=StatementState.PAID)
    [line] = lines_of(session, statement_id=statement.id, rows=1)
    before = statement.version

    dispute = raised(session, till, statement, line)
    answered(session, maker, dispute, fen=-15_00)
    confirmed(session, approver, dispute)

    assert (statement.state, statement.version) == (StatementState.PAID, before)
    assert next_statement(session, maker).lines_fen == -15_00


def test_an_old_statement_takes_no_disputes(session, till, statement, line):
    late = NOW + DISPUTE_LIFE + timedelta(seconds=1)

    with pytest.raises(DisputeTooLate) as refused:
        raised(session, till, statement, line, now=late)

    assert refused.value.facts == {"days_max": 90}


def test_a_disputed_statement_is_neither_agreed_nor_approved(
    session, till, approver, statement, dispute
):
    with pytest.raises(DisputesUndecided):
        agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW)
    with pytest.raises(DisputesUndecided):
        approve_statement(
            session,
            actor=approver,
            statement_id=statement.id,
            version=statement.version,
            now=NOW,
        )


def test_more_is_booked_and_stands_on_the_next_statement(
    session, maker, approver, statement, dispute
):
    [line] = lines_of(session, statement_id=statement.id, rows=10)
    answered(session, maker, dispute, fen=5_00)

    confirmed(session, approver, dispute)

    assert (dispute.state, dispute.approver_id) == (DisputeState.ACCEPTED, approver.id)
    assert (statement.state, statement.agreed_at) == (StatementState.AGREED, NOW)
    assert statement.agreed_by_terminal_id is None
    later = next_statement(session, maker)
    [adjustment] = lines_of(session, statement_id=later.id, rows=10)
    assert (adjustment.kind, adjustment.amount_fen) == (LineKind.ADJUSTMENT, 5_00)
    assert (adjustment.journal_id, adjustment.receipt_no) == (dispute.journal_id, line.receipt_no)
    journal = session.get_one(Journal, dispute.journal_id)
    assert (journal.source_type, journal.source_id) == ("adjustment", dispute.id)
    assert journal.kind == "raised"


def test_less_is_a_reversal_of_the_line(session, maker, approver, line, dispute):
    answered(session, maker, dispute, fen=-40_00)

    confirmed(session, approver, dispute)

    journal = session.get_one(Journal, dispute.journal_id)
    assert (journal.kind, journal.reverses_id) == ("lowered", line.journal_id)
    assert left_of_journal(session, journal_id=line.journal_id) == 0
    assert next_statement(session, maker).lines_fen == -40_00


def test_a_line_that_stands_is_answered_with_nothing(session, maker, approver, statement, dispute):
    answered(session, maker, dispute)

    confirmed(session, approver, dispute)

    assert (dispute.state, dispute.journal_id) == (DisputeState.REJECTED, None)
    assert statement.state is StatementState.AGREED


def test_a_line_is_lowered_by_what_is_left_of_it(session, make, maker, sale, dispute):
    make.take_back(sale, union_fen=15_00)

    with pytest.raises(AdjustmentTooLarge) as refused:
        answered(session, maker, dispute, fen=-25_01)

    assert refused.value.facts == {"left_fen": 25_00}


def test_what_was_taken_back_meanwhile_is_not_taken_twice(session, maker, approver, sale, dispute):
    answered(session, maker, dispute, fen=-40_00)
    post_reversal(
        session,
        original=SourceKey("redemption", sale.id, "captured"),
        source_type="redemption_reversal",
        source_id=new_id(),
        kind="reversal",
        amount_fen=Fen(1),
        occurred_at=NOW,
        now=NOW,
    )

    with pytest.raises(AdjustmentTooLarge):
        confirmed(session, approver, dispute)


def test_a_line_below_zero_can_only_be_raised(session, make, maker, till, sale):
    make.take_back(sale, union_fen=10_00)
    statement = issued(session, maker)
    back = lines_of(session, statement_id=statement.id, rows=10)[1]
    dispute = raised(session, till, statement, back)

    with pytest.raises(AdjustmentTooLarge):
        answered(session, maker, dispute, fen=-1)
    assert answered(session, maker, dispute, fen=10_00).state is DisputeState.ANSWERED


def test_who_answered_does_not_confirm(session, make, city, dispute):
    both = make.staff_actor(Role.FINANCE_MAKER, Role.FINANCE_APPROVER, union=city)
    answered(session, both, dispute)

    with pytest.raises(PreparedByYou):
        confirmed(session, both, dispute)
    with pytest.raises(PreparedByYou):
        send_back_dispute(
            session, actor=both, dispute_id=dispute.id, version=dispute.version, now=NOW
        )


def test_an_answer_is_sent_back_and_given_anew(session, maker, approver, dispute):
    answered(session, maker, dispute, fen=5_00)

    send_back_dispute(
        session, actor=approver, dispute_id=dispute.id, version=dispute.version, now=NOW
    )

    assert (dispute.state, dispute.maker_id, dispute.answer) == (DisputeState.OPEN, None, None)
    assert answered(session, maker, dispute, fen=4_00).adjustment_fen == 4_00


def test_steps_out_of_turn_and_stale_ones_are_refused(session, maker, approver, dispute):
    with pytest.raises(MoveNotAllowed):
        confirmed(session, approver, dispute)
    with pytest.raises(EditConflict):
        answered(session, maker, dispute, version=9)
    answered(session, maker, dispute)
    with pytest.raises(EditConflict):
        confirmed(session, approver, dispute, version=1)


def test_only_those_in_reach_answer(session, make, city, dispute):
    district = make.union(parent=city)
    stranger = make.staff_actor(Role.FINANCE_MAKER, union=district)
    unknown = Dispute(id=new_id(), version=1)

    with pytest.raises(DisputeNotFound):
        answered(session, stranger, dispute)
    with pytest.raises(DisputeNotFound):
        answered(session, stranger, unknown)


def test_the_database_knows_two_people(session, maker, dispute):
    answered(session, maker, dispute)
    dispute.state = DisputeState.REJECTED
    dispute.approver_id, dispute.decided_at = maker.id, NOW

    with pytest.raises(IntegrityError, match="ck_disputes_two_people"):
        session.flush()
