"""Budgets at the desk: how far each line is used up, its changes by two people, its programmes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from benefits.pages.words import FUND_WORDS, worded
from finance.pages.chart_words import (
    CHANGE_KIND_WORDS,
    CHANGE_STATE_KINDS,
    CHANGE_STATE_WORDS,
    coded,
    named,
)
from finance.pages.charts import Series, stacked_bars
from finance.pages.reach import city_actor, insist_on_the_city, may
from finance.queries.budgets import (
    ChangeRow,
    HeldLine,
    SpentDay,
    accounts,
    budget_years,
    find_line,
    held_lines,
    programmes_of_fund,
    programmes_of_line,
    spending,
)
from finance.queries.budgets import changes as changes_of
from finance.rules.budgets import BurnDown, Forecast, burn_down, forecast
from finance.schemas.chart import AssignForm, BudgetChangeForm, BudgetLineForm, YearFilter
from finance.services.budgets import (
    LineFacts,
    add_line,
    approve_change,
    assign_programme,
    propose_change,
    refuse_change,
)
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.money import Fen
from kernel.pages import see_other
from kernel.web import current_actor
from ledger.errors import BudgetChangeNotFound, BudgetCodeTaken, BudgetLineNotFound
from ledger.models import AccountKind, FundSource
from staff.queries import names_of

pages = Blueprint(
    "finance_budget_pages",
    __name__,
    url_prefix="/desk/finance/budgets",
    template_folder="../templates",
)
pages.before_request(insist_on_the_city)

_FIELD_OF: dict[type[Refusal], str] = {BudgetCodeTaken: "code"}
_WHOLE = 100


@dataclass(frozen=True)
class Executed:
    """A row of the budget's execution: one line, or what no line of a fund bears."""

    found: HeldLine | None
    fund_source: FundSource
    held_fen: Fen
    spent_fen: Fen
    expected: Forecast

    @property
    def left_fen(self) -> Fen:
        return Fen(self.held_fen - self.spent_fen)

    @property
    def percent(self) -> int | None:
        return self.spent_fen * _WHOLE // self.held_fen if self.held_fen else None


def _by_day(days: list[SpentDay], line_id: UUID | None, fund: FundSource) -> dict[date, Fen]:
    found: dict[date, Fen] = {}
    for each in days:
        if each.line_id == line_id and each.fund_source is fund:
            found[each.day] = Fen(found.get(each.day, Fen(0)) + each.amount_fen)
    return found


def executed(session: Any, *, year: int, today: date) -> list[Executed]:
    """Return the execution of a year's budget: every fen of cost in the books is in one row."""
    days = spending(session, year=year)
    lines = held_lines(session, year=year)
    bare = {each.fund_source for each in days if each.line_id is None}
    rows: list[tuple[HeldLine | None, FundSource]] = [
        *((each, each.line.fund_source) for each in lines),
        *((None, fund) for fund in FundSource if fund in bare),
    ]
    result = []
    for found, fund in rows:
        held = found.held_fen if found else Fen(0)
        by_day = _by_day(days, found.line.id if found else None, fund)
        spent = Fen(sum(by_day.values()))
        ahead = forecast(held_fen=held, by_day=by_day, year=year, today=today)
        result.append(Executed(found, fund, held, spent, ahead))
    return result


@pages.get("")
def budgets() -> ResponseReturnValue:
    """Show how far a year's budget is used up, line by line; or save the report."""
    form = read_query(YearFilter())
    today = shanghai_date(utc_now())
    year = form.values.get("year", today.year)
    with transaction() as session:
        rows = executed(session, year=year, today=today)
        years = budget_years(session)
    file_format = wanted_format()
    if file_format:
        return list_file(rows, _columns(), name=f"budget-{year}", file_format=file_format)
    return render_template(
        "finance/budgets.html",
        form=form,
        year=year,
        year_options=[(each, str(each)) for each in sorted({*years, today.year})],
        rows=rows,
        may_prepare=may(Role.FINANCE_MAKER),
        **_words(),
    ), form.status


def _columns() -> list[Column[Executed]]:
    return [
        Column(gettext("Code"), lambda row: row.found.line.code if row.found else ""),
        Column(gettext("Budget line"), _line_name),
        Column(gettext("Fund"), lambda row: gettext(FUND_WORDS[row.fund_source])),
        Column(
            gettext("Ledger account"), lambda row: coded(row.found.account) if row.found else ""
        ),
        Column(gettext("Budget"), lambda row: row.held_fen, CellKind.MONEY),
        Column(gettext("Spent"), lambda row: row.spent_fen, CellKind.MONEY),
        Column(gettext("Left"), lambda row: row.left_fen, CellKind.MONEY),
        Column(gettext("Spent in percent"), lambda row: row.percent, CellKind.NUMBER),
        Column(
            gettext("Expected by the end of the year"),
            lambda row: row.expected.by_year_end_fen,
            CellKind.MONEY,
        ),
        Column(gettext("Used up on"), lambda row: row.expected.runs_out_on, CellKind.DAY),
    ]


