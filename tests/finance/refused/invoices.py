"""What the database refuses of invoices."""

from tests.finance.refused.rows import add, change, decide_invoice

INVOICES = {
    "an invoice twice": ([add("invoices"), add("invoices", number="'12345678'")], "pk_invoices"),
    "one invoice number for two statements": (
        [add("invoices"), add("invoices", id=":k", statement_id=":issued")],
        "uq_invoices_number_in_the_city",
    ),
    "an invoice of nothing": ([add("invoices", amount_fen=0)], "ck_invoices_amount_positive"),
    "an invoice number with a letter": (
        [add("invoices", number="'2644200000000000000X'")],
        "ck_invoices_number_of_digits",
    ),
    "an invoice entered by nobody": (
        [add("invoices", entered_by_staff_id="NULL")],
        "ck_invoices_entered_by_one",
    ),
    "an invoice that is born accepted": (
        [add("invoices", state="'accepted'", decided_by=":approver", decided_at="now()")],
        "ck_invoices_begins_at_the_start",
    ),
    "an invoice in no known state": (
        [add("invoices"), decide_invoice("lost")],
        "ck_invoices_invoicestate",
    ),
    "an invoice accepted by who entered it": (
        [add("invoices"), decide_invoice("accepted", by=":clerk")],
        "ck_invoices_two_people",
    ),
    "an invoice returned without a reason": (
        [add("invoices"), decide_invoice("returned")],
        "ck_invoices_decided_whole",
    ),
    "an invoice without a version": (
        [add("invoices"), change("invoices", "j", version=0)],
        "ck_invoices_version_positive",
    ),
}
