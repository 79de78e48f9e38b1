"""State machines are tables: checked in one place, drawn into the docs from the same table."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from kernel.errors import Refusal
from kernel.i18n import N_

State = TypeVar("State", bound=StrEnum)
Moves = Mapping[State, frozenset[State]]


class MoveNotAllowed(Refusal):
    status = 409
    code = "move_not_allowed"
    title = N_("This cannot be done in the current state. Reload to see what has changed.")


def move(moves: Moves[State], current: State, target: State) -> State:
    """Return `target` if `moves` allows current -> target; raise MoveNotAllowed if not."""
    if target not in moves[current]:
        raise MoveNotAllowed(current=current, target=target)
    return target


def mermaid(moves: Moves[State]) -> str:
    """Return the table as a Mermaid state diagram."""
    arrows = [f"    {start} --> {end}" for start, ends in moves.items() for end in sorted(ends)]
    return "\n".join(["stateDiagram-v2", *arrows])
