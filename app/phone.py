"""The shells of the two phone pages, `/card/` and `/scan/`: all else is done by their scripts.

The scripts are built from `pwa/`; `manifest.json` among what was built names the files. Their
sentences stand here, in the one catalogue of server and phone, and travel in the page as data.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.config import Settings
from app.locales import CHINESE, choose_locale
from kernel.errors import Refusal
from kernel.i18n import N_
from members.services import CARD_CONSENT, consent_texts

phone = Blueprint("phone", __name__)

_BUILT = "apps"


class PhoneAppsMissing(Refusal):
    status = 503
    code = "phone_apps_missing"
    title = N_("The phone pages have not been built here. Start the service with ./dev run.")


@phone.get("/card/")
def card() -> ResponseReturnValue:
    """The member's page: sign in, the card and its code, records."""
    settings: Settings = current_app.config["SETTINGS"]
    sentences = SHARED | CARD | (CARD_DEMO if settings.is_demo else {})
    return _shell("wallet", title=gettext("My card"), sentences=sentences, consent=_card_consent())


@phone.get("/scan/")
def scan() -> ResponseReturnValue:
    """The till's page: pair, check a code, redeem, take back."""
    return _shell("scanner", title=gettext("Till"), sentences=SHARED | SCAN)


def _card_consent() -> dict[str, object]:
    """Return what a member agrees to at the first sign-in, in the reader's language."""
    text = consent_texts()[CARD_CONSENT]
    is_chinese = choose_locale() == CHINESE
    return {
        "purpose": text.purpose,
        "version": text.version,
        "title": text.title_zh if is_chinese else text.title_en,
        "text": text.text_zh if is_chinese else text.text_en,
    }


def _shell(
    app_name: str, *, title: str, sentences: dict[str, str], **facts: object
) -> ResponseReturnValue:
    """Render a shell; each of `facts` becomes a block of data that the script finds by its name."""
    return render_template(
        "phone/shell.html",
        title=title,
        scripts=_scripts(app_name),
        blocks={
            "messages": {key: gettext(sentence) for key, sentence in sentences.items()},
            **facts,
        },
    )


def _scripts(app_name: str) -> list[str]:
    """Return the files of an app below the static folder, its entry first.

    Raises PhoneAppsMissing.
    """
    assert current_app.static_folder is not None
    file = Path(current_app.static_folder) / _BUILT / "manifest.json"
    try:
        built = _manifest(file, file.stat().st_mtime_ns)
    except FileNotFoundError:
        raise PhoneAppsMissing from None
    return [f"{_BUILT}/{name}" for name in built["apps"][app_name]]


@lru_cache(maxsize=1)
def _manifest(file: Path, _changed: int) -> dict[str, Any]:
    """Read what was built; asked with the time of its change, so a new build is seen at once."""
    content: dict[str, Any] = json.loads(file.read_text())
    return content


# Sentences by the keys under which the scripts ask for them (`t("…")`); a journey compares the two.
SHARED: dict[str, str] = {
    "counts_from": N_("It counts from ¥%(amount)s."),
    "leave_as_it_is": N_("No, leave it as it is"),
    "no_answer": N_("No connection to the service."),
    "not_our_answer": N_("Something else answered in the service's place. Check the network."),
    "not_since_opened": N_("not since this page was opened"),
    "opening": N_("Opening …"),
    "show_more": N_("Show more"),
    "standing_active": N_("In good standing"),
    "standing_none": N_("Not a member at present"),
    "standing_retained": N_("Membership retained"),
    "standing_transferring": N_("In good standing, changing union"),
    "tail": N_("Card ends in %(tail)s"),
    "try_again": N_("Try again"),
    "unexplained": N_("The service cannot answer at the moment."),
}

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
    "to_offers": N_("Choose a benefit"),
    "next_card": N_("Next card"),
    "offers_title": N_("Benefits here now"),
    "no_offers": N_("There is nothing to redeem at this site today."),
    "left_no_limit": N_("No limit"),
    "left_uses": N_("Uses left: %(count)s"),
    "left_yuan": N_("Left: ¥%(amount)s"),
    "offer_not_usable": N_("Not usable now"),
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
    "agree_final": N_("After that, no line can be disputed any more."),
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
