"""A merchants file at the desk: uploaded, looked at, imported; what was refused goes back.

It stands here and not in `merchants`, since each line brings an offer.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.services import import_merchants
from kernel.actors import Actor, Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.exports import CellKind, Column, ListFormat, list_file, wanted_format
from kernel.forms import Form, blank_form
from kernel.i18n import N_
from kernel.pages import accepts_upload, see_other
from kernel.sheets import TableFileRefused
from kernel.web import NotAllowed, current_actor
from merchants.queries import MerchantReach
from merchants.rules import SENTENCES
from merchants.services import (
    MERCHANT_FILE_LIMITS,
    JudgedLine,
    Verdict,
    judge_merchant_lines,
    keep_merchant_file,
    open_merchant_file,
    take_merchant_file,
)

pages = Blueprint(
    "merchant_files_pages",
    __name__,
    url_prefix="/desk/merchant-files",
    template_folder="../templates",
)

_SHOWN_LINES_MAX = 100
# A form's own parts come on top of the file.
_REQUEST_BYTES_MAX = MERCHANT_FILE_LIMITS.content_bytes + 64 * 1024

VERDICT_WORDS = {
    Verdict.NEW_MERCHANT: N_("New merchants"),
    Verdict.NEW_SITE: N_("New sites of known merchants"),
    Verdict.UNCHANGED: N_("Already registered"),
    Verdict.REFUSED: N_("Refused"),
}


def _importer() -> Actor:
    """Return the caller. Raises NotAllowed unless their role is for the whole city.

    A file names any district it likes, so a district's designer may not bring one.
    """
    actor = current_actor()
    if not MerchantReach(paths=actor.paths(Role.PROGRAMME_DESIGNER)).is_citywide:
        raise NotAllowed
    return actor


@pages.get("")
def upload_form() -> ResponseReturnValue:
    """Ask for a file."""
    _importer()
    return _ask(blank_form())


@pages.post("")
@accepts_upload(bytes_max=_REQUEST_BYTES_MAX)
def upload() -> ResponseReturnValue:
    """Keep a file and go on to its preview; nothing is imported yet."""
    actor = _importer()
    form = blank_form()
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        form.fault("file", N_("Choose a file."))
        return _ask(form)
    try:
        with transaction() as session:
            file = keep_merchant_file(
                session, name=sent.filename, content=sent.read(), actor=actor, now=utc_now()
            )
    except TableFileRefused as refusal:
        form.refuse(refusal, "file")
        return _ask(form, refusal)
    return see_other(url_for("merchant_files_pages.preview", file_id=file.id))


@pages.get("/<uuid:file_id>")
def preview(file_id: UUID) -> ResponseReturnValue:
    """Show what an import would do, or what is left of the file after it."""
    actor = _importer()
    with transaction() as session:
        file, table = open_merchant_file(session, file_id=file_id, actor=actor)
        judged = judge_merchant_lines(session, lines=table)
    refused = [line for line in judged if line.refused]
    counts = Counter(line.verdict for line in judged)
    return render_template(
        "benefits/merchant_file.html",
        file=file,
        heading=table.heading,
        counts=counts,
        new_count=counts[Verdict.NEW_MERCHANT] + counts[Verdict.NEW_SITE],
        refused=refused[:_SHOWN_LINES_MAX],
        refused_count=len(refused),
        verdict_words=VERDICT_WORDS,
        sentences=SENTENCES,
    )


@pages.post("/<uuid:file_id>")
def import_file(file_id: UUID) -> ResponseReturnValue:
    """Import every line that can be taken."""
    actor = _importer()
    now = utc_now()
    with transaction() as session:
        table = take_merchant_file(session, file_id=file_id, actor=actor, now=now)
        report = import_merchants(session, lines=table, actor=actor, now=now)
    return see_other(
        url_for("merchant_files_pages.preview", file_id=file_id),
        N_("%(accepted)s lines were imported, %(refused)s were refused."),
        accepted=report.accepted,
        refused=len(report.refused),
    )


@pages.get("/<uuid:file_id>/refused")
def refused_lines(file_id: UUID) -> ResponseReturnValue:
    """Hand the refused lines back as a file: their own cells, and why."""
    actor = _importer()
    with transaction() as session:
        _, table = open_merchant_file(session, file_id=file_id, actor=actor)
        judged = judge_merchant_lines(session, lines=table)
    return list_file(
        [line for line in judged if line.refused],
        _columns(table.heading),
        name="refused-merchants",
        file_format=wanted_format() or ListFormat.XLSX,
    )


def _columns(heading: Sequence[str]) -> list[Column[JudgedLine]]:
    return [
        *(Column(title, _original(place)) for place, title in enumerate(heading)),
        Column(gettext("Line"), lambda line: line.number, CellKind.NUMBER),
        Column(gettext("Reason"), lambda line: line.refused.reason if line.refused else None),
        Column(gettext("What to mend"), _sentence),
    ]


def _original(place: int) -> Callable[[JudgedLine], object]:
    return lambda line: line.originals[place] if place < len(line.originals) else None


def _sentence(line: JudgedLine) -> str:
    return gettext(SENTENCES[line.refused.detail]) if line.refused else ""


def _ask(form: Form, refusal: TableFileRefused | None = None) -> ResponseReturnValue:
    return render_template(
        "benefits/merchant_file_form.html",
        form=form,
        facts=refusal.facts if refusal else {},
    ), form.status
