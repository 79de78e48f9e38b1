"""What can be done at a till, one file per group of verbs."""

from discounts.services.endings import tell_of_endings
from discounts.services.redeem import Answer, Quote, RedeemRequest, quote, redeem_discount
from discounts.services.refusals import note_refusal
from discounts.services.scan import ScanAnswer, scan_card
from discounts.services.undo import (
    ReversalAnswer,
    capture_redemption,
    expire_holds,
    reverse_redemption,
    void_redemption,
)

__all__ = [
    "Answer",
    "Quote",
    "RedeemRequest",
    "ReversalAnswer",
    "ScanAnswer",
    "capture_redemption",
    "expire_holds",
    "note_refusal",
    "quote",
    "redeem_discount",
    "reverse_redemption",
    "scan_card",
    "tell_of_endings",
    "void_redemption",
]
