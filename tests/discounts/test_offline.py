"""What becomes of sales without a network: late, shuffled, doubled, gapped, beyond the lease."""

import random
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from audit.models import AuditEntry
from cards.services import freeze_card
from cards.services.lifecycle import report_lost_at_desk
from discounts.models import OfflineRecord, Redemption
from discounts.queries import presentations_shown_twice
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.ids import new_id
from kernel.jws import read_jws
from ledger.models import Account, Journal, Posting
from merchants.models import MerchantState
from merchants.services import unpair_terminal
from tests.discounts.offline import HOUR, sold


def test_a_sale_is_captured_once_within_the_limits(shop, till):
    record = sold(till, shop.phone(), shop.now - 2 * HOUR)

    first, again = shop.verdict(till, record), shop.verdict(till, record)

    parts = (first["member_pays_fen"], first["merchant_bears_fen"], first["union_pays_fen"])
    assert parts == (20_00, 10_00, 30_00)
    assert (first["verdict"], first["borne_by"], first["reason"]) == ("captured", "limit", None)
    assert first["receipt_no"].endswith("-0001")
    assert again == first
    shop.assert_whole()


def test_the_lease_says_what_may_be_granted(shop, till):
    shop.add_offer(title_en="Asks first", needs_challenge=True)
    shop.add_offer(title_en="On paper only", assurances=["static"])
    granted = shop.client.get(
        "/api/v1/terminals/me/lease", headers={"Authorization": f"Bearer {till.token}"}
    ).json

    jws = read_jws(granted["lease"])
    said = shop.client.application.json.loads(jws.payload)
    assert [offer["title_en"] for offer in said["offers"]] == ["40 off from 50"]
    assert said["aud"] == till.terminal.code
    assert (said["next_seq"], said["last"]) == (1, None)
    assert granted["key"]["crv"] == "P-256"
    assert said["status_lists"]


def test_the_signature_of_the_lease_holds_under_its_key(shop, till):
    granted = shop.lease(till, at=shop.now)

    assert read_jws(granted.jws).is_signed_by(granted.key)
    head, payload, _ = granted.jws.split(".")
    other = shop.lease(shop.till(), at=shop.now).jws.split(".")[2]
    assert not read_jws(f"{head}.{payload}.{other}").is_signed_by(granted.key)


def test_a_file_comes_late_shuffled_and_doubled_and_counts_once(shop, till):
    records = [
        sold(till, shop.phone(), shop.now - 5 * HOUR + timedelta(minutes=number))
        for number in range(8)
    ]
    shuffled = [*records, *records[:4]]
    random.Random(5).shuffle(shuffled)

    first = shop.send(till, *shuffled)
    again = shop.send(till, *reversed(shuffled))

    assert {each["verdict"] for each in first["verdicts"]} == {"captured"}
    assert again["verdicts"] == first["verdicts"][::-1]
    assert (first["next_seq"], first["gaps"]) == (9, [])
    by_seq = {each["seq"]: each["receipt_no"][-4:] for each in first["verdicts"]}
    assert by_seq == {seq: f"{seq:04d}" for seq in range(1, 9)}
    assert shop.session.scalar(select(func.count()).select_from(Redemption)) == 8
    shop.assert_whole()


def test_a_gap_is_reported_and_what_is_behind_it_is_judged_at_once(shop, till):
    records = [sold(till, shop.phone(), shop.now - 5 * HOUR) for _ in range(5)]

    gapped = shop.send(till, records[0], records[4])
    filled = shop.send(till, records[2])

    assert [each["verdict"] for each in gapped["verdicts"]] == ["captured", "captured"]
    assert (gapped["gaps"], gapped["next_seq"]) == ([[2, 4]], 6)
    assert filled["gaps"] == [[2, 2], [4, 4]]
    after = select(OfflineRecord.seq).where(OfflineRecord.after_gap).order_by(OfflineRecord.seq)
    assert list(shop.session.scalars(after)) == [3, 5]
    shop.assert_whole()


def test_what_does_not_follow_its_chain_is_refused(shop, till):
    first = sold(till, shop.phone(), shop.now - 3 * HOUR)
    till.seq, till.prev = 0, ""  # a copy of the till's storage, set back
    second_first = sold(till, shop.phone(), shop.now - 2 * HOUR)
    forked = sold(till, shop.phone(), shop.now - 2 * HOUR)

    answers = [shop.verdict(till, each) for each in (first, second_first, forked)]

    assert [each["reason"] for each in answers] == [None, "chain_broken", "chain_broken"]
    assert answers[1]["next_step"].startswith("Unpair this till")
    assert shop.verdict(till, forked) == answers[2]


def test_a_late_record_must_fit_the_one_behind_it_too(shop, till):
    sold(till, shop.phone(), shop.now - 3 * HOUR)
    second = sold(till, shop.phone(), shop.now - 3 * HOUR)
    shop.send(till, second)
    till.seq, till.prev = 0, ""
    made_up = sold(till, shop.phone(), shop.now - 3 * HOUR)

    assert shop.verdict(till, made_up)["reason"] == "chain_broken"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: text[:-4] + ("AAAA" if text[-4:] != "AAAA" else "BBBB"), "record_unsigned"),
        (lambda text: text.replace(".", "", 1), "record_malformed"),
        (lambda _: "not a record", "record_malformed"),
        (lambda text: "eyJhbGciOiJub25lIn0" + text[text.index(".") :], "record_malformed"),
    ],
)
def test_what_the_till_did_not_sign_is_kept_nowhere(shop, till, damage, reason):
    record = sold(till, shop.phone(), shop.now - HOUR)

    assert shop.verdict(till, damage(record))["reason"] == reason
    assert shop.session.scalar(select(func.count()).select_from(OfflineRecord)) == 0
    assert shop.verdict(till, record)["verdict"] == "captured"


@pytest.mark.parametrize(
    "said",
    [
        {"seq": 0},
        {"seq": "1"},
        {"gross_fen": 1.5},
        {"gross_fen": 10_000_001},
        {"occurred_at": "2026-11-24T10:00:00"},
        {"occurred_at": "0001-01-01T00:00:00+00:00"},
        {"id": "1"},
        {"prev": "x"},
        {"presentation": "A" * 601},
        {"more": 1},
    ],
)
def test_a_record_is_exactly_a_record(shop, till, said):
    record = sold(till, shop.phone(), shop.now - HOUR, **said)

    assert shop.verdict(till, record)["reason"] == "record_malformed"


def test_the_id_of_another_record_is_refused_and_changes_nothing(shop, till):
    record_id = str(new_id())
    first = shop.verdict(till, sold(till, shop.phone(), shop.now - HOUR, id=record_id))
    other = shop.verdict(till, sold(till, shop.phone(), shop.now - HOUR, id=record_id))

    assert (first["verdict"], other["reason"]) == ("captured", "request_key_reused")
    shop.assert_whole()


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


def lose(shop, phone, at):
    report_lost_at_desk(shop.session, card_id=phone.card.id, reason="挂失", actor=SYSTEM, now=at)


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
