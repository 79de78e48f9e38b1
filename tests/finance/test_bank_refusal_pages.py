"""The desk's pages of what the bank refused: declared, confirmed by another, owed again."""

import pytest
from sqlalchemy import select

from finance.models import BankRefusal, PaymentState
from kernel.clock import utc_now
from tests.finance.test_payment_pages import approver, desk_of, maker, words
from tests.staff.conftest import city, signed_in

REFUSALS = "/desk/finance/bank-refusals"


@pytest.fixture
def payment(make):
    return make.sent_payment(sent_at=utc_now())


def place(payment):
    return f"{REFUSALS}/payments/{payment.id}"


def declare(desk, payment, **fields):
    page = desk.open(place(payment))
    day = page.text.partition('name="refused_on"')[2].partition('value="')[2][:10]
    return desk.send(
        place(payment), page=place(payment), **{"refused_on": day, "reason": "户名不符"} | fields
    )


def act(desk, payment, refusal, verb, **fields):
    return desk.send(
        f"{REFUSALS}/{refusal.id}/{verb}",
        page=place(payment),
        **{"version": str(refusal.version)} | fields,
    )


def test_it_walks_from_the_batch_to_being_owed_again(session, payment, maker, approver):  # noqa: F811
    batch = maker.open(f"/desk/finance/payments/{payment.batch_id}")
    assert place(payment) in batch.text
    assert declare(maker, payment).status_code == 303
    refusal = session.scalars(select(BankRefusal)).one()
    assert "you declared it yourself" in words(maker.open(place(payment)))
    assert "Confirm: ¥52.50 is owed again" in words(approver.open(place(payment)))
    assert "To be confirmed" in words(approver.open(REFUSALS))

    assert act(approver, payment, refusal, "confirm").status_code == 303

    session.refresh(payment)
    assert payment.state is PaymentState.REFUSED
    assert "¥52.50" in words(maker.open("/desk/finance/payments/owed"))
    file = maker.open(REFUSALS, query_string={"format": "csv"})
    assert payment.reference in file.text
    session.refresh(refusal)
    assert act(maker, payment, refusal, "revoke").status_code == 422
    assert act(maker, payment, refusal, "revoke", reason="银行已入账").status_code == 303


def test_what_does_not_fit_is_said_beside_its_field(payment, maker, approver):  # noqa: F811
    early = declare(maker, payment, refused_on="2020-01-01")
    assert (early.status_code, 'id="refused_on-fault"' in early.text) == (409, True)
    assert declare(maker, payment, reason="").status_code == 422
    assert declare(maker, payment, reason="户" * 201).status_code == 422
    assert approver.send(place(payment), page=place(payment), reason="x").status_code == 403


def test_nobody_confirms_their_own_and_either_withdraws(session, payment, desk_of, maker):  # noqa: F811
    both = desk_of("finance_maker", "finance_approver")
    declare(both, payment)
    refusal = session.scalars(select(BankRefusal)).one()
    assert "Confirm: ¥" not in words(both.open(place(payment)))
    own = act(both, payment, refusal, "confirm")
    assert (own.status_code, "Somebody else must confirm" in words(own)) == (409, True)

    assert act(maker, payment, refusal, "withdraw").status_code == 303
    assert "Withdrawn" in words(maker.open(place(payment)))
