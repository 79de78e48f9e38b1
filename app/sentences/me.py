"""What the member's page says about the member: "me", my data, corrections, transfers."""

from kernel.i18n import N_

ME: dict[str, str] = {
    "tab_me": N_("Me"),
    "me_title": N_("Me"),
    "me_notices": N_("Notices"),
    "me_devices": N_("My phones"),
    "me_aid": N_("Mutual aid"),
    "me_training": N_("Training"),
    "me_data": N_("My data"),
    "me_data_what": N_("What is held, who looked, corrections, moving to another union"),
    "me_large_type": N_("Larger letters on this phone"),
    "me_language": N_("Language"),
    # A correction before signing in
    "correction_open": N_("Ask for a correction"),
    "correction_ask_title": N_("Ask for a correction"),
    "correction_ask_what": N_(
        "A register officer compares what you write with the register and puts right what is wrong."
    ),
    "correction_text": N_("What may be wrong?"),
    "correction_text_hint": N_("For example: I have a new number. Write no document number here."),
    "correction_send": N_("Send to the register officer"),
    "correction_answer": N_("Your union answered: %(answer)s"),
    # My data
    "data_title": N_("My data"),
    "data_loading": N_("Fetching your data …"),
    "data_back": N_("Back to My data"),
    "data_back_me": N_("Back to Me"),
    "data_name": N_("My name"),
    "data_document": N_("Document"),
    "data_phone": N_("Mobile number"),
    "data_union": N_("Union"),
    "data_standing": N_("Membership"),
    "data_joined": N_("Joined on"),
    "data_none": N_("not on file"),
    "data_held": N_("What is held, why and for how long"),
    "data_purpose": N_("Why: %(purpose)s"),
    "data_kept": N_("For how long: %(kept)s"),
    "data_copy": N_("Take a copy"),
    "data_copy_what": N_(
        "All that is held about you in one file. Keep it where only you can read it."
    ),
    "data_copy_pdf": N_("Save as PDF, to read"),
    "data_copy_json": N_("Save as JSON, for another service"),
    "data_looks": N_("Who looked at my data"),
    "data_looks_what": N_(
        "Each time somebody opened your full data, with their office and reason."
    ),
    "data_looks_none": N_("Nobody has looked."),
    "data_look_saw": N_("Saw: %(what)s"),
    "data_look_why": N_("Why: %(why)s"),
    "data_consents": N_("My consents"),
    "data_consent_none": N_("Not agreed to"),
    "data_consent_give": N_("Agree to this"),
    "data_consent_since": N_("Agreed on %(moment)s"),
    "data_consent_end": N_("Withdraw consent"),
    "data_consent_end_question": N_("Withdraw your consent to “%(title)s”?"),
    "data_consent_end_what": N_(
        "What needs it stops: claims that are waiting go no further. You can agree again later."
    ),
    "data_correct": N_("Something is wrong"),
    "data_correct_what": N_(
        "Say what is wrong in the register. An officer checks it and answers you here."
    ),
    "data_correct_field": N_("What is wrong?"),
    "data_field_other": N_("Something else"),
    "data_field_sign_in": N_("Signing in"),
    "data_correct_text": N_("What is right?"),
    "data_correct_ask": N_("Ask for a correction"),
    "data_correct_open": N_("An officer is looking into it"),
    "data_correct_done": N_("Put right"),
    "data_correct_rejected": N_("Not put right"),
    "data_answer": N_("Answer: %(answer)s"),
    "data_transfer": N_("Move to another union"),
    "data_transfer_now": N_("You belong to %(union)s."),
    "data_transfer_what": N_(
        "Your card and every benefit go on until the other union has decided. After 30 days without"
        " a decision the city federation decides."
    ),
    "data_transfer_union": N_("Name or code of the union"),
    "data_transfer_union_hint": N_("At least two characters, such as a part of its name."),
    "data_transfer_find": N_("Find"),
    "data_transfer_none": N_("No union has this in its name. Try a shorter part of it."),
    "data_transfer_choose": N_("Choose the union"),
    "data_transfer_reason": N_("Why do you move?"),
    "data_transfer_ask": N_("Ask %(union)s to take me over"),
    "data_transfer_withdraw": N_("Take the request back"),
    "data_transfer_line": N_("From %(from)s to %(to)s"),
    "data_transfer_requested": N_("Waiting for the union"),
    "data_transfer_escalated": N_("The city federation decides"),
    "data_transfer_accepted": N_("Moved"),
    "data_transfer_refused": N_("Not taken over"),
    "data_transfer_withdrawn": N_("Taken back"),
}
