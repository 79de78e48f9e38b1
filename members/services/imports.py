"""An uploaded roster's way: stored sealed, previewed by a job, committed by a job, forgotten."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.errors import Refusal
from kernel.ids import new_id
from kernel.states import move
from members.errors import ImportNotFound
from members.models import (
    IMPORT_CELLS,
    IMPORT_CONTENT,
    IMPORT_FILE_NAME,
    IMPORT_MOVES,
    ImportState,
    RosterImport,
    RosterImportRefusal,
)
from members.services.roster import Effect, Outcome

_FILE_NAME_CHARACTERS_MAX = 120


def upload_roster(
    session: Session,
    *,
    actor: Actor,
    paths: Sequence[str],
    file_name: str,
    content: bytes,
    now: datetime,
) -> RosterImport:
    """Keep an uploaded file, sealed, until it is committed or discarded."""
    row_id = new_id()
    upload = RosterImport(
        id=row_id,
        uploaded_by=actor.staff_id,
        paths=list(paths),
        file_name_sealed=IMPORT_FILE_NAME.seal(row_id, file_name[-_FILE_NAME_CHARACTERS_MAX:]),
        content_sealed=IMPORT_CONTENT.seal(row_id, content),
        created_at=now,
    )
    session.add(upload)
    session.flush()
    record(
        session,
        actor=actor,
        action="roster.uploaded",
        object_type="roster_import",
        object_id=row_id,
        now=now,
        bytes=len(content),
    )
    return upload


def lock_import(session: Session, *, import_id: UUID) -> RosterImport:
    """Return the import as it is now, locked. Raises ImportNotFound."""
    upload = session.get(RosterImport, import_id, with_for_update=True, populate_existing=True)
    if upload is None:
        raise ImportNotFound
    return upload


def preview_import(session: Session, *, import_id: UUID) -> bytes | None:
    """Begin (or begin again) to say what the file would change; return its content.

    None when somebody discarded it or it is previewed already: the job has nothing to do.
    """
    upload = lock_import(session, import_id=import_id)
    if upload.state not in (ImportState.UPLOADED, ImportState.PREVIEWING):
        return None
    upload.state = move(IMPORT_MOVES, upload.state, ImportState.PREVIEWING)
    _reset_counts(session, upload)
    upload.lines = 0
    return _content(upload)


def commit_import(session: Session, *, import_id: UUID, actor: Actor, now: datetime) -> None:
    """Decide to write a previewed file into the register; the job does the writing."""
    upload = lock_import(session, import_id=import_id)
    upload.state = move(IMPORT_MOVES, upload.state, ImportState.COMMITTING)
    _reset_counts(session, upload)
    record(
        session,
        actor=actor,
        action="roster.committed",
        object_type="roster_import",
        object_id=import_id,
        now=now,
    )


def resume_commit(session: Session, *, import_id: UUID) -> tuple[bytes, int] | None:
    """Return the content and how many lines are written already, or None if none is being."""
    upload = lock_import(session, import_id=import_id)
    if upload.state is not ImportState.COMMITTING:
        return None
    return _content(upload), upload.lines_done


def discard_import(session: Session, *, import_id: UUID, actor: Actor, now: datetime) -> None:
    """Forget an uploaded file and what it said."""
    upload = lock_import(session, import_id=import_id)
    upload.state = move(IMPORT_MOVES, upload.state, ImportState.DISCARDED)
    upload.content_sealed = None
    upload.finished_at = now
    _reset_counts(session, upload)
    record(
        session,
        actor=actor,
        action="roster.discarded",
        object_type="roster_import",
        object_id=import_id,
        now=now,
    )


def count_lines(session: Session, *, import_id: UUID, lines: int) -> None:
    """Say how many lines have been found so far: the first half of the progress."""
    lock_import(session, import_id=import_id).lines = lines


def note_outcomes(session: Session, *, import_id: UUID, outcomes: Sequence[Outcome]) -> bool:
    """Add a batch to the counts and keep its refused lines; say whether to go on.

    Locks the import. False when somebody discarded it meanwhile.
    """
    upload = lock_import(session, import_id=import_id)
    if upload.state not in (ImportState.PREVIEWING, ImportState.COMMITTING):
        return False
    counts = dict.fromkeys(Effect, 0)
    for outcome in outcomes:
        counts[outcome.effect] += 1
        if outcome.effect is Effect.REFUSED:
            _keep_refusal(session, import_id, outcome)
    upload.lines_done += len(outcomes)
    upload.added += counts[Effect.ADDED]
    upload.changed += counts[Effect.CHANGED]
    upload.unchanged += counts[Effect.UNCHANGED]
    upload.refused += counts[Effect.REFUSED]
    return True


def finish_step(session: Session, *, import_id: UUID, now: datetime) -> None:
    """End the preview or the commit; a committed file is forgotten, its refused lines stay."""
    upload = lock_import(session, import_id=import_id)
    if upload.state is ImportState.PREVIEWING:
        upload.state = move(IMPORT_MOVES, upload.state, ImportState.PREVIEWED)
    elif upload.state is ImportState.COMMITTING:
        upload.state = move(IMPORT_MOVES, upload.state, ImportState.COMMITTED)
        upload.content_sealed = None
        upload.finished_at = now


def fail_preview(session: Session, *, import_id: UUID, refusal: Refusal, now: datetime) -> None:
    """Remember in the file's own words why it is not a roster, and forget the file."""
    upload = lock_import(session, import_id=import_id)
    upload.state = move(IMPORT_MOVES, upload.state, ImportState.FAILED)
    upload.error_code = refusal.code
    upload.error_facts = json.loads(json.dumps(refusal.facts, default=str))
    upload.content_sealed = None
    upload.finished_at = now


def _content(upload: RosterImport) -> bytes:
    assert upload.content_sealed is not None
    return IMPORT_CONTENT.open_bytes(upload.id, upload.content_sealed)


def _reset_counts(session: Session, upload: RosterImport) -> None:
    session.execute(delete(RosterImportRefusal).where(RosterImportRefusal.import_id == upload.id))
    upload.lines_done = 0
    upload.added = upload.changed = upload.unchanged = upload.refused = 0


def _keep_refusal(session: Session, import_id: UUID, outcome: Outcome) -> None:
    row_id = new_id()
    session.add(
        RosterImportRefusal(
            id=row_id,
            import_id=import_id,
            line=outcome.line,
            reason=outcome.reason,
            detail=outcome.detail,
            cells_sealed=IMPORT_CELLS.seal(
                row_id, json.dumps(outcome.originals, ensure_ascii=False)
            ),
        )
    )
