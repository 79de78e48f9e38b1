"""The same things done rightly: a guard that refused everything would not be one."""

from tests.finance.refused.rows import (
    AID_BATCH,
    CARRIED,
    NEXT,
    add,
    agreed_anew,
    answer,
    approve,
    approve_batch,
    change,
    confirm_refusal,
    decide,
    decide_invoice,
    end_refusal,
    issue,
    payment_of_payable,
    send_batch,
    undo,
)

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
    "a dispute after the payment": [
        add("disputes", statement_id=":settled", line_journal_id=":settled_line")
    ],
    "a file beside a dispute": [add("dispute_evidence")],
    "a statement approved with its invoice": [
        *agreed_anew(invoice_buyer_uscc="'81440399MC0000100R'"),
        add("invoices", statement_id=":j"),
        decide_invoice("accepted"),
        approve("j"),
    ],
    "a returned invoice entered again": [
        add("invoices"),
        decide_invoice("returned", reason="'wrong buyer'"),
        add("invoices", id=":k"),
    ],
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
    "a payment that the bank refused, and another": [
        add("bank_refusals"),
        confirm_refusal(),
        add(
            "payments",
            id=":k",
            statement_id=":sending",
            payee_id=":sending_shop",
            attempt=2,
        ),
    ],
    "a refusal withdrawn, and declared again": [
        add("bank_refusals"),
        end_refusal("withdrawn"),
        add("bank_refusals", id=":k"),
    ],
    "a refused payment that was paid after all": [
        add("bank_refusals"),
        confirm_refusal(),
        end_refusal("revoked", "'a line'"),
        add("matches", id=":k"),
        change("payments", "sent", state="'paid'"),
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
