from kernel.errors import Refusal
from kernel.i18n import N_


class HoldExpired(Refusal):
    status = 409
    code = "hold_expired"
    title = N_("This was held for ten minutes and is free again. Scan the card once more.")


class NotReversible(Refusal):
    """Facts: `reason` and, for an amount, `left_fen`."""

    status = 409
    code = "not_reversible"
    title = N_("This sale cannot be taken back like that.")


class RedemptionNotFound(Refusal):
    status = 404
    code = "redemption_not_found"
    title = N_("This till has no such sale.")


class TillSuspended(Refusal):
    status = 409
    code = "till_suspended"
    title = N_("This merchant's agreement is suspended: cards can be looked at, nothing redeemed.")
