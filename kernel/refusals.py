"""Refusals that several packages give, so that one code means one thing everywhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from kernel.db import violated_constraint
from kernel.errors import Refusal
from kernel.i18n import N_


class RequestKeyReused(Refusal):
    status = 409
    code = "request_key_reused"
    title = N_("This id was already used for something else. Start again with a new one.")


class PreparedByYou(Refusal):
    status = 409
    code = "prepared_by_you"
    title = N_("Somebody else must do this: you prepared it yourself.")


class EditConflict(Refusal):
    status = 412
    code = "edit_conflict"
    title = N_("Somebody changed this since you opened it. Reload and decide again.")


def refuse_stale(current: int, expected: int) -> None:
    """Raise EditConflict unless the row still has the version that the editor saw."""
    if current != expected:
        raise EditConflict


@contextmanager
def refused_by(refusals: Mapping[str, type[Exception]]) -> Iterator[None]:
    """Turn a constraint that fired inside into its refusal: the race that a check cannot see.

    What is raised rolls the transaction back; TryAgain, so that it is run once more, is one too.
    """
    try:
        yield
    except IntegrityError as error:
        refusal = refusals.get(violated_constraint(error) or "")
        if refusal is None:
            raise
        raise refusal from None
