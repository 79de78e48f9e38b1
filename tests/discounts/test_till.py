"""The till over real HTTP: what it hears when all is well, and when it is not."""

import time
import uuid
from datetime import timedelta

import pytest

from benefits.queries import programme_by_code
from benefits.rules import Terms
from benefits.services import add_offer
from cards.models import Card
from cards.services import freeze_card
from discounts.models import Redemption
from discounts.queries import receipt_gaps
from discounts.services import expire_holds
from finance.services.opening import open_statements
from finance.services.statements import issue_statement
from kernel.actors import SYSTEM, Actor, ActorKind, Grant, Role
from kernel.clock import shanghai_date, utc_now
from merchants.models import Terminal
from merchants.services import activate_merchant, suspend_merchant
from staff.models import StaffGrant
from tests.drive import Caller, answered, bytes_of

pytestmark = pytest.mark.service

REDUCTION = Terms("full_reduction", None, 5000, 4000, None, None, 7500, None)


@pytest.fixture(scope="module")
def offer_id(live):
    """An offer everywhere: 40 off from 50, three quarters the union's. Nothing limits it."""
    now = utc_now()
    with live.database() as session:
        programme = programme_by_code(session, code="PROBE")
        offer = add_offer(
            session,
            actor=SYSTEM,
            programme_id=programme.id,
            merchant_id=None,
            title_zh="满50减40",
            title_en="40 off from 50",
            terms=REDUCTION,
            assurances=["possession", "session"],
            valid_from=now - timedelta(minutes=1),
            now=now,
        )
        return str(offer.id)


@pytest.fixture(scope="module")
def till(live):
    return live.new_till()


@pytest.fixture(scope="module")
def phone(live):
    return live.new_phone()


def scan(till, phone):
    """Return a fresh verification: a slice is used once, and there is always another."""
    text = answered(phone.get("/cards/me/slice"), 200)["text"]
    return till.verify(text)["verification_id"]


def test_who_pays_what_is_said_before_and_the_same_after(till, phone, offer_id):
    verification = scan(till, phone)

    quote = answered(
        till.post("/quotes", verification_id=verification, offer_id=offer_id, gross_fen=9_999), 200
    )
    sale = answered(till.redeem(offer_id, 9_999, verification_id=verification), 201)

    parts = ("member_pays_fen", "merchant_bears_fen", "union_pays_fen")
    assert [quote[part] for part in parts] == [5_999, 1_000, 3_000]
    assert [sale[part] for part in parts] == [5_999, 1_000, 3_000]


def test_the_same_id_hears_the_same_even_if_the_card_was_frozen_since(live, till, offer_id):
    phone = live.new_phone()
    verification, key = scan(till, phone), uuid.uuid4()
    ask = lambda: till.redeem(  # noqa: E731 (asked twice, word for word)
        offer_id, 6_000, redemption_id=key, verification_id=verification
    )

    first = ask()
    with live.database() as session:
        card = session.query(Card).filter_by(number=phone.person["card_number"]).one()
        freeze_card(
            session,
            card_id=card.id,
            actor=SYSTEM,
            reason="test",
            until=utc_now() + timedelta(days=1),
            now=utc_now(),
        )
    again = ask()

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    fresh = answered(phone.get("/cards/me"), 200)
    assert fresh["state"] == "frozen"


def test_one_id_is_one_sale(till, phone, offer_id):
    verification, key = scan(till, phone), uuid.uuid4()
    answered(till.redeem(offer_id, 6_000, redemption_id=key, verification_id=verification), 201)

    other = till.redeem(offer_id, 7_000, redemption_id=key, verification_id=verification)

    assert answered(other, 409)["code"] == "request_key_reused"


def test_a_verification_carries_one_redemption_per_offer(till, phone, offer_id):
    verification = scan(till, phone)
    answered(till.redeem(offer_id, 6_000, verification_id=verification), 201)

    second = answered(till.redeem(offer_id, 6_000, verification_id=verification), 409)

    assert (second["code"], second["facts"]["reason"]) == ("offer_not_usable", "already_redeemed")
    assert second["facts"]["redeemed_at"]


