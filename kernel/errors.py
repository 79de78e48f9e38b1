"""Refusals: the ways the service says no. Each becomes an RFC 9457 problem document."""

from collections.abc import Iterator
from typing import ClassVar


class Refusal(Exception):
    """A request the service understood and will not carry out.

    Not a bug: logged at INFO by its code alone, never sent to the error tracker. A subclass states
    the HTTP status, a stable machine code, and one English sentence for the person at the counter
    (marked with `kernel.i18n.N_`, translated at the edge). `facts` travel to the caller, never to
    the log: they may hold what a person typed.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts


def all_refusals() -> Iterator[type[Refusal]]:
    """Yield every refusal class that has been imported, subclasses of subclasses included."""
    waiting = [Refusal]
    while waiting:
        for refusal in waiting.pop().__subclasses__():
            waiting.append(refusal)
            if "code" in vars(refusal):
                yield refusal
