"""Sales without a network: what a till may grant, what it says it granted, and the verdict."""

from discounts.services.offline.judging import judge_record
from discounts.services.offline.lease import SignedLease, grant_lease, lease_key, purge_leases
from discounts.services.offline.policy import change_offline_policy
from discounts.services.offline.reading import SentRecord, Unread, read_records

__all__ = [
    "SentRecord",
    "SignedLease",
    "Unread",
    "change_offline_policy",
    "grant_lease",
    "judge_record",
    "lease_key",
    "purge_leases",
    "read_records",
]
