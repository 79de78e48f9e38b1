"""What the database refuses once a month is closed, and of closing it."""

from tests.finance.refused.rows import (
    add,
)

CLOSING = {
    "a month asked for twice": (
        [add("close_requests"), add("close_requests")],
        "pk_close_requests",
    ),
    "a month closed by one person": (
        [add("close_certificates", approver_id=":clerk")],
        "ck_close_certificates_two_people",
    ),
    "a month certified twice": (
        [add("close_certificates"), add("close_certificates")],
        "pk_close_certificates",
    ),
    "a month that there is not": (
        [add("close_certificates", month="'2031-01'")],
        "fk_close_certificates_month",
    ),
    "a voucher twice": ([add("vouchers"), add("vouchers", number=2, is_red=True)], "pk_vouchers"),
    "two vouchers of one number": (
        [add("vouchers"), add("vouchers", id=":k", is_red=True)],
        "uq_vouchers_month_book_number",
    ),
    "what happened on a day on two vouchers": (
        [add("vouchers"), add("vouchers", id=":k", number=2)],
        "uq_vouchers_book_date_fund_source_source_type_is_red",
    ),
    "a voucher without a number": ([add("vouchers", number=0)], "ck_vouchers_number_positive"),
    "a voucher of nothing": ([add("vouchers", journals=0)], "ck_vouchers_of_something"),
    "attachments below none": (
        [add("vouchers", attachments=-1)],
        "ck_vouchers_attachments_not_negative",
    ),
    "a voucher of mutual aid in the union's book": (
        [add("vouchers", fund_source="'mutual_aid'")],
        "ck_vouchers_mutual_aid_apart",
    ),
    "a voucher of another month's day": (
        [add("vouchers", book_date="'2026-12-01'")],
        "ck_vouchers_day_of_month",
    ),
    "a voucher of no book": ([add("vouchers", book="'x'")], "ck_vouchers_book"),
    "a voucher of no fund": ([add("vouchers", fund_source="'x'")], "ck_vouchers_fundsource"),
    "a line of a voucher twice": (
        [add("vouchers"), add("voucher_lines"), add("voucher_lines")],
        "pk_voucher_lines",
    ),
    "a line below the first": (
        [add("vouchers"), add("voucher_lines", line_no=0)],
        "ck_voucher_lines_line_no_positive",
    ),
    "a line on both sides": (
        [add("vouchers"), add("voucher_lines", credit_fen=1)],
        "ck_voucher_lines_one_side",
    ),
}
