"""What a member agrees to: one purpose at a time, in one version of its text, until withdrawn.

Purposes and texts are data (members/data/consents.json). A new version of a text asks for a new
consent; the old one stays on record with its days.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor, ActorKind
from members.errors import ConsentEndsWithCard, ConsentUnknown
from members.models import Consent
from members.queries import live_consents


@dataclass(frozen=True)
class ConsentText:
    """A text in force. `ends_with` names what would have to end first; None: may be withdrawn."""

    purpose: str
    version: int
    ends_with: str | None
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str


@dataclass(frozen=True)
class ConsentLine:
    """A text in force and since when the member agrees to it; None: not, or to an older one."""

    text: ConsentText
    given_at: datetime | None


@cache
def consent_texts() -> Mapping[str, ConsentText]:
    """Return the texts in force by purpose."""
    content = resources.files("members").joinpath("data/consents.json").read_text(encoding="utf-8")
    return {each["purpose"]: ConsentText(**each) for each in json.loads(content)}


# Texts in force, by purpose: a newer version asks for a new consent.
CONSENT_VERSIONS = {purpose: text.version for purpose, text in consent_texts().items()}


def consents_of(session: Session, *, member_id: UUID) -> list[ConsentLine]:
    """Return every text in force with what the member said to it."""
    held = {
        (each.purpose, each.version): each.given_at
        for each in live_consents(session, member_id=member_id)
    }
    return [
        ConsentLine(text, held.get((text.purpose, text.version)))
        for text in consent_texts().values()
    ]


def missing_consents(
    session: Session, *, member_id: UUID, purposes: Iterable[str]
) -> list[ConsentText]:
    """Return the texts of `purposes` that the member does not agree to in the version in force."""
    wanted = set(purposes)
    return [
        line.text
        for line in consents_of(session, member_id=member_id)
        if line.text.purpose in wanted and line.given_at is None
    ]


def give_consents(
    session: Session, *, member_id: UUID, consents: Mapping[str, int], now: datetime
) -> None:
    """Write down that the member agrees; agreeing twice changes nothing.

    Raises ConsentUnknown for a purpose nobody asks for, or a version that is not in force.
    """
    for purpose, version in consents.items():
        if CONSENT_VERSIONS.get(purpose) != version:
            raise ConsentUnknown(purpose=purpose, version=version)
    store_consents(session, member_id=member_id, consents=consents, now=now)


def store_consents(
    session: Session, *, member_id: UUID, consents: Mapping[str, int], now: datetime
) -> None:
    """Write down those of `consents` that are in force; the others are passed over."""
    for purpose, version in consents.items():
        if CONSENT_VERSIONS.get(purpose) != version:
            continue
        given = session.scalars(
            insert(Consent)
            .values(member_id=member_id, purpose=purpose, version=version, given_at=now)
            .on_conflict_do_nothing()
            .returning(Consent.id)
        ).one_or_none()
        if given is not None:
            _record(session, "member.consent_given", member_id, purpose, version, now=now)


def record_consent_on_paper(
    session: Session, *, member_id: UUID, purpose: str, actor: Actor, now: datetime
) -> int:
    """Store the consent that a member signed on paper, to the text in force; return its version.

    `actor` is the officer who holds the paper, and the audit trail says so. Twice changes nothing.
    """
    version = CONSENT_VERSIONS[purpose]
    given = session.scalars(
        insert(Consent)
        .values(member_id=member_id, purpose=purpose, version=version, given_at=now)
        .on_conflict_do_nothing()
        .returning(Consent.id)
    ).one_or_none()
    if given is not None:
        record(
            session,
            actor=actor,
            action="member.consent_given_on_paper",
            object_type="member",
            object_id=member_id,
            now=now,
            consent=purpose,
            version=version,
        )
    return version


def withdraw_consent(session: Session, *, member_id: UUID, purpose: str, now: datetime) -> None:
    """End the member's consent to a purpose, in whatever version; twice changes nothing.

    Raises ConsentUnknown, ConsentEndsWithCard.
    """
    text = consent_texts().get(purpose)
    if text is None:
        raise ConsentUnknown(purpose=purpose)
    if text.ends_with is not None:
        raise ConsentEndsWithCard
    ended = session.scalars(
        update(Consent)
        .where(
            Consent.member_id == member_id,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .returning(Consent.version)
    ).all()
    for version in ended:
        _record(session, "member.consent_withdrawn", member_id, purpose, version, now=now)


def _record(
    session: Session, action: str, member_id: UUID, purpose: str, version: int, *, now: datetime
) -> None:
    record(
        session,
        actor=Actor(ActorKind.MEMBER, id=member_id),
        action=action,
        object_type="member",
        object_id=member_id,
        now=now,
        consent=purpose,
        version=version,
    )
