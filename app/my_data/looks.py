"""Who looked at a member's data and why, as the member reads it: offices, never names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext
from sqlalchemy.orm import Session

from audit.models import AuditEntry
from audit.queries import PAGE_ROWS, Place, looks_at_member
from kernel.actors import ActorKind
from kernel.i18n import N_
from staff.pages.blueprint import ROLE_WORDS
from staff.queries import Office, offices_of

# What was seen, by the action that an entry names.
_SEEN = {
    "member.revealed": N_("name, document and phone"),
    "member.exported": N_("everything, as a file"),
    "correction.opened": N_("what you asked to have corrected"),
    "transfer.opened": N_("why you asked for a transfer"),
    "aid.claim_opened": N_("the papers of a mutual-aid claim"),
    "aid.paper_opened": N_("a paper of a mutual-aid claim"),
}


@dataclass(frozen=True)
class Look:
    """One look. `office` is in words; `union` is empty where nobody of a union looked."""

    id: UUID
    at: datetime
    office: str
    union: str
    what: str
    why: str


def looks_at(
    session: Session, *, member_id: UUID, before: Place | None = None, rows: int = PAGE_ROWS
) -> list[Look]:
    """Return the looks at a member's data, newest first, in the language of the request."""
    entries = looks_at_member(session, member_id=member_id, before=before, limit=rows)
    offices = offices_of(session, account_ids=_staff_of(entries))
    return [
        _look(entry, offices.get(entry.actor_id) if entry.actor_id else None) for entry in entries
    ]


def _staff_of(entries: Sequence[AuditEntry]) -> list[UUID]:
    found = {entry.actor_id for entry in entries if entry.actor_kind is ActorKind.STAFF}
    return [account_id for account_id in found if account_id is not None]


def _look(entry: AuditEntry, office: Office | None) -> Look:
    if entry.actor_kind is ActorKind.MEMBER:
        who = gettext("You")
    elif office is None or not office.roles:
        who = gettext("Staff")
    else:
        who = ", ".join(gettext(ROLE_WORDS[role]) for role in office.roles)
    return Look(
        id=entry.id,
        at=entry.occurred_at,
        office=who,
        union=office.union_name if office else "",
        what=gettext(_SEEN[entry.action]) if entry.action in _SEEN else gettext("your data"),
        # A purpose is what an officer typed, or one of our own sentences.
        why=gettext(entry.purpose or ""),
    )
