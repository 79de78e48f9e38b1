"""Under which code a sale that a till made without a network is a difference. Pure data."""

from benefits.rules import REASONS
from cards.rules import REFUSAL_SENTENCES
from finance.models import DiscrepancyCode

_DUPLICATE = ("replayed", "already_redeemed", "request_key_reused")
_OVER_CAP = (
    *("over_lease", "lease_cut", "risk_used_up"),
    *("limit_reached", "limit_reached_until", "paper_limit_reached"),
)
# Of the card, the member and the offer. What is wrong with a code itself is no difference of money:
# the till would have said so, and such a record is refused.
_NOT_ENTITLED = {
    *("revoked", "suspended", "unknown_card", "lost", "frozen", "cancelled", "issued"),
    *("pending_verify", "not_a_member", "card_not_usable"),
    *("programme_not_running", "programme_not_yet", "offer_not_active", "offer_over"),
    *("not_for_this_union", "membership_status", "joined_too_long_ago", "joined_too_recently"),
    *("age", "employment", "hardship"),
}
OFFLINE_CODES = {
    **dict.fromkeys(_DUPLICATE, DiscrepancyCode.DUPLICATE),
    **dict.fromkeys(_OVER_CAP, DiscrepancyCode.OVER_CAP),
    **dict.fromkeys(_NOT_ENTITLED, DiscrepancyCode.INELIGIBLE_AT_TIME),
    # The till has the sale, and we do not count it: nothing else is wrong with it.
    "too_late": DiscrepancyCode.EXTERNAL_ONLY,
}

assert _NOT_ENTITLED - {"offer_over"} <= REASONS.keys() | REFUSAL_SENTENCES.keys()
