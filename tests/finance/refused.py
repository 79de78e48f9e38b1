"""Statements that the tables of finance refuse or take, in words: data for the test beside it.

A case is a list of statements, of which the last is refused, and the constraint that refuses it.
`:names` are rows of the test's world; `:j` and `:k` are ids that are new in each test.
"""
# ruff: noqa: S608  (the words put together here are all this file's own)

# The smallest row of each table that the world would take.
ROWS = {
    "statements": {
        "id": ":j",
        "merchant_id": ":shop",
        "starts_on": "'2026-12-01'",
        "ends_on": "'2026-12-08'",
        "state": "'open'",
        "lines": "1",
        "lines_fen": "4000",
        "maker_id": ":clerk",
        "opened_at": "now()",
        "version": "1",
    },
    "statement_lines": {
        "journal_id": ":sale",
        "statement_id": ":open",
        "line_no": "2",
        "fund_source": "'union_fund'",
        "amount_fen": "4000",
    },
    "statement_funds": {
        "statement_id": ":open",
        "fund_source": "'dues'",
        "lines_fen": "0",
        "carried_in_fen": "0",
        "payable_fen": "0",
        "carried_out_fen": "0",
    },
    "disputes": {
        "id": ":j",
        "statement_id": ":issued",
        "line_journal_id": ":issued_line",
        "raised_by_terminal_id": ":till",
        "reason": "'too little'",
        "raised_at": "now()",
        "state": "'open'",
        "version": "1",
    },
    "payout_accounts": {
        "id": ":j",
        "member_id": ":member",
        "account_sealed": "'x'",
        "account_masked": "'x'",
        "account_index": "'x'",
        "bank_name": "'x'",
        "set_at": "now()",
        "version": "1",
    },
    "payment_batches": {
        "id": ":j",
        "book": "'union'",
        "state": "'prepared'",
        "payments": "1",
        "total_fen": "4000",
        "maker_id": ":clerk",
        "prepared_at": "now()",
        "version": "1",
    },
    "payments": {
        "id": ":j",
        "reference": "'UCNEW'",
        "batch_id": ":prepared",
        "statement_id": ":approved",
        "payable_id": "NULL",
        "attempt": "1",
        "fund_source": "'union_fund'",
        "amount_fen": "4000",
        "payee_type": "'merchant'",
        "payee_id": ":approved_shop",
        "payee_name_sealed": "'x'",
        "payee_account_sealed": "'x'",
        "payee_shown": "'x'",
        "account_masked": "'x'",
        "state": "'prepared'",
        "matched_fen": "0",
        "returned_fen": "0",
    },
    "bank_accounts": {
        "id": ":j",
        "number": "'4403990000000002'",
        "opening_fen": "0",
        "closing_fen": "0",
        "known_since": "now()",
    },
    "bank_files": {
        "id": ":j",
        "account_id": ":account",
        "name": "'x'",
        "sha256": "'x'",
        "profile": "'x'",
        "lines": "1",
        "new": "1",
        "imported_at": "now()",
    },
    "bank_lines": {
        "id": ":j",
        "account_id": ":account",
        "file_id": ":file",
        "seq": "900",
        "booked_on": "'2026-11-23'",
        "amount_fen": "-1000",
        "balance_fen": "5",
        "occurrence": "1",
        "summary": "'x'",
        "matched_fen": "0",
    },
    "matches": {
        "id": ":j",
        "bank_line_id": ":debit",
        "payment_id": ":sent",
        "amount_fen": "-4000",
        "reason": "'tried'",
        "matched_by": ":clerk",
        "matched_at": "now()",
    },
    "discrepancies": {
        "id": ":j",
        "code": "'bank_fee'",
        "bank_line_id": ":debit",
        "state": "'open'",
        "opened_at": "now()",
        "version": "1",
    },
    "close_requests": {"month": "'2026-11'", "maker_id": ":clerk", "asked_at": "now()"},
    "close_certificates": {
        "month": "'2026-11'",
        "residuals": "'{}'",
        "identities": "'{}'",
        "named": "'[]'",
        "maker_id": ":clerk",
        "approver_id": ":approver",
        "closed_at": "now()",
    },
}


