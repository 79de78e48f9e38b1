"""Statements at the desk: open for a period, look through, issue, approve; answer disputes."""

from collections.abc import Callable
from datetime import date, timedelta
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.pages.words import FUND_WORDS
from finance.errors import StatementNotFound
from finance.models import LIVE_PAYMENTS, Payment, StatementState, WorkKind
from finance.pages.payment_words import PAYMENT_KINDS, PAYMENT_WORDS
from finance.pages.reach import READERS, may
from finance.pages.statement_files import lines_file, paper_file
from finance.pages.statement_words import (
    DISPUTE_KINDS,
    DISPUTE_WORDS,
    INVOICE_KINDS,
    INVOICE_WORDS,
    LINE_WORDS,
    STATE_KINDS,
    STATE_TURNS,
    STATE_WORDS,
    VERDICT_WORDS,
)
from finance.pages.work_words import KIND_WORDS
from finance.pages.works import begin
from finance.queries.invoices import invoices_of
from finance.queries.statement_lines import (
    LineRow,
    disputed_lines,
    evidence_of,
    lines_of,
    sums_of,
)
from finance.queries.statements import (
    STATEMENT_READERS,
    StatementFilter,
    StatementRow,
    funds_of,
    merchants_waiting,
    payments_of,
    statement_reach,
    statement_within,
    statements_within,
)
from finance.queries.works import works_going_on
from finance.rules.capitals import capital_amount
from finance.schemas.statements import OpenForm, StatementQuery, StepForm
from finance.services import (
    approve_statement,
    approve_statements,
    issue_statement,
    issue_statements,
    open_statements,
)
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column, wanted_format
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import LIST_ROWS, cursor_place, page_of, see_other
from kernel.web import current_actor
from merchants.queries import MerchantReach
from staff.queries import names_of

pages = Blueprint(
    "finance_statements_pages",
    __name__,
    url_prefix="/desk/finance/statements",
    template_folder="../templates",
)

DISPUTES_MAX = 100
_CURSOR_DIGITS_MAX = 9
# More than these, and a worker opens the statements: a page would wait too long.
AT_ONCE_MERCHANTS_MAX = 500
_ONE_DAY = timedelta(days=1)
Verb = Callable[..., object]


def reading_reach() -> MerchantReach:
    return statement_reach(current_actor(), *STATEMENT_READERS)


def _may(role: Role) -> bool:
    return bool(statement_reach(current_actor(), role).paths)


# --- The list, and opening statements for a period


@pages.get("")
def statements() -> ResponseReturnValue:
    """List the statements that I may see, the newest first, or save the list as a file."""
    form = read_query(StatementQuery())
    reach = reading_reach()
    today = shanghai_date(utc_now())
    with transaction() as session:
        rows = statements_within(
            session,
            reach=reach,
            wanted=StatementFilter(**form.values),
            before=_number_place(),
            rows=rows_wanted(),
        )
        waiting = merchants_waiting(session, reach=reach, ends_on=today + _ONE_DAY)
        going_on = works_going_on(session, kinds=[WorkKind.OPENING]) if may(*READERS) else []
    return listing(
        "finance/statements.html",
        rows,
        columns=_columns(),
        name="statements",
        place=lambda row: (str(row.number),),
        form=form,
        waiting=waiting,
        works=going_on,
        kind_words=KIND_WORDS,
        may_open=_may(Role.FINANCE_MAKER),
        may_approve=_may(Role.FINANCE_APPROVER),
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
    )


def _number_place() -> int | None:
    place = cursor_place(parts=1)
    if place is None:
        return None
    if not (place[0].isascii() and place[0].isdigit() and len(place[0]) <= _CURSOR_DIGITS_MAX):
        abort(HTTPStatus.BAD_REQUEST)
    return int(place[0])


def _columns() -> list[Column[StatementRow]]:
    return [
        Column(gettext("Statement"), lambda row: row.number, CellKind.NUMBER),
        Column(gettext("Merchant"), lambda row: row.merchant),
        Column(gettext("First day"), lambda row: row.starts_on, CellKind.DAY),
        Column(gettext("Last day"), lambda row: row.last_on, CellKind.DAY),
        Column(gettext("Number of lines"), lambda row: row.lines, CellKind.NUMBER),
        Column(gettext("Sum of the lines"), lambda row: row.lines_fen, CellKind.MONEY),
        Column(gettext("Payable"), lambda row: row.payable_fen, CellKind.MONEY),
        Column(gettext("Carried over"), lambda row: row.carried_out_fen, CellKind.MONEY),
        Column(gettext("State"), lambda row: gettext(STATE_WORDS[row.state])),
    ]


