"""The table: for every endpoint that names an object, whose it is and what strangers hear.

A line holds for the places it fills: those of the address by name, those of the body where a value
is an `Own`. tests/test_access.py fails while a place of the application stands in no line here.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from kernel.actors import Role
from kernel.clock import SHANGHAI, shanghai_date, utc_now
from tests.make.aid import INPATIENT

NOT_FOUND = (404, None)
_KEY_REUSED = (409, "request_key_reused")
# With `verification_unknown` as its reason: a scan belongs to the till that made it.
_UNKNOWN_SCAN = (409, "card_not_usable")
_OTHER_TILLS = ("other_till", "service_till", "colleague_till")


@dataclass(frozen=True)
class Own:
    """The id of an object of the world, by its name there."""

    name: str


@dataclass(frozen=True)
class Case:
    """One endpoint on one object: `owner` may, each of `strangers` hears their (status, code)."""

    key: str
    owner: str
    path: dict = field(default_factory=dict)
    json: dict | None = None
    form: dict | None = None
    strangers: dict = field(default_factory=dict)

    def __str__(self):
        return self.key

    @property
    def places(self):
        body = (self.json or {}) | (self.form or {})
        return {*self.path, *(name for name, value in body.items() if _own_in(value))}


def _own_in(value):
    return isinstance(value, Own) or (isinstance(value, list) and any(map(_own_in, value)))


# To every endpoint on something of a member, a till, a union, these come as strangers of its kind.
_FOREIGN_MEMBER = {"other_member": NOT_FOUND}
_FOREIGN_TILLS = {"other_till": NOT_FOUND, "service_till": NOT_FOUND}
_FOREIGN_UNION = {"foreign_staff": NOT_FOUND}
_FOREIGN_UPLOADER = {"other_designer": NOT_FOUND, "foreign_staff": (403, None)}


_FOREIGN_MANAGER = {"other_manager": NOT_FOUND}


def _managed(key, *, form=None, **path):
    return Case(key, "manager", path, form=form, strangers=_FOREIGN_MANAGER)


def _member(key, *, json=None, strangers=None, **path):
    return Case(key, "member", path, json=json, strangers=strangers or _FOREIGN_MEMBER)


def _till(key, *, json=None, strangers=None, **path):
    return Case(key, "till", path, json=json, strangers=strangers or _FOREIGN_TILLS)


def _desk(key, *, form=None, owner="own_staff", strangers=None, **path):
    return Case(key, owner, path, form=form or {}, strangers=strangers or _FOREIGN_UNION)


def _typed(hours):
    return f"{(utc_now() + timedelta(hours=hours)).astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


_PAPER = {
    "invoice_no": "88001234",
    "hospital": "演示医院",
    "admission_no": "ZY880012",
    "pool_paid_fen": 1_200_000,
    "self_paid_fen": 300_000,
    "days": 8,
}
_CLAIM = {
    "id": "0197f000-0000-7000-8000-000000000001",
    "scheme": INPATIENT,
    "event_type": "illness",
    "event_date": (shanghai_date(utc_now()) - timedelta(days=5)).isoformat(),
    "lines": [_PAPER],
    "documents": [],
}
SALE = {"id": "0197f000-0000-7000-8000-000000000002", "gross_fen": 6_000}
_FREEZE = {"reason": "核对", "until": _typed(24)}
COURSE = {
    "category": "team_leader",
    "organiser": "演示",
    "payer": "union",
    "title_zh": "课程",
    "title_en": "Course",
    "subsidy_fen": "300",
    "attendance_basis": "meetings",
    "attendance_rate_bp": "80",
    "scan_margin_minutes": "30",
}
MERCHANT = {"kind": "service_site", "name": "演示", "category": "服务站点", "district": "龙岗区"}
SESSION = {
    "seats": "3",
    "enrol_from": _typed(-1),
    "enrol_until": _typed(3),
    "meetings": "1",
    "every_days": "7",
    "first_starts_at": _typed(2),
    "meeting_minutes": "120",
}
_LIMIT = {"scope": "member", "window": "day", "unit": "uses", "maximum": "2"}
_TERMS = {
    "kind": "full_reduction",
    "threshold_fen": "50",
    "reduction_fen": "40",
    "union_share_bp": "75",
    "assurances": ["possession", "session"],
}
_REASON = {"reason": "核对"}
VERSION = {"version": "1"}
_UNION = {"union_code": Own("own_union")}

_TILL_CASES = [
    _till(
        "POST discounts_api.make_quote",
        json={"verification_id": Own("verification"), "offer_id": Own("offer"), "gross_fen": 6000},
        strangers=dict.fromkeys(_OTHER_TILLS, _UNKNOWN_SCAN),
    ),
    _till(
        "POST discounts_api.redeem",
        json=SALE | {"verification_id": Own("verification"), "offer_id": Own("offer")},
        strangers=dict.fromkeys(_OTHER_TILLS, _UNKNOWN_SCAN),
    ),
    _till(
        "POST discounts_api.redeem",
        json=SALE
        | {"id": Own("sale"), "verification_id": Own("verification"), "offer_id": Own("offer")},
        strangers=dict.fromkeys(_OTHER_TILLS, _KEY_REUSED),
    ),
    _till("POST discounts_api.capture", redemption_id="hold"),
    _till("POST discounts_api.void", redemption_id="hold"),
    _till(
        "POST discounts_api.reverse",
        json={"id": Own("reversal"), "amount_fen": 100, "reason": "退货"},
        redemption_id="sale",
    ),
    _till("GET discounts_api.show_redemption", redemption_id="sale"),
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

_MEMBER_CASES = [
    _member("GET records_api.show_record", record_id="record"),
    _member("PUT records_api.rate", json={"stars": 4}, record_id="record"),
    _member("POST records_api.report", json={"text": "不是我"}, record_id="record"),
    _member("POST cards_api.renew_credential", device_id="member_device"),
    _member("PATCH cards_api.name_device", json={"name": "新名"}, device_id="member_device"),
    _member("DELETE cards_api.remove_device", device_id="member_device"),
    _member(
        "POST cards_api.lose_card",
        json={"what": "all", "device_id": Own("member_device")},
    ),
    _member(
        "POST cards_api.restore_own_card",
        json={"device_id": Own("member_device"), "enrolment": "AAAA"},
        strangers={"other_member": (409, "move_not_allowed")},
    ),
    _member("POST aid_api.claim", json=_CLAIM | {"documents": [Own("loose_paper")]}),
    _member(
        "POST aid_api.claim",
        json=_CLAIM | {"id": Own("claim")},
        strangers={"other_member": _KEY_REUSED},
    ),
    _member("GET aid_api.show_claim", claim_id="claim"),
    _member(
        "POST aid_api.resubmit",
        json={"lines": [_PAPER], "documents": [Own("loose_paper")]},
        claim_id="returned_claim",
    ),
    _member("POST aid_api.withdraw", claim_id="claim"),
    _member(
        "POST training_api.enrol_in_session",
        json={"id": Own("enrolment"), "session_id": Own("course_session")},
        strangers={"other_member": _KEY_REUSED},
    ),
    _member("DELETE training_api.withdraw_from_session", enrolment_id="enrolment"),
    _member("GET training_api.download_calendar", enrolment_id="enrolment"),
]

_REGISTER_CASES = [
    _desk("GET members_pages.member", member_id="member"),
    _desk("POST members_pages.reveal", member_id="member", form={"purpose": "核对"}),
    _desk("GET members_pages.correction", correction_id="correction"),
    _desk(
        "POST members_pages.answer",
        correction_id="correction",
        form={"decision": "done", "answer": "已更正"},
    ),
    _desk("GET members_pages.correct_form", member_id="member"),
    _desk(
        "POST members_pages.save_correction",
        member_id="member",
        form={"name": "张小红", "correction_id": Own("correction")},
    ),
    _desk("GET transfers_pages.transfer", transfer_id="transfer"),
    _desk("POST transfers_pages.accept", transfer_id="transfer"),
    _desk("POST transfers_pages.refuse", transfer_id="transfer", form={"answer": "不在本辖区"}),
    _desk("GET members_pages.show_import", import_id="import"),
    _desk("GET members_pages.import_progress", import_id="import"),
    _desk("POST members_pages.commit", import_id="import"),
    _desk("POST members_pages.discard", import_id="import"),
    _desk("GET members_pages.refused_lines", import_id="import"),
    _desk("GET reports_pages.report", report_id="report"),
    _desk("POST reports_pages.answer", report_id="report", form={"answer": "已核实"}),
    _desk("GET reports_pages.rating", offer_id="offer"),
    _desk("GET cards_pages.card", card_id="member_card"),
    _desk("POST cards_pages.freeze", card_id="member_card", form=_FREEZE),
    _desk("POST cards_pages.lose", card_id="member_card", form=_REASON),
    _desk("POST cards_pages.restore", card_id="member_card", form=_REASON),
    _desk("POST cards_pages.replace", card_id="member_card", form=_REASON),
    _desk("POST cards_pages.cancel", card_id="member_card", form=_REASON),
    _desk("POST cards_pages.confirm_number", card_id="member_card"),
    _desk("POST cards_pages.grant", appeal_id="appeal", form=_REASON),
    _desk("POST cards_pages.reject", appeal_id="appeal", form=_REASON),
    _desk("GET cards_pages.membership", member_id="member"),
    _desk(
        "POST cards_pages.save_membership",
        member_id="member",
        form=_REASON | {"to": "retained"},
    ),
    _desk("POST cards_pages.start", form=_UNION),
    _desk("GET cards_pages.batch", batch_id="batch"),
    _desk("GET cards_pages.batch_progress", batch_id="batch"),
    _desk("POST paper_pages.start", form=_UNION | {"layout": "sheet"}),
    _desk(
        "POST paper_pages.start_chosen",
        form=_UNION | {"layout": "sheet", "card_id": Own("member_card")},
    ),
    _desk("GET paper_pages.batch", batch_id="paper_batch"),
    _desk("GET paper_pages.batch_progress", batch_id="paper_batch"),
    _desk("GET paper_pages.download", batch_id="paper_batch", number="paper_file"),
    _desk("GET paper_pages.card", card_id="member_card"),
    _desk("POST paper_pages.start_one", card_id="member_card", form={"layout": "card"}),
    _desk("POST paper_pages.lose", card_id="member_card"),
]

_MERCHANT_CASES = [
    _managed(
        "POST merchants_manager.appeal_measure",
        sanction_id="sanction",
        form={"id": "0197f000-0000-7000-8000-00000000a001", "text": "票据齐全"},
    ),
    _till(
        "POST merchants_api.appeal",
        json={
            "id": "0197f000-0000-7000-8000-00000000a002",
            "sanction_id": Own("sanction"),
            "text": "票据齐全",
        },
    ),
    _desk("GET merchants_pages.sanctions", merchant_id="merchant"),
    _desk(
        "POST merchants_pages.impose",
        merchant_id="merchant",
        form={"kind": "payout_hold", "reason": "核对票据"},
    ),
    _desk(
        "POST merchants_pages.lift",
        sanction_id="sanction",
        form={"version": "1", "reason": "已核对"},
    ),
    _desk(
        "POST merchants_pages.answer_appeal",
        appeal_id="sanction_appeal",
        form={"grant": "true", "answer": "已核对"},
    ),
    _desk("GET risk_pages.flag", flag_id="flag"),
    _desk("GET offline_pages.record", record_id="offline_record"),
    _desk(
        "POST risk_pages.decide",
        flag_id="flag",
        form={"confirmed": "false", "reason": "促销活动"},
    ),
    _desk("GET merchants_pages.merchant", merchant_id="merchant"),
    _desk("POST merchants_pages.refuse", merchant_id="applicant", form=_REASON),
    _desk("POST merchants_pages.approve_proposed_site", site_id="proposed_site"),
    _desk("POST merchants_pages.refuse_proposed_site", site_id="proposed_site", form=_REASON),
    _desk(
        "POST merchants_pages.add_manager",
        merchant_id="merchant",
        form={"name": "演示", "phone": "15400098765"},
    ),
    _desk("POST merchants_pages.drop_manager", manager_id="colleague"),
    _managed("GET merchants_manager.edit_site_form", site_id="site"),
    _managed("GET merchants_manager.sign_of_site", site_id="site", size="sign_sheet"),
    _managed(
        "POST merchants_manager.save_site",
        site_id="site",
        form={"name": "二店", "address": "演示路2号", "district": "龙岗区"},
    ),
    _managed("POST merchants_manager.withdraw_offer", proposal_id="proposal"),
    _managed("POST merchants_manager.close_own_site", site_id="site"),
    _managed(
        "POST merchants_manager.save_new_clerk", form={"name": "店员", "site_id": Own("site")}
    ),
    _managed("POST merchants_manager.clerk_code", clerk_id="clerk"),
    _managed("POST merchants_manager.end_one_clerk", clerk_id="clerk"),
    _managed("POST merchants_manager.unpair_till", terminal_id="till_id"),
    _managed("POST merchants_manager.end_one_manager", manager_id="colleague"),
    _managed("POST merchants_manager.end_one_session", session_id="manager_session"),
    _managed("POST merchants_manager.switch", manager_id="second_manager"),
    _desk(
        "POST merchants_pages.save_new_merchant",
        form=MERCHANT | _UNION,
        strangers={"foreign_staff": (422, None)},
    ),
    _desk("GET merchants_pages.edit_merchant_form", merchant_id="merchant"),
    _desk(
        "POST merchants_pages.save_merchant",
        merchant_id="merchant",
        form=MERCHANT | VERSION | _UNION,
    ),
    _desk("POST merchants_pages.activate", merchant_id="applicant"),
    _desk("POST merchants_pages.suspend", merchant_id="merchant", form=_REASON),
    _desk("POST merchants_pages.end", merchant_id="merchant", form=_REASON),
    _desk("GET merchants_pages.new_site_form", merchant_id="merchant"),
    _desk(
        "POST merchants_pages.save_new_site",
        merchant_id="merchant",
        form={"name": "二店", "address": "演示路2号", "district": "龙岗区"},
    ),
    _desk("POST merchants_pages.close", site_id="site"),
    _desk("POST merchants_pages.reopen", site_id="closed_site"),
    _desk("POST merchants_pages.pairing_code", site_id="site"),
    _desk("POST merchants_pages.unpair", terminal_id="till_id"),
    _desk("GET merchants_pages.new_agreement_form", merchant_id="merchant"),
    _desk(
        "POST merchants_pages.save_new_agreement",
        merchant_id="merchant",
        form={
            "number": "PH-9",
            "starts_on": "2031-01-01",
            "last_on": "2031-12-31",
            "signed_by": "演示",
        },
    ),
    _desk("POST merchants_pages.sign", agreement_id="draft"),
    _desk("POST merchants_pages.end_one_agreement", agreement_id="agreement"),
    *(
        _desk(
            f"{method} merchant_files_pages.{view}",
            owner=Role.PROGRAMME_DESIGNER.value,
            strangers=_FOREIGN_UPLOADER,
            file_id="file",
        )
        for method, view in (("GET", "preview"), ("POST", "import_file"), ("GET", "refused_lines"))
    ),
]

_AID_CASES = [
    _desk("GET aid_pages.claim", claim_id="claim"),
    _desk("GET aid_pages.paper", document_id="paper"),
    _desk("POST aid_pages.assess", claim_id="claim", form=VERSION),
    _desk(
        "POST aid_pages.approve",
        owner=Role.CLAIMS_APPROVER.value,
        claim_id="assessed_claim",
        form={"version": "2"},
    ),
    _desk("POST aid_pages.send_back", claim_id="claim", form=VERSION | {"note": "补"}),
    _desk(
        "POST aid_pages.reject",
        claim_id="claim",
        form=VERSION | {"reason": "excluded", "note": "不符"},
    ),
]

_TRACE_CASES = [
    _desk(
        key,
        owner=Role.AUDITOR.value,
        strangers={"foreign_staff": (403, None)},
        object_id="sale",
    )
    for key in ("GET finance_trace_api.show_trace", "GET finance_trace_pages.show")
]

# Payments are the whole city's: a role for a part of it stops at the door.
_PART_OF_CITY = {"foreign_staff": (403, None)}
_MAKER, _APPROVER = Role.FINANCE_MAKER.value, Role.FINANCE_APPROVER.value
_PAYOUT = {"account_number": "6299990000000017", "bank_name": "演示银行"}
_PAYMENT_CASES = [
    _desk(
        f"{method} finance_payments_pages.{view}",
        owner=owner,
        strangers=_PART_OF_CITY,
        batch_id=batch,
        form=form,
    )
    for method, view, owner, batch, form in (
        ("GET", "batch", _MAKER, "payment_batch", None),
        ("GET", "bank_file", _MAKER, "sent_batch", None),
        ("POST", "approve", _APPROVER, "payment_batch", VERSION),
        ("POST", "cancel", _MAKER, "payment_batch", VERSION),
        ("POST", "send", _MAKER, "confirmed_batch", {"version": "2"}),
    )
] + [
    _desk(
        "POST finance_payments_pages.prepare",
        owner=_MAKER,
        strangers=_PART_OF_CITY,
        form={"book": "union", "chosen": Own("owed_statement")},
    ),
    _desk("GET finance_payout_pages.payee", member_id="member"),
    _desk("POST finance_payout_pages.save", member_id="member", form=_PAYOUT),
]

_OFFER_CASES = [
    _desk("GET offers_pages.offer", offer_id="offer"),
    _desk("POST offers_pages.end", offer_id="offer", form={"version": "2"}),
    _desk("GET offers_pages.new_version_form", offer_id="offer"),
    _desk("POST offers_pages.save_version", offer_id="offer", form=_TERMS | {"version": "2"}),
    _desk("GET offers_pages.new_offer_form", merchant_id="merchant"),
    _desk(
        "POST offers_pages.save_offer",
        merchant_id="merchant",
        form=_TERMS | {"programme": Own("discounts")},
    ),
    _desk("GET proposals_pages.proposal", proposal_id="proposal"),
    _desk(
        "POST proposals_pages.approve",
        proposal_id="proposal",
        form={"programme": Own("discounts"), "assurances": ["session"]},
    ),
    _desk("POST proposals_pages.refuse", proposal_id="proposal", form=_REASON),
    _desk("GET limits_pages.new_offer_limit_form", offer_id="offer"),
    _desk("POST limits_pages.save_offer_limit", offer_id="offer", form=_LIMIT),
    _desk("GET limits_pages.limit_form", rule_id="limit"),
    _desk("POST limits_pages.save_limit", rule_id="limit", form=VERSION | {"maximum": "3"}),
    *(
        _desk(
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
        )
    ),
    _desk(
        "POST offers_pages.save_offer_for_all",
        owner=Role.PROGRAMME_DESIGNER.value,
        strangers={"foreign_staff": NOT_FOUND},
        form=_TERMS | {"programme": Own("discounts")},
    ),
]

_RELEASE = {
    "pieces": "5",
    "opens_at": _typed(1),
    "closes_at": _typed(2),
    "use_within_days": "7",
    "rerelease": "by_itself",
}
_SEED_SOURCE = {
    "seed_source_zh": "演示指数",
    "seed_source_en": "A demo index",
    "seed_known_at": _typed(9),
}
_COUPON_CASES = [
    _member(
        "POST coupons_api.grab",
        json={"id": Own("coupon")},
        strangers={"other_member": _KEY_REUSED},
        release_id="grab_release",
    ),
    _member(
        "POST coupons_api.enter",
        json={"id": Own("entry")},
        strangers={"other_member": _KEY_REUSED},
        release_id="draw_release",
    ),
    _member("POST coupons_api.claim", coupon_id="coupon"),
    _desk("GET coupons_pages.new_release_form", offer_id="offer"),
    _desk("POST coupons_pages.save_new_release", offer_id="offer", form=_RELEASE),
    _desk("GET coupons_pages.release", release_id="grab_release"),
    _desk("POST coupons_pages.publish", release_id="draft_release", form=VERSION),
    _desk("POST coupons_pages.drop", release_id="draft_release", form=VERSION),
    _desk("POST coupons_pages.publish_list", release_id="draw_release", form=VERSION),
    _desk(
        "POST coupons_pages.save_seed_source",
        release_id="draw_release",
        form={"version": "2"} | _SEED_SOURCE,
    ),
    _desk(
        "POST coupons_pages.save_seed",
        release_id="draw_release",
        form={"version": "2", "seed": "1.23"},
    ),
    _desk("POST coupons_pages.hand_out", release_id="grab_release", form={"card_number": "1"}),
    _desk("GET coupons_pages.again_form", release_id="grab_release"),
    _desk(
        "POST coupons_pages.save_again",
        release_id="grab_release",
        form={"version": "2"} | {name: text for name, text in _RELEASE.items() if name != "pieces"},
    ),
]

_TRAINING_CASES = [
    _desk("GET training_pages.one_course", course_id="course"),
    _desk(
        "POST training_pages.save_new_course",
        form=COURSE | _UNION | {"programme_id": Own("programme")},
    ),
    _desk("GET training_pages.edit_course_form", course_id="course"),
    _desk(
        "POST training_pages.save_course",
        course_id="course",
        form=COURSE | VERSION | {"programme_id": Own("programme")},
    ),
    _desk("GET training_pages.new_session_form", course_id="course"),
    _desk(
        "POST training_pages.save_new_session",
        course_id="course",
        form=SESSION | {"site_id": Own("service_site")},
    ),
    _desk("GET training_pages.one_session", session_id="course_session"),
    _desk("POST training_pages.open_to_members", session_id="draft_session", form=VERSION),
    _desk("POST training_pages.call_off", session_id="course_session", form=VERSION),
    _desk("POST training_pages.complete", session_id="course_session", form=VERSION),
    _desk(
        "POST training_pages.save_seats",
        session_id="course_session",
        form=VERSION | {"seats": "9"},
    ),
    _desk(
        "POST training_pages.save_meeting",
        session_id="draft_session",
        form={"first_starts_at": _typed(30), "meeting_minutes": "60"},
    ),
    _desk(
        "POST training_pages.remove_meeting",
        session_id="draft_session",
        meeting_id="meeting",
    ),
]

_STAFF_CASES = [
    _desk("POST staff_pages.end_one_session", session_id="own_session"),
    _desk(
        "POST staff_pages.save_new_account",
        form={"username": "newcomer", "display_name": "新人"} | _UNION,
    ),
    _desk("GET staff_pages.account", account_id="account"),
    _desk(
        "POST staff_pages.save_account",
        account_id="account",
        form={"display_name": "新名"} | VERSION | _UNION,
    ),
    _desk("POST staff_pages.save_grant", account_id="account", form={"role": "auditor"} | _UNION),
    _desk("POST staff_pages.drop_grant", account_id="account", grant_id="grant"),
    _desk("POST staff_pages.disable", account_id="account", form=VERSION),
    _desk("POST staff_pages.enable", account_id="disabled", form=VERSION),
    _desk("POST staff_pages.reset", account_id="account", form=VERSION),
]

_FOREIGN_FINANCE = {"foreign_staff": (403, None)}


def _bank(key, *, owner=Role.FINANCE_MAKER, form=None, **path):
    return Case(key, owner.value, path, form=form or {}, strangers=_FOREIGN_FINANCE)


_BANK_CASES = [
    _bank("GET finance_bank_pages.line", bank_line_id="bank_line"),
    _bank(
        "POST finance_bank_pages.match_line",
        bank_line_id="bank_line",
        form={"payment_id": Own("bank_payment"), "amount_fen": "1"},
    ),
    _bank(
        "POST finance_bank_pages.undo",
        owner=Role.FINANCE_CHECKER,
        match_id="bank_match",
        form=_REASON,
    ),
    _bank("GET finance_bank_pages.exception", discrepancy_id="exception"),
    _bank("POST finance_bank_pages.take_exception_on", discrepancy_id="exception", form=VERSION),
    *(
        _bank(
            f"POST finance_bank_pages.{verb}_exception",
            discrepancy_id="exception",
            form=VERSION | {"note": "核对"},
        )
        for verb in ("note", "resolve")
    ),
]

_STATEMENT_CASES = [
    _till("GET finance_statements_api.show_statement", statement_id="issued_statement"),
    _till("POST finance_statements_api.agree", statement_id="issued_statement"),
    _till(
        "POST finance_statements_api.dispute",
        json={
            "id": "0197f000-0000-7000-8000-000000000004",
            "journal_id": Own("issued_line"),
            "reason": "少算了一单",
        },
        statement_id="issued_statement",
    ),
    _till(
        "POST finance_statements_api.dispute",
        json={
            "id": Own("disputed_dispute"),
            "journal_id": Own("disputed_line"),
            "reason": "少算了一单",
        },
        statement_id="disputed_statement",
    ),
    _managed("GET merchants_manager.statement", statement_id="issued_statement"),
    _managed("POST merchants_manager.agree_to_statement", statement_id="issued_statement"),
    _managed(
        "GET merchants_manager.dispute_form",
        statement_id="issued_statement",
        journal_id="issued_line",
    ),
    _managed(
        "POST merchants_manager.dispute_line",
        form={"id": "0197f000-0000-7000-8000-000000000014", "reason": "少算了一单"},
        statement_id="issued_statement",
        journal_id="issued_line",
    ),
    _managed(
        "POST merchants_manager.dispute_line",
        form={"id": Own("disputed_dispute"), "reason": "少算了一单"},
        statement_id="disputed_statement",
        journal_id="disputed_line",
    ),
    _desk("GET finance_statements_pages.statement", statement_id="open_statement"),
    _desk("POST finance_statements_pages.issue", statement_id="open_statement", form=VERSION),
    _desk("POST finance_statements_pages.approve", statement_id="agreed_statement", form=VERSION),
    _desk(
        "POST finance_statements_pages.answer",
        dispute_id="disputed_dispute",
        form=VERSION | {"verdict": "stands", "answer": "已核对"},
    ),
    _desk("POST finance_statements_pages.confirm", dispute_id="answered_dispute", form=VERSION),
    _desk("POST finance_statements_pages.send_back", dispute_id="answered_dispute", form=VERSION),
]

CASES = [
    *_TILL_CASES,
    *_MEMBER_CASES,
    *_REGISTER_CASES,
    *_MERCHANT_CASES,
    *_AID_CASES,
    *_PAYMENT_CASES,
    *_TRACE_CASES,
    *_OFFER_CASES,
    *_COUPON_CASES,
    *_TRAINING_CASES,
    *_STAFF_CASES,
    *_STATEMENT_CASES,
    *_BANK_CASES,
]

# Places that name nothing of anybody, each with its reason.
NOBODYS = {
    ("GET static", "filename"): "the product's own files",
    ("GET system.problem_page", "code"): "an explanation, the same for all",
    ("GET receipts_pages.receipt", "code"): "public: whoever holds the paper (test_receipts)",
    ("GET receipts_pages.printed", "code"): "public: whoever holds the paper (test_receipts)",
    ("GET risk_pages.rule_form", "rule_id"): "the city's rules; a district hears 403 (tests/risk)",
    ("POST risk_pages.save_rule", "rule_id"): "the city's rules; a district hears 403 (tests/risk)",
    ("GET merchants_manager.sign_of_site", "size"): "a sheet of paper: a word of ours",
    ("POST merchants_manager.save_new_offer", "id"): "made with the page; a taken one is refused"
    " (test_proposals)",
    ("POST merchants_manager.appeal_measure", "id"): "made with the page, the appeal's own",
    ("POST merchants_api.add_visit", "id"): "made by the till; a taken one is in test_visits",
    ("POST merchants_api.appeal", "id"): "made by the till, the appeal's own",
    ("GET cards_api.show_status_list", "number"): "public: bits without names",
    ("GET finance_trace_api.show_trace", "kind"): "what the id is of: a word of ours",
    ("GET finance_trace_pages.show", "kind"): "what the id is of: a word of ours",
    ("POST members_api.read_notices", "ids"): "not mine: passed over (test_notices)",
    ("POST members_api.read_notices", "up_to"): "a place in my own list (test_notices)",
    ("DELETE members_api.end_consent", "purpose"): "names one of my consents, never a person",
    ("GET benefits_api.list_sites", "offer_id"): "what is offered is for every member to see",
    ("GET draws.draw", "release_id"): "a draw is public",
    ("GET draws.entrants", "release_id"): "codes, published for everybody",
    ("GET draws.result", "release_id"): "codes, published for everybody",
    ("POST discounts_api.verify", "id"): "the scan's own id counts per till only",
    ("POST training_api.take_attendance", "id"): "made anew; one that is taken is in test_attend",
    ("GET members_pages.correct_form", "correction_id"): "a foreign one is not found"
    " (test_corrections)",
    ("GET members_api.list_members", "union_code"): "narrows a list that is bounded already",
    ("GET members_pages.members", "union_code"): "narrows a list that is bounded already",
    ("GET cards_pages.cards", "union_code"): "narrows a list that is bounded already",
    ("GET paper_pages.choose", "union_code"): "a foreign one is not found (test_paper_pages)",
    ("GET paper_pages.download", "number"): "one of the files of the batch beside it",
    ("GET offers_pages.offers", "programme"): "narrows a list that is bounded already",
    ("GET offers_pages.offers", "merchant"): "narrows a list that is bounded already",
    ("GET programmes_pages.programme", "programme_id"): "the city's, for every designer to read",
    ("POST programmes_pages.save_new_programme", "union_code"): "only the city gets so far",
    ("GET finance_closing_pages.one_month", "month"): "a month of the city's books",
    ("GET finance_closing_pages.save_certificate", "month"): "a month of the city's books",
    ("POST finance_closing_pages.ask", "month"): "a month of the city's books",
    ("POST finance_closing_pages.close", "month"): "a month of the city's books",
    **{
        (f"{key.split()[0]} finance_{key.split()[1]}", name): "the city's books; a district hears"
        " 403 (test_budget_pages)"
        for key, names in (
            ("GET chart_pages.account", ["account_id"]),
            ("POST chart_pages.save_account", ["account_id"]),
            ("GET chart_pages.rule", ["rule_id"]),
            ("POST chart_pages.save_rule", ["rule_id", "debit_account_id", "credit_account_id"]),
            ("POST chart_pages.save_new_rule", ["debit_account_id", "credit_account_id"]),
            ("GET budget_pages.line", ["line_id"]),
            ("POST budget_pages.assign", ["line_id", "programme_id"]),
            ("POST budget_pages.save_new_line", ["account_id"]),
            ("POST budget_pages.save_new_change", ["line_id", "to_line_id"]),
            ("POST budget_pages.approve", ["change_id"]),
            ("POST budget_pages.refuse", ["change_id"]),
        )
        for name in names
    },
}
