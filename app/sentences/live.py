"""What the member's page says of the code that the phone makes by itself."""

from kernel.i18n import N_

LIVE: dict[str, str] = {
    "live_works_offline": N_("Works without a network"),
    "live_still_works": N_("Your code still works."),
    "live_unchecked": N_(
        "The time could not be checked since %(at)s. If a till finds the code too old, connect"
        " once."
    ),
    "live_enlarge": N_("Enlarge"),
    "live_close": N_("Make it small again"),
    "live_large_dots": N_("Large dots (needs a network)"),
    # Where the phone has no key of its own
    "live_impossible": N_(
        "This browser cannot keep the card's key. Open this page in an ordinary window, not a"
        " private one, and by https."
    ),
    "live_lost": N_("The card's key on this phone is gone. Put the card on this phone again."),
    "live_removed": N_(
        "The card was taken off this phone, by you on another one or at a service desk."
    ),
    "live_until_then": N_("Until then the code comes from the service and needs a network."),
    "live_again": N_("Put the card on this phone"),
    "live_to_devices": N_("See the phones that have the card"),
    # A till's own question
    "live_question": N_("Answer a till"),
    "live_question_title": N_("Answer a till's question"),
    "live_question_why": N_(
        "Some benefits need a code made for one till alone. Point the camera at the code on the"
        " till's screen."
    ),
    "live_question_text": N_("Text of the till's code"),
    "live_question_hint": N_("Without a camera: paste or type it. It begins with UM1:"),
    "live_question_answer": N_("Show my answer"),
    "live_question_wrong": N_("This is not a till's question. Ask the till to show it again."),
    "live_question_again": N_("Answer another question"),
    "live_needs_key": N_(
        "Only a phone that has the card itself can answer. Put the card on this phone first."
    ),
    "live_answer_for": N_("Answer for till %(till)s"),
    "live_answer_next": N_("Let this till scan it within %(seconds)s s. It works nowhere else."),
    "live_answer_over": N_("This answer is over. Ask the till for a new question."),
    "live_answer_text": N_("As text"),
    "live_back": N_("Back to my card"),
}
