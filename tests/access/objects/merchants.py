"""Cases of merchants, at the desk and by their managers."""

from kernel.actors import Role
from tests.access.objects.cases import (
    MERCHANT,
    NOT_FOUND,
    REASON,
    UNION,
    VERSION,
    Own,
    desk_case,
    managed_case,
    till_case,
)

_FOREIGN_UPLOADER = {"other_designer": NOT_FOUND, "foreign_staff": (403, None)}

MERCHANT_CASES = [
    managed_case(
        "POST merchants_manager.appeal_measure",
        sanction_id="sanction",
        form={"id": "0197f000-0000-7000-8000-00000000a001", "text": "票据齐全"},
    ),
    till_case(
        "POST merchants_api.appeal",
        json={
            "id": "0197f000-0000-7000-8000-00000000a002",
            "sanction_id": Own("sanction"),
            "text": "票据齐全",
        },
    ),
    desk_case("GET merchants_pages.sanctions", merchant_id="merchant"),
    desk_case(
        "POST merchants_pages.impose",
        merchant_id="merchant",
        form={"kind": "payout_hold", "reason": "核对票据"},
    ),
    desk_case(
        "POST merchants_pages.lift",
        sanction_id="sanction",
        form={"version": "1", "reason": "已核对"},
    ),
    desk_case(
        "POST merchants_pages.answer_appeal",
        appeal_id="sanction_appeal",
        form={"grant": "true", "answer": "已核对"},
    ),
    desk_case("GET risk_pages.flag", flag_id="flag"),
    desk_case("GET offline_pages.record", record_id="offline_record"),
    desk_case(
        "POST risk_pages.decide",
        flag_id="flag",
        form={"confirmed": "false", "reason": "促销活动"},
    ),
    desk_case("GET merchants_pages.merchant", merchant_id="merchant"),
    desk_case("POST merchants_pages.refuse", merchant_id="applicant", form=REASON),
    desk_case("POST merchants_pages.approve_proposed_site", site_id="proposed_site"),
    desk_case("POST merchants_pages.refuse_proposed_site", site_id="proposed_site", form=REASON),
    desk_case(
        "POST merchants_pages.add_manager",
        merchant_id="merchant",
        form={"name": "演示", "phone": "15400098765"},
    ),
    desk_case("POST merchants_pages.drop_manager", manager_id="colleague"),
    managed_case("GET merchants_manager.edit_site_form", site_id="site"),
    managed_case("GET merchants_manager.sign_of_site", site_id="site", size="sign_sheet"),
    managed_case(
        "POST merchants_manager.save_site",
        site_id="site",
        form={"name": "二店", "address": "演示路2号", "district": "龙岗区"},
    ),
    managed_case("POST merchants_manager.withdraw_offer", proposal_id="proposal"),
    managed_case("POST merchants_manager.close_own_site", site_id="site"),
    managed_case(
        "POST merchants_manager.save_new_clerk", form={"name": "店员", "site_id": Own("site")}
    ),
    managed_case("POST merchants_manager.clerk_code", clerk_id="clerk"),
    managed_case("POST merchants_manager.end_one_clerk", clerk_id="clerk"),
    managed_case("POST merchants_manager.unpair_till", terminal_id="till_id"),
    managed_case("POST merchants_manager.end_one_manager", manager_id="colleague"),
    managed_case("POST merchants_manager.end_one_session", session_id="manager_session"),
    managed_case("POST merchants_manager.switch", manager_id="second_manager"),
    desk_case(
        "POST merchants_pages.save_new_merchant",
        form=MERCHANT | UNION,
        strangers={"foreign_staff": (422, None)},
    ),
    desk_case("GET merchants_pages.edit_merchant_form", merchant_id="merchant"),
    desk_case(
        "POST merchants_pages.save_merchant",
        merchant_id="merchant",
        form=MERCHANT | VERSION | UNION,
    ),
    desk_case("POST merchants_pages.activate", merchant_id="applicant"),
    desk_case("POST merchants_pages.suspend", merchant_id="merchant", form=REASON),
    desk_case("POST merchants_pages.end", merchant_id="merchant", form=REASON),
    desk_case("GET merchants_pages.new_site_form", merchant_id="merchant"),
    desk_case(
        "POST merchants_pages.save_new_site",
        merchant_id="merchant",
        form={"name": "二店", "address": "演示路2号", "district": "龙岗区"},
    ),
    desk_case("POST merchants_pages.close", site_id="site"),
    desk_case("POST merchants_pages.reopen", site_id="closed_site"),
    desk_case("POST merchants_pages.pairing_code", site_id="site"),
    desk_case("POST merchants_pages.unpair", terminal_id="till_id"),
    desk_case("GET merchants_pages.new_agreement_form", merchant_id="merchant"),
    desk_case(
        "POST merchants_pages.save_new_agreement",
        merchant_id="merchant",
        form={
            "number": "PH-9",
            "starts_on": "2031-01-01",
            "last_on": "2031-12-31",
            "signed_by": "演示",
        },
    ),
    desk_case("POST merchants_pages.sign", agreement_id="draft"),
    desk_case("POST merchants_pages.end_one_agreement", agreement_id="agreement"),
    *(
        desk_case(
            f"{method} merchant_files_pages.{view}",
            owner=Role.PROGRAMME_DESIGNER.value,
            strangers=_FOREIGN_UPLOADER,
            file_id="file",
        )
        for method, view in (("GET", "preview"), ("POST", "import_file"), ("GET", "refused_lines"))
    ),
]
