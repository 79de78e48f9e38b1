"""One sale from end to end over real HTTP."""

from tests.drive import answered


def test_a_member_shows_a_card_and_a_till_redeems(town):
    phone, till = town.phone(), town.till()

    seen = till.verify(phone.show())
    assert seen["accepted"], seen
    assert {offer["kind"] for offer in seen["offers"]}
    sale = answered(
        till.redeem(town.limited_offer, 5000, verification_id=seen["verification_id"]), 201
    )

    assert sale["state"] == "captured"
    assert sale["receipt_no"].endswith("-0001")
    assert (sale["member_pays_fen"], sale["union_pays_fen"]) == (4500, 500)
    records = answered(phone.get("/members/me/records"), 200)
    assert records["items"][0]["union_pays_fen"] == 500
