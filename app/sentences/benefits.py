"""What the member's page says of benefits."""

from kernel.i18n import N_

BENEFITS: dict[str, str] = {
    "tab_benefits": N_("Benefits"),
    "benefits_title": N_("Benefits"),
    "benefits_loading": N_("Fetching your benefits …"),
    "benefits_search": N_("Search"),
    "benefits_kind": N_("Kind"),
    "benefits_any_kind": N_("Every kind"),
    "benefits_percent": N_("Percentage off"),
    "benefits_full_reduction": N_("Spend and save"),
    "benefits_fixed_price": N_("Fixed price"),
    "benefits_daily_coupon": N_("Daily coupon"),
    "benefits_gift": N_("Goods picked up"),
    "benefits_district": N_("District"),
    "benefits_any_district": N_("Every district"),
    "benefits_district_hint": N_("Kept on this phone only: your place is sent to nobody."),
    "benefits_usable": N_("Usable now: %(count)s"),
    "benefits_not_usable": N_("Not usable now: %(count)s"),
    "benefits_none": N_(
        "No benefit is in force at the moment. New ones appear here by themselves."
    ),
    "benefits_no_match": N_("No benefit fits this choice."),
    "benefits_show_all": N_("Show all benefits"),
    "benefits_first_only": N_("The first %(count)s are shown. Ask your union for the others."),
    "benefits_usable_chip": N_("Usable now"),
    "benefits_not_usable_chip": N_("Not now"),
    "benefits_every_merchant": N_("At every merchant of the union"),
    "benefits_sites": N_("Sites: %(count)s"),
    "benefits_left_total": N_("%(left)s left for you"),
    "benefits_left_day": N_("%(left)s left for you today"),
    "benefits_left_week": N_("%(left)s left for you this week"),
    "benefits_left_month": N_("%(left)s left for you this month"),
    "benefits_left_year": N_("%(left)s left for you this year"),
    "benefits_times": N_("%(number)s×"),
    "benefits_back": N_("All benefits"),
    "benefits_where": N_("Where"),
    "benefits_merchant": N_("Merchant"),
    "benefits_category": N_("Category"),
    "benefits_programme": N_("Programme"),
    "benefits_until": N_("Until"),
    "benefits_no_end": N_("until further notice"),
    "benefits_left": N_("Left for you"),
    "benefits_needs_challenge": N_(
        "At the till, scan the till's code first; the cashier shows it."
    ),
    "benefits_show_card": N_("Show my card"),
    "benefits_more_sites": N_("Show all in %(district)s"),
    "benefits_gone": N_("This benefit is not in force any more."),
}
