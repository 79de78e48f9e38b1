"""What people are told about a refused line, in English; the catalogue holds the translation.

Keys are the details that the rules give. A reason is what is counted (`account_invalid`), a detail
is what helps (`account_checksum`).
"""

from kernel.i18n import N_
from kernel.uscc import SENTENCES as USCC_SENTENCES

SENTENCES: dict[str, str] = USCC_SENTENCES | {
    "merged_cells": N_("The line has merged cells. Unmerge them and fill in each line."),
    "formula": N_("The line has formulas. Paste their values instead."),
    "name_missing": N_("The merchant's name is missing."),
    "name_too_long": N_("The merchant's name is longer than 200 characters."),
    "category_missing": N_("The category is missing or longer than 40 characters."),
    "district_missing": N_("The district is missing or longer than 40 characters."),
    "site_missing": N_("The site's name or address is missing or longer than 200 characters."),
    "account_missing": N_("The settlement account is missing."),
    "account_characters": N_("An account number has digits only."),
    "account_length": N_("An account number has 16 to 19 digits."),
    "account_prefix": N_("An account we can pay to begins with 62."),
    "account_checksum": N_("The last digit does not fit the account: one is wrong or swapped."),
    "account_holder_missing": N_("The account holder's name is missing or too long."),
    "offer_kind_unknown": N_("The kind of offer is none of percent, full_reduction, fixed_price."),
    "offer_percent_unreadable": N_("What the member pays must be between 0 and 100, such as 95."),
    "offer_full_reduction_unreadable": N_("Write the reduction as 满50减40, and no more than 满."),
    "offer_fixed_price_unreadable": N_("Write the price as 1元(原价30元), below the list price."),
    "union_share_unreadable": N_("The union's share is a percentage from 0 to 100."),
    "duplicate_line": N_("An earlier line of the file has the same merchant and site."),
    "merchant_differs": N_(
        "This merchant is registered with other facts. Change them on its page, not by import."
    ),
    "site_differs": N_(
        "This site is registered at another address. Change it on the merchant's page."
    ),
    "merchant_not_active": N_("This merchant is suspended or has ended, so it gets no new site."),
}
