"""What the member's page says about training."""

from kernel.i18n import N_

TRAINING: dict[str, str] = {
    "training_title": N_("Training"),
    "training_mine": N_("My training"),
    "training_open": N_("Open to enrol"),
    "training_none": N_("No training is open at present. Look again later."),
    "training_enrolled": N_("You have a seat"),
    "training_waiting": N_("Waiting for a seat"),
    "training_withdrawn": N_("Withdrawn"),
    "training_lapsed": N_("Ended without a seat"),
    "training_lapsed_why": N_("It was cancelled, or was over before a seat became free for you."),
    "training_completed": N_("Completed"),
    "training_not_completed": N_("Not completed"),
    "training_has_seat": N_("You have a seat. Save the dates to your calendar below."),
    "training_place": N_("You are number %(place)s in the queue."),
    "training_queue_why": N_(
        "All %(seats)s seats are taken. A seat that is given back goes to whoever came first."
    ),
    "training_free": N_("Free seats: %(free)s of %(seats)s"),
    "training_full": N_("Full; waiting: %(waiting)s"),
    "training_enrol": N_("Enrol"),
    "training_queue": N_("Join the queue"),
    "training_by": N_("Held by %(organiser)s"),
    "training_needs_meetings": N_("Completed with %(share)s of the meetings, scanned in and out."),
    "training_needs_minutes": N_("Completed with %(share)s of the minutes, scanned in and out."),
    "training_subsidy": N_("Subsidy on completion:"),
    "training_not_scanned": N_("Not scanned in"),
    "training_came": N_("Scanned in at %(from)s, not yet out"),
    "training_came_and_left": N_("Scanned in at %(from)s, out at %(to)s"),
    "training_calendar": N_("Save to my calendar"),
    "training_withdraw": N_("Give my place back"),
    "training_withdraw_question": N_("Give your place back?"),
    "training_withdraw_what": N_(
        "Your place goes to whoever waits next. Enrolling again puts you at the end of the queue."
    ),
    "training_withdraw_yes": N_("Give it back"),
}
