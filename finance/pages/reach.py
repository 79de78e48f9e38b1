"""How far people of finance reach: its books are the city's, so a part of the city is none."""

from kernel.actors import Actor, Role
from kernel.web import NotAllowed, current_actor

READERS = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER, Role.AUDITOR)


def insist_on_the_city() -> None:
    """Raise NotAllowed unless the caller holds a role of finance, or audits, for the whole city."""
    if not may(*READERS):
        raise NotAllowed


def city_actor(*roles: Role) -> Actor:
    """Return the caller if they hold one of `roles` for the whole city: for a union without parent.

    Raises NotAllowed: ACCESS let them in for a role that they hold for a part of it.
    """
    if not may(*roles):
        raise NotAllowed
    return current_actor()


def may(*roles: Role) -> bool:
    """Say whether the caller holds one of `roles` for the whole city, to show a button or not."""
    return any("/" not in path for path in current_actor().paths(*roles))
