"""How far a person of finance reaches: payments, statements and bank lines are the whole city's."""

from kernel.actors import Actor, Role
from kernel.web import NotAllowed, current_actor

READERS = (
    Role.FINANCE_MAKER,
    Role.FINANCE_CHECKER,
    Role.FINANCE_APPROVER,
    Role.AUDITOR,
)


def city_actor(*roles: Role) -> Actor:
    """Return the caller if they hold one of `roles` for the whole city: for a union without parent.

    Raises NotAllowed: ACCESS let them in for a role that they hold for a part of it.
    """
    actor = current_actor()
    if all("/" in path for path in actor.paths(*roles)):
        raise NotAllowed
    return actor


def may(*roles: Role) -> bool:
    """Say whether the caller holds one of `roles` for the whole city, to show a button or not."""
    return any("/" not in path for path in current_actor().paths(*roles))
