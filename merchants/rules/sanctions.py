"""What measures against a merchant are called, and what each means for it; the mildest first."""

from kernel.i18n import N_
from merchants.models import SanctionAppealState, SanctionKind

SANCTION_WORDS: dict[SanctionKind, str] = {
    SanctionKind.WARNING: N_("Warning"),
    SanctionKind.SUSPENSION: N_("Redeeming suspended"),
    SanctionKind.PAYOUT_HOLD: N_("Payout held"),
    SanctionKind.TERMINATION: N_("Business ended for good"),
}
SANCTION_MEANINGS: dict[SanctionKind, str] = {
    SanctionKind.WARNING: N_("The merchant is told; nothing else changes."),
    SanctionKind.SUSPENSION: N_("Its tills may look at cards and redeem nothing."),
    SanctionKind.PAYOUT_HOLD: N_("It goes on selling; what it is owed is not paid until then."),
    SanctionKind.TERMINATION: N_("Its tills are refused at once. This cannot be undone."),
}
APPEAL_WORDS: dict[SanctionAppealState, str] = {
    SanctionAppealState.OPEN: N_("Waits for an answer"),
    SanctionAppealState.GRANTED: N_("Granted: the measure is lifted"),
    SanctionAppealState.REJECTED: N_("Rejected: the measure stands"),
}
