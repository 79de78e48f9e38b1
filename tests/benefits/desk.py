"""The addresses of the desk's pages for what is offered, and what is typed there."""

from benefits.models import Programme
from merchants.models import MerchantState
from tests.merchants.conftest import BAOAN, CITY, LONGGANG

PROGRAMMES, OFFERS, LIMITS = "/desk/programmes", "/desk/offers", "/desk/limits"
FACTS = {
    "code": "PH-2026-SUMMER",
    "name_zh": "夏季普惠",
    "name_en": "Summer offers",
    "fund_source": "union_fund",
    "occasion": "everyday",
    "instrument": "discount",
    "starts_on": "2026-06-01",
    "last_on": "2026-08-31",
    "statuses": ["active", "retained"],
}
TERMS = {
    "kind": "full_reduction",
    "threshold_fen": "50",
    "reduction_fen": "40.00",
    "union_share_bp": "75",
    "union_max_fen": "4",
    "assurances": ["session"],
    "sample_fen": "60.00",
    "step": "save",
}


def page_of(row):
    return f"{PROGRAMMES if isinstance(row, Programme) else OFFERS}/{row.id}"


def version_typed(offer, **changes):
    return TERMS | {"version": str(offer.version)} | changes


# --- Programmes
