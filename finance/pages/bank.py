"""Bank accounts at the desk: take a statement file in, and list its lines."""

from datetime import date
from hashlib import sha256
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.models import BankLine, WorkKind
from finance.pages.bank_words import PROFILE_WORDS
from finance.pages.reach import city_actor, insist_on_the_city, may
from finance.pages.work_words import KIND_WORDS
from finance.pages.works import begin
from finance.queries.bank import FileRow, LineFilter, LinePlace, accounts, bank_lines, files
from finance.queries.works import works_going_on
from finance.schemas.bank import LineFilterForm
from finance.services.bank_import import import_bank_file
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import EXPORT_ROWS_MAX, CellKind, Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.money import Fen
from kernel.pages import (
    NoticeKind,
    accepts_upload,
    cursor_place,
    see_other,
)
from kernel.sheets import Limits

bank_pages = Blueprint(
    "finance_bank_pages", __name__, url_prefix="/desk/finance", template_folder="../templates"
)
bank_pages.before_request(insist_on_the_city)

_FILES_SHOWN = 20
# Some 1,500 lines, or a workbook of some more: what a page can wait for.
AT_ONCE_BYTES_MAX = 192 * 1024
_NAME_MAX = 200
_REQUEST_BYTES_MAX = Limits().content_bytes + 64 * 1024


@bank_pages.get("/bank")
def bank() -> ResponseReturnValue:
    """Show the accounts and their last files, and take a new file; or save all files' list."""
    file_format = wanted_format()
    if file_format is None:
        return _show(blank_form())
    with transaction() as session:
        rows = files(session, limit=EXPORT_ROWS_MAX)
    return list_file(rows, _file_columns(), name="bank-files", file_format=file_format)


def _file_columns() -> list[Column[FileRow]]:
    return [
        Column(gettext("File"), lambda row: row[0].name),
        Column(gettext("Account"), lambda row: row[1]),
        Column(gettext("Layout"), lambda row: gettext(PROFILE_WORDS[row[0].profile])),
        Column(gettext("First day"), lambda row: row[0].first_on, CellKind.DAY),
        Column(gettext("Last day"), lambda row: row[0].last_on, CellKind.DAY),
        Column(gettext("Lines"), lambda row: row[0].lines, CellKind.NUMBER),
        Column(gettext("New"), lambda row: row[0].new, CellKind.NUMBER),
        Column(gettext("Taken in"), lambda row: row[0].imported_at, CellKind.MOMENT),
        Column(gettext("Taken in by"), lambda row: row[2] or gettext("command line")),
    ]


@bank_pages.post("/bank")
@accepts_upload(bytes_max=_REQUEST_BYTES_MAX)
def upload() -> ResponseReturnValue:
    """Take a statement file in at once, or say what is wrong with it; a large one by a worker."""
    actor = city_actor(Role.FINANCE_MAKER)
    form = blank_form()
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        form.fault("file", N_("Choose a file."))
        return _show(form)
    content = sent.read()
    try:
        if len(content) > AT_ONCE_BYTES_MAX:
            return begin(
                actor=actor,
                kind=WorkKind.BANK_FILE,
                subject=sha256(content).hexdigest(),
                asked={"name": sent.filename[:_NAME_MAX]},
                content=content,
            )
        with transaction() as session:
            taken = import_bank_file(
                session,
                content=content,
                name=sent.filename,
                staff_id=actor.staff_id,
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, "file")
        return _show(form, refusal)
    if taken.repeated:
        said = N_("This very file was taken in before: none of its %(lines)s lines is new.")
        return see_other(
            url_for("finance_bank_pages.bank"), said, kind=NoticeKind.WAIT, lines=taken.lines
        )
    return see_other(
        url_for("finance_bank_pages.bank"),
        N_(
            "%(lines)s lines, %(new)s of them new: %(matched)s matched by their reference,"
            " %(named)s put down as exceptions."
        ),
        lines=taken.lines,
        new=taken.new,
        matched=taken.matched,
        named=taken.named,
    )


def _show(form: Form, refusal: Refusal | None = None) -> ResponseReturnValue:
    with transaction() as session:
        known = accounts(session)
        going_on = works_going_on(session, kinds=[WorkKind.BANK_FILE])
        last = files(session, limit=_FILES_SHOWN)
    return render_template(
        "finance/bank.html",
        form=form,
        facts=refusal.facts if refusal else {},
        accounts=known,
        files=last,
        profile_words=PROFILE_WORDS,
        works=going_on,
        kind_words=KIND_WORDS,
        may_import=may(Role.FINANCE_MAKER),
    ), form.status


@bank_pages.get("/bank/lines")
def lines() -> ResponseReturnValue:
    """List bank lines, those that nothing explains unless all are asked for; or save the list."""
    form = read_query(LineFilterForm())
    wanted = LineFilter(
        unmatched=form.values.get("show") != "all",
        **{name: value for name, value in form.values.items() if name != "show"},
    )
    with transaction() as session:
        rows = bank_lines(
            session,
            wanted=wanted,
            after=_place(),
            limit=rows_wanted(),
        )
        numbers = [each.account.number for each in accounts(session)]
    return listing(
        "finance/bank_lines.html",
        rows,
        columns=_columns(),
        name="bank-lines",
        place=lambda row: (row.booked_on.isoformat(), str(row.seq), str(row.id)),
        form=form,
        numbers=[(number, number) for number in numbers],
        is_unmatched=wanted.unmatched,
    )


def _place() -> LinePlace | None:
    place = cursor_place(parts=3)
    if place is None:
        return None
    try:
        return date.fromisoformat(place[0]), int(place[1]), UUID(place[2])
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)


def _columns() -> list[Column[BankLine]]:
    return [
        Column(gettext("Day"), lambda row: row.booked_on, CellKind.DAY),
        Column(gettext("Paid out"), lambda row: _one_way(row, -1), CellKind.MONEY),
        Column(gettext("Received"), lambda row: _one_way(row, 1), CellKind.MONEY),
        Column(gettext("Balance"), lambda row: row.balance_fen, CellKind.MONEY),
        Column(gettext("Counterparty"), lambda row: row.counterparty),
        Column(gettext("What it was for"), lambda row: row.summary),
        Column(gettext("The bank's number"), lambda row: row.bank_reference),
        Column(gettext("Not matched"), _left, CellKind.MONEY),
    ]


def _one_way(row: BankLine, sign: int) -> Fen | None:
    return Fen(abs(row.amount_fen)) if row.amount_fen * sign > 0 else None


def _left(row: BankLine) -> Fen:
    return Fen(abs(row.amount_fen - row.matched_fen))