@pages.get("/new")
def open_form() -> ResponseReturnValue:
    """Ask for which days statements are opened: by default, the month so far."""
    today = shanghai_date(utc_now())
    return _ask(blank_form(starts_on=today.replace(day=1), last_on=today))


@pages.post("")
def save_opened() -> ResponseReturnValue:
    """Open statements for a period, one a merchant with something to state."""
    form = read_form(OpenForm())
    if not form.ok:
        return _ask(form)
    try:
        if may(Role.FINANCE_MAKER) and _merchants_waiting() > AT_ONCE_MERCHANTS_MAX:
            return _begin_opening(**form.values)
        with transaction() as session:
            opened = open_statements(session, actor=current_actor(), now=utc_now(), **form.values)
    except Refusal as refusal:
        form.refuse(refusal)
        return _ask(form)
    if not opened:
        form.fault("last_on", N_("There is nothing to state: all that was booked is stated."))
        return _ask(form)
    said = N_("%(count)s statements are open. Look through each, then issue it.")
    where = url_for("finance_statements_pages.statements", state=StatementState.OPEN.value)
    if len(opened) == 1:
        said = N_("One statement is open. Look through it, then issue it.")
        where = page_of_statement(opened[0].id)
    return see_other(where, said, count=len(opened))


def _begin_opening(*, starts_on: date, ends_on: date) -> ResponseReturnValue:
    """Have a worker open the statements of many merchants."""
    last_on = ends_on - _ONE_DAY
    return begin(
        actor=current_actor(),
        kind=WorkKind.OPENING,
        subject="",
        asked={
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat(),
            "last_on": last_on.isoformat(),
        },
    )


def _merchants_waiting() -> int:
    today = shanghai_date(utc_now())
    reach = statement_reach(current_actor(), Role.FINANCE_MAKER)
    with transaction() as session:
        return merchants_waiting(session, reach=reach, ends_on=today + _ONE_DAY)


def _ask(form: Form) -> ResponseReturnValue:
    return render_template(
        "finance/statements_open.html",
        form=form,
        today=shanghai_date(utc_now()),
        waiting=_merchants_waiting(),
    ), form.status


# --- One statement


@pages.get("/<uuid:statement_id>")
def statement(statement_id: UUID) -> ResponseReturnValue:
    """Show a statement: its facts and sums, its funds, its disputes, its lines; or save those."""
    file_format = wanted_format()
    if file_format is None:
        return show_statement(statement_id, blank_form())
    with transaction() as session:
        found = statement_within(session, statement_id=statement_id, reach=reading_reach())
        if found is None:
            raise StatementNotFound
    return lines_file(statement_id, number=found.statement.number, file_format=file_format)


@pages.get("/<uuid:statement_id>/paper")
def paper(statement_id: UUID) -> ResponseReturnValue:
    """Save a statement as a page to print and to sign."""
    with transaction() as session:
        found = statement_within(session, statement_id=statement_id, reach=reading_reach())
        if found is None:
            raise StatementNotFound
        sums = sums_of(session, statement_id=statement_id)
        funds = funds_of(session, statement_id=statement_id)
        maker, approver = found.statement.maker_id, found.statement.approver_id
        names = names_of(session, account_ids=[each for each in (maker, approver) if each])
    signed = names.get(approver) if approver else None
    return paper_file(found, sums, funds, maker=names[maker], approver=signed)


@pages.post("/issue-all")
def issue_all() -> ResponseReturnValue:
    """Show every open statement within my reach to its merchant."""
    return _step_all(issue_statements, N_("%(count)s statements are issued."))


@pages.post("/approve-all")
def approve_all() -> ResponseReturnValue:
    """Approve every statement that its merchant agreed to and somebody else opened."""
    return _step_all(approve_statements, N_("%(count)s statements are approved."))


def _step_all(verb: Callable[..., int], said: str) -> ResponseReturnValue:
    with transaction() as session:
        count = verb(session, actor=current_actor(), now=utc_now())
    return see_other(url_for("finance_statements_pages.statements"), said, count=count)


@pages.post("/<uuid:statement_id>/issue")
def issue(statement_id: UUID) -> ResponseReturnValue:
    """Show an open statement to its merchant."""
    said = N_("Issued: the merchant sees it at its tills.")
    return _step(statement_id, issue_statement, said)


