"""What a scan and a sale may cost: their statements are counted, and their short cuts compared."""

from datetime import timedelta

import pytest
from marshmallow import ValidationError
from sqlalchemy import event, func, select, update

from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.services import LimitFacts, add_limit
from cards.models import Card, CardState, Credential, CredentialState, Device, Verification
from discounts.models import Redemption
from discounts.schemas import (
    CardSeen,
    OfferSeen,
    RedemptionRequest,
    VerificationRequest,
    VerificationResponse,
)
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.ids import new_id
from members.models import Member, MembershipStatus

VERIFY_MOST, REDEEM_MOST = 4, 8


class Counter:
    """A till that counts what the service sends to the database for each of its requests."""

    def __init__(self, shop, till):
        self.shop, self.till = shop, till
        self.phone = shop.phone()
        self.sent = []
        # What is counted is neither a scan for which a process reads the trust list, as it does
        # every few seconds, nor the sale that opens a month.
        self.redeem(self.verify(shop.phone())["verification_id"])

    def post(self, path, **body):
        connection = self.shop.session.connection()
        self.sent.clear()
        event.listen(connection, "before_cursor_execute", self.hear)
        try:
            return self.shop.client.post(
                f"/api/v1{path}",
                json=body,
                headers={"Authorization": f"Bearer {self.till.token}", "Accept-Language": "en"},
            )
        finally:
            event.remove(connection, "before_cursor_execute", self.hear)

    def hear(self, *said):
        # Savepoints are how the test keeps its own transaction.
        if not said[2].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self.sent.append(said[2])

    def verify(self, phone=None, *, ago=0):
        shown = (phone or self.phone).code(now=utc_now() - timedelta(seconds=ago))
        return self.post("/verifications", presentation=shown).json

    def redeem(self, verification_id, **facts):
        given = {
            "id": str(new_id()),
            "verification_id": verification_id,
            "offer_id": str(self.shop.offer.id),
            "gross_fen": 60_00,
        }
        return self.post("/redemptions", **given | facts)


@pytest.fixture
def counter(shop, till):
    shop.limit(3)
    return Counter(shop, till)


def stripe(shop):
    facts = LimitFacts(LimitScope.PROGRAMME, LimitWindow.TOTAL, LimitUnit.FEN, 9_000_00, stripes=8)
    programme_id = shop.programme.id
    add_limit(shop.session, actor=SYSTEM, programme_id=programme_id, facts=facts, now=shop.now)


def test_a_scan_is_the_tills_token_and_one_statement(counter):
    answer = counter.verify()

    assert answer["accepted"]
    assert len(counter.sent) == 2 <= VERIFY_MOST


def test_a_sale_is_the_tills_token_one_look_and_one_statement(counter):
    answer = counter.redeem(counter.verify()["verification_id"])

    assert answer.status_code == 201, answer.json
    assert len(counter.sent) == 3 <= REDEEM_MOST
    counter.shop.assert_whole()


@pytest.mark.parametrize("facts", [{"capture": False}, {"terminal_seq": 7}])
def test_a_hold_and_a_sale_of_a_striped_budget_keep_below_eight(counter, facts):
    stripe(counter.shop)

    answer = counter.redeem(counter.verify()["verification_id"], **facts)

    assert answer.status_code == 201, answer.json
    assert len(counter.sent) <= REDEEM_MOST


def test_a_full_limit_is_named_and_nothing_of_the_sale_is_there(counter):
    seen = [counter.verify(ago=ago) for ago in (9, 6, 3, 0)]

    answers = [counter.redeem(each["verification_id"]) for each in seen]

    assert [each.status_code for each in answers] == [201, 201, 201, 409]
    assert answers[-1].json["code"] == "limit_reached"
    assert answers[-1].json["facts"]["reason"] == "limit_reached_until"
    assert counter.shop.session.scalar(select(func.count()).select_from(Redemption)) == 1 + 3
    counter.shop.assert_whole()


def test_one_id_sent_twice_is_one_sale(counter):
    key, seen = str(new_id()), counter.verify()["verification_id"]

    first, again = counter.redeem(seen, id=key), counter.redeem(seen, id=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    counter.shop.assert_whole()


def frozen(phone):
    return update(Card).where(Card.id == phone.card.id).values(state=CardState.FROZEN)


def suspended(phone):
    of_card = Credential.card_id == phone.card.id
    return (
        update(Credential)
        .where(of_card)
        .values(state=CredentialState.SUSPENDED, changed_at=utc_now())
    )


def left(phone):
    own = Member.id == phone.card.member_id
    return update(Member).where(own).values(status=MembershipStatus.WITHDRAWN)


def retired(phone):
    return update(Device).where(Device.id == phone.device_id).values(retired_at=utc_now())


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (frozen, "frozen"),
        (suspended, "suspended"),
        (left, "not_a_member"),
        (retired, "revoked"),
    ],
)
def test_what_the_one_statement_does_not_accept_is_refused_with_its_reason(counter, spoil, reason):
    counter.shop.session.execute(spoil(counter.phone))

    answer = counter.verify()

    assert (answer["accepted"], answer["reason"]) == (False, reason)
    accepted = select(func.count()).where(
        Verification.card_id == counter.phone.card.id, Verification.accepted
    )
    assert counter.shop.session.scalar(accepted) == 0


def test_the_short_answers_have_every_field_of_their_schemas(counter):
    seen = counter.verify()
    sale = counter.redeem(seen["verification_id"]).json

    listed = counter.shop.client.get(
        f"/api/v1/redemptions/{sale['id']}",
        headers={"Authorization": f"Bearer {counter.till.token}", "Accept-Language": "en"},
    ).json
    assert sale == listed
    assert seen.keys() == VerificationResponse().fields.keys()
    assert seen["card"].keys() == CardSeen().fields.keys()
    assert seen["offers"][0].keys() == OfferSeen().fields.keys()
    assert seen["expires_at"].endswith("+08:00")


ID = "0190a6a4-7c3e-7abc-8def-0123456789ab"
SALE = {"id": ID, "verification_id": ID, "offer_id": ID, "gross_fen": 6000}


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        (VerificationRequest, {"presentation": "UC1:X"}),
        (VerificationRequest, {"presentation": "UC1:X", "id": None}),
        (VerificationRequest, {"presentation": "UC1:X", "id": ID}),
        (RedemptionRequest, SALE),
        (RedemptionRequest, SALE | {"gross_fen": 10_000_000}),
    ],
)
def test_a_plain_body_is_read_as_the_schema_reads_it(schema, body):
    assert schema.plain(body) == schema().load(body)


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        (VerificationRequest, []),
        (VerificationRequest, {"presentation": ""}),
        (VerificationRequest, {"presentation": 7}),
        (VerificationRequest, {"presentation": "UC1:X", "id": "7"}),
        (VerificationRequest, {"presentation": "UC1:X", "more": 1}),
        (RedemptionRequest, SALE | {"gross_fen": True}),
        (RedemptionRequest, SALE | {"gross_fen": 0}),
        (RedemptionRequest, SALE | {"gross_fen": 10_000_001}),
        (RedemptionRequest, SALE | {"gross_fen": 60.0}),
        (RedemptionRequest, SALE | {"offer_id": None}),
        (RedemptionRequest, SALE | {"id": "x" * 36}),
    ],
)
def test_a_body_with_anything_wrong_is_left_to_the_schema(schema, body):
    assert schema.plain(body) is None
    with pytest.raises(ValidationError):
        schema().load(body)
