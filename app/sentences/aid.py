"""What the member's page says about mutual aid."""

from kernel.i18n import N_

AID: dict[str, str] = {
    # Lists
    "list_as_of": N_("This is what was heard at %(moment)s."),
    # Overview
    "aid_title": N_("Mutual aid"),
    "aid_new": N_("New claim"),
    "aid_continue": N_("Continue my claim"),
    "aid_none": N_(
        "You have no claims. After a stay in hospital, start a new claim: you see"
        " what it comes to before you hand it in."
    ),
    "aid_of_day": N_("Happened on %(day)s"),
    "aid_covers": N_("My cover"),
    "aid_cover_days": N_("From %(from)s to %(to)s"),
    "aid_cover_left": N_("Claims left in this period: %(count)s"),
    # Where a claim stands
    "aid_submitted": N_("Being assessed"),
    "aid_submitted_next": N_("Your union assesses your papers. You need to do nothing now."),
    "aid_returned": N_("Your turn"),
    "aid_returned_next": N_(
        "Your union needs something more from you. Add it, then hand the claim in again."
    ),
    "aid_assessed": N_("Assessed"),
    "aid_assessed_next": N_("Somebody else now approves the amount. You need to do nothing now."),
    "aid_approved": N_("Approved, to be confirmed"),
    "aid_approved_next": N_(
        "An amount like this is confirmed by a higher union. You need to do nothing now."
    ),
    "aid_payable": N_("Granted"),
    "aid_payable_next": N_("It is paid to your account. Check below that the account is right."),
    "aid_rejected": N_("Rejected"),
    "aid_rejected_next": N_(
        "The reason stands below. If you do not agree, object at any union service desk or"
        " call 12351."
    ),
    "aid_withdrawn": N_("Withdrawn"),
    "aid_withdrawn_next": N_("Its papers may be claimed again with a new claim."),
    "aid_clock_theirs": N_("With your union since %(day)s: %(days)s days."),
    "aid_clock_mine": N_("Waiting for you since %(day)s: %(days)s days."),
    # A new claim
    "aid_scheme": N_("Scheme"),
    "aid_event": N_("What happened"),
    "aid_event_date": N_("Day on which it happened"),
    "aid_filing_left": N_("To be claimed by %(day)s: %(days)s days left."),
    "aid_filing_over": N_("This was to be claimed by %(day)s."),
    "aid_paper_number": N_("Paper %(number)s"),
    "aid_invoice_no": N_("Invoice number"),
    "aid_hospital": N_("Hospital"),
    "aid_admission_no": N_("Number of the stay"),
    "aid_admission_hint": N_("It stands on the discharge summary."),
    "aid_pool_paid": N_("Paid by the medical pool, in yuan"),
    "aid_pool_paid_hint": N_("As on the settlement sheet, such as 12000.50"),
    "aid_self_paid": N_("Paid by yourself inside the range of the pool, in yuan"),
    "aid_self_paid_hint": N_("As on the settlement sheet, such as 3000"),
    "aid_days": N_("Days in hospital"),
    "aid_line_add": N_("Add another paper"),
    "aid_line_remove": N_("Remove paper %(number)s"),
    "aid_field_needed": N_("Fill this in."),
    "aid_amount_wrong": N_("Type an amount in yuan, such as 12.50."),
    "aid_days_wrong": N_("Type a number of days from 0 to 366."),
    "aid_fields_missing": N_("Something is missing or cannot be read: see the marks above."),
    "aid_simulation": N_("What it comes to"),
    "aid_simulation_waits": N_(
        "Fill in the event, the day and the amounts: the result appears here."
        " Nothing is handed in yet."
    ),
    "aid_simulating": N_("Calculating …"),
    "aid_comes_to": N_("In all"),
    "aid_article": N_("Article %(article)s of the scheme"),
    "aid_needs_connection": N_(
        "This needs a connection. What you typed stays on this phone: try again later."
    ),
    "aid_papers": N_("Papers"),
    "aid_paper_there": N_("There"),
    "aid_paper_missing": N_("Still missing"),
    "aid_paper_asked": N_("Your union asks for it"),
    "aid_paper_count": N_("Handed in: %(count)s"),
    "aid_photograph": N_("Photograph: %(paper)s"),
    "aid_choose_file": N_("Choose a file: %(paper)s"),
    "aid_paper_sending": N_("Sending the paper"),
    "aid_paper_share": N_("%(share)s sent"),
    "aid_paper_sent": N_("Handed in"),
    "aid_paper_again": N_("Send again"),
    "aid_paper_remove": N_("Remove %(paper)s"),
    "aid_paper_too_large": N_(
        "A paper has at most 5 MB. Photograph it again or choose a smaller file."
    ),
    "aid_papers_waiting": N_(
        "Some papers have not arrived yet. Wait, send them again or remove them."
    ),
    "aid_account": N_("Account I am paid to"),
    "aid_account_is": N_("%(bank)s, %(account)s"),
    "aid_account_other": N_("Use another account"),
    "aid_account_number": N_("Account number"),
    "aid_account_hint": N_("16 to 19 digits on your bank card, in your own name."),
    "aid_bank": N_("Name of the bank"),
    "aid_account_save": N_("Keep this account"),
    "aid_agree": N_("I agree"),
    "aid_hand_in": N_("Hand the claim in"),
    "aid_draft_kept": N_("What you typed is kept on this phone until you hand it in or sign out."),
    "aid_draft_not_kept": N_("This browser keeps nothing: what you typed ends with this page."),
    "aid_discard": N_("Discard this draft"),
    "aid_discard_question": N_("Discard what you typed?"),
    "aid_discard_yes": N_("Discard it"),
    # Why a claim was not taken
    "aid_next_card": N_("Open the card and apply for it, then come back: your draft stays."),
    "aid_next_consent": N_("Read and agree above, then hand the claim in again."),
    "aid_next_papers": N_(
        "Papers are forgotten after a week. Add them again, then hand the claim in."
    ),
    "aid_next_used": N_(
        "Check the marked number. If the earlier claim was yours, open it from the list."
    ),
    "aid_next_nothing": N_("Check the amounts against the settlement sheet."),
    "aid_next_not_covered": N_("See above why, and what would change it."),
    "aid_next_moved": N_("Go back to the list and open the claim again."),
    "aid_next_key": N_(
        "This draft may have arrived already: look at your claims first."
        " If it is not there, hand it in as a new one."
    ),
    "aid_new_id": N_("Make it a new claim"),
    # One claim
    "aid_done_submitted": N_("Your claim was handed in."),
    "aid_done_resubmitted": N_("Your claim was handed in again."),
    "aid_done_withdrawn": N_("Your claim was withdrawn."),
    "aid_amount": N_("Amount"),
    "aid_again": N_("Supply what is missing"),
    "aid_again_note": N_("Your union writes: %(note)s"),
    "aid_again_lines": N_("Correct what the papers say"),
    "aid_again_send": N_("Hand it in again"),
    "aid_history": N_("What was done"),
    "aid_note": N_("Note: %(note)s"),
    "aid_did_submitted": N_("You handed the claim in."),
    "aid_did_resubmitted": N_("You handed it in again."),
    "aid_did_returned": N_("Your union asked for something more."),
    "aid_did_assessed": N_("It was assessed."),
    "aid_did_approved": N_("It was approved."),
    "aid_did_confirmed": N_("It was confirmed."),
    "aid_did_rejected": N_("It was rejected."),
    "aid_did_withdrawn": N_("You withdrew it."),
    "aid_because_excluded": N_("The scheme excludes it."),
    "aid_because_not_covered": N_("It is not covered."),
    "aid_because_paid_elsewhere": N_("It was paid elsewhere."),
    "aid_because_papers_doubtful": N_("The papers leave doubts."),
    "aid_because_papers_missing": N_("Papers are missing."),
    "aid_withdraw": N_("Withdraw this claim"),
    "aid_withdraw_question": N_("Withdraw this claim?"),
    "aid_withdraw_what": N_("Work on it stops. Its papers may be claimed again with a new claim."),
    "aid_withdraw_yes": N_("Withdraw it"),
}