def add(table, **facts):
    row = ROWS[table] | {name: str(value) for name, value in facts.items()}
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"


def change(table, what, **facts):
    facts_set = ", ".join(f"{name} = {value}" for name, value in facts.items())
    return f"UPDATE {table} SET {facts_set} WHERE id = :{what}"


def issue(what="open"):
    return change("statements", what, state="'issued'", issued_at="now()")


def approve(what="agreed", by=":approver"):
    return change(
        "statements", what, state="'approved'", approver_id=by, approved_at="now()", version=9
    )


def approve_batch(what="prepared", by=":approver"):
    return change("payment_batches", what, state="'approved'", approver_id=by, approved_at="now()")


def send_batch(what="prepared"):
    return change("payment_batches", what, state="'sent'", file_sha256="'x'", sent_at="now()")


def answer(fen, by=":clerk"):
    return change(
        "disputes",
        "dispute",
        state="'answered'",
        maker_id=by,
        answer="'looked'",
        adjustment_fen=fen,
    )


def decide(state, *, by=":approver", journal="NULL"):
    return change(
        "disputes",
        "dispute",
        state=f"'{state}'",
        approver_id=by,
        decided_at="now()",
        journal_id=journal,
    )


def undo(by=":approver", what="match"):
    return change("matches", what, undone_by=by, undone_at="now()", undone_reason="'wrong'")


def void(sale):
    return (
        "INSERT INTO redemption_reversals (id, redemption_id, terminal_id, kind, amount_fen,"
        " member_fen, merchant_fen, union_fen, reason, created_at)"
        f" VALUES (:j, :{sale}, :till, 'void', 4000, 0, 0, 4000, 'void', now())"
    )


def payment_of_payable(**facts):
    of_payable = {
        "batch_id": ":aid_batch",
        "statement_id": "NULL",
        "payable_id": ":owed",
        "fund_source": "'mutual_aid'",
        "amount_fen": 50000,
        "payee_type": "'member'",
        "payee_id": ":owed_member",
    }
    return add("payments", **of_payable | facts)


BOOKING_IN_OCTOBER = (
    "INSERT INTO journals (id, source_type, source_id, kind, book, fund_source, book_date,"
    " occurred_at, received_at) VALUES (:j, 'match', :k, 'paid', 'union', 'union_fund',"
    " '2026-10-31', now(), now())"
)
ACCEPTED_AT_ONCE = (
    "UPDATE disputes SET state = 'accepted', maker_id = :clerk, answer = 'x',"
    " adjustment_fen = 500, approver_id = :approver, decided_at = now(), journal_id = :sale"
    " WHERE id = :j"
)
NEXT = add("statements", id=":k", merchant_id=":carrying_shop")
CARRIED = {"statement_id": ":k", "carried_from_id": ":carrying", "fund_source": "'union_fund'"}
AID_BATCH = add("payment_batches", book="'mutual_aid'", total_fen=50000)

