"""What the database refuses of signatures: the tiers, and who signs a batch."""

from tests.finance.refused.rows import (
    add,
    approve_batch,
    approve_tiers,
    change,
    sign_batch,
)

# Everything is checked, and approved by two.
STRICT = [add("payment_tiers", id=":k", check_from_fen=0, twice_from_fen=0)]
STRICT.append(approve_tiers(what="k"))
STRICT_BATCH = [
    *STRICT,
    add("payment_batches"),
    add("payments", batch_id=":j"),
]


def sign(step, by, what="j"):
    return sign_batch(step, by).replace(":prepared", f":{what}")


def approve(by=":approver"):
    return approve_batch("j", by=by)


SIGNATURES = {
    "tiers approved by who proposed them": (
        [add("payment_tiers"), approve_tiers(by=":clerk")],
        "ck_payment_tiers_two_people",
    ),
    "tiers approved by nobody": (
        [add("payment_tiers"), change("payment_tiers", "j", approved_at="now()")],
        "ck_payment_tiers_approved_by_somebody",
    ),
    "tiers of nobody": (
        [add("payment_tiers", maker_id="NULL")],
        "ck_payment_tiers_proposed_by_somebody",
    ),
    "tiers born approved": (
        [add("payment_tiers", approver_id=":approver", approved_at="now()")],
        "ck_payment_tiers_decided_once",
    ),
    "tiers decided twice": (
        [add("payment_tiers"), approve_tiers(), approve_tiers(by=":checker")],
        "ck_payment_tiers_decided_once",
    ),
    "tiers approved and withdrawn": (
        [
            add("payment_tiers"),
            change(
                "payment_tiers",
                "j",
                approver_id=":approver",
                approved_at="now()",
                withdrawn_at="now()",
            ),
        ],
        "ck_payment_tiers_one_end",
    ),
    "tiers in the wrong order": (
        [add("payment_tiers", check_from_fen=3)],
        "ck_payment_tiers_in_order",
    ),
    "tiers without a version": (
        [add("payment_tiers", version=0)],
        "ck_payment_tiers_version_positive",
    ),
    "two proposals at a time": (
        [add("payment_tiers"), add("payment_tiers", id=":k")],
        "uq_payment_tiers_waiting",
    ),
    "one proposal twice": (
        [add("payment_tiers"), approve_tiers(), add("payment_tiers")],
        "pk_payment_tiers",
    ),
    "a run that pays nothing": ([add("payment_runs", things=0)], "ck_payment_runs_pays_something"),
    "a run of a book that there is not": (
        [add("payment_runs", book="'petty'")],
        "ck_payment_runs_book",
    ),
    "two runs of one book at a time": (
        [add("payment_runs"), add("payment_runs", id=":k")],
        "uq_payment_runs_going_on",
    ),
    "one run twice": (
        [add("payment_runs"), add("payment_runs", book="'mutual_aid'")],
        "pk_payment_runs",
    ),
    "a branch of no bank": (
        [add("paying_accounts", bank_code="'12'")],
        "ck_paying_accounts_bank_code",
    ),
    "an account of a book that there is not": (
        [add("paying_accounts", book="'petty'")],
        "ck_paying_accounts_book",
    ),
    "two accounts that pay for one book": (
        [add("paying_accounts"), add("paying_accounts", id=":k")],
        "uq_paying_accounts_in_use",
    ),
    "one account that pays twice": (
        [add("paying_accounts"), add("paying_accounts", book="'mutual_aid'")],
        "pk_paying_accounts",
    ),
    "a batch that its maker checks": (
        [*STRICT_BATCH, sign("check", ":clerk")],
        "ck_payment_batches_checker_differs",
    ),
    "a batch that its checker approves first": (
        [*STRICT_BATCH, sign("check", ":checker"), sign("first", ":checker")],
        "ck_payment_batches_checker_differs",
    ),
    "a batch that its maker approves first": (
        [*STRICT_BATCH, sign("check", ":checker"), sign("first", ":clerk")],
        "ck_payment_batches_approvers_differ",
    ),
    "a batch that one person approves twice": (
        [*STRICT_BATCH, sign("check", ":checker"), sign("first", ":approver"), approve()],
        "ck_payment_batches_approvers_differ",
    ),
    "a batch that its checker approves last": (
        [*STRICT_BATCH, sign("check", ":checker"), sign("first", ":approver"), approve(":checker")],
        "ck_payment_batches_checker_differs",
    ),
    "a large batch approved that nobody checked": (
        [*STRICT_BATCH, sign("first", ":approver")],
        "ck_payment_batches_checked_by_somebody",
    ),
    "a large batch approved by one": (
        [*STRICT_BATCH, sign("check", ":checker"), approve()],
        "ck_payment_batches_approved_twice",
    ),
    "a check by nobody": (
        [*STRICT_BATCH, change("payment_batches", "j", state="'checked'")],
        "ck_payment_batches_checked_by_somebody",
    ),
    "a signature that becomes another's": (
        [
            *STRICT_BATCH,
            sign("check", ":checker"),
            change("payment_batches", "j", checker_id=":approver"),
        ],
        "ck_payment_batches_signed_for_good",
    ),
    "a signature that is taken back": (
        [
            *STRICT_BATCH,
            sign("check", ":checker"),
            change("payment_batches", "j", checker_id="NULL", checked_at="NULL"),
        ],
        "ck_payment_batches_signed_for_good",
    ),
    "a batch checked over a payment that it does not count": (
        [*STRICT, add("payment_batches"), sign("check", ":checker")],
        "ck_payment_batches_sum",
    ),
}
