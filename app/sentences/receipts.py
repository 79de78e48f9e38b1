"""What the till and the member's page say of a receipt that anybody can check."""

from kernel.i18n import N_

SCAN_RECEIPTS: dict[str, str] = {
    "receipt_show": N_("Show the receipt's code"),
    "receipt_scan": N_("Whoever scans this code reads the receipt; it names no member."),
    "receipt_print": N_("Print the receipt (58 mm)"),
}
CARD_RECEIPTS: dict[str, str] = {
    "records_receipt_open": N_("Open the receipt to show or print it"),
}
