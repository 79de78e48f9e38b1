"""Roster imports at the desk: upload, preview, progress, commit, and the refused lines back."""

import json
from collections.abc import Callable
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.exports import CellKind, Column, ListFormat, list_file, wanted_format
from kernel.forms import Form, blank_form
from kernel.i18n import N_
from kernel.jobs import defer
from kernel.pages import accepts_upload, progress_json, see_other
from kernel.sheets import Limits, TableFileRefused
from kernel.web import NotAllowed, current_actor
from members.errors import ImportNotFound
from members.jobs import commit_import as commit_job
from members.jobs import preview_import as preview_job
from members.models import (
    IMPORT_CELLS,
    IMPORT_FILE_NAME,
    ImportState,
    RosterImport,
    RosterImportRefusal,
)
from members.pages.blueprint import IMPORT_WORDS, keeping_paths, pages
from members.queries import import_by_id, import_refusals, imports_within, reached
from members.rules import SENTENCES
from members.services import commit_import, discard_import, lines_of, upload_roster

_SHOWN_LINES_MAX = 100
_REQUEST_BYTES_MAX = Limits().content_bytes + 64 * 1024
_REFRESH_SECONDS = 3
_WORKING = frozenset({ImportState.UPLOADED, ImportState.PREVIEWING, ImportState.COMMITTING})


def _keeper_paths() -> tuple[str, ...]:
    paths = keeping_paths()
    if not paths:
        raise NotAllowed
    return paths


@pages.get("/imports")
def imports() -> ResponseReturnValue:
    """List the rosters that were uploaded, and take a new one."""
    return _ask(blank_form())


@pages.post("/imports")
@accepts_upload(bytes_max=_REQUEST_BYTES_MAX)
def upload() -> ResponseReturnValue:
    """Keep a roster and have it read in the background; nothing is imported yet."""
    paths = _keeper_paths()
    form = blank_form()
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        form.fault("file", N_("Choose a file."))
        return _ask(form)
    content = sent.read()
    try:
        # The heading is looked at now, so that a wrong file is said so at once.
        lines_of(content)
    except TableFileRefused as refusal:
        form.refuse(refusal, "file")
        return _ask(form, refusal)
    with transaction() as session:
        kept = upload_roster(
            session,
            actor=current_actor(),
            paths=paths,
            file_name=sent.filename,
            content=content,
            now=utc_now(),
        )
        defer(session, preview_job, import_id=str(kept.id))
    return see_other(url_for("members_pages.show_import", import_id=kept.id))


@pages.get("/imports/<uuid:import_id>")
def show_import(import_id: UUID) -> ResponseReturnValue:
    """Show how far an import is, and what it would change or has changed."""
    with transaction() as session:
        found = _within(import_by_id(session, import_id=import_id))
        refused = import_refusals(session, import_id=import_id, rows=_SHOWN_LINES_MAX)
    return render_template(
        "members/import.html",
        roster=found,
        file_name=IMPORT_FILE_NAME.open(found.id, found.file_name_sealed),
        is_working=found.state in _WORKING,
        refresh=_REFRESH_SECONDS if found.state in _WORKING else None,
        refused=[(each.line, each.detail, _cells(each)) for each in refused],
        state_words=IMPORT_WORDS,
        sentences=SENTENCES,
        error=_error(found),
    )


@pages.get("/imports/<uuid:import_id>/progress")
def import_progress(import_id: UUID) -> ResponseReturnValue:
    """Answer the progress bar with the job's own count."""
    with transaction() as session:
        found = _within(import_by_id(session, import_id=import_id))
    return progress_json(
        done=found.lines_done, total=found.lines, finished=found.state not in _WORKING
    )


@pages.post("/imports/<uuid:import_id>/commit")
def commit(import_id: UUID) -> ResponseReturnValue:
    """Have a previewed roster written into the register."""
    with transaction() as session:
        _within(import_by_id(session, import_id=import_id))
        commit_import(session, import_id=import_id, actor=current_actor(), now=utc_now())
        defer(session, commit_job, import_id=str(import_id))
    return see_other(url_for("members_pages.show_import", import_id=import_id))


@pages.post("/imports/<uuid:import_id>/discard")
def discard(import_id: UUID) -> ResponseReturnValue:
    """Forget an uploaded roster."""
    with transaction() as session:
        _within(import_by_id(session, import_id=import_id))
        discard_import(session, import_id=import_id, actor=current_actor(), now=utc_now())
    return see_other(url_for("members_pages.imports"), N_("The file was discarded."))


@pages.get("/imports/<uuid:import_id>/refused")
def refused_lines(import_id: UUID) -> ResponseReturnValue:
    """Hand the refused lines back as a file: their own cells, and why."""
    with transaction() as session:
        _within(import_by_id(session, import_id=import_id))
        refused = import_refusals(session, import_id=import_id, rows=None)
    width = max((len(_cells(each)) for each in refused), default=0)
    columns = [
        Column(gettext("Line"), lambda row: row.line, CellKind.NUMBER),
        Column(gettext("Reason"), lambda row: row.reason),
        Column(gettext("What to mend"), lambda row: gettext(SENTENCES[row.detail])),
        *(Column(str(place + 1), _cell(place)) for place in range(width)),
    ]
    return list_file(
        refused, columns, name="refused-lines", file_format=wanted_format() or ListFormat.XLSX
    )


def _within(found: RosterImport | None) -> RosterImport:
    """Return the import if the caller reaches all it was uploaded for. Raises ImportNotFound."""
    if found is None or not reached(found.paths, _keeper_paths()):
        raise ImportNotFound
    return found


def _cells(row: RosterImportRefusal) -> list[str]:
    cells: list[str] = json.loads(IMPORT_CELLS.open(row.id, row.cells_sealed))
    return cells


def _cell(place: int) -> Callable[[RosterImportRefusal], object]:
    def value(row: RosterImportRefusal) -> object:
        cells = _cells(row)
        return cells[place] if place < len(cells) else None

    return value


def _error(found: RosterImport) -> str | None:
    """Return in words why a file could not be read through."""
    for refusal in TableFileRefused.__subclasses__():
        if found.error_code == refusal.code:
            return str(gettext(refusal.title))
    return None


def _ask(form: Form, refusal: TableFileRefused | None = None) -> ResponseReturnValue:
    with transaction() as session:
        found = imports_within(session, paths=_keeper_paths())
    return render_template(
        "members/imports.html",
        form=form,
        facts=refusal.facts if refusal else {},
        rosters=[(each, IMPORT_FILE_NAME.open(each.id, each.file_name_sealed)) for each in found],
        state_words=IMPORT_WORDS,
    ), form.status
