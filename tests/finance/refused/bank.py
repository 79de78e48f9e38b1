"""What the database refuses of bank files, lines and matches."""

from tests.finance.refused.rows import (
    add,
    change,
    undo,
)

BANK = {
    "an account twice": (
        [add("bank_accounts"), add("bank_accounts", id=":k")],
        "uq_bank_accounts_number",
    ),
    "one account's row twice": ([add("bank_accounts", id=":account")], "pk_bank_accounts"),
    "a file twice": (
        [add("bank_files"), add("bank_files", id=":k")],
        "uq_bank_files_sha256",
    ),
    "one file's row twice": ([add("bank_files", id=":file")], "pk_bank_files"),
    "more new lines than lines": ([add("bank_files", new=2)], "ck_bank_files_new_among_lines"),
    "a bank line twice": (
        [add("bank_lines"), add("bank_lines", id=":k", seq=901)],
        "uq_bank_lines_once",
    ),
    "one line's row twice": ([add("bank_lines", id=":debit")], "pk_bank_lines"),
    "two lines at one place of the balance chain": (
        [add("bank_lines"), add("bank_lines", id=":k", occurrence=2)],
        "uq_bank_lines_account_id_seq",
    ),
    "a bank line of nothing": (
        [add("bank_lines", amount_fen=0)],
        "ck_bank_lines_amount_is_something",
    ),
    "a bank line for the zeroth time": (
        [add("bank_lines", occurrence=0)],
        "ck_bank_lines_occurrence_positive",
    ),
    "a bank line that is born matched": (
        [add("bank_lines", matched_fen=-1000)],
        "ck_bank_lines_begins_at_the_start",
    ),
    "one match twice": ([add("matches", id=":match")], "pk_matches"),
    "a match of nothing": ([add("matches", amount_fen=0)], "ck_matches_amount_is_something"),
    "a match surer than sure": ([add("matches", score=101)], "ck_matches_score_in_percent"),
    "a match beyond the bank line": (
        [add("matches", payment_id=":large", amount_fen=-4001)],
        "ck_bank_lines_matched_within_amount",
    ),
    "two matches beyond the bank line together": (
        [
            add("matches", payment_id=":large", amount_fen=-2500),
            add("matches", id=":k", payment_id=":large", amount_fen=-2500),
        ],
        "ck_bank_lines_matched_within_amount",
    ),
    "a match against the way the money went": (
        [add("matches", bank_line_id=":credit", amount_fen=-4000)],
        "ck_bank_lines_matched_within_amount",
    ),
    "a match beyond the payment": (
        [add("matches", bank_line_id=":large_debit", amount_fen=-4001)],
        "ck_payments_matched_within_amount",
    ),
    "a return of what was not paid": (
        [add("matches", bank_line_id=":credit", amount_fen=4000)],
        "ck_payments_matched_within_amount",
    ),
    "a match with a payment that was not sent": (
        [add("matches", payment_id=":prepared_payment")],
        "ck_matches_payment_sent",
    ),
    "a match undone by its maker": ([undo(by=":clerk")], "ck_matches_undone_by_another"),
    "a match undone for no reason": (
        [change("matches", "match", undone_by=":approver", undone_at="now()")],
        "ck_matches_undone_whole",
    ),
    "a match undone twice": ([undo(), undo()], "ck_matches_undone_once"),
    "a match that comes alive again": (
        [
            undo(),
            change("matches", "match", undone_by="NULL", undone_at="NULL", undone_reason="NULL"),
        ],
        "ck_matches_undone_once",
    ),
    "a match that is born undone": (
        [add("matches", undone_by=":approver", undone_at="now()", undone_reason="'x'")],
        "ck_matches_undone_once",
    ),
    "a discrepancy twice about a line": (
        [add("discrepancies"), add("discrepancies", id=":k")],
        "uq_discrepancies_bank_line_id",
    ),
    "a discrepancy twice about a payment": (
        [
            add("discrepancies", bank_line_id="NULL", payment_id=":sent"),
            add("discrepancies", id=":k", bank_line_id="NULL", payment_id=":sent"),
        ],
        "uq_discrepancies_payment_id",
    ),
    "one discrepancy twice": (
        [add("discrepancies"), add("discrepancies", bank_line_id=":credit")],
        "pk_discrepancies",
    ),
    "a discrepancy about two things": (
        [add("discrepancies", payment_id=":sent")],
        "ck_discrepancies_about_one_thing",
    ),
    "a discrepancy of no known kind": (
        [add("discrepancies", code="'odd'")],
        "ck_discrepancies_discrepancycode",
    ),
    "a discrepancy in no known state": (
        [add("discrepancies", state="'lost'")],
        "ck_discrepancies_discrepancystate",
    ),
    "a discrepancy resolved at no time": (
        [add("discrepancies", state="'resolved'")],
        "ck_discrepancies_resolved_once",
    ),
}
