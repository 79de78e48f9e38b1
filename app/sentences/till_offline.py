"""What the till's page says where it judges cards by itself, the service being out of reach."""

from kernel.i18n import N_

TILL_OFFLINE: dict[str, str] = {
    # How far it may
    "offline_allowed": N_(
        "No network: this till judges cards itself until %(until)s. The union still pays up to"
        " ¥%(amount)s here today."
    ),
    "offline_nothing_allowed": N_(
        "No network, and this till may grant nothing by itself now. It can again when it has"
        " reached the service once."
    ),
    "offline_waiting": N_("Waiting to be sent: %(count)s. Bills: ¥%(amount)s."),
    "offline_badge": N_("Without the network"),
    "offline_ready_until": N_("until %(until)s"),
    "offline_ready": N_("Ready"),
    "offline_not_ready": N_("Not ready"),
    "offline_not_ready_next": N_("It gets ready by itself within seconds of reaching the service."),
    "offline_kept_here": N_(
        "This device keeps sales that were never sent: %(count)s, bills ¥%(amount)s. Pair it at"
        " the same merchant again, and they are sent. Do not clear the browser's data."
    ),
    "offline_verdict_yes": N_("Real live code, checked by this till without the network."),
    "offline_receipt": N_(
        "Kept on this till, and sent by itself when the network is back. The receipt number comes"
        " then."
    ),
    "offline_scan_again": N_(
        "Scan the card's next code: without the network this till judges it by itself."
    ),
    # Among the day's sales
    "offline_title": N_("Sales without the network"),
    "offline_number": N_("No. %(number)s"),
    "offline_send": N_("Send now"),
    "offline_not_sent": N_("Waiting to be sent"),
    "offline_at_service": N_("At the service; not judged yet"),
    "offline_refused": N_("Refused"),
    "offline_lost": N_(
        "Missing at the service and on this device: No. %(from)s to %(to)s. Tell the union."
    ),
    "offline_orphaned": N_(
        "This device was unpaired before it could send %(count)s sales, bills ¥%(amount)s. Show"
        " this to the union; do not clear the browser's data."
    ),
    "offline_unpair": N_("Sales without the network that were never sent, and are lost: %(count)s"),
    # Why no card can be judged
    "offline_no_lease": N_("Without the network this till cannot judge cards."),
    "offline_lease_over": N_("The time for which this till may grant by itself is over."),
    "offline_lists_old": N_("The lists by which this till judges cards are too old."),
    "offline_connect": N_("Connect this till to the network once."),
    "offline_clock": N_("The time on this device cannot be believed."),
    "offline_clock_next": N_(
        "Let the device set its clock by itself, then connect it to the network once."
    ),
    # Why this card is refused
    "offline_unanswered": N_("A sale with this card has no answer yet."),
    "offline_unanswered_next": N_(
        "Do not sell a second time. When the network is back, ask again about the first."
    ),
    "offline_paper": N_("A paper card can only be checked with the network."),
    "offline_paper_next": N_("Ask for the live code in the app, or wait for the network."),
    "offline_small_code": N_("This small code can only be checked with the network."),
    "offline_small_code_next": N_(
        "Ask the member to turn off the large dots: the full code works without the network."
    ),
    "offline_malformed": N_("This is not a union code."),
    "offline_malformed_next": N_("Scan the code in the member's app again."),
    "offline_unsupported": N_("This code is newer than this till."),
    "offline_show_live": N_("Ask the member to show the live code in the app."),
    "offline_unknown_key": N_("This code was not issued by the federation."),
    "offline_fresh_code": N_("Ask the member to open the app online and show a fresh code."),
    "offline_bad_signature": N_("This code is not genuine."),
    "offline_bad_signature_next": N_("Do not accept it; tell the union."),
    "offline_expired": N_("This code has expired."),
    "offline_expired_next": N_("Ask the member to open the app online once."),
    "offline_stale": N_("This code is too old, or a clock is wrong."),
    "offline_stale_next": N_(
        "Ask for the live code. If it happens with every card, check this device's clock."
    ),
    "offline_wrong_audience": N_("This code was made for another till or another question."),
    "offline_status_unknown": N_("Whether this card is valid cannot be told right now."),
    "offline_revoked": N_("This code was withdrawn."),
    "offline_suspended": N_("This card is suspended."),
    "offline_suspended_next": N_("The member can lift it in the app or at the union."),
    "offline_replayed": N_("This code was already used."),
    "offline_replayed_next": N_("Wait a moment for the next code."),
    # Why this sale is refused
    "offline_scan_over": N_("This card was scanned too long ago."),
    "offline_scan_over_next": N_("Scan the card again."),
    "offline_offer_over": N_("This offer is not in force."),
    "offline_other_benefit": N_("Choose another benefit."),
    "offline_needs_network": N_("This benefit needs the network."),
    "offline_later_or_other": N_("Choose another benefit, or wait for the network."),
    "offline_later_or_without": N_("Sell without the benefit, or wait for the network."),
    "offline_wrong_assurance": N_("This kind of code is not enough for this offer."),
    "offline_used_here": N_("Used here already, and the service has not counted it yet."),
    "offline_used_here_next": N_(
        "Choose another benefit, or wait until the first sale has been sent."
    ),
    "offline_day_count": N_(
        "This till has granted as many sales without the network as it may in a day."
    ),
    "offline_day_sum": N_(
        "Without the network the union pays at most another ¥%(amount)s at this till today."
    ),
    "offline_sale_sum": N_("Without the network the union pays at most ¥%(amount)s of one bill."),
    "offline_below_threshold": N_("The bill is below the amount from which this offer counts."),
    "offline_below_threshold_next": N_("It counts from ¥%(amount)s."),
    "offline_nothing_off": N_("The bill is too small for anything to come off."),
    "offline_nothing_off_next": N_("Enter the whole bill."),
    "offline_not_kept": N_("This device could not keep the sale, so nothing was granted."),
    "offline_not_kept_next": N_(
        "Free some room on the device, then scan again; or sell without the benefit."
    ),
}
