"""Who is calling: the answer of the access layer, and what a staff role reaches."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    NOBODY = "nobody"
    MEMBER = "member"
    TERMINAL = "terminal"
    MANAGER = "manager"  # of a merchant
    STAFF = "staff"
    SYSTEM = "system"  # the worker and the command line


class Role(StrEnum):
    """What a staff account may do, each for the subtree of one union."""

    REGISTER_OFFICER = "register_officer"
    CLAIMS_ASSESSOR = "claims_assessor"
    CLAIMS_APPROVER = "claims_approver"
    TRAINING_OFFICER = "training_officer"
    PROGRAMME_DESIGNER = "programme_designer"
    SITE_WORKER = "site_worker"
    FINANCE_MAKER = "finance_maker"
    FINANCE_CHECKER = "finance_checker"
    FINANCE_APPROVER = "finance_approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Grant:
    """A role held for one union and everything below it; `path` is that union's path."""

    role: Role
    path: str


@dataclass(frozen=True)
class Actor:
    """The caller of one request. Staff carry grants, a terminal its merchant and site.

    A till is suspended with its merchant: it may look, and grants nothing. A manager carries the
    merchant they act for.
    """

    kind: ActorKind
    id: UUID | None = None
    session_id: UUID | None = None
    grants: tuple[Grant, ...] = ()
    merchant_id: UUID | None = None
    site_id: UUID | None = None
    is_suspended: bool = False
    code: str = ""  # a terminal's own, the `aud` of a challenge
    name: str = field(default="", compare=False)
    clerk_id: UUID | None = field(default=None, compare=False)  # whose own the terminal is
    seen_at: datetime | None = field(default=None, compare=False)  # a terminal's last contact

    def has_role(self, roles: Iterable[Role]) -> bool:
        wanted = frozenset(roles)
        return any(grant.role in wanted for grant in self.grants)

    def paths(self, *roles: Role) -> tuple[str, ...]:
        """Return the union paths whose subtrees this actor reaches with any of `roles`."""
        return tuple(sorted({grant.path for grant in self.grants if grant.role in roles}))

    @property
    def till(self) -> "Till":
        """Return where a sale happens; a view behind a terminal rule may rely on it."""
        assert self.kind is ActorKind.TERMINAL
        assert self.id is not None
        assert self.site_id is not None
        assert self.merchant_id is not None
        return Till(self.id, self.site_id, self.merchant_id, self.code)

    @property
    def member_id(self) -> UUID:
        """Return the member's id; a view behind a member rule may rely on it."""
        assert self.kind is ActorKind.MEMBER
        assert self.id is not None
        return self.id

    @property
    def managed_merchant_id(self) -> UUID:
        """Return the merchant a manager acts for; a view behind a manager rule may rely on it."""
        assert self.kind is ActorKind.MANAGER
        assert self.merchant_id is not None
        return self.merchant_id

    @property
    def manager_id(self) -> UUID:
        """Return the manager's own id; a view behind a manager rule may rely on it."""
        assert self.kind is ActorKind.MANAGER
        assert self.id is not None
        return self.id

    @property
    def staff_id(self) -> UUID:
        """Return the staff account's id; a view behind a staff rule may rely on it."""
        assert self.kind is ActorKind.STAFF
        assert self.id is not None
        return self.id


@dataclass(frozen=True)
class Till:
    """A paired terminal and where it stands."""

    terminal_id: UUID
    site_id: UUID
    merchant_id: UUID
    code: str


NOBODY = Actor(ActorKind.NOBODY)
SYSTEM = Actor(ActorKind.SYSTEM)
