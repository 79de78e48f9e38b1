"""Why an event is not covered and what would change it, in English for the catalogue."""

from benefits.rules import Reason
from kernel.i18n import N_

# code: (what is the case, what the person can do about it)
REASONS: dict[str, tuple[str, str]] = {
    "no_version": (
        N_("The scheme was not in force on that day."),
        N_("Check the day on which it happened."),
    ),
    "no_cover": (
        N_("You are not covered by this scheme."),
        N_("Ask your union when the next enrolment begins."),
    ),
    "cover_not_begun": (
        N_("It happened before your cover began."),
        N_("Your cover counts from %(starts_on)s."),
    ),
    "cover_ended": (
        N_("It happened after your cover had ended."),
        N_("Your cover counted until %(last_on)s. Ask your union to renew it."),
    ),
    "waiting": (
        N_("It happened in the waiting period of your cover."),
        N_("Events from %(next_on)s count."),
    ),
    "event_not_covered": (
        N_("This scheme does not cover such an event."),
        N_("Choose another kind of event, or another scheme."),
    ),
    "event_in_future": (
        N_("This day has not come yet."),
        N_("Give the day on which it happened."),
    ),
    "filed_too_late": (
        N_("This was to be claimed by %(last_on)s."),
        N_("Ask your union whether it can help in another way."),
    ),
    "occurrences_used": (
        N_("All claims of this period of cover are used."),
        N_("Claims count again after %(last_on)s, if your cover is renewed."),
    ),
}


def aid_reason(code: str, **facts: object) -> Reason:
    text, next_step = REASONS[code]
    return Reason(code, text, next_step, facts)
