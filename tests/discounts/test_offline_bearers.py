"""Who bears a sale without a network: limits, risk, lease; tills unpaired, merchants suspended."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.actors import SYSTEM
from kernel.ids import new_id
from merchants.models import MerchantState
from merchants.services import unpair_terminal
from tests.discounts.offline import HOUR, lose, sold

# --- Beyond the lease


def test_beyond_the_lease_of_a_sale_the_merchant_bears_the_rest(shop):
    shop.policy(per_sale_fen=20_00)
    till = shop.till()

    found = shop.verdict(till, sold(till, shop.phone(), shop.now - HOUR))

    parts = (found["member_pays_fen"], found["merchant_bears_fen"], found["union_pays_fen"])
    assert parts == (20_00, 20_00, 20_00)
    assert (found["borne_by"], found["reason"]) == ("limit", "lease_cut")
    shop.assert_whole()


def test_beyond_the_lease_of_a_day_the_merchant_bears_it_all(shop):
    shop.policy(per_day_fen=70_00)
    till = shop.till(leased_at=shop.now - 20 * HOUR)
    at = noon(shop)
    records = [sold(till, shop.phone(), at + timedelta(seconds=number)) for number in range(4)]

    found = shop.send(till, *records)["verdicts"]

    assert [each["union_pays_fen"] for each in found] == [30_00, 30_00, 10_00, None]
    assert [each["reason"] for each in found] == [None, None, "lease_cut", "over_lease"]
    shop.assert_whole()


def test_a_day_has_so_many_sales(shop):
    shop.policy(per_day_sales=1)
    till = shop.till(leased_at=shop.now - 20 * HOUR)
    records = [sold(till, shop.phone(), noon(shop)) for _ in range(2)]

    found = shop.send(till, *records)["verdicts"]

    assert [each["reason"] for each in found] == [None, "over_lease"]


def noon(shop):
    """Return a moment of the last hours that is well within a Shanghai day."""
    midnight = shop.now.replace(hour=16, minute=0, second=0, microsecond=0)
    at = shop.now - 2 * HOUR
    return at if abs(at - midnight) > timedelta(minutes=5) else at - HOUR


# --- Tills that are not what they were


def test_records_of_an_unpaired_till_come_over_the_next_one(shop, till):
    unsent = sold(till, shop.phone(), shop.now - 4 * HOUR)
    unpair_terminal(
        shop.session, terminal_id=till.terminal.id, actor=SYSTEM, now=shop.now - 3 * HOUR
    )
    too_new = sold(till, shop.phone(), shop.now - 2 * HOUR)
    anew = shop.till()

    found = shop.send(anew, unsent, too_new)

    assert [each["reason"] for each in found["verdicts"]] == [None, "till_unpaired"]
    assert found["verdicts"][0]["receipt_no"].startswith(till.terminal.code)
    assert found["next_seq"] == 1
    shop.assert_whole()


def test_records_of_another_merchants_till_are_not_taken(shop, till):
    unsent = sold(till, shop.phone(), shop.now - 4 * HOUR)
    unpair_terminal(shop.session, terminal_id=till.terminal.id, actor=SYSTEM, now=shop.now)
    stranger = shop.make.merchant()
    foreign = shop.till(site=shop.make.site(merchant_id=stranger.id))

    assert shop.verdict(foreign, unsent)["reason"] == "record_unsigned"


def test_records_of_a_suspended_merchant_wait_and_are_judged_later(shop, till):
    record = sold(till, shop.phone(), shop.now - HOUR)
    shop.merchant.state = MerchantState.SUSPENDED
    shop.session.flush()
    waiting = shop.verdict(till, record)
    shop.merchant.state = MerchantState.ACTIVE
    shop.session.flush()

    assert (waiting["verdict"], waiting["reason"]) == ("waiting", "merchant_suspended")
    assert shop.verdict(till, record)["verdict"] == "captured"


def test_what_cannot_be_booked_waits(shop, till):
    phone = shop.phone()
    lose(shop, phone, shop.now - 4 * HOUR)
    record = sold(till, phone, shop.now - 2 * HOUR)
    rule = "UPDATE posting_rules SET is_active = {} WHERE event = 'offline_risk'"
    shop.session.execute(text(rule.format("false")))
    waiting = shop.verdict(till, record)
    shop.session.execute(text(rule.format("true")))

    assert (waiting["verdict"], waiting["reason"]) == ("waiting", "books_not_ready")
    assert shop.verdict(till, record)["borne_by"] == "offline_risk"
    shop.assert_whole()


def test_a_verdict_is_final_for_the_database_too(shop, till):
    found = shop.verdict(till, sold(till, shop.phone(), shop.now - HOUR))

    change = "UPDATE offline_records SET reason = 'lost' WHERE id = :id"
    with pytest.raises(DBAPIError, match="is final"), shop.session.begin_nested():
        shop.session.execute(text(change), {"id": found["id"]})


# --- What the till reads later


def test_today_lists_what_was_judged_the_newest_first(shop, till):
    shop.send(till, sold(till, shop.phone(), shop.now - HOUR))
    shop.send(till, sold(till, shop.phone(), shop.now - HOUR, offer_version=str(new_id())))
    headers = {"Authorization": f"Bearer {till.token}", "Accept-Language": "zh-CN"}

    first = shop.client.get("/api/v1/terminals/me/offline-records?rows=1", headers=headers).json
    cursor = first["next_cursor"]
    rest = shop.client.get(
        f"/api/v1/terminals/me/offline-records?rows=1&cursor={cursor}", headers=headers
    ).json

    assert [each["verdict"] for each in (*first["items"], *rest["items"])] == [
        "refused",
        "captured",
    ]
    assert rest["items"][0]["offer_title"] == "满50减40"
    assert first["items"][0]["reason_text"].startswith("该优惠")
    assert (first["next_seq"], first["gaps"]) == (3, [])


def test_a_colleagues_till_reads_none_of_it(shop, till):
    shop.send(till, sold(till, shop.phone(), shop.now - HOUR))

    listed = shop.client.get(
        "/api/v1/terminals/me/offline-records",
        headers={"Authorization": f"Bearer {shop.till().token}"},
    ).json

    assert (listed["items"], listed["next_seq"]) == ([], 1)


def test_the_command_shows_and_changes_what_a_deployment_decides(app, session):
    run = app.test_cli_runner().invoke

    changed = run(args=["discounts", "offline-policy", "--per-sale-fen", "5000", "--json"])
    shown = run(args=["discounts", "offline-policy", "--json"])

    assert '"per_sale_fen": 5000' in changed.output
    assert shown.output == changed.output


def test_a_file_of_more_than_two_megabytes_is_refused(shop, till):
    shop.send(till, *["x" * 1999] * 1200, status=413)
    shop.send(till, *["x" * 10] * 1001, status=422)
