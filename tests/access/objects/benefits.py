"""Cases of programmes, offers, coupons and draws."""

from kernel.actors import Role
from tests.access.objects.cases import (
    KEY_REUSED,
    NOT_FOUND,
    REASON,
    VERSION,
    Own,
    desk_case,
    member_case,
    typed,
)

_LIMIT = {"scope": "member", "window": "day", "unit": "uses", "maximum": "2"}

_TERMS = {
    "kind": "full_reduction",
    "threshold_fen": "50",
    "reduction_fen": "40",
    "union_share_bp": "75",
    "assurances": ["possession", "session"],
}

OFFER_CASES = [
    desk_case("GET offers_pages.offer", offer_id="offer"),
    desk_case("POST offers_pages.end", offer_id="offer", form={"version": "2"}),
    desk_case("GET offers_pages.new_version_form", offer_id="offer"),
    desk_case("POST offers_pages.save_version", offer_id="offer", form=_TERMS | {"version": "2"}),
    desk_case("GET offers_pages.new_offer_form", merchant_id="merchant"),
    desk_case(
        "POST offers_pages.save_offer",
        merchant_id="merchant",
        form=_TERMS | {"programme": Own("discounts")},
    ),
    desk_case("GET proposals_pages.proposal", proposal_id="proposal"),
    desk_case(
        "POST proposals_pages.approve",
        proposal_id="proposal",
        form={"programme": Own("discounts"), "assurances": ["session"]},
    ),
    desk_case("POST proposals_pages.refuse", proposal_id="proposal", form=REASON),
    desk_case("GET limits_pages.new_offer_limit_form", offer_id="offer"),
    desk_case("POST limits_pages.save_offer_limit", offer_id="offer", form=_LIMIT),
    desk_case("GET limits_pages.limit_form", rule_id="limit"),
    desk_case("POST limits_pages.save_limit", rule_id="limit", form=VERSION | {"maximum": "3"}),
    *(
        desk_case(
            key,
            owner=Role.PROGRAMME_DESIGNER.value,
            strangers={"foreign_staff": (403, None)},
            form=form,
            programme_id="discounts",
        )
        for key, form in (
            ("GET limits_pages.new_programme_limit_form", None),
            ("POST limits_pages.save_programme_limit", _LIMIT),
            ("POST programmes_pages.run", VERSION),
            ("POST programmes_pages.pause", VERSION),
            ("POST programmes_pages.end", VERSION),
            ("GET approvals_pages.edit_form", None),
            ("POST approvals_pages.save_edited", VERSION),
            ("POST approvals_pages.propose", VERSION),
            ("POST approvals_pages.approve", VERSION),
            ("POST approvals_pages.send_back", VERSION | REASON),
        )
    ),
    *(
        desk_case(
            f"POST spending_pages.{verb}",
            owner="other_designer",
            strangers={"foreign_staff": (403, None)},
            rule_id="spend_rule",
        )
        for verb in ("approve", "refuse")
    ),
    desk_case(
        "POST offers_pages.save_offer_for_all",
        owner=Role.PROGRAMME_DESIGNER.value,
        strangers={"foreign_staff": NOT_FOUND},
        form=_TERMS | {"programme": Own("discounts")},
    ),
]

_RELEASE = {
    "pieces": "5",
    "opens_at": typed(1),
    "closes_at": typed(2),
    "use_within_days": "7",
    "rerelease": "by_itself",
}

_SEED_SOURCE = {
    "seed_source_zh": "演示指数",
    "seed_source_en": "A demo index",
    "seed_known_at": typed(9),
}

COUPON_CASES = [
    member_case(
        "POST coupons_api.grab",
        json={"id": Own("coupon")},
        strangers={"other_member": KEY_REUSED},
        release_id="grab_release",
    ),
    member_case(
        "POST coupons_api.enter",
        json={"id": Own("entry")},
        strangers={"other_member": KEY_REUSED},
        release_id="draw_release",
    ),
    member_case("POST coupons_api.claim", coupon_id="coupon"),
    desk_case("GET coupons_pages.new_release_form", offer_id="offer"),
    desk_case("POST coupons_pages.save_new_release", offer_id="offer", form=_RELEASE),
    desk_case("GET coupons_pages.release", release_id="grab_release"),
    desk_case("POST coupons_pages.publish", release_id="draft_release", form=VERSION),
    desk_case("POST coupons_pages.drop", release_id="draft_release", form=VERSION),
    desk_case("POST coupons_pages.publish_list", release_id="draw_release", form=VERSION),
    desk_case(
        "POST coupons_pages.save_seed_source",
        release_id="draw_release",
        form={"version": "2"} | _SEED_SOURCE,
    ),
    desk_case(
        "POST coupons_pages.save_seed",
        release_id="draw_release",
        form={"version": "2", "seed": "1.23"},
    ),
    desk_case("POST coupons_pages.hand_out", release_id="grab_release", form={"card_number": "1"}),
    desk_case("GET coupons_pages.again_form", release_id="grab_release"),
    desk_case(
        "POST coupons_pages.save_again",
        release_id="grab_release",
        form={"version": "2"} | {name: text for name, text in _RELEASE.items() if name != "pieces"},
    ),
]
