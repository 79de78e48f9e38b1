"""Cases of staff accounts."""

from tests.access.objects.cases import UNION, VERSION, desk_case

STAFF_CASES = [
    desk_case("POST staff_pages.end_one_session", session_id="own_session"),
    desk_case(
        "POST staff_pages.save_new_account",
        form={"username": "newcomer", "display_name": "新人"} | UNION,
    ),
    desk_case("GET staff_pages.account", account_id="account"),
    desk_case(
        "POST staff_pages.save_account",
        account_id="account",
        form={"display_name": "新名"} | VERSION | UNION,
    ),
    desk_case(
        "POST staff_pages.save_grant", account_id="account", form={"role": "auditor"} | UNION
    ),
    desk_case("POST staff_pages.drop_grant", account_id="account", grant_id="grant"),
    desk_case("POST staff_pages.disable", account_id="account", form=VERSION),
    desk_case("POST staff_pages.enable", account_id="disabled", form=VERSION),
    desk_case("POST staff_pages.reset", account_id="account", form=VERSION),
]
