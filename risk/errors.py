from kernel.errors import Refusal
from kernel.i18n import N_


class FlagNotFound(Refusal):
    status = 404
    code = "flag_not_found"
    title = N_("There is no such flag, or it is not yours to see.")


class FlagDecided(Refusal):
    status = 409
    code = "flag_decided"
    title = N_("Somebody has decided about this flag meanwhile. Reload to see what they found.")


class RiskRuleNotFound(Refusal):
    status = 404
    code = "risk_rule_not_found"
    title = N_("There is no such rule.")
