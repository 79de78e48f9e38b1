"""A member hears that their money arrived, or that the bank sent it back; a merchant does not."""

from sqlalchemy import select

from members.models import Notice, NoticeKind
from tests.make import NOW

FIRST = NOW.replace(day=1)


def told(session):
    return session.scalars(select(Notice).order_by(Notice.id)).all()


def test_a_member_hears_of_the_payment_and_of_its_return(session, make):
    payable = make.payable()
    payment = make.sent_payment(payable=payable, sent_at=FIRST)

    make.bank_import(("2026-11-05", -1_920_00, payment.reference))
    (paid,) = told(session)
    assert (paid.member_id, paid.kind, paid.place) == (payment.payee_id, NoticeKind.CLAIM, "aid")
    assert (paid.title_zh, paid.title_en) == ("互助金已付款", "Your mutual aid was paid")


def test_a_member_hears_what_to_do_about_money_that_came_back(session, make):
    payment = make.sent_payment(payable=make.payable(), sent_at=FIRST)

    make.bank_import(
        ("2026-11-05", -1_920_00, payment.reference), ("2026-11-06", 1_920_00, payment.reference)
    )

    assert told(session)[-1].title_zh == "银行退回了您的互助金，请核对收款账户"


def test_a_merchant_has_no_inbox(session, make):
    statement = make.approved_statement()
    payment = make.sent_payment(statement=statement, sent_at=FIRST)

    make.bank_import(("2026-11-05", -payment.amount_fen, payment.reference))

    assert payment.matched_fen == payment.amount_fen
    assert told(session) == []
