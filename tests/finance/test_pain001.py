"""Layouts of the bank file: the standard's order held to its schema, and the banks' own tables."""

import re
from datetime import timedelta

import pytest
from defusedxml.ElementTree import fromstring

from finance.models import BatchState, PaymentState
from finance.payment_errors import PayingAccountMissing, PaymentFileUnfit
from finance.queries.payments import payments_of_batch
from finance.rules.pain001 import NAMESPACE, check_against_schema
from finance.rules.payment_lines import UnfitError
from finance.services.payments import download_batch, send_batch, set_paying_account
from ledger.models import Book
from tests.make import NOW

PAIN = "pain.001.001.09"
ACCOUNT = {
    "holder": "深圳市总工会(演示)",
    "account_number": "4403990000000001",
    "bank_name": "演示银行深圳分行",
    "bank_code": "105584000005",
}
SPACE = {"p": NAMESPACE}


@pytest.fixture
def maker(make):
    return make.staff_actor("finance_maker")


def pay_from(session, maker, **facts):
    facts = {"book": Book.UNION} | ACCOUNT | facts
    return set_paying_account(session, actor=maker, now=NOW, **facts)


def send(session, batch, maker, *, profile=PAIN):
    return send_batch(
        session, actor=maker, batch_id=batch.id, version=batch.version, now=NOW, profile=profile
    )


def texts(root, path):
    names = "/".join(f"p:{name}" for name in path.split("/"))
    return [each.text for each in root.findall(f".//{names}", SPACE)]


def test_the_order_says_who_pays_whom_by_which_reference(session, make, maker):
    pay_from(session, maker)
    shop = make.payee_merchant(holder="演示<餐饮>&商户", account="6299990000000017")
    make.approved_statement(merchant=shop, sales=(12_345_00, 5))
    make.approved_statement(sales=(40_00,))
    batch = make.approved_batch()

    content = send(session, batch, maker)

    check_against_schema(content)
    root = fromstring(content)
    payments = [row.payment for row in payments_of_batch(session, batch_id=batch.id)]
    assert texts(root, "EndToEndId") == [each.reference for each in payments]
    order = sorted(zip(texts(root, "InstdAmt"), texts(root, "Cdtr/Nm"), strict=True))
    assert [amount for amount, _ in order] == ["12345.05", "40.00"]
    assert order[0][1] == "演示<餐饮>&商户"
    assert texts(root, "CtrlSum") == ["12385.05"] * 2
    assert texts(root, "NbOfTxs") == ["2", "2"]
    assert "6299990000000017" in texts(root, "CdtrAcct/Id/Othr/Id")
    assert texts(root, "DbtrAcct/Id/Othr/Id") == [ACCOUNT["account_number"]]
    assert texts(root, "MmbId") == [ACCOUNT["bank_code"]]
    assert texts(root, "BtchBookg") == ["false"]
    assert {each.state for each in payments} == {PaymentState.SENT}


def test_the_same_order_comes_again_after_the_account_changed(session, make, maker):
    pay_from(session, maker)
    make.approved_statement()
    batch = make.approved_batch()
    first = send(session, batch, maker)

    pay_from(session, maker, account_number="4403990000000099")

    later = NOW + timedelta(days=300)
    assert download_batch(session, actor=maker, batch_id=batch.id, now=later) == first
    assert b"4403990000000001" in first


def test_without_an_account_that_pays_the_layout_is_refused_and_nothing_is_sent(
    session, make, maker
):
    make.approved_statement()
    batch = make.approved_batch()

    for profile in (PAIN, "csv_gb18030", "lines_gb18030"):
        with pytest.raises(PayingAccountMissing):
            send(session, batch, maker, profile=profile)

    assert (batch.state, batch.file_sha256, batch.sent_at) == (BatchState.APPROVED, None, None)
    assert send(session, batch, maker, profile="csv").startswith(b"\xef\xbb\xbf")


def test_the_account_of_another_book_does_not_pay(session, make, maker):
    pay_from(session, maker, book=Book.MUTUAL_AID)
    make.approved_statement()

    with pytest.raises(PayingAccountMissing):
        send(session, make.approved_batch(), maker)


def test_what_the_schema_does_not_take_is_named_and_not_sent(session, make, maker):
    pay_from(session, maker)
    make.approved_statement(merchant=make.payee_merchant(holder="演" * 141))
    batch = make.approved_batch()

    with pytest.raises(PaymentFileUnfit) as refused:
        send(session, batch, maker)

    assert "Cdtr" in refused.value.facts["detail"]
    assert batch.state is BatchState.APPROVED


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (b"<PmtMtd>TRF</PmtMtd>", b""),
        (b"<NbOfTxs>1</NbOfTxs>", b"<NbOfTxs>one</NbOfTxs>"),
        (b'Ccy="CNY"', b'Ccy="yuan"'),
        (b"</Document>", b""),
        (b"<EndToEndId>", b"<EndToEndId>" + b"9" * 20),
    ],
)
def test_the_schema_really_looks(session, make, maker, pattern, instead):
    pay_from(session, maker)
    make.approved_statement()
    content = send(session, make.approved_batch(), maker)
    assert pattern in content

    with pytest.raises(UnfitError):
        check_against_schema(content.replace(pattern, instead))


def test_a_table_of_a_bank_has_its_encoding_its_columns_and_its_sum(session, make, maker):
    pay_from(session, maker)
    shop = make.payee_merchant(holder="演示商户02", account="6299990000000017")
    make.approved_statement(merchant=shop, sales=(1_234_50,))
    rows = send(session, make.approved_batch(), maker, profile="csv_gb18030").decode("gb18030")
    other = make.payee_merchant(holder="演示商户03", account="6299990000000017")
    make.approved_statement(merchant=other, sales=(5,))
    lines = send(session, make.approved_batch(), maker, profile="lines_gb18030").decode("gb18030")

    heading, row = rows.splitlines()
    assert heading.split(",")[:2] == ["付款账号", "付款户名"]
    assert row.startswith(
        "4403990000000001,深圳市总工会(演示),6299990000000017,演示商户02,CNY,1234.50,结算 UC"
    )
    total, line = lines.splitlines()
    assert total == "4403990000000001|20261123|1|0.05|CNY"
    assert re.fullmatch(r"1\|6299990000000017\|演示商户03\|0\.05\|结算 UC\w{16}", line)


def test_a_name_longer_than_the_banks_field_is_named(session, make, maker):
    pay_from(session, maker)
    make.approved_statement(merchant=make.payee_merchant(holder="演" * 61))
    batch = make.approved_batch()
    (row,) = payments_of_batch(session, batch_id=batch.id)

    with pytest.raises(PaymentFileUnfit) as refused:
        send(session, batch, maker, profile="csv_gb18030")

    assert refused.value.facts == {
        "detail": "收款户名: 61 > 60",
        "reference": row.payment.reference,
    }


def test_the_order_names_the_payees_bank_where_it_is_known(session, make, maker):
    pay_from(session, maker)
    shop = make.payee_merchant()
    shop.account_bank, shop.account_bank_code = "演示银行南山支行", "308584000013"
    make.approved_statement(merchant=shop)
    make.approved_statement()
    batch = make.approved_batch()

    content = send(session, batch, maker)

    check_against_schema(content)
    root = fromstring(content)
    assert texts(root, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["308584000013"]
    assert texts(root, "CdtrAgt/FinInstnId/Nm") == ["演示银行南山支行"]
