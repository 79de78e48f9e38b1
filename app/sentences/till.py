"""What the till says around its camera, its pairing and its waiting."""

from kernel.i18n import N_

TILL: dict[str, str] = {
    # Pairing by a link or by camera
    "pair_film": N_("Film the QR code"),
    "pair_other": N_("This is no pairing code of this service. Ask the manager to show it again."),
    "pair_code_taken": N_("The code has been taken over. Give this till a name."),
    "paired_already": N_("This device is a till already"),
    "paired_already_what": N_(
        "It stands at %(site)s. To use the new code, unpair it first under Till, then open the link"
        " again."
    ),
    "paired_stay": N_("Stay as it is"),
    "till_ended": N_("This device is no till any more. Ask your manager for a new code."),
    "manager_link": N_("I look after a merchant"),
    "manager_pages": N_("For the manager: sites, clerks and tills"),
    # What is no card
    "foreign_payment": N_(
        "This is a code of %(app)s for paying, nothing was charged. Ask for the union card:"
        " “My card” in the member's phone."
    ),
    "pay_app_alipay": N_("Alipay"),
    "pay_app_unionpay": N_("UnionPay"),
    "pay_app_wechat": N_("WeChat Pay"),
    "foreign_question": N_(
        "This is a till's question. The member scans it with the card's page and shows the answer."
    ),
    "foreign_pairing": N_("This is a pairing code. Open it in the phone that is to become a till."),
    "foreign_other": N_("This is not a union card. Ask the member to open “My card”."),
    # A network that does not answer
    "verifying_slow": N_("The service takes long. The same code can be asked about again."),
    "give_up": N_("Stop waiting"),
    "sending_slow": N_(
        "The service takes long. Set the sale aside: its answer appears on the page for checking"
        " cards."
    ),
    "late_redeemed": N_(
        "Redeemed after all: %(title)s, ¥%(amount)s. Collect ¥%(collect)s from the member."
    ),
    "late_refused": N_("Not redeemed: %(title)s, ¥%(amount)s."),
    "late_seen": N_("Seen"),
    # From the verdict on
    "to_amount": N_("Enter the bill: %(title)s"),
    "question_leave": N_("Back to the benefits"),
    # Attendance at a service site
    "service_title": N_("At this site today"),
    "service_no_sessions": N_(
        "No course meets at this site today. The training officer plans them at the desk."
    ),
    "service_enrolled": N_("Enrolled: %(count)s"),
    "service_check": N_("Only check a card"),
    "tab_service": N_("Service"),
    "visits_title": N_("Visits today: %(count)s"),
    "visits_why": N_("Tap what the visitor does. Only the number is kept, and nobody's name."),
    "visits_counted": N_("Counted: %(title)s"),
    "visits_take_back": N_("Take it back"),
    "attend_in": N_("Arrival"),
    "attend_out": N_("Departure"),
    "attend_counted": N_("Cards so far: %(count)s"),
    "attend_change": N_("Change"),
    "attend_refused": N_("Not noted"),
    # The till itself
    "sounds": N_("Sound and vibration"),
    "till_install_why": N_(
        "Put the till among your apps: it opens at once, also without a network."
    ),
    "till_install_ios": N_("To have the till among your apps: tap Share, then Add to Home Screen."),
}
