"""Vouchers at the desk: those of a month, one with the entries behind it, and the files."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.pages.words import FUND_WORDS
from finance.pages.books_words import PROFILE_NAMES, SOURCE_OF_ENTRY_WORDS, name_of
from finance.pages.payment_words import BOOK_WORDS
from finance.pages.reach import city_actor, insist_on_the_city, may
from finance.queries.closing import find_month
from finance.queries.vouchers import (
    JournalLine,
    VoucherShown,
    draft_vouchers,
    journals_of,
    kept_vouchers,
)
from finance.rules.voucher_checks import RULES
from finance.rules.vouchers import voucher_profiles
from finance.services.vouchers import VoucherFileInvalid, export_vouchers
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.exports import CellKind, Column
from kernel.forms import blank_form
from kernel.listing import listing, rows_wanted
from kernel.pages import attachment, cursor_id, cursor_place
from ledger.models import Book

pages = Blueprint(
    "finance_vouchers_pages",
    __name__,
    url_prefix="/desk/finance/vouchers",
    template_folder="../templates",
)
pages.before_request(insist_on_the_city)

SAVERS = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
_MIMETYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "txt": "text/plain",
}


@pages.get("/<month>")
def vouchers(month: str) -> ResponseReturnValue:
    """List the vouchers of a month, or those that an open one would have now; or save the list."""
    return _show(month)


@pages.get("/<month>/<book>/<profile>")
def voucher_file(month: str, book: str, profile: str) -> ResponseReturnValue:
    """Save a month's vouchers as the file that an accounting package imports."""
    actor = city_actor(*SAVERS)
    if profile not in voucher_profiles() or book not in set(Book):
        abort(HTTPStatus.NOT_FOUND)
    try:
        with transaction() as session:
            content = export_vouchers(
                session,
                actor=actor,
                month=month,
                book=Book(book),
                profile_name=profile,
                now=utc_now(),
            )
    except VoucherFileInvalid as refusal:
        return _show(month, refusal)
    ending = voucher_profiles()[profile].file
    name = f"vouchers-{month}-{book}-{profile}.{ending}"
    return attachment(content, filename=name, mimetype=_MIMETYPES[ending])


@pages.get("/one/<uuid:voucher_id>")
def voucher(voucher_id: UUID) -> ResponseReturnValue:
    """Show a voucher with the entries that it sums up, or save those as its list of the day."""
    with transaction() as session:
        found = kept_vouchers(session, voucher_id=voucher_id)
        if not found:
            abort(HTTPStatus.NOT_FOUND)
        rows = journals_of(session, voucher=found[0], after=cursor_id(), limit=rows_wanted())
    return listing(
        "finance/voucher.html",
        rows,
        columns=_journal_columns(),
        name=f"voucher-{found[0].book_date:%Y-%m}-{found[0].number}",
        place=lambda row: (str(row.id),),
        voucher=found[0],
        fund_words=FUND_WORDS,
        book_words=BOOK_WORDS,
        source_words=SOURCE_OF_ENTRY_WORDS,
        name_of=name_of,
    )


def _show(month: str, refusal: VoucherFileInvalid | None = None) -> ResponseReturnValue:
    form = blank_form()
    with transaction() as session:
        found = find_month(session, month=month)
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        rows = (
            kept_vouchers(session, month=month)
            if found.is_closed
            else draft_vouchers(session, starts_on=found.starts_on, ends_on=found.ends_on)
        )
    if refusal is not None:
        form.refuse(refusal)
        for fault in refusal.facts["faults"]:  # type: ignore[attr-defined]
            sentence = gettext("Line %(line)s:", line=fault["line"])
            form.fault("_schema", f"{sentence} {gettext(RULES[fault['rule']])}")
        form.status = refusal.status
    return listing(
        "finance/vouchers.html",
        _from_place(list(enumerate(rows))),
        columns=_columns(),
        name=f"vouchers-{month}",
        place=lambda row: (str(row[0]),),
        form=form,
        month=found,
        books=sorted({each.book for each in rows}, reverse=True),
        profiles=PROFILE_NAMES,
        may_save=found.is_closed and may(*SAVERS),
        book_words=BOOK_WORDS,
        fund_words=FUND_WORDS,
        source_words=SOURCE_OF_ENTRY_WORDS,
        name_of=name_of,
    )


Numbered = tuple[int, VoucherShown]


def _from_place(rows: list[Numbered]) -> list[Numbered]:
    place = cursor_place(parts=1)
    if place is None:
        return rows[: rows_wanted()]
    if not place[0].isdecimal():
        abort(HTTPStatus.BAD_REQUEST)
    begins = int(place[0]) + 1
    return rows[begins : begins + rows_wanted()]


def _columns() -> list[Column[Numbered]]:
    return [
        Column(gettext("Book"), lambda row: gettext(BOOK_WORDS[row[1].book])),
        Column(gettext("Voucher"), lambda row: row[1].number, CellKind.NUMBER),
        Column(gettext("Day"), lambda row: row[1].book_date, CellKind.DAY),
        Column(gettext("Summary"), lambda row: row[1].summary),
        Column(gettext("Fund"), lambda row: gettext(FUND_WORDS[row[1].fund_source])),
        Column(gettext("Entries"), lambda row: row[1].journals, CellKind.NUMBER),
        Column(gettext("Attachments"), lambda row: row[1].attachments, CellKind.NUMBER),
        Column(gettext("Amount"), lambda row: row[1].amount_fen, CellKind.MONEY),
    ]


def _journal_columns() -> list[Column[JournalLine]]:
    return [
        Column(gettext("When"), lambda row: row.occurred_at, CellKind.MOMENT),
        Column(
            gettext("What for"), lambda row: gettext(SOURCE_OF_ENTRY_WORDS.get(row.source_type, ""))
        ),
        Column(gettext("Number"), lambda row: row.source_id),
        Column(gettext("Entry"), lambda row: row.id),
        Column(gettext("Amount"), lambda row: row.amount_fen, CellKind.MONEY),
    ]
