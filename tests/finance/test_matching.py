"""What a match proves is booked once, on the bank's day, and comes apart as it went together."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from finance.errors import (
    MatchAmountMissing,
    MatchedByYou,
    MatchExceedsLine,
    MatchExceedsPayment,
    MatchUndone,
    PaidAgainMeanwhile,
    PaymentNotSent,
    ReturnFirst,
)
from finance.models import (
    BankLine,
    Discrepancy,
    DiscrepancyState,
    Match,
    PaymentState,
    StatementState,
)
from finance.services.matching import match, undo_match
from kernel.db import violated_constraint
from kernel.money import Fen
from ledger.models import Account, Journal, PayableState, Posting
from ledger.queries import debits_minus_credits
from tests.make import NOW

FIRST = NOW.replace(day=1)


def say(session, actor, line, payment, fen, **facts):
    return match(
        session,
        actor=actor,
        bank_line_id=line.id,
        payment_id=payment.id,
        amount_fen=Fen(fen),
        **({"score": None, "reason": "by_hand", "now": NOW} | facts),
    )


def undo(session, actor, made):
    return undo_match(session, actor=actor, match_id=made.id, reason="误配", now=NOW)


def line_number(session, seq):
    return session.scalars(select(BankLine).where(BankLine.seq == seq)).one()


def booked(session, source_id=None):
    """Return (kind, book day, debit account, credit account, fen) of each journal of a match."""
    query = (
        select(Journal.id, Journal.kind, Journal.book_date)
        .where(Journal.source_type == "match")
        .order_by(Journal.id)
    )
    if source_id is not None:
        query = query.where(Journal.source_id == source_id)
    found = []
    for journal_id, kind, day in session.execute(query):
        sides = session.execute(
            select(Account.code, Posting.debit_fen, Posting.credit_fen)
            .join(Posting, Posting.account_id == Account.id)
            .where(Posting.journal_id == journal_id)
        ).all()
        debit = next(code for code, fen, _ in sides if fen)
        credit, fen = next((code, fen) for code, _, fen in sides if fen)
        found.append((kind, day.isoformat(), debit, credit, fen))
    return found


@pytest.fixture
def maker(make):
    return make.staff_actor("finance_maker")


@pytest.fixture
def checker(make):
    return make.staff_actor("finance_checker")


def test_the_last_fen_of_a_payment_makes_it_and_its_statement_paid(session, make, maker):
    statement = make.approved_statement(sales=(52_50,))
    payment = make.sent_payment(statement=statement, sent_at=FIRST)
    make.bank_import(("2026-11-05", -20_00, "转账"), ("2026-11-06", -32_50, "转账"))

    first = say(session, maker, line_number(session, 1), payment, 20_00)
    assert (payment.state, statement.state) == (PaymentState.SENT, StatementState.APPROVED)
    second = say(session, maker, line_number(session, 2), payment, 32_50)

    assert (payment.state, statement.state) == (PaymentState.PAID, StatementState.PAID)
    assert statement.version == 2
    assert booked(session, first.id) == [("paid", "2026-11-05", "22501", "102", 20_00)]
    assert booked(session, second.id) == [("paid", "2026-11-06", "22501", "102", 32_50)]
    assert {each.state for each in session.scalars(select(Discrepancy))} == {
        DiscrepancyState.RESOLVED
    }


def test_one_line_may_pay_several(session, make, maker):
    one, two = make.sent_payment(sent_at=FIRST), make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", -105_00, "批量代发"))
    line = line_number(session, 1)

    say(session, maker, line, one, 52_50)
    say(session, maker, line, two, 52_50)

    session.refresh(line)
    assert line.matched_fen == -105_00
    assert {one.state, two.state} == {PaymentState.PAID}


def test_an_aid_payment_is_booked_in_the_book_of_mutual_aid(session, make, maker):
    payable = make.payable()
    aid = make.sent_payment(payable=payable, sent_at=FIRST)
    make.bank_import(("2026-11-05", -1_920_00, "互助金"))

    made = say(session, maker, line_number(session, 1), aid, 1_920_00)

    assert payable.state is PayableState.PAID
    assert booked(session, made.id) == [("paid", "2026-11-05", "M225", "M102", 1_920_00)]
    journal = session.scalars(select(Journal).where(Journal.source_id == made.id)).one()
    assert journal.fund_source is aid.fund_source


@pytest.mark.parametrize("fen", [0, -1])
def test_a_match_is_for_something(session, make, maker, fen):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", -52_50, "转账"))

    with pytest.raises(MatchAmountMissing):
        say(session, maker, line_number(session, 1), payment, fen)


def test_no_more_than_the_line_is_matched(session, make, maker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", -20_00, "转账"))

    with pytest.raises(MatchExceedsLine) as refused:
        say(session, maker, line_number(session, 1), payment, 20_01)

    assert refused.value.facts == {"left": "20.00"}


def test_no_more_than_the_payment_is_matched(session, make, maker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", -99_00, "转账"))

    with pytest.raises(MatchExceedsPayment) as refused:
        say(session, maker, line_number(session, 1), payment, 52_51)

    assert refused.value.facts == {"left": "52.50"}


def test_no_more_comes_back_than_was_paid(session, make, maker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", 52_50, "退汇"))

    with pytest.raises(MatchExceedsPayment):
        say(session, maker, line_number(session, 1), payment, 1)


@pytest.mark.parametrize(
    ("fen", "line_fen", "constraint"),
    [
        (-52_50, -20_00, "ck_bank_lines_matched_within_amount"),
        (20_00, -20_00, "ck_bank_lines_matched_within_amount"),
        (-60_00, -99_00, "ck_payments_matched_within_amount"),
        (60_00, 99_00, "ck_payments_matched_within_amount"),
    ],
)
def test_the_database_bounds_both_sides(session, make, fen, line_fen, constraint):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", line_fen, "转账"))
    line = line_number(session, 1)

    with pytest.raises(IntegrityError) as refused:
        make.save(
            Match(
                bank_line_id=line.id,
                payment_id=payment.id,
                amount_fen=Fen(fen),
                reason="by_hand",
                matched_at=NOW,
            )
        )

    assert violated_constraint(refused.value) == constraint


def test_a_payment_that_is_not_at_the_bank_is_not_matched(session, make, maker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(
        ("2026-11-05", -52_50, payment.reference), ("2026-11-06", 52_50, payment.reference)
    )
    make.bank_import(("2026-11-07", -52_50, "转账"), opening_fen=200_000_00)
    session.refresh(payment)
    assert payment.state is PaymentState.RETURNED

    with pytest.raises(PaymentNotSent):
        say(session, maker, line_number(session, 3), payment, 52_50)


def test_a_return_makes_it_owed_again_and_payable_once_more(session, make, maker):
    statement = make.approved_statement(sales=(52_50,))
    payment = make.sent_payment(statement=statement, sent_at=FIRST)
    make.bank_import(("2026-11-05", -52_50, payment.reference), ("2026-11-06", 52_50, "退汇"))
    session.refresh(statement)
    assert statement.state is StatementState.PAID

    say(session, maker, line_number(session, 2), payment, 52_50)

    assert (payment.state, payment.returned_fen) == (PaymentState.RETURNED, 52_50)
    assert statement.state is StatementState.APPROVED
    assert booked(session) == [
        ("paid", "2026-11-05", "22501", "102", 52_50),
        ("returned", "2026-11-06", "102", "22501", 52_50),
    ]
    again = make.sent_payment(statement=statement, attempt=2, sent_at=FIRST)
    assert again.state is PaymentState.SENT


def test_a_returned_aid_payment_leaves_its_payable_returned(session, make):
    payable = make.payable()
    payment = make.sent_payment(payable=payable, sent_at=FIRST)

    make.bank_import(
        ("2026-11-05", -1_920_00, payment.reference), ("2026-11-06", 1_920_00, payment.reference)
    )

    assert payable.state is PayableState.RETURNED
    assert debits_minus_credits(session) == 0


def test_a_return_of_two_parts_is_taken_out_of_both_journals(session, make, maker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(
        ("2026-11-05", -20_00, "转账"),
        ("2026-11-06", -32_50, "转账"),
        ("2026-11-07", 52_50, "退汇"),
    )
    say(session, maker, line_number(session, 1), payment, 20_00)
    say(session, maker, line_number(session, 2), payment, 32_50)

    back = say(session, maker, line_number(session, 3), payment, 52_50)

    assert [(kind, fen) for kind, *_, fen in booked(session, back.id)] == [
        ("returned", 20_00),
        ("returned_2", 32_50),
    ]


def test_an_undone_match_is_reversed_today_and_can_be_made_again(session, make, maker, checker):
    statement = make.approved_statement(sales=(52_50,))
    payment = make.sent_payment(statement=statement, sent_at=FIRST)
    make.bank_import(("2026-11-05", -52_50, "转账"))
    line = line_number(session, 1)
    first = say(session, maker, line, payment, 52_50)

    undo(session, checker, first)

    session.refresh(line)
    assert (payment.state, payment.matched_fen, line.matched_fen) == (PaymentState.SENT, 0, 0)
    assert statement.state is StatementState.APPROVED
    assert booked(session, first.id)[1] == ("undone", "2026-11-23", "102", "22501", 52_50)
    named = session.scalars(select(Discrepancy).where(Discrepancy.bank_line_id == line.id)).one()
    session.refresh(named)
    assert named.state is DiscrepancyState.OPEN

    again = say(session, maker, line, payment, 52_50)
    assert again.id != first.id
    assert payment.state is PaymentState.PAID


def test_who_matched_does_not_undo(session, make, maker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", -52_50, "转账"))
    made = say(session, maker, line_number(session, 1), payment, 52_50)

    with pytest.raises(MatchedByYou):
        undo(session, maker, made)
    with pytest.raises(IntegrityError) as refused:
        session.execute(
            update(Match).values(undone_by=maker.staff_id, undone_at=NOW, undone_reason="误配")
        )

    assert violated_constraint(refused.value) == "ck_matches_undone_by_another"


def test_a_match_is_undone_once(session, make, maker, checker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", -52_50, "转账"))
    made = say(session, maker, line_number(session, 1), payment, 52_50)
    undo(session, checker, made)

    with pytest.raises(MatchUndone):
        undo(session, checker, made)


def test_the_rule_does_not_remake_what_a_person_undid(session, make, checker):
    payment = make.sent_payment(sent_at=FIRST)
    make.bank_import(("2026-11-05", -52_50, payment.reference))
    made = session.scalars(select(Match)).one()
    assert (made.matched_by, made.score, made.reason) == (None, 100, "reference")

    undo(session, checker, made)
    make.bank_import(("2026-11-06", -1_00, "手续费"), opening_fen=199_947_50)

    assert session.scalars(select(Match)).all() == [made]


def test_an_undone_return_is_paid_again_in_the_books_too(session, make, checker):
    payable = make.payable()
    payment = make.sent_payment(payable=payable, sent_at=FIRST)
    make.bank_import(
        ("2026-11-05", -1_920_00, payment.reference), ("2026-11-06", 1_920_00, payment.reference)
    )
    paid, back = session.scalars(select(Match).order_by(Match.amount_fen))

    with pytest.raises(ReturnFirst):
        undo(session, checker, paid)
    undo(session, checker, back)

    session.refresh(payment)
    assert (payment.state, payable.state) == (PaymentState.PAID, PayableState.PAID)
    assert booked(session, back.id)[1] == ("return_undone", "2026-11-23", "M225", "M102", 1_920_00)

    undo(session, checker, paid)
    assert (payment.state, payable.state) == (PaymentState.SENT, PayableState.PAYING)
    bank = select(Posting).join(Account, Account.id == Posting.account_id)
    lines = session.scalars(bank.where(Account.code == "M102")).all()
    assert sum(each.debit_fen - each.credit_fen for each in lines) == 0


def test_a_return_stays_once_the_next_attempt_is_on_its_way(session, make, checker):
    statement = make.approved_statement(sales=(52_50,))
    payment = make.sent_payment(statement=statement, sent_at=FIRST)
    make.bank_import(
        ("2026-11-05", -52_50, payment.reference), ("2026-11-06", 52_50, payment.reference)
    )
    make.sent_payment(statement=statement, attempt=2)
    back = session.scalars(select(Match).where(Match.amount_fen > 0)).one()

    with pytest.raises(PaidAgainMeanwhile):
        undo(session, checker, back)


def test_a_line_of_a_closed_month_is_booked_today(session, make, maker):
    payment = make.sent_payment(sent_at=NOW.replace(month=10, day=1))
    make.journal(book_date=NOW.replace(month=10).date())
    session.execute(
        text(
            "UPDATE periods SET state = 'closed', maker_id = :maker, approver_id = :approver,"
            " closed_at = :now WHERE month = '2026-10'"
        ),
        {"maker": maker.id, "approver": make.staff("finance_approver").id, "now": NOW},
    )

    make.bank_import(("2026-10-30", -52_50, payment.reference))

    assert booked(session) == [("paid", "2026-11-23", "22501", "102", 52_50)]
