"""Statements that the ledger's tables refuse or take, in words: data for test_guards.py."""
# ruff: noqa: S608  (the words put together here are all this file's own)

from uuid import UUID

# What the statements call things. `original` and `reversal` are journals of the fixture, `j` and
# `k` are ids that are new in each test.
NAMES = {
    "expense": UUID("01935000-0000-7000-8000-000000050301"),
    "hardship": UUID("01935000-0000-7000-8000-000000050401"),
    "owed": UUID("01935000-0000-7000-8000-000000022501"),
    "mutual": UUID("01935000-0000-7000-8000-000000000951"),
    "nowhere": UUID("01935000-0000-7000-8000-00000000dead"),
    "merchant": UUID("01935000-0000-7000-8000-00000000aaaa"),
    "other": UUID("01935000-0000-7000-8000-00000000bbbb"),
    "sale": UUID("01935000-0000-7000-8000-00000000cccc"),
    "undo": UUID("01935000-0000-7000-8000-00000000dddd"),
}


def journal(
    journal_id=":j", *, book="union", fund="union_fund", day="2026-11-23", reverses="NULL", key=None
):
    return (
        "INSERT INTO journals (id, source_type, source_id, kind, book, fund_source, book_date,"
        f" occurred_at, received_at, reverses_id) VALUES ({journal_id}, 'test',"
        f" {key or journal_id}, 'tried', '{book}', '{fund}', '{day}', now(), now(), {reverses})"
    )


def line(number, account, debit, credit, *, of=":j", party=None):
    whom = ("'merchant'", party) if party else ("NULL", "NULL")
    return row("postings", of, number, account, debit, credit, *whom)


def row(table, *values):
    listed = ", ".join(map(str, values))
    return f"INSERT INTO {table} VALUES ({listed})"


def rule(family, fund, event, *accounts, book="union"):
    key = (f"'{word}'" for word in (family, fund, event, book))
    return row("posting_rules", ":j", *key, *accounts, "'credit'")


def close_november(*, maker=":other", approver=":merchant", at="now()"):
    return (
        f"UPDATE periods SET state = 'closed', maker_id = {maker}, approver_id = {approver},"
        f" closed_at = {at} WHERE month = '2026-11'"
    )


def month(key, starts_on, ends_on):
    return row("periods", f"'{key}'", f"'{starts_on}'", f"'{ends_on}'", "'open'")


JOURNAL = journal()
PAIR = (line(1, ":expense", 5, 0), line(2, ":owed", 0, 5))
REVERSAL = journal(reverses=":original")
FIRE = "SET CONSTRAINTS ALL IMMEDIATE"
DEFER = "SET CONSTRAINTS ALL DEFERRED"

