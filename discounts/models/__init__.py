from discounts.models.redemptions import (
    REDEMPTION_MOVES,
    REPORT_MOVES,
    ReceiptCounter,
    Redemption,
    RedemptionRating,
    RedemptionRefusal,
    RedemptionReport,
    RedemptionReversal,
    RedemptionState,
    ReportState,
    ReversalKind,
)

__all__ = [
    "REDEMPTION_MOVES",
    "REPORT_MOVES",
    "ReceiptCounter",
    "Redemption",
    "RedemptionRating",
    "RedemptionRefusal",
    "RedemptionReport",
    "RedemptionReversal",
    "RedemptionState",
    "ReportState",
    "ReversalKind",
]
