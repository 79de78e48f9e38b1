"""Today, for a manager: sums by site and till, what waits, another day, the file."""

import io
from datetime import timedelta

import openpyxl
import pytest

from discounts.models import BorneBy, OfflineRecord, RecordVerdict
from discounts.queries import merchant_day, total_of
from discounts.services import reverse_redemption, void_redemption
from kernel.actors import Till
from kernel.clock import shanghai_date
from kernel.ids import new_id
from merchants.models import Merchant
from tests.discounts.conftest import Place
from tests.make import NOW
from tests.merchants.manager_phone import ManagerPhone

DAY = shanghai_date(NOW)
HOUR = timedelta(hours=1)
NEXT_DAY = timedelta(days=1)


@pytest.fixture
def shop(session, place):
    return session.get_one(Merchant, place.till.merchant_id)


@pytest.fixture
def phone(client, make, shop):
    return ManagerPhone(client, make, make.manager(merchant=shop))


@pytest.fixture
def sell(session, make, place):
    """Return a function that sells to somebody new, now, at the place's till or another one."""

    def at(terminal=None, *, gross_fen=60_00, now=NOW):
        where = place
        if terminal is not None:
            till = Till(terminal.id, terminal.site_id, terminal.merchant_id, terminal.code)
            where = Place(session, till, place.offer_id)
        return where.sell(make.card().member_id, gross_fen=gross_fen, now=now)

    return at


def offline(session, terminal_id, *, verdict, reason, now=NOW, **facts):
    """Plant a judged record; how a till makes one is in test_offline."""
    row = OfflineRecord(
        id=new_id(),
        terminal_id=terminal_id,
        sent_by=terminal_id,
        seq=facts.pop("seq", 1),
        prev="",
        record_hash=bytes(32),
        facts_digest=bytes(32),
        jws="a.b.c",
        in_chain=True,
        after_gap=False,
        offer_version_id=new_id(),
        gross_fen=facts.pop("gross_fen", 88_00),
        occurred_at=now - HOUR,
        received_at=now,
        verdict=verdict,
        judged_at=None if verdict is RecordVerdict.WAITING else now,
        reason=reason,
        borne_by=None if verdict is RecordVerdict.WAITING else BorneBy.MERCHANT,
        **facts,
    )
    session.add(row)
    session.flush()
    return row


def test_sales_are_summed_by_till_by_site_and_in_all(session, make, place, shop, sell):
    beside = make.terminal(site=make.site(merchant_id=shop.id, name="乙店"))
    sell()
    sell(gross_fen=100_00)
    sell(beside)

    first, second = merchant_day(session, merchant_id=shop.id, day=DAY)

    assert (first.site, first.sums.sales, first.sums.gross_fen) == ("甲店", 2, 160_00)
    assert (second.site, second.sums.union_fen) == ("乙店", 30_00)
    total = total_of(each.sums for each in (first, second))
    assert (total.sales, total.member_fen, total.merchant_fen) == (3, 100_00, 30_00)
    assert total.gross_fen == total.member_fen + total.merchant_fen + total.union_fen
    assert total.owed_fen == 90_00


def test_what_is_taken_back_counts_on_the_day_it_is_taken_back(session, place, shop, sell):
    earlier = sell()
    voided = sell(now=NOW + NEXT_DAY)
    reverse_redemption(
        session,
        till=place.till,
        redemption_id=earlier,
        reversal_id=new_id(),
        amount_fen=30_00,
        reason="退货",
        now=NOW + NEXT_DAY,
    )
    void_redemption(session, till=place.till, redemption_id=voided, now=NOW + NEXT_DAY)

    [before] = merchant_day(session, merchant_id=shop.id, day=DAY)
    [now] = merchant_day(session, merchant_id=shop.id, day=DAY + NEXT_DAY)

    assert (before.sums.sales, before.sums.back_fen, before.sums.owed_fen) == (1, 0, 30_00)
    assert (now.sums.sales, now.sums.voids, now.sums.reversals) == (1, 1, 1)
    assert now.sums.back_fen == 90_00
    # All of that day's, and half of the earlier one's that had been owed.
    assert now.sums.owed_fen == -15_00


def test_a_day_without_sales_says_so_and_another_day_is_chosen(phone, sell):
    sell()

    assert "Nothing was sold on this day." in phone.open("today").text
    page = phone.open(f"today?day={DAY}").text
    assert "甲店" in page
    assert "¥30.00" in page


@pytest.mark.parametrize("typed", ["2026-02-30", "x", "0001-01-01", "2999-01-01"])
def test_a_day_that_is_none_is_answered_beside_the_field(phone, typed):
    answer = phone.open(f"today?day={typed}")

    assert answer.status_code == 422
    assert 'id="day-fault"' in answer.text


def test_nobody_sees_another_merchants_day(phone, make, sell, client):
    sell()
    stranger = ManagerPhone(client, make, make.manager())

    assert "甲店" not in stranger.open(f"today?day={DAY}").text


def test_sales_without_a_network_that_wait_or_cost_the_merchant_are_told(
    session, phone, place, make
):
    till = place.till.terminal_id
    waiting, refused = RecordVerdict.WAITING, RecordVerdict.REFUSED
    week_ago = NOW - timedelta(days=7)
    offline(session, till, verdict=waiting, reason="merchant_suspended", seq=1, now=week_ago)
    offline(session, till, verdict=refused, reason="too_late", seq=2, gross_fen=77_00)
    offline(session, till, verdict=refused, reason="over_lease", seq=3, now=week_ago)
    offline(session, make.terminal().id, verdict=refused, reason="chain_broken", seq=1)

    page = phone.open(f"today?day={DAY}").text

    assert "the sale is kept and not judged yet" in page
    assert "¥77.00" in page
    assert "Connect the till within three days" in page
    assert "was used up" not in page
    assert "the till was copied" not in page
    assert "was used up" in phone.open(f"today?day={shanghai_date(week_ago)}").text


def test_the_file_has_the_sums_and_no_formula(phone, shop, sell, make):
    evil = make.terminal(site=make.site(merchant_id=shop.id, name='=HYPERLINK("http://x")'))
    sell(evil)
    sell()

    book = openpyxl.load_workbook(io.BytesIO(phone.open(f"today?day={DAY}&format=xlsx").data))

    heading, *rows = book.active.iter_rows()
    values = [[cell.value for cell in row] for row in rows]
    assert [row[0] for row in values] == ["甲店", '\'=HYPERLINK("http://x")']
    assert {cell.data_type for row in rows for cell in row[:3]} == {"s"}
    assert heading[-1].value == "The union owes"
    assert [row[-1] for row in values] == [30, 30]
    assert phone.open("today?format=pdf").status_code == 400