def _line_name(row: Executed) -> str:
    return named(row.found.line) if row.found else gettext("No line bears this")


@pages.get("/new")
def new_line_form() -> ResponseReturnValue:
    """Ask for a new line of a budget."""
    return _ask_line(blank_form(year=shanghai_date(utc_now()).year))


@pages.post("")
def save_new_line() -> ResponseReturnValue:
    """Open a line; what it holds is allocated by two people."""
    actor = city_actor(Role.FINANCE_MAKER)
    form = read_form(BudgetLineForm())
    if not form.ok:
        return _ask_line(form)
    try:
        with transaction() as session:
            line = add_line(session, actor=actor, facts=LineFacts(**form.values), now=utc_now())
    except Refusal as refusal:
        form.refuse(refusal, _FIELD_OF.get(type(refusal)))
        return _ask_line(form)
    return see_other(
        url_for("finance_budget_pages.line", line_id=line.id),
        N_("The line is open. It holds nothing until somebody else approves an allocation."),
    )


def _ask_line(form: Form) -> ResponseReturnValue:
    with transaction() as session:
        choices = [
            (each.id, coded(each))
            for each in accounts(session)
            if each.is_active and each.kind is AccountKind.EXPENSE
        ]
    return render_template(
        "finance/budget_line_form.html",
        form=form,
        account_choices=choices,
        funds=[(each.value, gettext(FUND_WORDS[each])) for each in FundSource],
    ), form.status


@pages.get("/<uuid:line_id>")
def line(line_id: UUID) -> ResponseReturnValue:
    """Show a line: what it holds, its burn-down, its changes and programmes."""
    return _show(line_id, blank_form())


@pages.post("/<uuid:line_id>/programmes")
def assign(line_id: UUID) -> ResponseReturnValue:
    """Let the line bear a programme's costs of its year."""
    actor = city_actor(Role.FINANCE_MAKER)
    form = read_form(AssignForm())
    if form.ok:
        try:
            with transaction() as session:
                assign_programme(
                    session,
                    actor=actor,
                    line_id=line_id,
                    programme_id=form.values["programme_id"],
                    now=utc_now(),
                )
        except BudgetLineNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        return _show(line_id, form)
    url = url_for("finance_budget_pages.line", line_id=line_id)
    return see_other(url, N_("The line bears what this programme costs."))


def _show(line_id: UUID, form: Form) -> ResponseReturnValue:
    today = shanghai_date(utc_now())
    with transaction() as session:
        found = find_line(session, line_id=line_id)
        if found is None:
            raise BudgetLineNotFound
        year = found.line.year
        days = [each for each in spending(session, year=year) if each.line_id == line_id]
        rows = changes_of(session, year=year, line_id=line_id)
        programmes = programmes_of_line(session, line_id=line_id)
        choices = programmes_of_fund(session, fund_source=found.line.fund_source)
        people = _people(session, rows)
    by_day = _by_day(days, line_id, found.line.fund_source)
    burnt = burn_down(held_fen=found.held_fen, by_day=by_day, year=year, today=today)
    ahead = forecast(held_fen=found.held_fen, by_day=by_day, year=year, today=today)
    spent = Fen(sum(by_day.values()))
    return render_template(
        "finance/budget_line.html",
        form=form,
        found=found,
        row=Executed(found, found.line.fund_source, found.held_fen, spent, ahead),
        burnt=burnt,
        chart=burn_down_chart(burnt) if found.held_fen else None,
        changes=rows,
        people=people,
        programmes=programmes,
        choices=[
            (each.id, f"{each.code} {worded(each.name_zh, each.name_en)}") for each in choices
        ],
        may_prepare=may(Role.FINANCE_MAKER),
        **_words(),
    ), form.status


def burn_down_chart(burnt: BurnDown) -> Markup:
    """Draw what is left at the end of each month; what is only expected has a mark of its own."""
    return stacked_bars(
        gettext("What is left at the end of each month, in yuan; the table has the numbers"),
        columns=[f"{number:02d}" for number in range(1, 13)],
        series=[
            Series(gettext("Known"), "A", burnt.known),
            Series(gettext("Expected"), "B", burnt.expected),
        ],
    )


@pages.get("/changes")
def changes() -> ResponseReturnValue:
    """List a year's changes of the budget, the newest first; or save the list."""
    return _list_changes(blank_form())


