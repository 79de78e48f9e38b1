"""What the member's page says: signing in, the card, records."""

from kernel.i18n import N_

CARD: dict[str, str] = {
    # Signing in
    "sign_in": N_("Sign in"),
    "phone": N_("Mobile number"),
    "phone_hint": N_("The number that your union has on file."),
    "send_code": N_("Send me a code"),
    "enter_code": N_("Enter the code"),
    "code_sent": N_("If %(phone)s is on file, a code of six digits is on its way to it."),
    "code": N_("Six-digit code"),
    "code_hint": N_("Good for five minutes."),
    "send_again": N_("Send a new code"),
    "send_again_in": N_("New code in %(seconds)s s"),
    "other_phone": N_("Use another number"),
    "real_name": N_("Activate your card"),
    "real_name_why": N_(
        "This is your first sign-in. We compare your name and document with the union's register."
    ),
    "name": N_("Your name"),
    "name_hint": N_("As in your identity document."),
    "document_tail": N_("Last four characters of your document number"),
    "document_tail_hint": N_("The last may be the letter X."),
    "consent_title": N_("Consent: %(title)s"),
    "consent_merchants": N_(
        "Merchants see your masked name, the last four digits of the card and whether you are a"
        " member; never your document or phone."
    ),
    "consent_agree": N_("I agree to this use of my data for the card."),
    "activate": N_("Activate and show my card"),
    "correction_title": N_("Your union is looking into it"),
    "correction_next": N_("You need to do nothing now. Later, sign in again with the same number."),
    # The card
    "card_tabs": N_("Member pages"),
    "tab_card": N_("Card"),
    "tab_records": N_("Records"),
    "card_loading": N_("Fetching your card …"),
    "member_card": N_("Member card"),
    "card_active": N_("Active"),
    "card_issued": N_("Issued"),
    "card_pending": N_("Waiting"),
    "card_pending_next": N_("Your union is still checking this card. It appears here when issued."),
    "card_lost": N_("Reported lost"),
    "card_lost_next": N_(
        "No code of this card works any more. To restore it, use another phone that has the card,"
        " or go to any union service desk with your identity document."
    ),
    "card_frozen": N_("Frozen"),
    "card_frozen_next": N_(
        "This card cannot be used for the time being. If you do not agree, appeal at any union"
        " service desk or call 12351."
    ),
    "card_frozen_until": N_("Frozen until %(moment)s."),
    "card_expired": N_("Expired"),
    "card_expired_next": N_("Confirm your membership at any union service desk or call 12351."),
    "card_cancelled": N_("Cancelled"),
    "card_cancelled_next": N_("This card ended with the membership. Your records stay readable."),
    "card_unknown": N_("Not usable now"),
    "card_state_reason": N_("Reason: %(reason)s"),
    "no_card_title": N_("You have no card yet"),
    "no_card_next": N_("You are in the union's register. Apply, and the card appears here."),
    "apply_for_card": N_("Apply for my card"),
    "code_alt": N_("QR code of your card"),
    "code_loading": N_("Fetching a code …"),
    "code_over": N_("This code has expired"),
    "renews_in": N_("Good for %(seconds)s s, renews by itself"),
    "no_live_code": N_("A new code comes by itself with the connection"),
    "new_code": N_("New code now"),
    "reached_at": N_("Service last reached: %(at)s"),
    "keeps_nothing": N_("This browser keeps nothing: you are signed in until this page is closed."),
    "report_lost": N_("Report lost"),
    "lost_question": N_("Report this card lost?"),
    "lost_what": N_(
        "All its codes stop at once, on every phone and on paper. To restore it you need another"
        " phone that has the card, or a union service desk."
    ),
    "lost_yes": N_("Report lost, stop all codes"),
    "lost_no": N_("Keep my card"),
    "sign_out": N_("Sign out"),
    "consent_needed": N_("The card needs your consent again: its text has changed."),
    "consent_give": N_("Agree and show my card"),
    # The page itself
    "install_why": N_("Put the card among your apps: it opens at once, also without a network."),
    "install_ios": N_("To have the card among your apps: tap Share, then Add to Home Screen."),
    # Records
    "records_title": N_("My records"),
    "records_loading": N_("Fetching your records …"),
    "no_records": N_("Nothing yet. Discounts, mutual aid and training will stand here."),
    "year_totals": N_("In %(year)s so far"),
    "union_paid": N_("Union paid"),
    "merchant_gave": N_("Merchant gave"),
    "i_paid": N_("I paid"),
}

# The demonstration sends no message: it says where the code stands instead.
CARD_DEMO: dict[str, str] = {
    "code_sent": N_(
        "Demonstration: no text message is sent. Everybody's code stands in demo.json, as"
        " sign_in_code."
    ),
}