STATEMENTS = {
    "two statements of a merchant for the same days": (
        [add("statements", starts_on="'2026-11-23'")],
        "ex_statements_days_of_merchant",
    ),
    "a statement of no days": (
        [add("statements", ends_on="'2026-12-01'")],
        "ck_statements_days_in_order",
    ),
    "a statement of nothing": ([add("statements", lines=0)], "ck_statements_says_something"),
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

DISPUTES = {
    "a line disputed twice": (
        [add("disputes"), add("disputes", id=":k")],
        "uq_disputes_line_journal_id",
    ),
    "one dispute twice": ([add("disputes"), add("disputes")], "pk_disputes"),
    "a dispute that is born answered": (
        [add("disputes", state="'answered'", maker_id=":clerk", answer="'x'", adjustment_fen=0)],
        "ck_disputes_begins_at_the_start",
    ),
    "a dispute about a line of another statement": (
        [add("disputes", statement_id=":disputed")],
        "ck_disputes_line_of_statement",
    ),
    "a dispute after the statement was agreed": (
        [add("disputes", statement_id=":agreed", line_journal_id=":agreed_line")],
        "ck_disputes_while_issued",
    ),
    "a dispute after the payment": (
        [add("disputes", statement_id=":settled", line_journal_id=":settled_line")],
        "ck_disputes_while_issued",
    ),
    "a dispute that nobody raised": (
        [add("disputes", raised_by_terminal_id="NULL")],
        "ck_disputes_raised_by_one",
    ),
    "a dispute in no known state": (
        [answer(0), change("disputes", "dispute", state="'lost'")],
        "ck_disputes_disputestate",
    ),
    "an answer by nobody": (
        [change("disputes", "dispute", state="'answered'")],
        "ck_disputes_answered_by_somebody",
    ),
    "an answer confirmed by who gave it": (
        [answer(0), decide("rejected", by=":clerk")],
        "ck_disputes_two_people",
    ),
    "a dispute decided by nobody": (
        [answer(0), change("disputes", "dispute", state="'rejected'")],
        "ck_disputes_decided_by_somebody",
    ),
    "a dispute accepted and not booked": (
        [answer(500), decide("accepted")],
        "ck_disputes_booked_when_accepted",
    ),
    "a dispute accepted for nothing": (
        [answer(0), decide("accepted", journal=":sale")],
        "ck_disputes_booked_when_accepted",
    ),
    "a dispute rejected with an adjustment": (
        [answer(500), decide("rejected")],
        "ck_disputes_booked_when_accepted",
    ),
    "one adjustment for two disputes": (
        [
            answer(500),
            decide("accepted", journal=":sale"),
            add("disputes"),
            ACCEPTED_AT_ONCE,
        ],
        "uq_disputes_journal_id",
    ),
}

PAYMENTS = {
    "a second account of a member": (
        [add("payout_accounts"), add("payout_accounts", id=":k")],
        "uq_payout_accounts_member_id",
    ),
    "one account twice": (
        [add("payout_accounts"), add("payout_accounts")],
        "pk_payout_accounts",
    ),
    "an account without a version": (
        [add("payout_accounts", version=0)],
        "ck_payout_accounts_version_positive",
    ),
    "one batch twice": ([add("payment_batches", id=":prepared")], "pk_payment_batches"),
    "a batch that is born approved": (
        [
            add(
                "payment_batches",
                state="'approved'",
                approver_id=":approver",
                approved_at="now()",
            )
        ],
        "ck_payment_batches_begins_at_the_start",
    ),
    "a batch of a book that there is not": (
        [add("payment_batches", book="'petty'")],
        "ck_payment_batches_book",
    ),
    "a batch in no known state": (
        [change("payment_batches", "prepared", state="'lost'")],
        "ck_payment_batches_batchstate",
    ),
    "a batch that pays nothing": (
        [add("payment_batches", total_fen=0)],
        "ck_payment_batches_pays_something",
    ),
    "a batch without a version": (
        [add("payment_batches", version=0)],
        "ck_payment_batches_version_positive",
    ),
    "a batch approved by its maker": (
        [approve_batch(by=":clerk")],
        "ck_payment_batches_two_people",
    ),
    "a batch approved by nobody": (
        [change("payment_batches", "prepared", state="'approved'")],
        "ck_payment_batches_approved_by_somebody",
    ),
    "a batch sent that nobody approved": ([send_batch()], "ck_payment_batches_approved_first"),
    "a batch sent without a file": (
        [approve_batch(), change("payment_batches", "prepared", state="'sent'")],
        "ck_payment_batches_sent_as_a_file",
    ),
    "a batch approved over a payment that it does not count": (
        [add("payments"), approve_batch()],
        "ck_payment_batches_sum",
    ),
    "a batch sent less a payment that was approved": (
        [
            approve_batch(),
            change("payments", "prepared_payment", state="'cancelled'"),
            send_batch(),
        ],
        "ck_payment_batches_sum",
    ),
    "a batch taken back after it was sent": (
        [
            change(
                "payment_batches",
                "sent_batch",
                state="'cancelled'",
                file_sha256="NULL",
                sent_at="NULL",
            )
        ],
        "ck_payment_batches_final",
    ),
    "one payment twice": (
        [add("payments", id=":sent")],
        "pk_payments",
    ),
    "a reference twice": (
        [add("payments", reference="(SELECT reference FROM payments WHERE id = :sent)")],
        "uq_payments_reference",
    ),
    "a payment for a statement that nobody approved": (
        [add("payments", statement_id=":agreed", payee_id=":agreed_shop")],
        "ck_payments_as_owed",
    ),
    "a payment of more than is owed": (
        [add("payments", amount_fen=4001)],
        "ck_payments_as_owed",
    ),
    "a payment to another merchant": (
        [add("payments", payee_id=":agreed_shop")],
        "ck_payments_as_owed",
    ),
    "a payment from another fund": (
        [add("payments", fund_source="'dues'")],
        "ck_payments_as_owed",
    ),
    "a payment of another payable's amount": (
        [AID_BATCH, payment_of_payable(batch_id=":j", amount_fen=1)],
        "ck_payments_as_owed",
    ),
    "a payment in a batch of the other book": (
        [payment_of_payable(batch_id=":prepared")],
        "ck_payments_batch_prepared",
    ),
    "a payment in a batch that is approved": (
        [approve_batch(), add("payments")],
        "ck_payments_batch_prepared",
    ),
    "a payment in a batch that was sent": (
        [add("payments", batch_id=":sent_batch")],
        "ck_payments_batch_prepared",
    ),
    "a payment for two things": (
        [add("payments", payable_id=":owed")],
        "ck_payments_for_one_thing",
    ),
    "a payment of nothing": (
        [
            add(
                "payments",
                statement_id=":carrying",
                payee_id=":carrying_shop",
                amount_fen=0,
            )
        ],
        "ck_payments_amount_positive",
    ),
    "a payment for the zeroth time": (
        [add("payments", attempt=0)],
        "ck_payments_attempt_positive",
    ),
    "a payment to nobody of ours": (
        [add("payments", payee_type="'stranger'")],
        "ck_payments_partytype",
    ),
    "a payment in no known state": (
        [change("payments", "sent", state="'lost'")],
        "ck_payments_paymentstate",
    ),
    "a second live payment for a statement": (
        [add("payments"), add("payments", id=":k", reference="'UCNEXT'", attempt=2)],
        "uq_payments_live_statement",
    ),
    "a second live payment for a payable": (
        [
            AID_BATCH,
            payment_of_payable(batch_id=":j"),
            payment_of_payable(batch_id=":j", id=":k", reference="'UCNEXT'"),
        ],
        "uq_payments_live_payable",
    ),
    "a payment that is born sent": (
        [add("payments", state="'sent'")],
        "ck_payments_begins_at_the_start",
    ),
    "a payment that is born matched": (
        [add("payments", matched_fen=4000)],
        "ck_payments_begins_at_the_start",
    ),
    "a payment sent in a batch that nobody approved": (
        [change("payments", "prepared_payment", state="'sent'")],
        "ck_payments_batch_approved",
    ),
    "a payment cancelled after it was sent": (
        [change("payments", "sent", state="'cancelled'")],
        "ck_payments_sent_for_good",
    ),
    "a payment returned that no bank line brought back": (
        [change("payments", "paid", state="'returned'")],
        "ck_payments_returned_by_a_line",
    ),
    "a payment paid that no bank line proves": (
        [change("payments", "sent", state="'paid'")],
        "ck_payments_paid_is_matched",
    ),
}

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
}

