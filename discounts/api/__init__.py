"""JSON endpoints: of the till (`till`, `offline`), and of a member's own records (`records`)."""

from discounts.api.offline import api as offline_api
from discounts.api.records import api as records_api
from discounts.api.till import api as discounts_api

__all__ = ["discounts_api", "offline_api", "records_api"]
