"""What can be done with programmes, offers and limits, one file per group of verbs."""

from benefits.services.limits import (
    Take,
    capture_limits,
    limit_reached,
    return_limits,
    take_limits,
    takes_for,
)
from benefits.services.merchant_import import MerchantImport, import_merchants, titles_of
from benefits.services.offers import (
    VersionFacts,
    add_offer,
    add_version,
    check_terms,
    end_offer,
)
from benefits.services.own import OwnBenefit, benefits_of_member, sites_of_benefit
from benefits.services.programmes import (
    LimitFacts,
    ProgrammeFacts,
    add_limit,
    add_programme,
    change_limit,
    draft_discount_programme,
    move_programme,
)

__all__ = [
    "LimitFacts",
    "MerchantImport",
    "OwnBenefit",
    "ProgrammeFacts",
    "Take",
    "VersionFacts",
    "add_limit",
    "add_offer",
    "add_programme",
    "add_version",
    "benefits_of_member",
    "capture_limits",
    "change_limit",
    "check_terms",
    "draft_discount_programme",
    "end_offer",
    "import_merchants",
    "limit_reached",
    "move_programme",
    "return_limits",
    "sites_of_benefit",
    "take_limits",
    "takes_for",
    "titles_of",
]
