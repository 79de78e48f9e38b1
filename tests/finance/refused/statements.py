"""What the database refuses of statements."""

from tests.finance.refused.rows import (
    CARRIED,
    NEXT,
    add,
    agreed_anew,
    answer,
    approve,
    change,
    issue,
    void,
)

BOOKING_IN_OCTOBER = (
    "INSERT INTO journals (id, source_type, source_id, kind, book, fund_source, book_date,"
    " occurred_at, received_at) VALUES (:j, 'match', :k, 'paid', 'union', 'union_fund',"
    " '2026-10-31', now(), now())"
)

STATEMENTS = {
    "two statements of a merchant for the same days": (
        [add("statements", starts_on="'2026-11-23'")],
        "ex_statements_days_of_merchant",
    ),
    "a statement of no days": (
        [add("statements", ends_on="'2026-12-01'")],
        "ck_statements_days_in_order",
    ),
    "a statement of less than nothing": (
        [add("statements", lines=-1)],
        "ck_statements_says_something",
    ),
    "a statement issued without lines or anything carried": (
        [add("statements", lines=0, lines_fen=0), issue("j")],
        "ck_statements_says_something",
    ),
    "a smallest payment below nothing": (
        [add("statements", min_payout_fen=-1)],
        "ck_statements_min_payout_not_negative",
    ),
    "silence that somebody spoke": (
        [
            change(
                "statements",
                "issued",
                state="'agreed'",
                agreed_at="now()",
                confirm_by="'2026-01-01'",
                agreed_by_silence="true",
                agreed_by_terminal_id=":till",
            )
        ],
        "ck_statements_silent_is_nobodys_word",
    ),
    "silence before its day is over": (
        [
            change(
                "statements",
                "issued",
                state="'agreed'",
                agreed_at="now()",
                confirm_by="'2100-01-01'",
                agreed_by_silence="true",
            )
        ],
        "ck_statements_silent_too_early",
    ),
    "a statement approved without its invoices": (
        [*agreed_anew(invoice_buyer_uscc="'81440399MC0000100R'"), approve("j")],
        "ck_statements_invoiced",
    ),
    "a new merchant paid before its day": (
        [
            *agreed_anew(pay_from="'2100-01-01'"),
            approve("j"),
            add("payments", id=":k", statement_id=":j", payee_id=":shop"),
        ],
        "ck_payments_not_before_its_day",
    ),
    "a statement without a version": (
        [add("statements", version=0)],
        "ck_statements_version_positive",
    ),
    "a statement in no known state": (
        [change("statements", "issued", state="'lost'")],
        "ck_statements_statementstate",
    ),
    "the same statement twice": ([add("statements", id=":open")], "pk_statements"),
    "a statement that is born issued": (
        [add("statements", state="'issued'", issued_at="now()")],
        "ck_statements_begins_at_the_start",
    ),
    "a statement agreed to by somebody at no time": (
        [change("statements", "issued", agreed_by_terminal_id=":till")],
        "ck_statements_agreed_by_one",
    ),
    "a statement approved by its maker": ([approve(by=":clerk")], "ck_statements_two_people"),
    "a statement approved by nobody": (
        [change("statements", "agreed", state="'approved'")],
        "ck_statements_approved_by_somebody",
    ),
    "a statement issued at no time": (
        [change("statements", "open", state="'issued'")],
        "ck_statements_issued_at_a_time",
    ),
    "a statement approved that nobody agreed to": (
        [approve("issued")],
        "ck_statements_agreed_before_approved",
    ),
    "a statement approved over an open dispute": (
        [
            change(
                "statements",
                "disputed",
                state="'approved'",
                agreed_at="now()",
                approver_id=":approver",
                approved_at="now()",
            )
        ],
        "ck_statements_disputes_answered",
    ),
    "a statement agreed over an answer nobody confirmed": (
        [answer(0), change("statements", "disputed", state="'agreed'", agreed_at="now()")],
        "ck_statements_disputes_answered",
    ),
    "a statement issued over a line that it does not count": (
        [add("statement_lines"), issue()],
        "ck_statements_sum_of_lines",
    ),
    "a statement issued with a fund that has no lines": (
        [add("statement_funds", lines_fen=5, payable_fen=5), issue()],
        "ck_statements_sum_of_lines",
    ),
    "an issued statement opened again": (
        [change("statements", "issued", state="'open'", issued_at="NULL")],
        "ck_statements_issued_for_good",
    ),
    "a line on two statements": (
        [add("statement_lines", journal_id=":issued_line", statement_id=":other_open")],
        "pk_statement_lines",
    ),
    "two lines with one number": (
        [add("statement_lines", line_no=1)],
        "uq_statement_lines_statement_id_line_no",
    ),
    "a line numbered zero": (
        [add("statement_lines", line_no=0)],
        "ck_statement_lines_line_no_positive",
    ),
    "a line of nothing": (
        [add("statement_lines", amount_fen=0)],
        "ck_statement_lines_amount_is_something",
    ),
    "a line on an issued statement": (
        [add("statement_lines", journal_id=":foreign_sale", statement_id=":issued")],
        "ck_statement_lines_while_open",
    ),
    "a line of another amount than was booked": (
        [add("statement_lines", amount_fen=4001)],
        "ck_statement_lines_as_booked",
    ),
    "a reversal as if it were a sale": (
        [add("statement_lines", journal_id=":reversal", amount_fen=1000)],
        "ck_statement_lines_as_booked",
    ),
    "a line of another fund than was booked": (
        [add("statement_lines", fund_source="'dues'")],
        "ck_statement_lines_as_booked",
    ),
    "a line of another merchant": (
        [add("statement_lines", journal_id=":foreign_sale")],
        "ck_statement_lines_as_booked",
    ),
    "a line of no journal": (
        [add("statement_lines", journal_id=":j")],
        "ck_statement_lines_as_booked",
    ),
    "a line of no statement": (
        [add("statement_lines", statement_id=":j")],
        "ck_statement_lines_as_booked",
    ),
    "a line of a later day": (
        [add("statement_lines", journal_id=":later_sale")],
        "ck_statement_lines_as_booked",
    ),
    "a line of a fund that there is not": (
        [add("statement_lines", fund_source="'petty'")],
        "ck_statement_lines_fundsource",
    ),
    "a fund twice on a statement": (
        [add("statement_funds", fund_source="'union_fund'")],
        "pk_statement_funds",
    ),
    "a fund whose sums disagree": (
        [add("statement_funds", payable_fen=1)],
        "ck_statement_funds_sums_agree",
    ),
    "a fund that is owed less than nothing": (
        [add("statement_funds", lines_fen=-1, payable_fen=-1)],
        "ck_statement_funds_payable_not_negative",
    ),
    "an amount carried in from nowhere": (
        [add("statement_funds", carried_in_fen=5, payable_fen=5)],
        "ck_statement_funds_carried_from_somewhere",
    ),
    "a fund that there is not": (
        [add("statement_funds", fund_source="'petty'")],
        "ck_statement_funds_fundsource",
    ),
    "a fund added to an issued statement": (
        [add("statement_funds", statement_id=":issued")],
        "ck_statement_funds_while_open",
    ),
    "a fund that carries in what was not carried out": (
        [NEXT, add("statement_funds", **CARRIED, carried_in_fen=-9, carried_out_fen=-9)],
        "ck_statement_funds_carried_as_left",
    ),
    "a fund that carries in what another merchant owes": (
        [
            add(
                "statement_funds",
                **CARRIED | {"statement_id": ":bare_open"},
                carried_in_fen=-1000,
                carried_out_fen=-1000,
            )
        ],
        "ck_statement_funds_carried_as_left",
    ),
    "an amount carried in twice": (
        [
            NEXT,
            add("statement_funds", **CARRIED, carried_in_fen=-1000, carried_out_fen=-1000),
            add(
                "statements",
                merchant_id=":carrying_shop",
                starts_on="'2027-01-01'",
                ends_on="'2027-02-01'",
            ),
            add(
                "statement_funds",
                **CARRIED | {"statement_id": ":j"},
                carried_in_fen=-1000,
                carried_out_fen=-1000,
            ),
        ],
        "uq_statement_funds_carried_from_id_fund_source",
    ),
    "a void after the statement was issued": (
        [void("issued_sale")],
        "ck_redemption_reversals_void_before_issue",
    ),
    "a booking into a closed month": (
        [BOOKING_IN_OCTOBER],
        "ck_journals_period_open",
    ),
}
