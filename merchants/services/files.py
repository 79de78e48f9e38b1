"""Uploaded merchants files: kept sealed from the preview until the import."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.ids import new_id
from kernel.sheets import Limits, Table, read_table
from merchants.errors import MerchantFileImported, MerchantFileNotFound
from merchants.models import MERCHANT_FILE_CONTENT, MerchantFile
from merchants.rules import MERCHANT_COLUMNS, REQUIRED_MERCHANT_COLUMNS

# Merchants are counted in hundreds: a file is judged and taken in one request.
MERCHANT_FILE_LIMITS = Limits(
    content_bytes=2 * 1024 * 1024, unpacked_bytes=20 * 1024 * 1024, line_count=5_000
)


def read_merchant_file(content: bytes) -> Table:
    """Return the lines of a merchants file (CSV, XLSX). Raises a `TableFileRefused`."""
    return read_table(
        content,
        header_synonyms=MERCHANT_COLUMNS,
        required_headers=REQUIRED_MERCHANT_COLUMNS,
        limits=MERCHANT_FILE_LIMITS,
    )


def keep_merchant_file(
    session: Session, *, name: str, content: bytes, actor: Actor, now: datetime
) -> MerchantFile:
    """Keep an uploaded file for its preview. Raises a `TableFileRefused` if it is no table."""
    read_merchant_file(content)
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


def merchant_file_table(session: Session, *, file_id: UUID, actor: Actor) -> Table:
    """Return the lines of the actor's own file. Raises MerchantFileNotFound."""
    file = session.get(MerchantFile, file_id)
    if file is None or file.uploaded_by != actor.staff_id:
        raise MerchantFileNotFound
    return read_merchant_file(MERCHANT_FILE_CONTENT.open_bytes(file.id, file.content_sealed))


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
