"""The papers of a claim: handed in, attached, opened by those who work on it, forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from aid.errors import (
    AidConsentMissing,
    AidDocumentNotFound,
    AidDocumentTooLarge,
    AidDocumentUnreadable,
    ConsentEnded,
    TooManyDocuments,
)
from aid.models import AID_DOCUMENT_CONTENT, AidClaim, AidDocument, AidMediaType
from aid.queries import claim_within
from aid.rules import PAPER_BYTES_MAX, content_mark, media_type_of
from aid.services.ground import CLAIM_CONSENTS
from aid.services.trail import SOURCE, union_path_of_member
from audit.services import record
from kernel.actors import Actor, Role
from kernel.i18n import N_
from kernel.ids import new_id
from kernel.secrets import blind_index
from members.models import Member
from members.services import missing_consents

LOOSE_PAPERS_MAX = 30
LOOSE_PAPERS_LIFE = timedelta(days=7)
WORKERS = (Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER)
# Why somebody looked, as the member reads it.
CLAIM_PURPOSE = N_("Working on your mutual-aid claim")
_HEALTH = ("aid_health_data",)


@dataclass(frozen=True)
class StoredPaper:
    """A paper that was handed in; `replayed` when the same file was waiting already."""

    document: AidDocument
    replayed: bool


@dataclass(frozen=True)
class OpenPaper:
    """A paper with its content, for a download."""

    document: AidDocument
    content: bytes


def store_paper(
    session: Session, *, member_id: UUID, kind: str, content: bytes, now: datetime
) -> StoredPaper:
    """Keep a paper, sealed, until a claim names it. Locks the member's row.

    The same file of the same kind hears the first id while it waits. Raises AidConsentMissing,
    AidDocumentTooLarge, AidDocumentUnreadable, TooManyDocuments.
    """
    missing = missing_consents(session, member_id=member_id, purposes=_HEALTH)
    if missing:
        raise AidConsentMissing(
            consents=[{"purpose": text.purpose, "version": text.version} for text in missing]
        )
    if len(content) > PAPER_BYTES_MAX:
        raise AidDocumentTooLarge(bytes_max=PAPER_BYTES_MAX)
    media_type = media_type_of(content)
    if media_type is None:
        raise AidDocumentUnreadable
    session.get_one(Member, member_id, with_for_update=True)
    index = blind_index("aid_document", content_mark(content))
    loose = select(AidDocument).where(
        AidDocument.member_id == member_id, AidDocument.claim_id.is_(None)
    )
    same = loose.where(AidDocument.content_index == index, AidDocument.kind == kind)
    known = session.scalars(same.limit(1)).one_or_none()
    if known is not None:
        return StoredPaper(known, replayed=True)
    if (session.scalar(select(func.count()).select_from(loose.subquery())) or 0) >= (
        LOOSE_PAPERS_MAX
    ):
        raise TooManyDocuments(documents_max=LOOSE_PAPERS_MAX)
    row_id = new_id()
    document = AidDocument(
        id=row_id,
        member_id=member_id,
        kind=kind,
        media_type=AidMediaType(media_type),
        size_bytes=len(content),
        content_index=index,
        content_sealed=AID_DOCUMENT_CONTENT.seal(row_id, content),
        uploaded_at=now,
    )
    session.add(document)
    session.flush()
    return StoredPaper(document, replayed=False)


def attach_papers(
    session: Session, *, member_id: UUID, claim_id: UUID, document_ids: Sequence[UUID]
) -> None:
    """Make papers part of a claim; those that are already stay so.

    Raises AidDocumentNotFound for one that is foreign, unknown, or part of another claim.
    """
    wanted = set(document_ids)
    attached = session.scalars(
        update(AidDocument)
        .where(
            AidDocument.id.in_(wanted),
            AidDocument.member_id == member_id,
            AidDocument.claim_id.is_(None) | (AidDocument.claim_id == claim_id),
        )
        .values(claim_id=claim_id)
        .returning(AidDocument.id)
    ).all()
    if len(attached) < len(wanted):
        raise AidDocumentNotFound


def open_paper(session: Session, *, actor: Actor, document_id: UUID, now: datetime) -> OpenPaper:
    """Return a paper to somebody who works on its claim; the member can read that they looked.

    Raises AidDocumentNotFound, and ConsentEnded once the member has withdrawn.
    """
    document = session.get(AidDocument, document_id, populate_existing=True)
    claim = None
    if document is not None and document.claim_id is not None:
        claim = claim_within(session, claim_id=document.claim_id, paths=actor.paths(*WORKERS))
    if document is None or claim is None:
        raise AidDocumentNotFound
    refuse_without_live_consents(session, claim)
    note_look(session, claim, actor=actor, action="aid.paper_opened", now=now)
    content = AID_DOCUMENT_CONTENT.open_bytes(document.id, document.content_sealed)
    return OpenPaper(document, content)


def note_look(
    session: Session, claim: AidClaim, *, actor: Actor, action: str, now: datetime
) -> None:
    """Write down that somebody saw health facts, where the member can read it."""
    record(
        session,
        actor=actor,
        action=action,
        object_type=SOURCE,
        object_id=claim.id,
        member_id=claim.member_id,
        purpose=CLAIM_PURPOSE,
        union_path=union_path_of_member(session, member_id=claim.member_id),
        now=now,
    )


def refuse_without_live_consents(session: Session, claim: AidClaim) -> None:
    """Raise ConsentEnded when the member has withdrawn what the claim rests on."""
    if missing_consents(session, member_id=claim.member_id, purposes=CLAIM_CONSENTS):
        raise ConsentEnded


def forget_loose_papers(session: Session, *, now: datetime) -> int:
    """Remove papers that have waited a week for a claim; return how many."""
    removed = session.scalars(
        delete(AidDocument)
        .where(AidDocument.claim_id.is_(None), AidDocument.uploaded_at < now - LOOSE_PAPERS_LIFE)
        .returning(AidDocument.id)
    )
    return len(removed.all())
