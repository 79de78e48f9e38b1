"""The table: for every endpoint that names an object, whose it is and what strangers hear.

A line holds for the places it fills: those of the address by name, those of the body where a value
is an `Own`. tests/test_access.py fails while a place of the application stands in no line here.
"""

from tests.access.objects.aid import AID_CASES
from tests.access.objects.benefits import COUPON_CASES, OFFER_CASES
from tests.access.objects.cases import COURSE, MERCHANT, SALE, SESSION, VERSION, Own
from tests.access.objects.finance import BANK_CASES, PAYMENT_CASES, STATEMENT_CASES, TRACE_CASES
from tests.access.objects.members import MEMBER_CASES
from tests.access.objects.merchants import MERCHANT_CASES
from tests.access.objects.register import REGISTER_CASES
from tests.access.objects.staff import STAFF_CASES
from tests.access.objects.tills import TILL_CASES
from tests.access.objects.training import TRAINING_CASES

CASES = [
    *TILL_CASES,
    *MEMBER_CASES,
    *REGISTER_CASES,
    *MERCHANT_CASES,
    *AID_CASES,
    *TRACE_CASES,
    *PAYMENT_CASES,
    *OFFER_CASES,
    *COUPON_CASES,
    *TRAINING_CASES,
    *STAFF_CASES,
    *BANK_CASES,
    *STATEMENT_CASES,
]

# Places that name nothing of anybody, each with its reason.
NOBODYS = {
    ("GET proof_api.show_proof", "kind"): "the log of the whole city; ids of no person",
    ("GET proof_api.show_proof", "record_key"): "the log of the whole city; ids of no person",
    ("GET proof_pages.record", "kind"): "the log of the whole city; ids of no person",
    ("GET proof_pages.record", "record_key"): "the log of the whole city; ids of no person",
    ("GET proof_pages.save_proof", "kind"): "the log of the whole city; ids of no person",
    ("GET proof_pages.save_proof", "record_key"): "the log of the whole city; ids of no person",
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
    ("POST approvals_pages.save_edited", "union_code"): "only the city gets so far",
    ("GET spending_pages.occasion", "occasion"): "a word of the city's, for designers to read",
    ("GET finance_closing_pages.one_month", "month"): "a month of the city's books",
    ("GET finance_books_pages.account", "account_id"): "an account of the city's chart",
    ("GET finance_vouchers_pages.vouchers", "month"): "a month of the city's books",
    ("GET finance_vouchers_pages.voucher", "voucher_id"): "the city's; a district hears 403"
    " (test_voucher_pages)",
    ("GET finance_vouchers_pages.voucher_file", "month"): "a month of the city's books",
    ("GET finance_vouchers_pages.voucher_file", "book"): "one of the two: a word of ours",
    ("GET finance_vouchers_pages.voucher_file", "profile"): "a layout: a word of ours",
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

__all__ = ["CASES", "COURSE", "MERCHANT", "NOBODYS", "SALE", "SESSION", "VERSION", "Own"]
