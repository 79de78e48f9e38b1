"""What the member's page says of the card's phones, of losing one, and of coming back."""

from kernel.i18n import N_

PHONES: dict[str, str] = {
    "phones_title": N_("Phones with my card"),
    "phones_loading": N_("Fetching the phones …"),
    "phones_none": N_("The card is on no phone yet."),
    "phones_none_go": N_("Open the card: it is put on this phone by itself"),
    "phones_count": N_("%(count)s of at most %(most)s phones."),
    "phones_this": N_("This phone"),
    "phones_since": N_("Has the card since %(moment)s"),
    "phones_until": N_("Can show it without a network until %(moment)s"),
    "phones_shows_nothing": N_("Cannot show it now; opening the card on that phone mends it"),
    "phones_name": N_("What to call this phone"),
    "phones_save": N_("Save the name"),
    "phones_keep_name": N_("Keep the old name"),
    "phones_rename": N_("Rename"),
    "phones_rename_one": N_("Rename %(name)s"),
    "phones_remove": N_("Remove"),
    "phones_remove_one": N_("Remove %(name)s"),
    "phones_question": N_("Take the card off %(name)s?"),
    "phones_question_what": N_(
        "Its codes stop at once. Whoever signs in there again can put the card back. If the phone"
        " is lost, report the card lost instead."
    ),
    "phones_question_own": N_(
        "This is the phone in your hand: its own codes stop at once. You can put the card back on"
        " the card page."
    ),
    "phones_remove_yes": N_("Take the card off"),
    "elsewhere_link": N_("I lost my phone"),
    "elsewhere_title": N_("Stop a lost card"),
    "elsewhere_what": N_(
        "On any phone, without signing in: if all three match the union's register, every code of"
        " the card stops at once."
    ),
    "elsewhere_send": N_("Stop the card now"),
    "elsewhere_done": N_("Your report has arrived"),
    "elsewhere_done_what": N_(
        "If what you gave is in the register, the card is stopped and every phone is signed out."
        " For everybody's safety this page does not say whether it was found."
    ),
    "elsewhere_next": N_(
        "To use the card again: sign in on another phone that has it, or go to any union service"
        " desk with your identity document. 12351 tells you whether it is stopped."
    ),
    "elsewhere_back": N_("Back to signing in"),
    "restore_here": N_("This phone has the card's key. Is it not the one that was lost?"),
    "restore_replace": N_("Replace the card as well: this phone makes a new key"),
    "restore_now": N_("Restore the card with this phone"),
    "restore_stay": N_(
        "Stay signed in here until then: signing out takes the card off this phone."
    ),
    "appeal_waits": N_("Your appeal of %(moment)s is with the union. The answer appears here."),
    "appeal_rejected": N_("Your appeal was rejected: %(answer)s"),
    "appeal_text": N_("Why the freeze is wrong"),
    "appeal_hint": N_("Your union's officers read it and answer on this page."),
    "appeal_send": N_("Send the appeal"),
    "confirm_by": N_(
        "Please confirm by %(moment)s that you still are a member; else the card expires."
    ),
    "confirm_expired": N_("Confirm that you still are a member, and the card works again."),
    "confirm_now": N_("I am still a member"),
}
