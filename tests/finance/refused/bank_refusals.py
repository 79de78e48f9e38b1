"""What the database refuses of payments that the bank never carried out."""

from tests.finance.refused.rows import add, change, confirm_refusal, end_refusal

DECLARED = add("bank_refusals")
CONFIRMED = [DECLARED, confirm_refusal()]
MATCHED = add("matches", id=":k", amount_fen=-1500)

BANK_REFUSALS = {
    "one refusal twice": (
        [DECLARED, end_refusal("withdrawn"), DECLARED],
        "pk_bank_refusals",
    ),
    "a refusal in no known state": (
        [DECLARED, change("bank_refusals", "j", state="'lost'")],
        "ck_bank_refusals_decided_once",
    ),
    "a refusal that is born confirmed": (
        [
            add(
                "bank_refusals",
                state="'confirmed'",
                approver_id=":approver",
                confirmed_at="now()",
            )
        ],
        "ck_bank_refusals_begins_at_the_start",
    ),
    "a refusal without a version": (
        [add("bank_refusals", version=0)],
        "ck_bank_refusals_version_positive",
    ),
    "a second refusal of one payment": (
        [DECLARED, add("bank_refusals", id=":k")],
        "uq_bank_refusals_live",
    ),
    "a refusal of a payment that was never sent": (
        [add("bank_refusals", payment_id=":prepared_payment")],
        "ck_bank_refusals_at_the_bank",
    ),
    "a refusal of a payment that a bank line proves": (
        [add("bank_refusals", payment_id=":paid")],
        "ck_bank_refusals_at_the_bank",
    ),
    "a refusal before the payment was sent": (
        [add("bank_refusals", refused_on="'2026-11-01'")],
        "ck_bank_refusals_at_the_bank",
    ),
    "a refusal confirmed by who declared it": (
        [DECLARED, confirm_refusal(by=":clerk")],
        "ck_bank_refusals_two_people",
    ),
    "a refusal confirmed by nobody": (
        [DECLARED, change("bank_refusals", "j", state="'confirmed'")],
        "ck_bank_refusals_confirmed_by_somebody",
    ),
    "a refusal withdrawn by nobody": (
        [DECLARED, change("bank_refusals", "j", state="'withdrawn'")],
        "ck_bank_refusals_ended_by_somebody",
    ),
    "a refusal revoked without a reason": (
        [*CONFIRMED, end_refusal("revoked")],
        "ck_bank_refusals_ended_by_somebody",
    ),
    "a refusal confirmed after it was withdrawn": (
        [DECLARED, end_refusal("withdrawn"), confirm_refusal()],
        "ck_bank_refusals_decided_once",
    ),
    "a confirmation that becomes another's": (
        [*CONFIRMED, change("bank_refusals", "j", approver_id=":checker")],
        "ck_bank_refusals_decided_once",
    ),
    "a refusal confirmed over a bank line": (
        [DECLARED, MATCHED, confirm_refusal()],
        "ck_bank_refusals_at_the_bank",
    ),
    "a payment refused on nobody's word": (
        [change("payments", "sent", state="'refused'")],
        "ck_payments_refused_by_two",
    ),
    "a payment refused on one person's word": (
        [DECLARED, change("payments", "sent", state="'refused'")],
        "ck_payments_refused_by_two",
    ),
    "a paid payment refused": (
        [change("payments", "paid", state="'refused'")],
        "ck_payments_refused_by_two",
    ),
    "a refused payment sent again past the word of two": (
        [*CONFIRMED, change("payments", "sent", state="'sent'")],
        "ck_payments_refused_by_two",
    ),
    "a refused payment cancelled": (
        [*CONFIRMED, change("payments", "sent", state="'cancelled'")],
        "ck_payments_sent_for_good",
    ),
    "a match of a refused payment": (
        [*CONFIRMED, add("matches", id=":k")],
        "ck_matches_payment_sent",
    ),
    "a refusal revoked while it is paid anew": (
        [
            *CONFIRMED,
            add(
                "payments",
                id=":k",
                statement_id=":sending",
                payee_id=":sending_shop",
                attempt=2,
            ),
            end_refusal("revoked", "'a line'"),
        ],
        "uq_payments_live_statement",
    ),
}
