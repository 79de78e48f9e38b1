"""Background work of the register: the steps of a roster import, text messages on their way.

Killed in the middle, each begins where it stood.
"""

import logging
from itertools import islice
from uuid import UUID

from flask import current_app

from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.gateway import NotSentError, gateway
from kernel.jobs import job
from kernel.persons import Mode
from kernel.sheets import TableFileRefused
from members.models import NoticeKind
from members.queries import import_by_id
from members.services import (
    FileMemory,
    Outgoing,
    apply_batch,
    batches,
    begin_try,
    expire_messages,
    finish_try,
    forget_messages,
    judge_lines,
    known_unions,
    lines_of,
)
from members.services import preview_import as begin_preview
from members.services.imports import (
    count_lines,
    fail_preview,
    finish_step,
    note_outcomes,
    resume_commit,
)
from members.services.messages import SEND_JOB
from members.services.notices import MESSAGES_JOB, send_notice_messages

logger = logging.getLogger("union_card.messages")

COUNT_STEP_LINES = 5_000


@job(MESSAGES_JOB)
def message_members(kind: str, member_ids: list[str]) -> None:
    """Write the text messages that follow a notice to many; all of them or none."""
    with transaction() as session:
        send_notice_messages(
            session,
            member_ids=[UUID(each) for each in member_ids],
            kind=NoticeKind(kind),
            now=utc_now(),
        )


@job("members.preview_import")
def preview_import(import_id: str) -> None:
    """Count the lines of an uploaded roster, then say what each would change."""
    upload_id = UUID(import_id)
    with transaction() as session:
        content = begin_preview(session, import_id=upload_id)
    if content is None:
        return
    try:
        _count(upload_id, content)
        _work_through(upload_id, content, write=False, skip=0)
    except TableFileRefused as refusal:
        with transaction() as session:
            fail_preview(session, import_id=upload_id, refusal=refusal, now=utc_now())


@job("members.commit_import")
def commit_import(import_id: str) -> None:
    """Write a previewed roster into the register, each batch a transaction of its own."""
    upload_id = UUID(import_id)
    with transaction() as session:
        found = resume_commit(session, import_id=upload_id)
    if found is not None:
        content, lines_done = found
        _work_through(upload_id, content, write=True, skip=lines_done)


def _count(upload_id: UUID, content: bytes) -> None:
    lines = 0
    for lines, _ in enumerate(lines_of(content), start=1):
        if lines % COUNT_STEP_LINES == 0:
            with transaction() as session:
                count_lines(session, import_id=upload_id, lines=lines)
    with transaction() as session:
        count_lines(session, import_id=upload_id, lines=lines)


def _work_through(upload_id: UUID, content: bytes, *, write: bool, skip: int) -> None:
    """Apply the file in batches, after the first `skip` lines, which are written already.

    Those are still judged: their documents must be remembered to find a second line of one person.
    """
    with transaction() as session:
        unions = known_unions(session)
        upload = import_by_id(session, import_id=upload_id)
        assert upload is not None
        paths = [str(path) for path in upload.paths]
    memory = FileMemory()
    judged = judge_lines(
        lines_of(content),
        memory=memory,
        today=shanghai_date(utc_now()),
        mode=Mode(current_app.config["SETTINGS"].mode),
        union_codes=unions,
    )
    for _ in islice(judged, skip):
        pass
    for batch in batches(judged):
        with transaction() as session:
            outcomes = apply_batch(
                session,
                batch=batch,
                memory=memory,
                unions=unions,
                paths=paths,
                write=write,
                now=utc_now(),
            )
            if not note_outcomes(session, import_id=upload_id, outcomes=outcomes):
                return
    with transaction() as session:
        finish_step(session, import_id=upload_id, now=utc_now())


@job(SEND_JOB)
def send_message(message_id: str) -> None:
    """Hand one text message to the gateway, holding no transaction meanwhile."""
    with transaction() as session:
        outgoing = begin_try(session, message_id=UUID(message_id), now=utc_now())
    if outgoing is None:
        return
    error = _hand_over(outgoing)
    with transaction() as session:
        state = finish_try(session, message_id=outgoing.id, error=error, now=utc_now())
    if error is not None:
        logger.warning("text message %s: %s, %s", outgoing.id, error.code, state)


def _hand_over(outgoing: Outgoing) -> NotSentError | None:
    """Call the gateway; return why it came to nothing."""
    way_out = gateway()
    if way_out is None:
        return NotSentError("no_gateway")
    try:
        way_out.send(outgoing.phone, outgoing.text, str(outgoing.id))
    except NotSentError as error:
        return error
    return None


@job("members.clear_messages", cron="*/5 * * * *")
def clear_messages(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """End what waited too long and forget what is old, step by step until none is left."""
    for step in (expire_messages, forget_messages):
        done = 1
        while done:
            with transaction() as session:
                done = step(session, now=utc_now())
