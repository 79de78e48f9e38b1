"""A payment that the bank never carries out: two people say so, and it is owed and paid again."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from finance.models import (
    BankRefusalState,
    Discrepancy,
    DiscrepancyCode,
    DiscrepancyState,
    Payment,
    PaymentState,
    StatementState,
)
from finance.payment_errors import (
    BankLineNamesPayment,
    DeclaredByYou,
    NotWaitingAtTheBank,
    PaidAnew,
    RefusalDeclared,
    RefusedOnAnotherDay,
)
from finance.queries import residuals
from finance.queries.bank_refusals import payments_waiting
from finance.queries.payments import owed
from finance.services.payments import (
    confirm_refused,
    declare_refused,
    prepare_batch,
    revoke_refused,
    withdraw_refused,
)
from kernel.db import TryAgain, transaction
from kernel.refusals import EditConflict
from kernel.states import MoveNotAllowed
from ledger.models import Book, PayableState
from members.models import Notice
from tests.finance.test_payment_races import at_once
from tests.make import NOW
from tests.make.maker import Maker

TODAY = date(2026, 11, 23)
MONTH = {"starts_on": date(2026, 11, 1), "ends_on": date(2026, 12, 1)}


@pytest.fixture
def maker(make):
    return make.staff_actor("finance_maker")


@pytest.fixture
def approver(make):
    return make.staff_actor("finance_approver")


def declare(session, actor, payment, **facts):
    said = {"refused_on": TODAY, "reason": "户名不符"} | facts
    return declare_refused(session, actor=actor, payment_id=payment.id, now=NOW, **said)


def step(session, verb, actor, refusal, **facts):
    return verb(
        session,
        actor=actor,
        refusal_id=refusal.id,
        version=refusal.version,
        now=NOW,
        **facts,
    )


def refused(session, make, payment):
    maker, approver = make.staff_actor("finance_maker"), make.staff_actor("finance_approver")
    return step(session, confirm_refused, approver, declare(session, maker, payment))


def not_zero(session):
    """Return what does not agree of payments; the makers book sales that no till made."""
    made_up = {"redemptions_fen", "merchants_fen", "awards_fen"}
    return residuals(session, **MONTH).not_zero.keys() - made_up


def test_two_people_make_a_statement_owed_again_and_it_is_paid_once_more(
    session, make, maker, approver
):
    payment = make.sent_payment()
    refusal = declare(session, maker, payment)
    assert payment.state is PaymentState.SENT
    assert owed(session, book=Book.UNION) == []

    step(session, confirm_refused, approver, refusal)

    assert (payment.state, refusal.state) == (PaymentState.REFUSED, BankRefusalState.CONFIRMED)
    [again] = owed(session, book=Book.UNION)
    assert (again.id, again.returned) == (payment.statement_id, 1)
    batch = make.sent_batch()
    second = session.scalars(select(Payment).where(Payment.batch_id == batch.id)).one()
    assert (second.attempt, second.amount_fen) == (2, payment.amount_fen)
    make.bank_import(("2026-11-23", -second.amount_fen, second.reference))
    session.refresh(second)
    assert second.state is PaymentState.PAID
    assert not_zero(session) == set()


def test_a_member_hears_of_it_and_is_owed_again(session, make):
    payable = make.payable()
    payment = make.sent_payment(payable=payable)

    refused(session, make, payment)

    session.refresh(payable)
    assert payable.state is PayableState.RETURNED
    [notice] = session.scalars(select(Notice).where(Notice.member_id == payable.payee_id))
    assert "核对收款账户" in notice.title_zh
    assert not_zero(session) == set()


def test_who_declared_it_does_not_confirm_it(session, make, maker):
    refusal = declare(session, maker, make.sent_payment())

    with pytest.raises(DeclaredByYou):
        step(session, confirm_refused, maker, refusal)


def test_what_the_bank_says_comes_first(session, make, maker, approver):
    payment = make.sent_payment()
    refusal = declare(session, maker, payment)
    make.bank_import(("2026-11-23", -payment.amount_fen, payment.reference))

    with pytest.raises(NotWaitingAtTheBank):
        step(session, confirm_refused, approver, refusal)
    with pytest.raises(NotWaitingAtTheBank):
        declare(session, maker, payment)
    # Of another amount, so that nothing matched it.
    other = make.sent_payment()
    make.bank_import(
        ("2026-11-23", -1, other.reference), opening_fen=200_000_00 - payment.amount_fen
    )
    with pytest.raises(BankLineNamesPayment):
        declare(session, maker, other)


@pytest.mark.parametrize("days", [-1, 1])
def test_the_banks_day_is_between_sending_and_today(session, make, maker, days):
    with pytest.raises(RefusedOnAnotherDay):
        declare(session, maker, make.sent_payment(), refused_on=TODAY + timedelta(days))


def test_it_is_declared_once_at_a_time(session, make, maker, approver):
    payment = make.sent_payment()
    refusal = declare(session, maker, payment)
    with session.begin_nested() as point:
        with pytest.raises(RefusalDeclared):
            declare(session, approver, payment)
        point.rollback()

    step(session, withdraw_refused, maker, refusal)

    assert payment.state is PaymentState.SENT
    with pytest.raises(MoveNotAllowed):
        step(session, confirm_refused, approver, refusal)
    assert declare(session, approver, payment).state is BankRefusalState.DECLARED


def test_a_stale_page_confirms_nothing(session, make, maker, approver):
    refusal = declare(session, maker, make.sent_payment())

    with pytest.raises(EditConflict):
        confirm_refused(session, actor=approver, refusal_id=refusal.id, version=7, now=NOW)


def test_a_payment_that_was_carried_out_after_all_waits_for_its_line(session, make, maker):
    payment = make.sent_payment()
    refusal = refused(session, make, payment)

    step(session, revoke_refused, maker, refusal, reason="银行 11 月 23 日入账")

    assert payment.state is PaymentState.SENT
    assert owed(session, book=Book.UNION) == []
    make.bank_import(("2026-11-23", -payment.amount_fen, payment.reference))
    session.refresh(payment)
    assert payment.state is PaymentState.PAID
    assert not_zero(session) == set()


def test_a_line_of_what_was_refused_is_an_exception_that_only_the_bank_knows(session, make):
    payment = make.sent_payment()
    refused(session, make, payment)

    make.bank_import(("2026-11-23", -payment.amount_fen, payment.reference))

    [found] = session.scalars(select(Discrepancy).where(Discrepancy.bank_line_id.is_not(None)))
    assert (found.code, found.state) == (DiscrepancyCode.EXTERNAL_ONLY, DiscrepancyState.OPEN)
    assert not_zero(session) == set()


def test_what_is_being_paid_anew_is_not_revoked(session, make, maker):
    payment = make.sent_payment()
    refusal = refused(session, make, payment)
    prepare_batch(session, actor=maker, book=Book.UNION, now=NOW)

    with pytest.raises(PaidAnew):
        step(session, revoke_refused, maker, refusal, reason="银行已入账")


def test_the_exception_it_was_is_explained(session, make):
    payment = make.sent_payment(sent_at=NOW - timedelta(days=10))
    make.bank_import(("2026-11-23", -1_00, "手续费"))
    about = select(Discrepancy).where(Discrepancy.payment_id == payment.id)
    assert session.scalars(about).one().state is DiscrepancyState.OPEN

    refused(session, make, payment)

    found = session.scalars(about.execution_options(populate_existing=True)).one()
    assert (found.state, found.note) == (DiscrepancyState.RESOLVED, "户名不符")
    assert not_zero(session) == set()


def test_a_statement_of_a_refused_payment_is_not_paid(session, make):
    statement = make.approved_statement()

    refused(session, make, make.sent_payment(statement=statement))

    session.refresh(statement)
    assert statement.state is StatementState.APPROVED


def test_a_turn_is_counted_for_somebody_else_than_who_declared(session, make, maker, approver):
    before = payments_waiting(session, approver)
    declare(session, maker, make.sent_payment())

    assert payments_waiting(session, approver) == before + 1
    assert payments_waiting(session, maker) == 0


def test_of_a_bank_line_and_a_confirmation_at_once_one_comes_second(committed):
    """Whoever is second hears it: the payment is paid, or refused and owed, and never both."""
    with transaction() as session:
        make = Maker(session)
        payment = make.sent_payment()
        refusal = declare(session, make.staff_actor("finance_maker"), payment)
        approver = make.staff_actor("finance_approver")
        line = ("2026-11-23", -payment.amount_fen, payment.reference)

    heard = at_once(
        [
            lambda session: step(session, confirm_refused, approver, refusal),
            lambda session: Maker(session).bank_import(line),
        ],
        or_hear=(NotWaitingAtTheBank, BankLineNamesPayment, TryAgain),
    )

    with transaction() as session:
        found = session.get_one(Payment, payment.id)
        is_refused = found.state is PaymentState.REFUSED
        assert heard[0] is None or not is_refused
        assert (found.matched_fen == 0) == is_refused
        assert len(owed(session, book=Book.UNION)) == int(is_refused)
