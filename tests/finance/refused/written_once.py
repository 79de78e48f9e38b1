"""Columns and tables of finance that nobody changes, and what the database alone keeps."""
# ruff: noqa: S608  (the words put together here are all this file's own)

# Constraints that no statement reaches, and why.
UNREACHABLE = {
    "ck_payments_reference_fits_a_bank": "the column is as long as the bank's field",
    "ck_payments_fundsource": "a payment's fund is compared with what is owed before",
    "uq_statements_number": "numbers are given by the database alone",
    "uq_payment_tiers_number": "numbers are given by the database alone",
    "ck_payment_batches_approvals_known": "the database itself says how many, from the tiers",
    "ck_payment_batches_as_tiered": "the tiers that came with the product cannot be removed",
    "uq_payment_runs_number": "numbers are given by the database alone",
    "ck_bank_refusals_bankrefusalstate": "its guard lets it move to known states alone",
    "ck_payments_refused_is_unmatched": "a refusal is confirmed only of what nothing matched",
    "uq_payment_batches_number": "numbers are given by the database alone",
}

# Columns that are written once: neither the application nor the owner changes them.
WRITTEN_ONCE = {
    "statements": "id merchant_id starts_on ends_on lines lines_fen maker_id opened_at"
    " min_payout_fen pay_from invoice_buyer_uscc",
    "statement_lines": "journal_id statement_id line_no fund_source amount_fen",
    "statement_funds": "statement_id fund_source lines_fen carried_from_id carried_in_fen"
    " payable_fen carried_out_fen",
    "disputes": "id statement_id line_journal_id raised_by_terminal_id raised_by_manager_id"
    " reason raised_at",
    "invoices": "id statement_id number issued_on amount_fen buyer_uscc seller_uscc"
    " entered_by_manager_id entered_by_staff_id entered_at",
    "dispute_evidence": "id dispute_id media_type size_bytes content_sha256 manager_id added_at",
    "payment_batches": "id book payments total_fen maker_id prepared_at needs_check approvals"
    " run_id",
    "payment_runs": "id book per_batch things total_fen maker_id started_at",
    "payment_tiers": "id check_from_fen twice_from_fen maker_id proposed_at",
    "paying_accounts": "id book holder account_number bank_name bank_code set_by set_at",
    "payments": "id reference batch_id statement_id payable_id attempt fund_source amount_fen"
    " payee_type payee_id payee_shown account_masked payee_bank payee_bank_code payee_account_is",
    "bank_refusals": "id payment_id refused_on reason maker_id declared_at",
    "bank_files": "id account_id name sha256 profile lines new first_on last_on imported_by"
    " imported_at",
    "bank_lines": "id account_id file_id seq booked_on booked_at amount_fen balance_fen occurrence"
    " counterparty counterparty_account summary bank_reference reference",
    "matches": "id bank_line_id payment_id amount_fen score reason matched_by matched_at",
    "discrepancies": "id bank_line_id payment_id trade_id redemption_id offline_record_id"
    " invoice_id opened_at",
    "channel_accounts": "id channel number merchant_id known_since",
    "trade_bills": "id account_id name sha256 first_on last_on trades new imported_by imported_at",
    "trades": "id bill_id account_id trade_no order_no kind refund_no traded_at order_fen"
    " settled_fen refund_fen",
    "close_requests": "month maker_id asked_at",
    "close_certificates": "month residuals identities named programmes budgets signed maker_id"
    " approver_id closed_at",
    "vouchers": "id month book number book_date fund_source source_type is_red journals"
    " attachments summary",
    "voucher_lines": "voucher_id line_no account_id debit_fen credit_fen",
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
