"""What members say about their purchases, at the desk: "this was not me", and ratings of offers."""

from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from benefits.errors import OfferNotFound
from benefits.pages.words import ASSURANCE_WORDS
from benefits.queries import OfferReach
from cards.uc1.terms import Assurance
from discounts.errors import ReportNotFound
from discounts.models import ReportState
from discounts.queries import (
    RatedOffer,
    ReportRow,
    comments_of_offer,
    rated_offer_within,
    rated_offers_within,
    report_within,
    reports_within,
)
from discounts.rules import receipt_number
from discounts.schemas import AnswerForm, ReportQuery
from discounts.services import answer_report
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_id, cursor_moment, moment_place, see_other
from kernel.web import current_actor
from merchants.queries import MerchantReach

pages = Blueprint("reports_pages", __name__, url_prefix="/desk", template_folder="../templates")

STATE_WORDS = {
    ReportState.OPEN: N_("Waits for an answer"),
    ReportState.ANSWERED: N_("Answered"),
}


def _reading_paths() -> tuple[str, ...]:
    """Return the union paths whose members' reports the caller may read."""
    return current_actor().paths(Role.REGISTER_OFFICER, Role.AUDITOR)


def _answering_paths() -> tuple[str, ...]:
    return current_actor().paths(Role.REGISTER_OFFICER)


def _offer_reach() -> OfferReach:
    paths = current_actor().paths(Role.PROGRAMME_DESIGNER, Role.AUDITOR)
    return OfferReach(MerchantReach(paths=paths), for_all=True)


def _worded(zh: str, en: str) -> str:
    return zh if str(get_locale()).startswith("zh") else en


def _receipt(row: ReportRow) -> str:
    bought = row.redemption
    if bought.receipt_on is None or bought.receipt_seq is None:
        return ""
    return receipt_number(row.terminal_code, bought.receipt_on, bought.receipt_seq)


# --- This was not me


@pages.get("/reports")
def reports() -> ResponseReturnValue:
    """List what members say was not them, the longest wait first, or save the list as a file."""
    form = read_query(ReportQuery())
    with transaction() as session:
        rows = reports_within(
            session,
            paths=_reading_paths(),
            after=cursor_moment(),
            rows=rows_wanted(),
            **form.values,
        )
    return listing(
        "discounts/reports.html",
        rows,
        columns=_report_columns(),
        name="reports",
        place=lambda row: moment_place(row.report.reported_at, row.report.id),
        form=form,
        state_words=STATE_WORDS,
        receipt=_receipt,
        worded=_worded,
    )


def _report_columns() -> list[Column[ReportRow]]:
    return [
        Column(gettext("Reported at"), lambda row: row.report.reported_at, CellKind.MOMENT),
        Column(gettext("Member"), lambda row: row.member),
        Column(gettext("Union"), lambda row: row.union),
        Column(gettext("Merchant"), lambda row: row.merchant),
        Column(gettext("Receipt"), _receipt),
        Column(gettext("The member says"), lambda row: row.report.text),
        Column(gettext("State"), lambda row: gettext(STATE_WORDS[row.report.state])),
        Column(gettext("Answer"), lambda row: row.report.answer),
    ]


@pages.get("/reports/<uuid:report_id>")
def report(report_id: UUID) -> ResponseReturnValue:
    """Show one report with the purchase that it is about."""
    return _show(report_id, blank_form())


def _show(report_id: UUID, form: Form) -> ResponseReturnValue:
    with transaction() as session:
        row = report_within(session, report_id=report_id, paths=_reading_paths())
    is_open = row.report.state is ReportState.OPEN
    return render_template(
        "discounts/report.html",
        form=form,
        row=row,
        receipt=_receipt(row),
        shown=ASSURANCE_WORDS.get(Assurance(row.assurance)) if row.assurance else None,
        state_words=STATE_WORDS,
        worded=_worded,
        may_answer=is_open and bool(_answering_paths()),
    ), form.status


@pages.post("/reports/<uuid:report_id>/answer")
def answer(report_id: UUID) -> ResponseReturnValue:
    """Answer a member, once; they read it with the receipt and in their notices."""
    form = read_form(AnswerForm())
    if not form.ok:
        return _show(report_id, form)
    try:
        with transaction() as session:
            answer_report(
                session,
                actor=current_actor(),
                report_id=report_id,
                paths=_answering_paths(),
                now=utc_now(),
                **form.values,
            )
    except ReportNotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(report_id, form)
    return see_other(url_for("reports_pages.reports"), N_("Answered: the member is told."))


# --- Ratings


@pages.get("/ratings")
def ratings() -> ResponseReturnValue:
    """List the offers that members have rated, or save the list as a file."""
    with transaction() as session:
        rows = rated_offers_within(
            session,
            reach=_offer_reach(),
            after=cursor_id(),
            rows=rows_wanted(),
        )
    return listing(
        "discounts/ratings.html",
        rows,
        columns=_rating_columns(),
        name="ratings",
        place=lambda row: (str(row.offer_id),),
        worded=_worded,
        average=_average,
    )


def _average(row: RatedOffer) -> str:
    return f"{row.rating.average:.1f}"


def _rating_columns() -> list[Column[RatedOffer]]:
    return [
        Column(gettext("Offer"), lambda row: _worded(row.title_zh, row.title_en)),
        Column(gettext("Merchant"), lambda row: row.merchant),
        Column(gettext("Ratings"), lambda row: row.rating.count, CellKind.NUMBER),
        Column(gettext("Stars on average"), _average),
        Column(gettext("One or two stars"), lambda row: row.rating.low_count, CellKind.NUMBER),
    ]


@pages.get("/ratings/<uuid:offer_id>")
def rating(offer_id: UUID) -> ResponseReturnValue:
    """Show what members wrote about one offer, without who wrote it."""
    with transaction() as session:
        row = rated_offer_within(session, offer_id=offer_id, reach=_offer_reach())
        if row is None:
            raise OfferNotFound
        comments = comments_of_offer(session, offer_id=offer_id)
    return render_template(
        "discounts/rating.html", row=row, comments=comments, worded=_worded, average=_average
    )