@pages.post("/<uuid:statement_id>/approve")
def approve(statement_id: UUID) -> ResponseReturnValue:
    """Approve what the merchant agreed to and somebody else opened."""
    return _step(statement_id, approve_statement, N_("Approved: it can be paid."))


def _step(statement_id: UUID, verb: Verb, sentence: str) -> ResponseReturnValue:
    form = read_form(StepForm())
    if form.ok:
        try:
            with transaction() as session:
                verb(
                    session,
                    actor=current_actor(),
                    statement_id=statement_id,
                    now=utc_now(),
                    **form.values,
                )
        except StatementNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        return show_statement(statement_id, form)
    return see_other(page_of_statement(statement_id), sentence)


def page_of_statement(statement_id: UUID) -> str:
    return url_for("finance_statements_pages.statement", statement_id=statement_id)


def show_statement(
    statement_id: UUID, form: Form, *, answering: UUID | None = None
) -> ResponseReturnValue:
    """Show a statement; `form` was refused, about the dispute `answering` where that is given."""
    actor = current_actor()
    after = _number_place() or 0
    with transaction() as session:
        found = statement_within(session, statement_id=statement_id, reach=reading_reach())
        if found is None:
            raise StatementNotFound
        lines = lines_of(session, statement_id=statement_id, after=after, rows=LIST_ROWS + 1)
        disputes = disputed_lines(
            session, reach=reading_reach(), statement_id=statement_id, rows=DISPUTES_MAX
        )
        people = {found.statement.maker_id, found.statement.approver_id}
        for line, _ in disputes:
            if line.dispute is not None:
                people |= {line.dispute.maker_id, line.dispute.approver_id}
        names = names_of(session, account_ids=[each for each in people if each is not None])
        sums = sums_of(session, statement_id=statement_id)
        funds = funds_of(session, statement_id=statement_id)
        payments = payments_of(session, statement_id=statement_id)
        invoices = invoices_of(session, statement_id=statement_id)
        evidence = evidence_of(
            session, dispute_ids=[line.dispute.id for line, _ in disputes if line.dispute]
        )
    return render_template(
        "finance/statement.html",
        form=form,
        answering=answering,
        disputed_line=next((line.line_no for line, _ in disputes if _is(line, answering)), None),
        chain=_chain(statement_id, payments),
        found=found,
        statement=found.statement,
        sums=sums,
        capitals=capital_amount(sums.payable_fen),
        today=shanghai_date(utc_now()),
        funds=funds,
        payments=payments,
        invoices=invoices,
        evidence=evidence,
        disputes=[line for line, _ in disputes],
        page=page_of(lines, place=lambda line: (str(line.line_no),)),
        names=names,
        is_mine=found.statement.maker_id == actor.id,
        **words(),
    ), form.status


def _chain(statement_id: UUID, payments: list[Payment]) -> dict[str, str]:
    """Return where the money of a statement came from and went to, for who may follow it there."""
    if not may(*READERS):
        return {}
    trace = url_for("finance_trace_pages.show", kind="statement", object_id=statement_id)
    live = [each for each in payments if each.state in LIVE_PAYMENTS]
    if not live:
        return {"scans": trace, "vouchers": trace}
    batch = url_for("finance_payments_pages.batch", batch_id=live[-1].batch_id)
    return {"scans": trace, "vouchers": trace, "payment": batch, "bank": trace}


def _is(line: LineRow, dispute_id: UUID | None) -> bool:
    return line.dispute is not None and line.dispute.id == dispute_id


def words() -> dict[str, object]:
    return {
        "blank": blank_form(),
        "me": current_actor().id,
        "may_make": _may(Role.FINANCE_MAKER),
        "may_approve": _may(Role.FINANCE_APPROVER),
        "state_words": STATE_WORDS,
        "state_kinds": STATE_KINDS,
        "state_turns": STATE_TURNS,
        "dispute_words": DISPUTE_WORDS,
        "dispute_kinds": DISPUTE_KINDS,
        "line_words": LINE_WORDS,
        "fund_words": FUND_WORDS,
        "verdict_words": VERDICT_WORDS,
        "payment_words": PAYMENT_WORDS,
        "payment_kinds": PAYMENT_KINDS,
        "may_check": _may(Role.FINANCE_CHECKER),
        "invoice_words": INVOICE_WORDS,
        "invoice_kinds": INVOICE_KINDS,
    }
