"""Files that a merchant puts beside a dispute, and who opens them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aid.rules import PAPER_BYTES_MAX, media_type_of
from finance.errors import (
    DisputeDecided,
    EvidenceNotFound,
    EvidenceRefused,
    StatementLineNotFound,
)
from finance.models import EVIDENCE_CONTENT, Dispute, DisputeEvidence, EvidenceMedia
from finance.queries.statements import STATEMENT_READERS, statement_reach, statement_within
from finance.services.statements import Voice, lock_shown_statement, note
from kernel.actors import Actor
from kernel.ids import new_id

FILES_MAX = 5


@dataclass(frozen=True)
class OpenEvidence:
    """A file with its content, for a download."""

    evidence: DisputeEvidence
    content: bytes


def add_evidence(
    session: Session, *, voice: Voice, dispute: Dispute, content: bytes, now: datetime
) -> DisputeEvidence:
    """Keep a file beside a dispute that this voice has raised, sealed. The same file is kept once.

    The dispute's statement is locked by whoever raised it. Raises EvidenceRefused.
    """
    kind = media_type_of(content)
    digest = hashlib.sha256(content).digest()
    of_dispute = select(DisputeEvidence).where(DisputeEvidence.dispute_id == dispute.id)
    same = of_dispute.where(DisputeEvidence.content_sha256 == digest)
    known = session.scalars(same).one_or_none()
    if known is not None:
        return known
    count = session.scalar(select(func.count()).select_from(of_dispute.subquery())) or 0
    if kind is None or len(content) > PAPER_BYTES_MAX or count >= FILES_MAX:
        raise EvidenceRefused(bytes_max=PAPER_BYTES_MAX, files_max=FILES_MAX)
    assert voice.manager_id is not None
    row_id = new_id()
    evidence = DisputeEvidence(
        id=row_id,
        dispute_id=dispute.id,
        media_type=EvidenceMedia(kind),
        size_bytes=len(content),
        content_sha256=digest,
        content_sealed=EVIDENCE_CONTENT.seal(row_id, content),
        manager_id=voice.manager_id,
        added_at=now,
    )
    session.add(evidence)
    session.flush()
    return evidence


def add_evidence_later(
    session: Session,
    *,
    voice: Voice,
    statement_id: UUID,
    journal_id: UUID,
    content: bytes,
    now: datetime,
) -> DisputeEvidence:
    """Keep a file beside a dispute that this merchant has raised, one of its tills' too.

    Locks the statement. Raises StatementNotFound, StatementLineNotFound, DisputeDecided,
    EvidenceRefused.
    """
    statement = lock_shown_statement(
        session, merchant_id=voice.merchant_id, statement_id=statement_id
    )
    dispute = session.scalars(
        select(Dispute).where(
            Dispute.statement_id == statement.id, Dispute.line_journal_id == journal_id
        )
    ).one_or_none()
    if dispute is None:
        raise StatementLineNotFound
    if dispute.decided_at is not None:
        raise DisputeDecided
    return add_evidence(session, voice=voice, dispute=dispute, content=content, now=now)


def open_evidence(
    session: Session, *, actor: Actor, evidence_id: UUID, now: datetime
) -> OpenEvidence:
    """Return a file to somebody who works on its statement; that they looked is written down.

    Raises EvidenceNotFound.
    """
    evidence = session.get(DisputeEvidence, evidence_id)
    if evidence is None:
        raise EvidenceNotFound
    dispute = session.get_one(Dispute, evidence.dispute_id)
    reach = statement_reach(actor, *STATEMENT_READERS)
    found = statement_within(session, statement_id=dispute.statement_id, reach=reach)
    if found is None:
        raise EvidenceNotFound
    note(
        session,
        found.statement,
        actor=actor,
        did="evidence_opened",
        now=now,
        dispute_id=dispute.id,
    )
    content = EVIDENCE_CONTENT.open_bytes(evidence.id, evidence.content_sealed)
    return OpenEvidence(evidence, content)