FORBIDDEN = STATEMENTS | DISPUTES | PAYMENTS | BANK | CLOSING

# The same things done rightly: a guard that refused everything would not be one.
ALLOWED = {
    "an open statement issued": [issue()],
    "a statement approved by another person": [approve()],
    "a line, counted": [
        add("statements", id=":j"),
        add("statement_lines", statement_id=":j", line_no=1),
        add(
            "statement_funds",
            statement_id=":j",
            fund_source="'union_fund'",
            lines_fen=4000,
            payable_fen=4000,
        ),
        issue("j"),
    ],
    "a reversal's line": [add("statement_lines", journal_id=":reversal", amount_fen=-1000)],
    "an amount carried in": [
        NEXT,
        add("statement_funds", **CARRIED, carried_in_fen=-1000, carried_out_fen=-1000),
    ],
    "a dispute, answered, confirmed by another": [
        answer(500),
        decide("accepted", journal=":sale"),
        change("statements", "disputed", state="'agreed'", agreed_at="now()"),
    ],
    "a dispute of an issued statement": [add("disputes")],
    "a payment of what is owed": [add("payments")],
    "a payment of a payable": [AID_BATCH, payment_of_payable(batch_id=":j")],
    "a batch approved and sent": [
        approve_batch(),
        send_batch(),
        change("payments", "prepared_payment", state="'sent'"),
    ],
    "a batch's payments sent before it": [
        approve_batch(),
        change("payments", "prepared_payment", state="'sent'"),
        send_batch(),
    ],
    "a payment cancelled, and another": [
        change("payments", "prepared_payment", state="'cancelled'"),
        add("payments", statement_id=":preparing", payee_id=":preparing_shop", attempt=2),
    ],
    "a line matched in two parts": [
        add("matches", amount_fen=-1500),
        add("matches", id=":k", amount_fen=-2500),
    ],
    "a payment brought back": [
        add("matches", payment_id=":paid", bank_line_id=":credit", amount_fen=4000),
        change("payments", "paid", state="'returned'"),
    ],
    "a match undone and made again": [
        undo(),
        add("matches", payment_id=":paid", bank_line_id=":paid_line"),
    ],
    "two equal bank lines": [
        add("bank_lines"),
        add("bank_lines", id=":k", seq=901, occurrence=2),
    ],
    "a month certified by two": [add("close_requests"), add("close_certificates")],
}

