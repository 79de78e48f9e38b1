"""What the database refuses of payments and batches."""

from tests.finance.refused.rows import (
    AID_BATCH,
    add,
    approve_batch,
    change,
    payment_of_payable,
    send_batch,
)

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
    "an account at no bank": (
        [add("payout_accounts", bank_code="'12'")],
        "ck_payout_accounts_bank_code",
    ),
    "a payment to no bank": (
        [add("payments", payee_bank_code="'12'")],
        "ck_payments_payee_bank_code",
    ),
    "a payment to an account of no kind": (
        [add("payments", payee_account_is="'lost'")],
        "ck_payments_payeeaccount",
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
