"""What can be done at a till, and said about it after, one file per group of verbs."""

from discounts.services.endings import tell_of_endings
from discounts.services.offline import (
    SentRecord,
    SignedLease,
    Unread,
    change_offline_policy,
    grant_lease,
    judge_record,
    lease_key,
    purge_leases,
    read_records,
)
from discounts.services.records import answer_report, rate_sale, record_of_member, report_sale
from discounts.services.redeem import Answer, Quote, RedeemRequest, quote, redeem_discount
from discounts.services.redeem_once import redeem_at_once
from discounts.services.refusals import note_refusal
from discounts.services.scan import ScanAnswer, scan_at_once, scan_card
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
    "SentRecord",
    "SignedLease",
    "Unread",
    "answer_report",
    "capture_redemption",
    "change_offline_policy",
    "expire_holds",
    "grant_lease",
    "judge_record",
    "lease_key",
    "note_refusal",
    "purge_leases",
    "quote",
    "rate_sale",
    "read_records",
    "record_of_member",
    "redeem_at_once",
    "redeem_discount",
    "report_sale",
    "reverse_redemption",
    "scan_at_once",
    "scan_card",
    "tell_of_endings",
    "void_redemption",
]