# Constraints that no statement reaches, and why.
UNREACHABLE = {
    "ck_payments_reference_fits_a_bank": "the column is as long as the bank's field",
    "ck_payments_fundsource": "a payment's fund is compared with what is owed before",
    "uq_statements_number": "numbers are given by the database alone",
    "uq_payment_batches_number": "numbers are given by the database alone",
}

# Columns that are written once: neither the application nor the owner changes them.
WRITTEN_ONCE = {
    "statements": "id merchant_id starts_on ends_on lines lines_fen maker_id opened_at",
    "statement_lines": "journal_id statement_id line_no fund_source amount_fen",
    "statement_funds": "statement_id fund_source lines_fen carried_from_id carried_in_fen"
    " payable_fen carried_out_fen",
    "disputes": "id statement_id line_journal_id raised_by_terminal_id raised_by_manager_id"
    " reason raised_at",
    "payment_batches": "id book payments total_fen maker_id prepared_at",
    "payments": "id reference batch_id statement_id payable_id attempt fund_source amount_fen"
    " payee_type payee_id payee_shown account_masked",
    "bank_files": "id account_id name sha256 profile lines new first_on last_on imported_by"
    " imported_at",
    "bank_lines": "id account_id file_id seq booked_on booked_at amount_fen balance_fen occurrence"
    " counterparty counterparty_account summary bank_reference reference",
    "matches": "id bank_line_id payment_id amount_fen score reason matched_by matched_at",
    "discrepancies": "id bank_line_id payment_id opened_at",
    "close_requests": "month maker_id asked_at",
    "close_certificates": "month residuals identities named maker_id approver_id closed_at",
}
EDITS = [
    f"UPDATE {table} SET {column} = {column} WHERE false"
    for table, columns in WRITTEN_ONCE.items()
    for column in columns.split()
]
REMOVALS = [
    statement
    for table in WRITTEN_ONCE
    for statement in (f"DELETE FROM {table} WHERE false", f"TRUNCATE {table} CASCADE")
]
# What the database keeps itself: count_match() runs as the owner, so the owner may.
KEPT = [
    "UPDATE bank_lines SET matched_fen = amount_fen",
    "UPDATE payments SET matched_fen = amount_fen",
    "UPDATE payments SET returned_fen = amount_fen",
]
