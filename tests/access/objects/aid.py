"""Cases of mutual aid."""

from kernel.actors import Role
from tests.access.objects.cases import VERSION, desk_case

AID_CASES = [
    desk_case("GET aid_pages.claim", claim_id="claim"),
    desk_case("GET aid_pages.paper", document_id="paper"),
    desk_case("POST aid_pages.assess", claim_id="claim", form=VERSION),
    desk_case(
        "POST aid_pages.approve",
        owner=Role.CLAIMS_APPROVER.value,
        claim_id="assessed_claim",
        form={"version": "2"},
    ),
    desk_case("POST aid_pages.send_back", claim_id="claim", form=VERSION | {"note": "补"}),
    desk_case(
        "POST aid_pages.reject",
        claim_id="claim",
        form=VERSION | {"reason": "excluded", "note": "不符"},
    ),
]
