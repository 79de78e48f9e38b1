"""The card on paper, for members without a phone: proven at a desk, issued, replaced, lost."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from cards.errors import CardNotUsable, ConsentMissing, NameNotPrintable
from cards.models import CARD_MOVES, Card, CardState, CredentialState, DeskProof
from cards.queries import card_policy
from cards.rules import surname_hint
from cards.services.keys import current_signer
from cards.services.lifecycle import lock_card
from cards.services.paper_print import unprintable
from cards.services.status import Bearer, end_credentials, place_credentials
from cards.services.timeline import add_card_event
from cards.uc1.credential import issue_static
from cards.uc1.terms import KeyUse, Profile
from kernel.actors import Actor
from kernel.clock import from_unix, unix
from kernel.states import move
from members.errors import NoStanding, RealNameRequired
from members.models import MEMBER_NAME, Member
from members.queries import live_consents, member_by_id, union_by_id
from members.services import CARD_CONSENT, CONSENT_VERSIONS, record_consent_on_paper


@dataclass(frozen=True, slots=True)
class IssuedPaper:
    """What is printed: the QR text exists nowhere else, so a card that is not printed is lost."""

    cti: bytes
    text: str = field(repr=False)
    expires_at: datetime


def prove_at_desk(session: Session, *, member_id: UUID, actor: Actor, now: datetime) -> None:
    """Note that the officer saw the person and the document, and holds the signed consent.

    The consent to the card's text in force is stored in the member's own name, and the audit trail
    says who took it. Once more changes nothing but who saw them last.
    """
    version = record_consent_on_paper(
        session, member_id=member_id, purpose=CARD_CONSENT, actor=actor, now=now
    )
    seen = {"seen_by": actor.staff_id, "seen_at": now, "consent_version": version}
    session.execute(
        insert(DeskProof)
        .values(member_id=member_id, **seen)
        .on_conflict_do_update(index_elements=[DeskProof.member_id], set_=seen)
    )
    record(
        session,
        actor=actor,
        action="member.seen_at_desk",
        object_type="member",
        object_id=member_id,
        now=now,
        consent_version=version,
    )


def issue_paper_card(
    session: Session, *, card_id: UUID, actor: Actor, now: datetime
) -> IssuedPaper:
    """Return a fresh paper card; the one before it is invalid from now on, the phones are not.

    Activates an issued card, as a first phone does (docs/decisions/0020). Locks the card. Raises
    CardNotFound, NoStanding, RealNameRequired, ConsentMissing, CardNotUsable, NameNotPrintable,
    and before anything is written FontMissing and IssuerKeysMissing.
    """
    card = lock_card(session, card_id=card_id)
    member = member_by_id(session, member_id=card.member_id)
    assert member is not None
    _refuse_unproven(session, member)
    if card.state not in {CardState.ISSUED, CardState.ACTIVE}:
        raise CardNotUsable(state=card.state)
    name = MEMBER_NAME.open(member.id, member.name_sealed)
    union = union_by_id(session, union_id=member.union_id)
    missing = unprintable(name + union.name)
    if missing is not None:
        raise NameNotPrintable(character=missing)
    signer = current_signer(session, use=KeyUse.PAPER, now=now)
    policy = card_policy(session)
    if card.state is CardState.ISSUED:
        card.state = move(CARD_MOVES, card.state, CardState.ACTIVE)
        card.activated_at = now
        _note(session, card, "activated", union_path=union.path, actor=actor, now=now)
    expires_at = from_unix(unix(now)) + timedelta(days=policy.paper_days)
    [entry] = place_credentials(
        session,
        bearers=[Bearer(card.id, None)],
        profile=Profile.PAPER,
        kid=signer.kid,
        now=now,
        expires_at=expires_at,
    )
    end_credentials(
        session,
        card_id=card.id,
        profile=Profile.PAPER,
        state=CredentialState.INVALID,
        but=entry.cti,
        now=now,
    )
    _note(session, card, "paper_issued", union_path=union.path, actor=actor, now=now)
    text = issue_static(
        signer,
        profile=Profile.PAPER,
        cti=entry.cti,
        exp=unix(expires_at),
        status_list=entry.status_list,
        status_index=entry.status_index,
        hint=surname_hint(name) if policy.paper_has_hint else None,
    )
    return IssuedPaper(entry.cti, text, expires_at)


def report_paper_lost(session: Session, *, card_id: UUID, actor: Actor, now: datetime) -> bool:
    """Take the card's paper form out of use for a member at a desk; say whether there was one.

    The phones go on. Locks the card. Raises CardNotFound.
    """
    card = lock_card(session, card_id=card_id)
    ended = end_credentials(
        session, card_id=card.id, profile=Profile.PAPER, state=CredentialState.INVALID, now=now
    )
    if ended:
        member = member_by_id(session, member_id=card.member_id)
        assert member is not None
        path = union_by_id(session, union_id=member.union_id).path
        _note(session, card, "paper_lost", union_path=path, actor=actor, now=now)
    return bool(ended)


def _refuse_unproven(session: Session, member: Member) -> None:
    """Raise NoStanding, RealNameRequired or ConsentMissing."""
    if not member.has_standing():
        raise NoStanding
    if member.real_name_at is None and session.get(DeskProof, member.id) is None:
        raise RealNameRequired
    wanted = (CARD_CONSENT, CONSENT_VERSIONS[CARD_CONSENT])
    held = live_consents(session, member_id=member.id)
    if wanted not in {(each.purpose, each.version) for each in held}:
        raise ConsentMissing


# What the member reads in the timeline, by event.
_TITLES = {
    "activated": ("会员卡已激活", "Card activated"),
    "paper_issued": ("纸质卡已制作", "Paper card made"),
    "paper_lost": ("纸质卡已挂失", "Paper card reported lost"),
}


def _note(
    session: Session, card: Card, event: str, *, union_path: str, actor: Actor, now: datetime
) -> None:
    """Write what happened to the card into the audit trail and the member's timeline."""
    card.version += 1
    session.flush()
    entry = record(
        session,
        actor=actor,
        action=f"card.{event}",
        object_type="card",
        object_id=card.id,
        member_id=card.member_id,
        union_path=union_path,
        now=now,
    )
    add_card_event(
        session,
        card_id=card.id,
        event=event,
        title=_TITLES[event],
        source_type="audit_entry",
        source_id=entry.id,
        now=now,
    )
