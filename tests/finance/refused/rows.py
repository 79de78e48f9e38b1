"""The smallest rows that the tables of finance take, and the words of what is tried on them."""
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
        "min_payout_fen": "0",
        "agreed_by_silence": "false",
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
    "invoices": {
        "id": ":j",
        "statement_id": ":agreed",
        "number": "'26442000000000000001'",
        "issued_on": "'2026-11-23'",
        "amount_fen": "4000",
        "buyer_uscc": "'81440399MC0000100R'",
        "seller_uscc": "'81440399MC0000100R'",
        "entered_by_staff_id": ":clerk",
        "entered_at": "now()",
        "state": "'waiting'",
        "version": "1",
    },
    "dispute_evidence": {
        "id": ":j",
        "dispute_id": ":dispute",
        "media_type": "'image/png'",
        "size_bytes": "1",
        "content_sha256": "'x'",
        "content_sealed": "'x'",
        "manager_id": ":manager",
        "added_at": "now()",
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
    "payment_tiers": {
        "id": ":j",
        "check_from_fen": "1",
        "twice_from_fen": "2",
        "maker_id": ":clerk",
        "proposed_at": "now()",
        "version": "1",
    },
    "payment_runs": {
        "id": ":j",
        "book": "'union'",
        "per_batch": "100",
        "things": "1",
        "total_fen": "1",
        "maker_id": ":clerk",
        "started_at": "now()",
    },
    "paying_accounts": {
        "id": ":j",
        "book": "'union'",
        "holder": "'x'",
        "account_number": "'4403990000000002'",
        "bank_name": "'x'",
        "bank_code": "'105584000005'",
        "set_by": ":clerk",
        "set_at": "now()",
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
    "bank_refusals": {
        "id": ":j",
        "payment_id": ":sent",
        "refused_on": "'2026-11-24'",
        "reason": "'户名不符'",
        "state": "'declared'",
        "maker_id": ":clerk",
        "declared_at": "now()",
        "version": "1",
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
    "channel_accounts": {
        "id": ":j",
        "channel": "'wechat'",
        "number": "'1900'",
        "merchant_id": ":shop",
        "known_since": "now()",
    },
    "trade_bills": {
        "id": ":j",
        "account_id": ":j",
        "name": "'x'",
        "sha256": "'x'",
        "first_on": "'2026-11-02'",
        "last_on": "'2026-11-02'",
        "trades": "1",
        "new": "1",
        "imported_at": "now()",
    },
    "trades": {
        "id": ":j",
        "bill_id": ":j",
        "account_id": ":j",
        "trade_no": "'1'",
        "order_no": "'1'",
        "kind": "'sale'",
        "refund_no": "''",
        "traded_at": "now()",
        "order_fen": "1",
        "settled_fen": "1",
        "refund_fen": "0",
    },
    "offline_records": {
        "id": ":j",
        "terminal_id": ":till",
        "sent_by": ":till",
        "seq": "1",
        "prev": "''",
        "record_hash": "decode(repeat('00', 32), 'hex')",
        "facts_digest": "decode(repeat('00', 32), 'hex')",
        "jws": "'x'",
        "in_chain": "true",
        "after_gap": "false",
        "offer_version_id": ":j",
        "gross_fen": "1",
        "occurred_at": "now()",
        "received_at": "now()",
        "verdict": "'refused'",
        "judged_at": "now()",
        "reason": "'x'",
        "borne_by": "'merchant'",
        "cut_fen": "0",
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
    "vouchers": {
        "id": ":j",
        "month": "'2026-11'",
        "book": "'union'",
        "number": "1",
        "book_date": "'2026-11-23'",
        "fund_source": "'dues'",
        "source_type": "'redemption'",
        "is_red": "false",
        "journals": "1",
        "attachments": "1",
        "summary": "'x'",
    },
    "voucher_lines": {
        "voucher_id": ":j",
        "line_no": "1",
        "account_id": "(SELECT id FROM accounts WHERE code = '50301')",
        "debit_fen": "1",
        "credit_fen": "0",
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


def agreed_anew(**facts):
    """A statement of a line and its fund, walked until its merchant has agreed."""
    return [
        add("statements", **facts),
        add("statement_lines", statement_id=":j", line_no=1),
        add(
            "statement_funds",
            statement_id=":j",
            fund_source="'union_fund'",
            lines_fen=4000,
            payable_fen=4000,
        ),
        issue("j"),
        change("statements", "j", state="'agreed'", agreed_at="now()"),
    ]


def decide_invoice(state, *, by=":approver", reason="NULL"):
    return change(
        "invoices", "j", state=f"'{state}'", decided_by=by, decided_at="now()", reason=reason
    )


def approve(what="agreed", by=":approver"):
    return change(
        "statements", what, state="'approved'", approver_id=by, approved_at="now()", version=9
    )


def approve_batch(what="prepared", by=":approver"):
    return change("payment_batches", what, state="'approved'", approver_id=by, approved_at="now()")


def sign_batch(step, by):
    """Check a batch, or approve it as the first of two."""
    state, signer, at = {
        "check": ("checked", "checker_id", "checked_at"),
        "first": ("approved_once", "first_approver_id", "first_approved_at"),
    }[step]
    facts = {"state": f"'{state}'", signer: by, at: "now()"}
    return change("payment_batches", "prepared", **facts)


def approve_tiers(by=":approver", what="j"):
    return change("payment_tiers", what, approver_id=by, approved_at="now()")


def confirm_refusal(by=":approver", what="j"):
    return change("bank_refusals", what, state="'confirmed'", approver_id=by, confirmed_at="now()")


def end_refusal(state, reason="NULL", what="j"):
    return change(
        "bank_refusals",
        what,
        state=f"'{state}'",
        ended_by=":clerk",
        ended_at="now()",
        ended_reason=reason,
    )


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


NEXT = add("statements", id=":k", merchant_id=":carrying_shop")
CARRIED = {"statement_id": ":k", "carried_from_id": ":carrying", "fund_source": "'union_fund'"}
AID_BATCH = add("payment_batches", book="'mutual_aid'", total_fen=50000)