def test_a_bill_below_the_threshold_says_from_where_it_counts(till, phone, offer_id):
    refused = answered(till.redeem(offer_id, 4_999, verification_id=scan(till, phone)), 409)

    assert refused["facts"]["reason"] == "below_threshold"
    assert refused["facts"]["next_step"] == "It counts from ¥50.00."
    assert refused["facts"]["threshold_fen"] == 5_000


def test_a_code_is_accepted_once_and_dies_as_a_screenshot(till, phone):
    text, scan_id = phone.show(), uuid.uuid4()

    first = till.verify(text, scan_id)
    retried = till.verify(text, scan_id)
    shown_again = till.verify(text)
    screenshot = till.verify(phone.show(iat=int(time.time()) - 31))

    assert first["accepted"]
    assert retried["verification_id"] == first["verification_id"]
    assert (shown_again["accepted"], shown_again["reason"]) == (False, "replayed")
    assert screenshot["reason"] == "stale"
    assert screenshot["next_step"]


@pytest.mark.parametrize("text", ["https://u.alipay.com/x", "UC1:", "😀", "UC1:" + "A" * 500])
def test_a_code_of_anything_else_is_an_answer(till, text):
    seen = till.verify(text)

    assert (seen["accepted"], seen["reason"], seen["card"]) == (False, "malformed", None)


def test_a_presentation_redeems_in_one_call(live, till, offer_id):
    phone = live.new_phone()
    text, key = phone.show(), uuid.uuid4()

    sale = answered(till.redeem(offer_id, 6_000, redemption_id=key, presentation=text), 201)
    again = till.redeem(offer_id, 6_000, redemption_id=key, presentation=text)
    stolen = answered(till.redeem(offer_id, 6_000, presentation=text), 409)

    assert again.json() == sale
    assert (stolen["code"], stolen["facts"]["reason"]) == ("card_not_usable", "replayed")


def test_a_challenge_is_answered_once(live, till):
    phone = live.new_phone()
    asked = answered(till.post("/terminals/me/challenges"), 201)
    plain = till.verify(phone.show())
    answer = phone.show(audience=asked["aud"], nonce=bytes_of(asked["nonce"]))

    seen, again = till.verify(answer), till.verify(answer)

    assert plain["reason"] == "wrong_audience"
    assert (seen["accepted"], seen["challenged"]) == (True, True)
    assert again["reason"] == "wrong_audience"


def test_a_hold_is_captured_once_and_gets_its_receipt_then(till, phone, offer_id):
    verification = scan(till, phone)
    held = answered(till.redeem(offer_id, 6_000, verification_id=verification, capture=False), 201)
    captured = answered(till.post(f"/redemptions/{held['id']}/capture"), 200)
    again = till.post(f"/redemptions/{held['id']}/capture")

    assert (held["state"], held["receipt_no"]) == ("held", None)
    assert (captured["state"], captured["receipt_no"] is not None) == ("captured", True)
    assert again.json() == captured


def test_a_hold_that_is_over_is_free_again(live, till, phone, offer_id):
    held = answered(
        till.redeem(offer_id, 6_000, verification_id=scan(till, phone), capture=False), 201
    )
    with live.database() as session:
        expire_holds(session, now=utc_now() + timedelta(minutes=10))

    late = answered(till.post(f"/redemptions/{held['id']}/capture"), 409)

    assert late["code"] == "hold_expired"
    assert till.get(f"/redemptions/{held['id']}").json()["state"] == "expired"