FORBIDDEN = {
    "a journal without lines": ([JOURNAL], "ck_journals_balanced"),
    "a journal of one line": ([JOURNAL, PAIR[0]], "ck_journals_balanced"),
    "debits unlike credits": (
        [JOURNAL, PAIR[0], line(2, ":owed", 0, 4)],
        "ck_journals_balanced",
    ),
    "two debits": ([JOURNAL, PAIR[0], line(2, ":owed", 5, 0)], "ck_journals_balanced"),
    "a third line too much": (
        [JOURNAL, *PAIR, line(3, ":owed", 0, 1)],
        "ck_journals_balanced",
    ),
    "a gap in the numbers": (
        [JOURNAL, PAIR[0], line(3, ":owed", 0, 5)],
        "ck_journals_balanced",
    ),
    "one more line after the check has run": (
        [JOURNAL, *PAIR, FIRE, line(3, ":owed", 0, 1)],
        "ck_journals_balanced",
    ),
    "one more line after the check has run and was deferred again": (
        [JOURNAL, *PAIR, FIRE, DEFER, line(3, ":owed", 0, 1)],
        "ck_journals_balanced",
    ),
    "line numbers from high to low": (
        [JOURNAL, line(9, ":expense", 5, 0), line(8, ":owed", 0, 5)],
        "ck_journals_balanced",
    ),
    "a pair added with a gap after the check has run": (
        [JOURNAL, *PAIR, FIRE, DEFER, line(4, ":expense", 1, 0), line(5, ":owed", 0, 1)],
        "ck_journals_balanced",
    ),
    "lines that a rollback took away after the check had run": (
        [JOURNAL, "SAVEPOINT s", *PAIR, FIRE, "ROLLBACK TO s"],
        "ck_journals_balanced",
    ),
    "a line number below one": (
        [JOURNAL, line(0, ":expense", 5, 0)],
        "ck_postings_line_no_positive",
    ),
    "a line of both sides": ([JOURNAL, line(1, ":expense", 5, 5)], "ck_postings_one_side"),
    "a line of neither side": ([JOURNAL, line(1, ":expense", 0, 0)], "ck_postings_one_side"),
    "a negative line": ([JOURNAL, line(1, ":expense", -5, 0)], "ck_postings_one_side"),
    "half a party": (
        [JOURNAL, "INSERT INTO postings VALUES (:j, 1, :owed, 0, 5, 'merchant', NULL)"],
        "ck_postings_party_whole",
    ),
    "an account that is none": (
        [JOURNAL, PAIR[0], line(2, ":nowhere", 0, 5)],
        "ck_postings_account_of_book",
    ),
    "an account of the other book": (
        [JOURNAL, PAIR[0], line(2, ":mutual", 0, 5)],
        "ck_postings_account_of_book",
    ),
    "an account of the other book after the check has run": (
        [
            *(JOURNAL, *PAIR, FIRE, DEFER),
            *(line(3, ":mutual", 5, 0), line(4, ":owed", 0, 5)),
        ],
        "ck_postings_account_of_book",
    ),
    "an account that was retired": (
        ["UPDATE accounts SET is_active = false WHERE id = :owed", JOURNAL, *PAIR],
        "ck_postings_account_in_use",
    ),
    "mutual-aid money in the union's book": (
        [journal(fund="mutual_aid")],
        "ck_journals_mutual_aid_apart",
    ),
    "union money in the mutual-aid book": (
        [journal(book="mutual_aid")],
        "ck_journals_mutual_aid_apart",
    ),
    "a fact booked twice": (
        [JOURNAL, journal(":k", key=":j")],
        "uq_journals_source_type_source_id_kind",
    ),
    "a closed month": ([journal(day="2026-10-31")], "ck_journals_period_open"),
    "a month that was not opened": ([journal(day="2026-12-01")], "ck_journals_period_open"),
    "a line for yesterday's journal": (
        [line(3, ":owed", 0, 1, of=":original")],
        "ck_postings_own_transaction",
    ),
    "the first line of yesterday's journal": (
        [line(1, ":owed", 0, 1, of=":original")],
        "pk_postings",
    ),
    "a line without a journal": ([line(1, ":owed", 0, 1)], "fk_postings_journal_id"),
    "a third line without a journal": (
        [line(3, ":owed", 0, 1)],
        "ck_postings_own_transaction",
    ),
    "more reversed than is left": (
        [REVERSAL, line(1, ":expense", 0, 3001), line(2, ":owed", 3001, 0, party=":merchant")],
        "ck_journals_within_original",
    ),
    "more reversed than is left, by a line added after the check": (
        [
            REVERSAL,
            line(1, ":expense", 0, 3000),
            line(2, ":owed", 3000, 0, party=":merchant"),
            FIRE,
            DEFER,
            line(3, ":expense", 0, 1),
            line(4, ":owed", 1, 0, party=":merchant"),
        ],
        "ck_journals_within_original",
    ),
    "a reversal that books the original again": (
        [REVERSAL, line(1, ":expense", 1, 0), line(2, ":owed", 0, 1, party=":merchant")],
        "ck_journals_within_original",
    ),
    "a reversal that gives back on one line what it took too much on another": (
        [
            REVERSAL,
            line(1, ":expense", 0, 3001),
            line(2, ":expense", 1, 0),
            line(3, ":owed", 3000, 0, party=":merchant"),
        ],
        "ck_journals_within_original",
    ),
    "a reversal on another account": (
        [REVERSAL, line(1, ":hardship", 0, 1), line(2, ":owed", 1, 0, party=":merchant")],
        "ck_journals_within_original",
    ),
    "a reversal at another merchant's cost": (
        [REVERSAL, line(1, ":expense", 0, 1), line(2, ":owed", 1, 0, party=":other")],
        "ck_journals_within_original",
    ),
    "a reversal for another fund": (
        [journal(fund="dues", reverses=":original")],
        "ck_journals_mirrors_original",
    ),
    "a reversal of a reversal": (
        [journal(reverses=":reversal")],
        "ck_journals_mirrors_original",
    ),
    "a reversal of nothing": ([journal(reverses=":nowhere")], "fk_journals_reverses_id"),
    "a reversal of itself": ([journal(reverses=":j")], "ck_journals_reverses_another"),
    "a month closed by one person": (
        [close_november(approver=":other")],
        "ck_periods_two_people",
    ),
    "a month closed without an approver": (
        [close_november(approver="NULL")],
        "ck_periods_closed_by_somebody",
    ),
    "a month closed at no time": (
        [close_november(at="NULL")],
        "ck_periods_closed_by_somebody",
    ),
    "a month opened again": (
        [close_november(), "UPDATE periods SET state = 'open' WHERE month = '2026-11'"],
        "ck_periods_closed_for_good",
    ),
    "a journal after its month was closed": (
        [close_november(), JOURNAL],
        "ck_journals_period_open",
    ),
    "a month behind a closed one": (
        [month("2026-09", "2026-09-01", "2026-10-01")],
        "ck_periods_in_order",
    ),
    "a month twice": ([month("2026-11", "2026-11-01", "2026-12-01")], "pk_periods"),
    "a month that overlaps another": (
        [month("2026-12", "2026-11-30", "2027-01-01")],
        "ck_periods_bounds_of_month",
    ),
    "a rule across the books": (
        [rule("training", "mutual_aid", "completed", ":mutual", ":owed", book="mutual_aid")],
        "fk_posting_rules_credit_account_id",
    ),
    "a rule that takes mutual-aid money into the union's book": (
        [rule("training", "mutual_aid", "completed", ":expense", ":owed")],
        "ck_posting_rules_mutual_aid_apart",
    ),
    "an event with two rules": (
        [rule("discount", "dues", "captured", ":hardship", ":owed")],
        "uq_posting_rules_family_fund_source_event",
    ),
    "a payable of nothing": (
        [row("payables", ":j", "'c'", ":k", "'member'", ":k", 0, "'dues'", ":original", "now()")],
        "ck_payables_amount_positive",
    ),
}

