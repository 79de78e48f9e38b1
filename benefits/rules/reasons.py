"""Why something is or is not usable, and what would change it."""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.i18n import N_


@dataclass(frozen=True)
class Reason:
    """Why something is or is not usable, and what would change it. Sentences are msgids."""

    code: str
    text: str
    next_step: str
    facts: Mapping[str, object]


def reason(code: str, **facts: object) -> Reason:
    text, next_step = REASONS[code]
    return Reason(code, text, next_step, facts)


# code: (what is the case, what the person can do about it)
REASONS: dict[str, tuple[str, str]] = {
    "limit_reached": (
        N_("Used up for now."),
        N_("Choose another benefit, or come back when it frees."),
    ),
    "limit_reached_until": (
        N_("Used up for now."),
        N_("Usable again from %(next_on)s."),
    ),
    "paper_limit_reached": (
        N_("What the union pays in a day for a paper card is used up."),
        N_("Usable again from %(next_on)s; with the live code in the app, today."),
    ),
    "below_threshold": (
        N_("The bill is below the amount from which this offer counts."),
        N_("It counts from ¥%(threshold_yuan)s."),
    ),
    "nothing_off": (
        N_("The bill is too small for anything to come off."),
        N_("Enter the whole bill."),
    ),
    "card_not_usable": (
        N_("Your card cannot be used at the moment."),
        N_("The page of your card says why, and what you can do."),
    ),
    "programme_not_running": (
        N_("This programme is not running today."),
        N_("Choose another benefit."),
    ),
    "programme_not_yet": (
        N_("This programme has not begun."),
        N_("Usable from %(next_on)s."),
    ),
    "not_on_this_day": (
        N_("This offer does not count today."),
        N_("Usable from %(next_on)s, %(next_time)s."),
    ),
    "not_at_this_hour": (
        N_("This offer does not count at this hour."),
        N_("Usable from %(next_on)s, %(next_time)s."),
    ),
    "not_at_this_time": (
        N_("This offer does not count any more before it ends."),
        N_("Choose another benefit."),
    ),
    "stacked": (
        N_("Another offer that excludes this one was redeemed with this code."),
        N_("Void that one first, or ask for a new code."),
    ),
    "gift_value": (
        N_("This gift counts at its list price only."),
        N_("Enter exactly ¥%(list_yuan)s."),
    ),
    "offer_not_active": (
        N_("This offer is not in force."),
        N_("Choose another benefit."),
    ),
    "wrong_assurance": (
        N_("This kind of code is not enough for this offer."),
        N_("Ask the member to show the live code in the app."),
    ),
    "challenge_needed": (
        N_("This offer needs the member to scan the till's code first."),
        N_("Show the till's code and let the member scan it."),
    ),
    "coupon_needed": (
        N_("This offer counts with a coupon only."),
        N_("See under Coupons in the app when they are given out; without a phone, ask at a desk."),
    ),
    "already_redeemed": (
        N_("This offer was already redeemed with this code."),
        N_("Ask for a new code to redeem it again."),
    ),
    "not_for_this_union": (
        N_("This benefit is for members of other unions."),
        N_("Choose another benefit."),
    ),
    "membership_status": (
        N_("This benefit is not for this kind of membership."),
        N_("Choose another benefit, or ask the union."),
    ),
    "joined_too_long_ago": (
        N_("This benefit is for new members."),
        N_("Choose another benefit."),
    ),
    "joined_too_recently": (
        N_("This benefit begins some time after joining."),
        N_("Usable from %(next_on)s."),
    ),
    "age": (
        N_("This benefit is for another age group."),
        N_("Choose another benefit."),
    ),
    "employment": (
        N_("This benefit is for another occupation or form of employment."),
        N_("Choose another benefit."),
    ),
    "hardship": (
        N_("This benefit is for members whose hardship is on file."),
        N_("Ask the union about hardship support."),
    ),
    "unknown_rule": (
        N_("This benefit cannot be checked right now."),
        N_("Ask the union: its rules need to be corrected."),
    ),
}