def _list_changes(failed: Form) -> ResponseReturnValue:
    form = read_query(YearFilter())
    actor, today = current_actor(), shanghai_date(utc_now())
    year = form.values.get("year", today.year)
    with transaction() as session:
        rows = changes_of(session, year=year)
        people = _people(session, rows)
        years = budget_years(session)
    file_format = wanted_format()
    if file_format:
        columns = _change_columns(people)
        return list_file(rows, columns, name=f"budget-changes-{year}", file_format=file_format)
    return render_template(
        "finance/budget_changes.html",
        form=form,
        failed=failed,
        year=year,
        year_options=[(each, str(each)) for each in sorted({*years, today.year})],
        rows=rows,
        people=people,
        me=actor.id,
        may_prepare=may(Role.FINANCE_MAKER),
        may_approve=may(Role.FINANCE_APPROVER),
        **_words(),
    ), failed.status


def _change_columns(people: dict[UUID, str]) -> list[Column[ChangeRow]]:
    def lines(row: ChangeRow, sign: int) -> str:
        return "; ".join(coded(line) for line, fen in row.entries if fen * sign > 0)

    return [
        Column(gettext("Proposed on"), lambda row: row.change.proposed_at, CellKind.MOMENT),
        Column(gettext("Kind"), lambda row: gettext(CHANGE_KIND_WORDS[row.change.kind])),
        Column(gettext("From the line"), lambda row: lines(row, -1)),
        Column(gettext("To the line"), lambda row: lines(row, 1)),
        Column(gettext("Amount"), lambda row: row.amount_fen, CellKind.MONEY),
        Column(gettext("Reason"), lambda row: row.change.reason),
        Column(gettext("Proposed by"), lambda row: people.get(row.change.maker_id)),
        Column(gettext("State"), lambda row: gettext(CHANGE_STATE_WORDS[row.change.state])),
        Column(
            gettext("Who decided"),
            lambda row: people.get(row.change.approver_id) if row.change.approver_id else None,
        ),
    ]


@pages.get("/changes/new")
def new_change_form() -> ResponseReturnValue:
    """Ask what is to change in a budget."""
    return _ask_change(blank_form())


@pages.post("/changes")
def save_new_change() -> ResponseReturnValue:
    """Propose a change; somebody else decides."""
    actor = city_actor(Role.FINANCE_MAKER)
    form = read_form(BudgetChangeForm())
    if not form.ok:
        return _ask_change(form)
    try:
        with transaction() as session:
            propose_change(session, actor=actor, now=utc_now(), **form.values)
    except Refusal as refusal:
        form.refuse(refusal)
        return _ask_change(form)
    url = url_for("finance_budget_pages.changes")
    return see_other(url, N_("Proposed. It counts once somebody else approves it."))


def _ask_change(form: Form) -> ResponseReturnValue:
    today = shanghai_date(utc_now())
    with transaction() as session:
        lines = [
            each.line
            for year in (today.year + 1, today.year, today.year - 1)
            for each in held_lines(session, year=year)
        ]
    return render_template(
        "finance/budget_change_form.html",
        form=form,
        kinds=[(each.value, gettext(word)) for each, word in CHANGE_KIND_WORDS.items()],
        lines=[
            (each.id, f"{each.year} {coded(each)} · {gettext(FUND_WORDS[each.fund_source])}")
            for each in lines
        ],
    ), form.status


@pages.post("/changes/<uuid:change_id>/approve")
def approve(change_id: UUID) -> ResponseReturnValue:
    """Let a change count that somebody else proposed."""
    return _decide(change_id, approve_change, N_("Approved. The change counts."))


@pages.post("/changes/<uuid:change_id>/refuse")
def refuse(change_id: UUID) -> ResponseReturnValue:
    """Say no to a change that somebody else proposed."""
    return _decide(change_id, refuse_change, N_("Refused. The budget stays as it is."))


def _decide(change_id: UUID, verb: Callable[..., object], said: str) -> ResponseReturnValue:
    actor = city_actor(Role.FINANCE_APPROVER)
    form = blank_form()
    try:
        with transaction() as session:
            verb(session, actor=actor, change_id=change_id, now=utc_now())
    except BudgetChangeNotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _list_changes(form)
    return see_other(url_for("finance_budget_pages.changes"), said)


def _people(session: Any, rows: list[ChangeRow]) -> dict[UUID, str]:
    ids = {each for row in rows for each in (row.change.maker_id, row.change.approver_id) if each}
    return names_of(session, account_ids=list(ids))


def _words() -> dict[str, Any]:
    return {
        "fund_words": FUND_WORDS,
        "kind_words": CHANGE_KIND_WORDS,
        "state_words": CHANGE_STATE_WORDS,
        "state_kinds": CHANGE_STATE_KINDS,
        "named": named,
        "coded": coded,
        "worded": worded,
    }
