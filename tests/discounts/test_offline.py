"""What becomes of records of sales without a network: late, shuffled, doubled, gapped, forged."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from discounts.models import OfflineRecord, Redemption
from kernel.ids import new_id
from kernel.jws import read_jws
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
