"""Uploaded merchants files: kept sealed from the preview until the import."""

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.ids import new_id
from kernel.sheets import Limits, Table, read_table
from merchants.errors import MerchantFileImported, MerchantFileNotFound
from merchants.models import MERCHANT_FILE_CONTENT, MerchantFile
from merchants.rules import MERCHANT_COLUMNS, REQUIRED_MERCHANT_COLUMNS

_KEPT = timedelta(days=30)
MERCHANT_FILE_LIMITS = Limits(
    content_bytes=2 * 1024 * 1024, unpacked_bytes=20 * 1024 * 1024, line_count=5_000
)
# A page judges and takes its file while the reader waits: some ten milliseconds a line.
_UPLOAD_LIMITS = replace(MERCHANT_FILE_LIMITS, line_count=500)


def read_merchant_file(content: bytes, *, limits: Limits = MERCHANT_FILE_LIMITS) -> Table:
    """Return the lines of a merchants file (CSV, XLSX). Raises a `TableFileRefused`."""
    return read_table(
        content,
        header_synonyms=MERCHANT_COLUMNS,
        required_headers=REQUIRED_MERCHANT_COLUMNS,
        limits=limits,
    )


def keep_merchant_file(
    session: Session, *, name: str, content: bytes, actor: Actor, now: datetime
) -> MerchantFile:
    """Keep an uploaded file for its preview. Raises a `TableFileRefused`, for each of its lines."""
    deque(read_merchant_file(content, limits=_UPLOAD_LIMITS), maxlen=0)
    # An account number is kept in a file no longer than somebody may come back to mend it.
    session.execute(delete(MerchantFile).where(MerchantFile.uploaded_at <= now - _KEPT))
    file = MerchantFile(
        id=(file_id := new_id()),
        name=name[:200],
        content_sealed=MERCHANT_FILE_CONTENT.seal(file_id, content),
        uploaded_by=actor.staff_id,
        uploaded_at=now,
    )
    session.add(file)
    session.flush()
    record(
        session,
        actor=actor,
        action="merchant_file.uploaded",
        object_type="merchant_file",
        object_id=file.id,
        now=now,
    )
    return file


def open_merchant_file(
    session: Session, *, file_id: UUID, actor: Actor
) -> tuple[MerchantFile, Table]:
    """Return the actor's own file and its lines. Raises MerchantFileNotFound."""
    file = session.get(MerchantFile, file_id)
    if file is None or file.uploaded_by != actor.staff_id:
        raise MerchantFileNotFound
    content = MERCHANT_FILE_CONTENT.open_bytes(file.id, file.content_sealed)
    return file, read_merchant_file(content)


def take_merchant_file(session: Session, *, file_id: UUID, actor: Actor, now: datetime) -> Table:
    """Mark the actor's own file as imported and return its lines. Locks it, so it is taken once.

    Raises MerchantFileNotFound, MerchantFileImported.
    """
    file = session.get(MerchantFile, file_id, with_for_update=True, populate_existing=True)
    if file is None or file.uploaded_by != actor.staff_id:
        raise MerchantFileNotFound
    if file.imported_at is not None:
        raise MerchantFileImported
    file.imported_at = now
    session.flush()
    record(
        session,
        actor=actor,
        action="merchant_file.imported",
        object_type="merchant_file",
        object_id=file.id,
        now=now,
    )
    return read_merchant_file(MERCHANT_FILE_CONTENT.open_bytes(file.id, file.content_sealed))
