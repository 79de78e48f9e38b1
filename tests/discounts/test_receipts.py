"""Receipts that anybody can check: the code, what the page says, and what it never says."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.models import Card, CardState
from cards.queries import records_of_member
from discounts.models import Redemption
from discounts.queries import receipt_by_code, receipt_code, receipt_path_of
from discounts.rules import (
    ReceiptName,
    grouped_receipt_code,
    read_receipt_code,
    receipt_body,
    receipt_mark,
)
from discounts.services import reverse_redemption, void_redemption
from kernel.ids import new_id
from members.models import Member
from merchants.rules.pairing import READABLE
from tests.cards.web import signed_in_member
from tests.make import NOW

ENGLISH = {"Accept-Language": "en"}
names = st.builds(
    ReceiptName,
    st.text(alphabet=READABLE, min_size=8, max_size=8),
    st.dates(date(2020, 1, 1), date(2062, 1, 1)),
    st.integers(1, 390_624),
)


@given(name=names, keyed=st.binary(min_size=32, max_size=32))
def test_a_code_says_which_receipt_it_is_of_however_it_is_typed(name, keyed):
    body, mark = receipt_body(name), receipt_mark(keyed)
    code = grouped_receipt_code(body + mark)

    assert len(code) == 29
    assert read_receipt_code(code) == (name, body, mark)
    assert read_receipt_code(f" {code.lower().replace('-', '')} ") == (name, body, mark)


@given(typed=st.text(max_size=100))
def test_any_text_is_read_or_is_no_code(typed):
    read = read_receipt_code(typed)
    assert read is None or receipt_body(read[0]) == read[1]


@pytest.fixture
def card(make):
    member = make.member()
    make.consent(member)
    return make.card(member=member, state=CardState.ACTIVE)


@pytest.fixture
def sale(session, card, place):
    return session.get_one(Redemption, place.sell(card.member_id))


def address(sale, place):
    return receipt_path_of(sale, place.till.code)


def test_anybody_reads_what_was_paid_and_by_whom_but_not_by_which_member(
    client, session, sale, place, card
):
    page = client.get(address(sale, place), headers=ENGLISH)

    assert page.status_code == 200
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Cache-Control"] == "no-store"
    for said in ("演示面馆", "甲店", f"{place.till.code}-20261123-0001", "60.00", "30.00", "20.00"):
        assert said in page.text
    member = session.get_one(Member, card.member_id)
    number = session.get_one(Card, card.id).number
    for hidden in (member.name_masked, number, number[-4:], str(sale.id), str(card.member_id)):
        assert hidden not in page.text
    assert "工会承担" in client.get(address(sale, place), headers={"Accept-Language": "zh"}).text


def test_a_wrong_code_hears_the_same_as_one_that_nobody_has(client, sale, place):
    right = address(sale, place).removeprefix("/r/")
    last = "3" if right[-1] != "3" else "4"
    unknown = receipt_code(place.till.code, sale.receipt_on, 9_999)
    other_day = receipt_code(place.till.code, sale.receipt_on + timedelta(days=1), 1)

    answers = {
        (answer.status_code, answer.text.replace(code, ""))
        for code in (right[:-1] + last, unknown, other_day, "nothing", "x" * 500)
        for answer in [client.get(f"/r/{code}", headers=ENGLISH)]
    }

    assert len(answers) == 1
    assert answers.pop()[0] == 404
    assert client.get(f"/r/{grouped_receipt_code(right).lower()}").status_code == 200


def test_a_hold_has_no_receipt_to_check(make, sale, place):
    held = Redemption(receipt_on=None, receipt_seq=None)
    assert receipt_path_of(held, place.till.code) is None


def test_what_was_taken_back_stands_on_the_receipt(client, session, sale, place):
    reverse_redemption(
        session,
        till=place.till,
        redemption_id=sale.id,
        reversal_id=new_id(),
        amount_fen=10_00,
        reason="一件退货 (demo)",
        now=NOW,
    )
    page = client.get(address(sale, place), headers=ENGLISH).text
    assert "Partly taken back" in page
    assert "10.00" in page
    assert "一件退货" not in page  # a clerk's words may name somebody

    printed = client.get(f"{address(sale, place)}/print", headers=ENGLISH)
    assert "Partly taken back" in printed.text
    assert "<svg" in printed.text


def test_a_voided_sale_says_that_it_does_not_count(client, session, sale, place):
    void_redemption(session, till=place.till, redemption_id=sale.id, now=NOW)

    assert "does not count" in client.get(address(sale, place), headers=ENGLISH).text


@pytest.fixture
def member_headers(make, session, card):
    return signed_in_member(make, session, card.member_id)


def test_the_member_finds_the_address_on_the_record(session, client, sale, place, member_headers):
    record = records_of_member(session, member_id=sale.member_id)[0]

    shown = client.get(f"/api/v1/members/me/records/{record.id}", headers=member_headers).json

    assert shown["sale"]["receipt_url"].endswith(address(sale, place))
    assert receipt_by_code(session, typed=shown["sale"]["receipt_url"].rpartition("/")[2])
