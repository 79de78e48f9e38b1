"""What can be done with programmes, offers and limits, one file per group of verbs."""

from benefits.services.limits import (
    Take,
    capture_limits,
    limit_reached,
    return_limits,
    take_limits,
    takes_for,
)
from benefits.services.merchant_import import MerchantImport, import_merchants
from benefits.services.programmes import (
    LimitFacts,
    add_limit,
    add_offer,
    add_programme,
    add_version,
    change_limit,
    check_terms,
    end_offer,
    move_programme,
)

__all__ = [
    "LimitFacts",
    "MerchantImport",
    "Take",
    "add_limit",
    "add_offer",
    "add_programme",
    "add_version",
    "capture_limits",
    "change_limit",
    "check_terms",
    "end_offer",
    "import_merchants",
    "limit_reached",
    "move_programme",
    "return_limits",
    "take_limits",
    "takes_for",
]
