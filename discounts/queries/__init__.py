"""What can be asked about sales: by a till (`till`), by the member (`records`), at the desk."""

from discounts.queries.desk import (
    OfferRating,
    RatedOffer,
    RatingComment,
    ReportRow,
    comments_of_offer,
    rated_offer_within,
    rated_offers_within,
    report_within,
    reports_waiting,
    reports_within,
)
from discounts.queries.receipts import (
    PublicReceipt,
    receipt_by_code,
    receipt_code,
    receipt_path_of,
)
from discounts.queries.records import OwnRecord, OwnSale, own_record
from discounts.queries.till import (
    PAGE_ROWS_MAX,
    OpenVerification,
    RedemptionLine,
    open_verification,
    receipt_gaps,
    redemption_line,
    redemption_lines,
    refusals_of,
    reversals_of,
    verifications_of,
)

__all__ = [
    "PAGE_ROWS_MAX",
    "OfferRating",
    "OpenVerification",
    "OwnRecord",
    "OwnSale",
    "PublicReceipt",
    "RatedOffer",
    "RatingComment",
    "RedemptionLine",
    "ReportRow",
    "comments_of_offer",
    "open_verification",
    "own_record",
    "own_redemption_id",
    "rated_offer_within",
    "rated_offers_within",
    "receipt_by_code",
    "receipt_code",
    "receipt_gaps",
    "receipt_path_of",
    "redemption_line",
    "redemption_lines",
    "refusals_of",
    "report_within",
    "reports_waiting",
    "reports_within",
    "reversals_of",
    "verifications_of",
]