ALLOWED = {
    "a pair": [JOURNAL, *PAIR],
    "lines before the check, in any order": [JOURNAL, PAIR[1], PAIR[0]],
    "a balanced pair added after the check": [
        *(JOURNAL, *PAIR, FIRE, DEFER),
        *(line(3, ":expense", 1, 0), line(4, ":owed", 0, 1)),
    ],
    "the mutual-aid book": [
        journal(book="mutual_aid", fund="mutual_aid"),
        line(1, ":mutual", 5, 0),
        line(2, ":mutual", 0, 5),
    ],
    "exactly what is left": [
        *(REVERSAL, line(1, ":expense", 0, 3000)),
        line(2, ":owed", 3000, 0, party=":merchant"),
    ],
    "names and codes edited": [
        "UPDATE accounts SET code = '5401', name_zh = '改名', is_active = false WHERE id = :mutual",
        "UPDATE posting_rules SET debit_account_id = :hardship WHERE debit_account_id = :expense",
    ],
}

CHANGES = [
    "UPDATE journals SET book_date = '2026-11-24'",
    "UPDATE journals SET book_date = '2026-11-24' WHERE false",
    "DELETE FROM journals",
    "TRUNCATE journals CASCADE",
    "UPDATE postings SET debit_fen = 1",
    "DELETE FROM postings WHERE false",
    "TRUNCATE postings",
    "DELETE FROM accounts WHERE false",
    "TRUNCATE accounts CASCADE",
    "UPDATE accounts SET kind = 'asset'",
    "UPDATE accounts SET book = 'union'",
    "DELETE FROM posting_rules",
    "TRUNCATE posting_rules",
    "UPDATE posting_rules SET fund_source = 'dues'",
    "DELETE FROM periods",
    "TRUNCATE periods CASCADE",
    "DELETE FROM payables",
    "TRUNCATE payables CASCADE",
    "UPDATE payables SET amount_fen = 1",
    "UPDATE payables SET payee_id = NULL",
]
