"""When a sale without a network was: clocks, leases, codes at two tills, cards that ended."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from audit.models import AuditEntry
from cards.services import freeze_card
from discounts.models import OfflineRecord, Redemption
from discounts.queries import presentations_shown_twice
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.ids import new_id
from ledger.models import Account, Journal, Posting
from tests.discounts.offline import HOUR, lose, sold

# --- Clocks


@pytest.mark.parametrize("wrong_by", [-HOUR, HOUR])
def test_a_till_whose_clock_is_an_hour_wrong_is_judged_by_the_phone(shop, till, wrong_by):
    at = shop.now - 3 * HOUR
    record = till.record(shop.phone().code(now=at), at=at + wrong_by)

    found = shop.verdict(till, record)

    kept = shop.session.get_one(OfflineRecord, UUID(found["id"]))
    sale = shop.session.get_one(Redemption, kept.id)
    assert found["verdict"] == "captured"
    assert kept.occurred_at == at + wrong_by
    assert kept.signed_at == sale.occurred_at == at.replace(microsecond=0)


def test_clocks_that_are_hours_apart_are_no_evidence(shop, till):
    at = shop.now - 3 * HOUR
    record = till.record(shop.phone().code(now=at), at=at - 3 * HOUR)

    assert shop.verdict(till, record)["reason"] == "clock_wrong"


def test_a_code_signed_ahead_is_refused(shop, till):
    ahead = shop.now + HOUR

    assert shop.verdict(till, sold(till, shop.phone(), ahead))["reason"] == "clock_wrong"


def test_a_record_of_more_than_three_days_is_too_late(shop):
    till = shop.till(leased_at=shop.now - 80 * HOUR)
    card = shop.make.card()
    phone = shop.make.phone(card, now=shop.now - 100 * HOUR)

    assert shop.verdict(till, sold(till, phone, shop.now - 71 * HOUR))["verdict"] == "captured"
    assert shop.verdict(till, sold(till, phone, shop.now - 73 * HOUR))["reason"] == "too_late"


def test_a_sale_outside_of_its_lease_is_the_merchants(shop, till):
    before = sold(till, shop.phone(), shop.leased_at - HOUR)
    unknown = sold(till, shop.phone(), shop.now - HOUR, lease_id=str(new_id()))
    other_offer = sold(till, shop.phone(), shop.now - HOUR, offer_version=str(new_id()))

    found = shop.send(till, before, unknown, other_offer)["verdicts"]

    reasons = [each["reason"] for each in found]
    assert reasons == ["outside_lease", "lease_unknown", "not_in_lease"]
    assert {each["borne_by"] for each in found} == {"merchant"}


def test_a_code_signed_before_its_credential_was_given_is_refused(shop):
    till = shop.till(leased_at=shop.now - 40 * HOUR)
    phone = shop.phone()  # enrolled thirty hours ago

    assert shop.verdict(till, sold(till, phone, shop.now - 35 * HOUR))["reason"] == "stale"


# --- The same code twice


def test_a_code_shown_at_two_tills_stands_at_the_first_and_is_told(shop, till):
    other, phone = shop.till(), shop.phone()
    at = shop.now - 2 * HOUR
    here, there = sold(till, phone, at), sold(other, phone, at)

    assert shop.verdict(till, here)["verdict"] == "captured"
    refused = shop.verdict(other, there)

    assert (refused["reason"], refused["borne_by"]) == ("replayed", "merchant")
    [alert] = presentations_shown_twice(shop.session, since=shop.leased_at)
    assert str(alert.id) == refused["id"]
    told = select(AuditEntry.object_id).where(AuditEntry.action == "presentation.shown_twice")
    assert shop.session.scalars(told).one() == alert.id
    shop.assert_whole()


def test_a_late_record_is_no_replay_of_a_newer_code(shop, till):
    phone = shop.phone()
    newer = shop.verdict(till, sold(till, phone, shop.now - HOUR))
    older = shop.verdict(till, sold(till, phone, shop.now - 3 * HOUR))

    assert (newer["verdict"], older["verdict"]) == ("captured", "captured")


def test_one_code_redeems_an_offer_once_at_its_till(shop, till):
    phone, at = shop.phone(), shop.now - 2 * HOUR
    first, second = sold(till, phone, at), sold(till, phone, at)

    found = shop.send(till, second, first)["verdicts"]

    assert [each["reason"] for each in found] == ["already_redeemed", None]


def test_a_scan_whose_online_answer_was_lost_is_no_replay_at_its_till(shop, till):
    phone, now = shop.phone(), utc_now()
    code = phone.code(now=now)
    seen = shop.client.post(
        "/api/v1/verifications",
        json={"presentation": code},
        headers={"Authorization": f"Bearer {till.token}"},
    )
    assert seen.json["accepted"], seen.json

    assert shop.verdict(till, till.record(code, at=now))["verdict"] == "captured"


def test_a_sale_whose_online_answer_was_lost_is_that_sale(shop, till):
    phone, now = shop.phone(), utc_now()
    code, sale_id = phone.code(now=now), str(new_id())
    online = shop.client.post(
        "/api/v1/redemptions",
        json={
            "id": sale_id,
            "presentation": code,
            "offer_id": str(shop.offer.id),
            "gross_fen": 60_00,
        },
        headers={"Authorization": f"Bearer {till.token}"},
    )
    assert online.status_code == 201, online.json

    found = shop.verdict(till, till.record(code, at=now, id=sale_id))

    assert (found["verdict"], found["receipt_no"]) == ("captured", online.json["receipt_no"])
    assert shop.session.scalar(select(func.count()).select_from(Redemption)) == 1


# --- What the till could not know


def expense_of(session, sale_id):
    """Return the code of the account that a sale was booked as an expense of."""
    return session.scalars(
        select(Account.code)
        .join(Posting, Posting.account_id == Account.id)
        .join(Journal, Journal.id == Posting.journal_id)
        .where(Journal.source_id == UUID(sale_id), Posting.debit_fen > 0)
    ).one()


def test_a_card_lost_after_the_last_contact_is_the_programmes_risk(shop, till):
    phone = shop.phone()
    lose(shop, phone, shop.now - 4 * HOUR)

    found = shop.verdict(till, sold(till, phone, shop.now - 2 * HOUR))

    assert (found["verdict"], found["borne_by"]) == ("captured", "offline_risk")
    assert (found["reason"], found["union_pays_fen"]) == ("lost", 30_00)
    assert found["next_step"].startswith("You are paid")
    assert expense_of(shop.session, found["id"]) == "50303"
    shop.assert_whole()


def test_a_card_lost_after_the_sale_was_good(shop, till):
    phone = shop.phone()
    record = sold(till, phone, shop.now - 4 * HOUR)
    lose(shop, phone, shop.now - 2 * HOUR)

    found = shop.verdict(till, record)

    assert (found["verdict"], found["borne_by"]) == ("captured", "limit")
    assert expense_of(shop.session, found["id"]) == "50301"


def test_a_card_lost_before_the_last_contact_is_the_merchants(shop, till):
    phone = shop.phone()
    lose(shop, phone, shop.now - 4 * HOUR)
    shop.lease(till, at=shop.now - 3 * HOUR)  # and with it the lists

    found = shop.verdict(till, sold(till, phone, shop.now - 2 * HOUR))

    assert (found["verdict"], found["reason"]) == ("refused", "lost")


def test_a_card_frozen_and_then_lost_had_ended_with_the_freeze(shop, till):
    phone = shop.phone()
    freeze_card(
        shop.session,
        card_id=phone.card.id,
        reason="核查",
        until=shop.now + 24 * HOUR,
        actor=SYSTEM,
        now=shop.now - 4 * HOUR,
    )
    record = sold(till, phone, shop.now - 3 * HOUR)
    lose(shop, phone, shop.now - 2 * HOUR)

    found = shop.verdict(till, record)

    assert (found["borne_by"], found["reason"]) == ("offline_risk", "frozen")


def test_a_full_limit_is_the_programmes_risk_and_stays_exact(shop):
    shop.limit(1)
    till, phone = shop.till(), shop.phone()
    records = [
        sold(till, phone, shop.now - 3 * HOUR + timedelta(minutes=number)) for number in range(2)
    ]

    found = shop.send(till, *records)["verdicts"]

    assert [each["borne_by"] for each in found] == ["limit", "offline_risk"]
    assert found[1]["reason"] == "limit_reached"
    shop.assert_whole()


def test_the_risk_of_one_card_has_an_end(shop):
    shop.limit(1)
    shop.policy(card_risk_fen=50_00)
    till, phone = shop.till(), shop.phone()
    records = [
        sold(till, phone, shop.now - 3 * HOUR + timedelta(minutes=number)) for number in range(3)
    ]

    found = shop.send(till, *records)["verdicts"]

    assert [each["reason"] for each in found] == [None, "limit_reached", "risk_used_up"]
    assert found[2]["borne_by"] == "merchant"
    shop.assert_whole()


def test_what_a_risk_took_goes_back_with_its_reversal(shop, till):
    phone = shop.phone()
    lose(shop, phone, shop.now - 4 * HOUR)
    found = shop.verdict(till, sold(till, phone, shop.now - 2 * HOUR))

    undone = shop.client.post(
        f"/api/v1/redemptions/{found['id']}/void",
        headers={"Authorization": f"Bearer {till.token}"},
    )

    assert undone.status_code == 200, undone.json
    left = shop.session.scalar(text("SELECT sum(held + used) FROM limits"))
    assert left == 0
    owed = select(func.sum(Posting.credit_fen - Posting.debit_fen)).where(
        Posting.party_id == shop.merchant.id
    )
    assert shop.session.scalar(owed) == 0
