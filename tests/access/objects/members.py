"""Cases of members: what is somebody else's."""

from datetime import timedelta

from kernel.clock import shanghai_date, utc_now
from tests.access.objects.cases import KEY_REUSED, Own, member_case
from tests.make.aid import INPATIENT

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

MEMBER_CASES = [
    member_case("GET records_api.show_record", record_id="record"),
    member_case("PUT records_api.rate", json={"stars": 4}, record_id="record"),
    member_case("POST records_api.report", json={"text": "不是我"}, record_id="record"),
    member_case("POST cards_api.renew_credential", device_id="member_device"),
    member_case("PATCH cards_api.name_device", json={"name": "新名"}, device_id="member_device"),
    member_case("DELETE cards_api.remove_device", device_id="member_device"),
    member_case(
        "POST cards_api.lose_card",
        json={"what": "all", "device_id": Own("member_device")},
    ),
    member_case(
        "POST cards_api.restore_own_card",
        json={"device_id": Own("member_device"), "enrolment": "AAAA"},
        strangers={"other_member": (409, "move_not_allowed")},
    ),
    member_case("POST aid_api.claim", json=_CLAIM | {"documents": [Own("loose_paper")]}),
    member_case(
        "POST aid_api.claim",
        json=_CLAIM | {"id": Own("claim")},
        strangers={"other_member": KEY_REUSED},
    ),
    member_case("GET aid_api.show_claim", claim_id="claim"),
    member_case(
        "POST aid_api.resubmit",
        json={"lines": [_PAPER], "documents": [Own("loose_paper")]},
        claim_id="returned_claim",
    ),
    member_case("POST aid_api.withdraw", claim_id="claim"),
    member_case(
        "POST training_api.enrol_in_session",
        json={"id": Own("enrolment"), "session_id": Own("course_session")},
        strangers={"other_member": KEY_REUSED},
    ),
    member_case("DELETE training_api.withdraw_from_session", enrolment_id="enrolment"),
    member_case("GET training_api.download_calendar", enrolment_id="enrolment"),
]
