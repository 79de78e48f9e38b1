"""Refusals that several packages give, so that one code means one thing everywhere."""

from kernel.errors import Refusal
from kernel.i18n import N_


class RequestKeyReused(Refusal):
    status = 409
    code = "request_key_reused"
    title = N_("This id was already used for something else. Start again with a new one.")


class EditConflict(Refusal):
    status = 412
    code = "edit_conflict"
    title = N_("Somebody changed this since you opened it. Reload and decide again.")


def refuse_stale(current: int, expected: int) -> None:
    """Raise EditConflict unless the row still has the version that the editor saw."""
    if current != expected:
        raise EditConflict
