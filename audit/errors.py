"""How the keys that sign can be refused."""

from kernel.errors import Refusal
from kernel.i18n import N_


class AuditKeyNotFound(Refusal):
    status = 404
    code = "audit_key_not_found"
    title = N_("No key of this thumbprint waits. Propose one first, and copy what it says.")


class AuditKeyWaits(Refusal):
    """The fact `thumbprint` names it."""

    status = 409
    code = "audit_key_waits"
    title = N_("A new key waits for a second person already. Approve that one.")


class AuditKeySigns(Refusal):
    status = 409
    code = "audit_key_signs"
    title = N_("This key signs already. For another one, propose it first.")