def test_a_sale_of_today_is_voided_whole_at_its_own_till(live, till, phone, offer_id):
    sale = answered(till.redeem(offer_id, 6_000, verification_id=scan(till, phone)), 201)

    voided = answered(till.post(f"/redemptions/{sale['id']}/void"), 200)
    again = till.post(f"/redemptions/{sale['id']}/void")
    foreign = live.new_till().post(f"/redemptions/{sale['id']}/void")

    assert (voided["state"], voided["left_fen"]) == ("voided", 0)
    assert again.json() == voided
    assert answered(foreign, 404)["code"] == "redemption_not_found"


def finance_maker(session):
    """Return the demo's officer who opens and issues statements."""
    account = session.query(StaffGrant).filter_by(role=Role.FINANCE_MAKER).first()
    grants = (Grant(Role.FINANCE_MAKER, "SZ"),)
    return Actor(ActorKind.STAFF, id=account.staff_id, grants=grants)


def test_a_sale_on_an_issued_statement_is_refunded_and_not_voided(live, offer_id):
    till, phone = live.new_till(), live.new_phone()
    sale = answered(till.redeem(offer_id, 6_000, verification_id=scan(till, phone)), 201)
    today = shanghai_date(utc_now())
    with live.database() as session:
        maker = finance_maker(session)
        [statement] = open_statements(
            session,
            actor=maker,
            starts_on=today,
            ends_on=today + timedelta(days=1),
            merchant_id=session.get(Redemption, uuid.UUID(sale["id"])).merchant_id,
            now=utc_now(),
        )
        issue_statement(session, actor=maker, statement_id=statement.id, version=1, now=utc_now())

    refused = answered(till.post(f"/redemptions/{sale['id']}/void"), 409)
    refund = {"id": str(uuid.uuid4()), "amount_fen": 6_000, "reason": "退货"}
    answered(till.post(f"/redemptions/{sale['id']}/reversals", **refund), 201)

    assert refused["code"] == "not_reversible"
    assert refused["facts"]["reason"] == "on_statement"
    assert refused["facts"]["next_step"].startswith("Refund it instead")


def test_reversals_come_to_exactly_the_whole(till, phone, offer_id):
    sale = answered(till.redeem(offer_id, 6_000, verification_id=scan(till, phone)), 201)
    path = f"/redemptions/{sale['id']}/reversals"

    parts = [
        answered(till.post(path, id=str(uuid.uuid4()), amount_fen=amount, reason="退货"), 201)
        for amount in (1, 1_999, 4_000)
    ]
    more = answered(till.post(path, id=str(uuid.uuid4()), amount_fen=1, reason="退货"), 409)

    assert sum(part["union_fen"] for part in parts) == sale["union_pays_fen"]
    assert sum(part["merchant_fen"] for part in parts) == sale["merchant_bears_fen"]
    assert sum(part["member_fen"] for part in parts) == sale["member_pays_fen"]
    assert [part["state"] for part in parts] == ["partly_reversed", "partly_reversed", "reversed"]
    assert (more["code"], more["facts"]["left_fen"]) == ("not_reversible", 0)


def test_a_reversal_asked_twice_happens_once(till, phone, offer_id):
    sale = answered(till.redeem(offer_id, 6_000, verification_id=scan(till, phone)), 201)
    ask = {"id": str(uuid.uuid4()), "amount_fen": 1_000, "reason": "退货"}
    path = f"/redemptions/{sale['id']}/reversals"

    first, again = till.post(path, **ask), till.post(path, **ask)
    other = till.post(path, **ask | {"amount_fen": 2_000})

    assert first.json() == again.json()
    assert answered(other, 409)["code"] == "request_key_reused"


def test_a_foreign_tills_verification_and_sale_do_not_exist(live, till, phone, offer_id):
    verification = scan(till, phone)
    sale = answered(till.redeem(offer_id, 6_000, verification_id=verification), 201)
    stranger = live.new_till()

    used = answered(stranger.redeem(offer_id, 6_000, verification_id=verification), 409)

    assert used["facts"]["reason"] == "verification_unknown"
    assert stranger.get(f"/redemptions/{sale['id']}").status_code == 404
    assert sale["id"] not in {each["id"] for each in stranger.get("/redemptions").json()["items"]}


