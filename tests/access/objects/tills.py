"""Cases of tills: what is another till's."""

from tests.access.objects.cases import KEY_REUSED, NOT_FOUND, SALE, Case, Own, till_case

# With `verification_unknown` as its reason: a scan belongs to the till that made it.
_UNKNOWN_SCAN = (409, "card_not_usable")

_OTHER_TILLS = ("other_till", "service_till", "colleague_till")

TILL_CASES = [
    till_case(
        "POST discounts_api.make_quote",
        json={"verification_id": Own("verification"), "offer_id": Own("offer"), "gross_fen": 6000},
        strangers=dict.fromkeys(_OTHER_TILLS, _UNKNOWN_SCAN),
    ),
    till_case(
        "POST discounts_api.redeem",
        json=SALE | {"verification_id": Own("verification"), "offer_id": Own("offer")},
        strangers=dict.fromkeys(_OTHER_TILLS, _UNKNOWN_SCAN),
    ),
    till_case(
        "POST discounts_api.redeem",
        json=SALE
        | {"id": Own("sale"), "verification_id": Own("verification"), "offer_id": Own("offer")},
        strangers=dict.fromkeys(_OTHER_TILLS, KEY_REUSED),
    ),
    till_case("POST discounts_api.capture", redemption_id="hold"),
    till_case("POST discounts_api.void", redemption_id="hold"),
    till_case(
        "POST discounts_api.reverse",
        json={"id": Own("reversal"), "amount_fen": 100, "reason": "退货"},
        redemption_id="sale",
    ),
    till_case("GET discounts_api.show_redemption", redemption_id="sale"),
    Case(
        "POST training_api.take_attendance",
        "service_till",
        json={
            "id": "0197f000-0000-7000-8000-000000000003",
            "session_id": Own("course_session"),
            "direction": "in",
            "presentation": "UC1:X",
            "occurred_at": "2026-11-23T10:00:00+08:00",
        },
        strangers=dict.fromkeys(("till", "other_service_till"), (409, "not_this_site")),
    ),
    Case(
        "DELETE merchants_api.remove_visit",
        "service_till",
        {"visit_id": "visit"},
        strangers=dict.fromkeys(("till", "other_service_till"), NOT_FOUND),
    ),
]
