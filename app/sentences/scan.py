"""What the till's page says."""

from kernel.i18n import N_

SCAN: dict[str, str] = {
    # Pairing
    "pair_title": N_("Make this device a till"),
    "pair_why": N_("The manager's page or the union shows a one-time code for your site."),
    "pairing_code": N_("Pairing code"),
    "pairing_code_hint": N_("Ten characters. Dashes, blanks and case do not matter."),
    "till_name": N_("Name of this till"),
    "till_name_hint": N_("Such as: front counter."),
    "pair": N_("Pair this device"),
    "pair_impossible": N_("This device cannot be a till"),
    "till_needs_https": N_(
        "The till keeps a key, which browsers allow only at a secure address: open this page by"
        " https."
    ),
    "till_needs_storage": N_(
        "This browser does not let the till keep its key. Open the page in an ordinary window, not"
        " a private one."
    ),
    "till_tabs": N_("Till pages"),
    "tab_scan": N_("Check"),
    "tab_today": N_("Sales"),
    "tab_statements": N_("Statements"),
    "tab_till": N_("Till"),
    # Checking a card
    "scan_title": N_("Check a card"),
    "presentation": N_("Text of the member's code"),
    "presentation_hint": N_("Paste it, type it, or let a scanner that acts as a keyboard type it."),
    "check_code": N_("Check"),
    "verifying": N_("Checking …"),
    "till_suspended": N_("This merchant is suspended: cards can be checked, nothing redeemed."),
    "verdict_yes": N_("Valid"),
    "verdict_yes_live": N_("Real member, live code."),
    "verdict_no": N_("Not valid"),
    "verdict_no_reason": N_("This card cannot be accepted."),
    "verdict_check": N_("Please check"),
    "verdict_check_paper": N_("Paper card: compare the name with an identity document."),
    "paper_tail": N_("The last four digits on the paper"),
    "paper_tail_hint": N_(
        "Type the last four digits of the number printed on the card, and compare the name with the"
        " identity document."
    ),
    "paper_tail_wrong": N_(
        "These are not this card's digits. Look at the printed number again; do not accept a copy"
        " without it."
    ),
    "paper_tail_right": N_("The number and the person are right"),
    "to_offers": N_("Choose a benefit"),
    "next_card": N_("Next card"),
    "offers_title": N_("Benefits here now"),
    "no_offers": N_("There is nothing to redeem at this site today."),
    "left_no_limit": N_("No limit"),
    "left_uses": N_("Uses left: %(count)s"),
    "left_yuan": N_("Left: ¥%(amount)s"),
    "offer_not_usable": N_("Not usable now"),
    # A code made for this till alone
    "question_ask": N_("Ask the member's phone"),
    "question_title": N_("Let the member scan this"),
    "question_how": N_(
        "In the card's page, under “Answer a till”. Then scan the answer that the phone shows."
    ),
    "question_alt": N_("Question of this till, as a QR code"),
    "question_only": N_(
        "Only the answer to this question is accepted now, for at most two minutes."
    ),
    "question_over": N_("The question is over. Ask again."),
    # The amount
    "bill": N_("Bill"),
    "other_offer": N_("Other benefit"),
    "keypad": N_("Keypad"),
    "delete_digit": N_("Delete the last digit"),
    "type_the_bill": N_("Type the whole bill, before any discount."),
    "bill_too_large": N_("At most ¥%(amount)s at once."),
    "quoting": N_("Working out who pays what …"),
    "member_pays": N_("Member pays"),
    "merchant_bears": N_("We bear"),
    "union_pays": N_("Union pays"),
    "redeem": N_("Redeem"),
    "redeem_collect": N_("Redeem, collect ¥%(amount)s"),
    # Sending
    "sending_title": N_("Redeeming …"),
    "sending_wait": N_("Waiting for the service."),
    "unanswered_title": N_("No answer yet"),
    "unanswered_safe": N_(
        "It may have counted or not. Ask again: it is the same sale and cannot count twice."
    ),
    "ask_again": N_("Ask again"),
    "ask_again_about": N_("Ask again: %(title)s, ¥%(amount)s"),
    "set_aside": N_("Set aside, next card"),
    "unanswered_count": N_("Sales without an answer: %(count)s"),
    "refused_title": N_("Not redeemed"),
    # The receipt
    "redeemed": N_("Redeemed"),
    "collect": N_("Collect from the member:"),
    "receipt_no": N_("Receipt"),
    "no_receipt_yet": N_("none yet"),
    "undo_this": N_("Void or refund this sale"),
    # The day's sales
    "sales_title": N_("Sales of this till"),
    "day": N_("Day"),
    "list_loading": N_("Fetching the sales …"),
    "no_sales": N_("No sales on this day."),
    "to_scan": N_("Check a card"),
    "day_totals": N_("Sales: %(count)s; bills less what was taken back: ¥%(amount)s"),
    "state_held": N_("Held"),
    "state_captured": N_("Redeemed"),
    "state_voided": N_("Voided"),
    "state_expired": N_("Hold expired"),
    "state_partly_reversed": N_("Partly refunded"),
    "state_reversed": N_("Refunded"),
    "not_taken_back": N_("Not taken back"),
    "back_to_list": N_("Back to the list"),
    "void_whole": N_("Void the whole sale"),
    "void_question": N_("Void this sale and give ¥%(amount)s back to the member?"),
    "void_final": N_("This is final. The benefit becomes free again for the member."),
    "void_yes": N_("Void the sale"),
    "void_done": N_("Voided: give ¥%(amount)s back to the member."),
    "refund_title": N_("Refund a part or all"),
    "refund_amount": N_("Amount of the bill that comes back"),
    "refund_amount_hint": N_("In yuan, at most %(amount)s."),
    "refund_amount_wrong": N_("Type an amount from 0.01 to %(amount)s."),
    "refund_reason": N_("Reason"),
    "refund_reason_hint": N_("The union reads it. No names, please."),
    "refund_send": N_("Refund"),
    "refund_done": N_("Refunded ¥%(amount)s of the bill: give ¥%(member)s to the member."),
    "refund_unanswered": N_(
        "A refund of ¥%(amount)s has no answer yet. Ask again: it cannot count twice."
    ),
    # The merchant's statements
    "statements_title": N_("Statements"),
    "statements_loading": N_("Fetching the statements …"),
    "no_statements": N_("No statements yet. The union makes one for each week or month."),
    "statement_title": N_("Statement No. %(number)s"),
    "statement_days": N_("%(first)s to %(last)s"),
    "statement_issued": N_("Please check"),
    "statement_agreed": N_("Agreed"),
    "statement_disputed": N_("Disputed"),
    "statement_approved": N_("Approved"),
    "statement_paid": N_("Paid"),
    "statement_lines": N_("Statement lines"),
    "sum_sales": N_("Sales"),
    "sum_bills": N_("Bills"),
    "sum_members": N_("Members paid"),
    "sum_merchant": N_("We bore"),
    "sum_taken_back": N_("Taken back"),
    "sum_adjusted": N_("Adjustments"),
    "sum_carried_in": N_("Carried in"),
    "sum_carried_out": N_("Carried over"),
    "payable": N_("Payable"),
    "account_tail": N_("Account ending in %(tail)s"),
    "agree": N_("Agree to this statement"),
    "agree_question": N_("Agree to ¥%(amount)s for these days?"),
    "agree_final": N_(
        "A line can still be disputed for 90 days. What changes then stands on the next one."
    ),
    "answer_by": N_("Please answer by %(day)s: agree, or dispute the lines that are wrong."),
    "dispute_until": N_(
        "Lines can be disputed until %(day)s. What changes stands on the next statement."
    ),
    "disputes_over": N_("The time for disputes is over. Ask the union's finance."),
    "dispute_files": N_("Files beside it: %(count)s"),
    "dispute_evidence": N_("A manager can put a photo or a PDF beside it on the managers' page."),
    "statement_payments": N_("Payments"),
    "payment_prepared": N_("Being prepared"),
    "payment_sent": N_("With the bank"),
    "payment_paid": N_("Paid"),
    "payment_returned": N_("Sent back by the bank: check the account with the union"),
    "payment_refused": N_("Not carried out by the bank: check the account with the union"),
    "statement_invoices": N_("Invoices"),
    "invoices_by_manager": N_("A manager enters the invoices on the managers' page."),
    "invoice_waiting": N_("Being checked"),
    "invoice_accepted": N_("Accepted"),
    "invoice_returned": N_("Returned"),
    "save_pdf": N_("Save as PDF"),
    "agree_yes": N_("Yes, agree"),
    "agreed_done": N_("Agreed. The union approves it, then pays."),
    "disputed_count": N_(
        "Disputed lines: %(count)s. The statement is agreed when all are answered."
    ),
    "line_title": N_("Line %(number)s"),
    "line_kind": N_("Kind"),
    "line_sale": N_("Sale"),
    "line_taken_back": N_("Taken back"),
    "line_adjustment": N_("Adjustment"),
    "dispute_reason": N_("What is wrong with this line?"),
    "dispute_send": N_("Send the dispute"),
    "dispute_done": N_("Sent. Finance looks at it and answers here."),
    "dispute_open": N_("Waits for finance"),
    "dispute_accepted": N_("Adjusted"),
    "dispute_rejected": N_("The line stands"),
    "dispute_answer": N_("Finance: %(answer)s"),
    "dispute_adjusts": N_("On the next statement: ¥%(amount)s"),
    "dispute_unanswered": N_("A dispute has no answer yet. Send it again: it cannot count twice."),
    "back_to_statements": N_("Back to the statements"),
    "back_to_lines": N_("Back to the lines"),
    # The till itself
    "this_till": N_("This till"),
    "merchant": N_("Merchant"),
    "site": N_("Site"),
    "till_code": N_("Code of this till"),
    "last_contact": N_("Last contact"),
    "unpair": N_("Unpair this device"),
    "unpair_question": N_("Unpair this device?"),
    "unpair_what": N_(
        "It forgets its key and can redeem nothing until it is paired with a new code. Past sales"
        " can then be refunded at the union only, where this till stays listed until it is"
        " unpaired there too."
    ),
    "unpair_unanswered": N_("Sales or refunds without an answer that are forgotten: %(count)s"),
    "unpair_yes": N_("Unpair"),
}