def test_a_lost_card_is_refused_at_once(live, till):
    phone = live.new_phone()
    assert till.verify(phone.show())["accepted"]

    answered(phone.post("/cards/me/lost", what="all"), 200)
    after = till.verify(phone.show(iat=int(time.time()) + 2))

    assert (after["accepted"], after["reason"]) == (False, "lost")


def test_a_suspended_merchants_till_looks_and_grants_nothing(live, phone, offer_id):
    till = live.new_till()
    verification = scan(till, phone)
    with live.database() as session:
        terminal = session.get(Terminal, till.facts["terminal_id"])
        merchant_id = terminal.merchant_id
        suspend_merchant(
            session, merchant_id=merchant_id, reason="test", actor=SYSTEM, now=utc_now()
        )

    seen = till.verify(answered(phone.get("/cards/me/slice"), 200)["text"])
    refused = answered(till.redeem(offer_id, 6_000, verification_id=verification), 409)
    with live.database() as session:
        activate_merchant(session, merchant_id=merchant_id, actor=SYSTEM, now=utc_now())

    assert (seen["accepted"], seen["offers"]) == (True, [])
    assert refused["code"] == "till_suspended"


def test_receipts_are_numbered_without_gaps(live, till, phone, offer_id):
    for _ in range(3):
        till.redeem(offer_id, 6_000, verification_id=scan(till, phone))
    with live.database() as session:
        assert receipt_gaps(session) == []
        numbers = [
            seq
            for (seq,) in session.query(Redemption.receipt_seq)
            .filter(Redemption.terminal_id == till.facts["terminal_id"])
            .filter(Redemption.receipt_seq.is_not(None))
            .order_by(Redemption.receipt_seq)
        ]
    assert numbers == list(range(1, len(numbers) + 1))


BAD_BODIES = [
    ({"gross_fen": -1}, "gross_fen"),
    ({"gross_fen": 10**12}, "gross_fen"),
    ({"gross_fen": 0.5}, "gross_fen"),
    ({"gross_fen": "6000"}, "gross_fen"),
    ({"gross_fen": True}, "gross_fen"),
    ({"surprise": 1}, "surprise"),
    ({"offer_id": "x"}, "offer_id"),
    ({"presentation": "UC1:X"}, "verification_id"),
    ({"occurred_at": "2026-11-23T10:00:00"}, "occurred_at"),
]


@pytest.mark.parametrize(("wrong", "field"), BAD_BODIES)
def test_wrong_fields_are_named(till, offer_id, wrong, field):
    body = {
        "id": str(uuid.uuid4()),
        "offer_id": offer_id,
        "verification_id": str(uuid.uuid4()),
        "gross_fen": 6_000,
    }

    problem = answered(till.post("/redemptions", **body | wrong), 422)

    assert problem["code"] == "invalid_request"
    assert field in problem["errors"]


RAW = [
    ("{", "application/json", 400, "malformed_json"),
    ("a=1", "application/x-www-form-urlencoded", 415, "wrong_content_type"),
    ('{"presentation": "' + "A" * 70_000 + '"}', "application/json", 413, None),
    ("[]", "application/json", 422, "invalid_request"),
]


@pytest.mark.parametrize(("body", "kind", "status", "code"), RAW)
def test_what_is_no_request_is_answered_in_words(till, body, kind, status, code):
    answer = till.http.post(
        f"{till.base_url}/api/v1/verifications", data=body, headers={"Content-Type": kind}
    )

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"]
    assert code in (None, answer.json()["code"])


def test_an_unpaired_till_is_nobody(live, offer_id):
    stranger = Caller(live.base_url, token="uct_" + "x" * 40)

    refused = answered(stranger.post("/verifications", presentation="UC1:X"), 401)

    assert refused["code"] == "not_signed_in"
