"""What stands beside the table of objects: mixtures of own and foreign things, and lists."""

from tests.access.objects import COURSE, MERCHANT, SALE, SESSION, VERSION

# What a caller puts together of their own and of somebody else's: (endpoint, caller, address, body,
# what they hear).
MIXED = [
    (
        "POST discounts_api.make_quote",
        "till",
        {},
        {"verification_id": "verification", "offer_id": "foreign_offer", "gross_fen": 6000},
        (409, "offer_not_usable"),
    ),
    (
        "POST discounts_api.redeem",
        "till",
        {},
        SALE | {"verification_id": "verification", "offer_id": "foreign_offer"},
        (409, "offer_not_usable"),
    ),
    (
        "POST training_pages.save_new_session",
        "own_staff",
        {"course_id": "course"},
        SESSION | {"site_id": "foreign_service_site"},
        (404, None),
    ),
    (
        "POST training_pages.save_new_course",
        "own_staff",
        {},
        COURSE | {"programme_id": "programme", "union_code": "foreign_union"},
        (404, None),
    ),
    (
        "POST merchants_pages.save_new_merchant",
        "own_staff",
        {},
        MERCHANT | {"union_code": "foreign_union"},
        (422, None),
    ),
    (
        "POST merchants_pages.save_merchant",
        "own_staff",
        {"merchant_id": "merchant"},
        MERCHANT | VERSION | {"union_code": "foreign_union"},
        (422, None),
    ),
    ("POST cards_pages.start", "own_staff", {}, {"union_code": "foreign_union"}, (404, None)),
    (
        "POST staff_pages.save_new_account",
        "own_staff",
        {},
        {"username": "newcomer", "display_name": "新人", "union_code": "foreign_union"},
        (404, None),
    ),
    (
        "POST staff_pages.save_account",
        "own_staff",
        {"account_id": "account"},
        VERSION | {"display_name": "新名", "union_code": "foreign_union"},
        (404, None),
    ),
    (
        "POST staff_pages.save_grant",
        "own_staff",
        {"account_id": "account"},
        {"role": "auditor", "union_code": "foreign_union"},
        (404, None),
    ),
    (
        "POST staff_pages.drop_grant",
        "own_staff",
        {"account_id": "disabled", "grant_id": "grant"},
        {},
        (404, None),
    ),
]

# Lists and pages without an id: what the owner reads there and a stranger does not.
LISTS = [
    ("GET members_api.list_members", "own_staff", "member", ("foreign_staff",)),
    ("GET members_pages.members", "own_staff", "member", ("foreign_staff",)),
    ("GET members_pages.unions", "own_staff", "own_union", ("foreign_staff",)),
    ("GET members_pages.imports", "own_staff", "import", ("foreign_staff",)),
    ("GET cards_pages.cards", "own_staff", "member_card", ("foreign_staff",)),
    ("GET cards_pages.batches", "own_staff", "batch", ("foreign_staff",)),
    ("GET merchants_pages.merchants", "own_staff", "merchant", ("foreign_staff",)),
    ("GET merchants_pages.new_merchant_form", "own_staff", "own_union", ("foreign_staff",)),
    ("GET aid_pages.queue", "own_staff", "claim", ("foreign_staff",)),
    ("GET offers_pages.offers", "own_staff", "offer", ("foreign_staff",)),
    ("GET offers_pages.choose_merchant", "own_staff", "merchant", ("foreign_staff",)),
    ("GET training_pages.courses", "own_staff", "course", ("foreign_staff",)),
    ("GET training_pages.new_course_form", "own_staff", "own_union", ("foreign_staff",)),
    ("GET staff_pages.accounts", "own_staff", "account", ("foreign_staff",)),
    ("GET staff_pages.new_account_form", "own_staff", "own_union", ("foreign_staff",)),
    ("GET staff_pages.my_account", "own_staff", "own_session", ("foreign_staff",)),
    ("GET discounts_api.list_redemptions", "till", "sale", ("colleague_till", "other_till")),
    ("GET training_api.list_site_sessions", "service_till", "course_session", ("till",)),
    ("GET merchants_api.show_terminal", "till", "till_id", ("colleague_till", "other_till")),
    ("GET cards_api.show_card", "member", "member_card", ("other_member",)),
    ("GET cards_api.list_records", "member", "sale", ("other_member",)),
    ("GET aid_api.list_claims", "member", "claim", ("other_member",)),
    ("GET training_api.list_enrolments", "member", "enrolment", ("other_member",)),
]
# The same for everybody who may open them, or of the caller alone without an id to look for.
NOT_LISTS = {
    "GET training_api.list_sessions": "open sessions are for every member to see",
    "GET aid_api.list_schemes": "schemes are published",
    "GET members_api.list_consents": "the caller's own, by purpose",
    "GET cards_api.show_slice": "a new text each time, tried at a till",
    "GET cards_api.draw_slice": "the same as a picture",
    "GET desk.home": "counts of the caller's own lists",
    "GET merchant_files_pages.upload_form": "an empty form",
    "GET programmes_pages.programmes": "the city's, for every designer to read",
    "GET programmes_pages.new_programme_form": "the city's alone",
    "GET offers_pages.new_offer_for_all_form": "the city's alone",
    "GET staff_pages.password_form": "an empty form",
    "GET staff_pages.factor_form": "the caller's own secret",
}
