"""What the member's page says of records: the list, the receipt, rating and reporting it."""

from kernel.i18n import N_

RECORDS: dict[str, str] = {
    "records_kind": N_("Show"),
    "records_any_kind": N_("Everything"),
    "records_discount": N_("Discounts"),
    "records_aid": N_("Mutual aid"),
    "records_training": N_("Training"),
    "records_card": N_("The card"),
    "records_year": N_("Totals of the year"),
    "records_none_of_kind": N_("Nothing of this kind yet."),
    "records_back": N_("All records"),
    "records_bill": N_("Bill"),
    "records_receipt": N_("Receipt"),
    "records_receipt_no": N_("Receipt number"),
    "records_merchant": N_("Merchant"),
    "records_site": N_("Site"),
    "records_offer": N_("Offer"),
    "records_offer_version": N_("%(title)s, terms no. %(version)s"),
    "records_when": N_("Time"),
    "records_shown_by": N_("How the card was shown"),
    "records_possession": N_("Live code, signed by your phone"),
    "records_session": N_("Live code of your signed-in page"),
    "records_static": N_("Printed card"),
    "records_scanned": N_("Card scanned"),
    "records_voided": N_("Taken back"),
    "records_partly_reversed": N_("Partly taken back"),
    "records_reversed": N_("Taken back in full"),
    "records_taken_back": N_("Taken back on %(moment)s"),
    "records_proof": N_("Proof"),
    "records_proof_what": N_(
        "With this number the merchant and the union find the same entry in their books."
    ),
    "records_proof_id": N_("Number in the union's books"),
    "records_copy": N_("Copy the receipt"),
    "records_copied": N_("Copied."),
    "records_rate": N_("How was it?"),
    "records_rate_what": N_(
        "Only the number of stars and your words are shown to the union, not your name."
    ),
    "records_stars": N_("%(stars)s of 5 stars"),
    "records_comment": N_("A few words, if you like"),
    "records_rate_send": N_("Send the rating"),
    "records_rate_change": N_("Change the rating"),
    "records_rated": N_("Thank you. You can change it until %(moment)s."),
    "records_rated_settled": N_("Your rating"),
    "records_report": N_("This was not me"),
    "records_report_what": N_("Your union looks into it and answers here and in your notices."),
    "records_report_text": N_("What is wrong?"),
    "records_report_hint": N_("For example: I was at work then, and had lent the card to nobody."),
    "records_report_send": N_("Report this purchase"),
    "records_reported": N_("Reported on %(moment)s. Your union looks into it."),
    "records_report_said": N_("You wrote: %(text)s"),
    "records_report_answer": N_("Your union answered on %(moment)s: %(answer)s"),
    "records_then_lost": N_(
        "If somebody else may have your card or your phone, report the card lost now: every code"
        " of it stops at once."
    ),
    "records_to_card": N_("Go to the card, to report it lost"),
}
