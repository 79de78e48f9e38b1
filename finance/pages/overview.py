"""Finance's overview: what waits for me, whether the sums agree, charts with their tables."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from markupsafe import Markup

from finance.models import DiscrepancyCode
from finance.pages.bank_words import CODE_WORDS
from finance.pages.budgets import burn_down_chart, executed
from finance.pages.charts import HUES_MAX, Series, bars, stacked_bars
from finance.pages.closing_words import IDENTITY_WORDS
from finance.pages.reach import insist_on_the_city
from finance.queries.bank_refusals import payments_waiting
from finance.queries.budgets import spent_of_lines
from finance.queries.closing import months_waiting, open_months, residual_checks
from finance.queries.discrepancies import open_exceptions
from finance.queries.overview import (
    AGE_BOUNDS,
    AgeSum,
    DaySum,
    MerchantSum,
    exceptions_by_age,
    subsidy_by_day,
    top_merchants,
)
from finance.queries.residuals import residuals
from finance.queries.statement_lines import disputes_waiting
from finance.queries.statements import statements_waiting
from finance.rules.budgets import PACE_DAYS, burn_down
from kernel.actors import Actor, Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.i18n import N_
from kernel.money import Fen
from kernel.web import current_actor

pages = Blueprint(
    "finance_overview_pages", __name__, url_prefix="/desk/finance", template_folder="../templates"
)
pages.before_request(insist_on_the_city)

_DAYS = 14
_MERCHANTS = 8
_MARKS = "ABCDEF"
_WORKERS = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
_WAITING: tuple[tuple[str, Callable[[Any, Actor], int], str], ...] = (
    (N_("Statements"), statements_waiting, "finance_statements_pages.statements"),
    (N_("Disputes"), disputes_waiting, "finance_statements_pages.disputes"),
    (N_("Payments"), payments_waiting, "finance_payments_pages.payments"),
    (N_("Exceptions"), open_exceptions, "finance_bank_pages.exceptions"),
    (N_("Months to close"), months_waiting, "finance_closing_pages.all_months"),
)
AGE_WORDS = (
    N_("Today"),
    N_("1 to 3 days"),
    N_("4 to 7 days"),
    N_("8 to 30 days"),
    N_("More than 30 days"),
)


@dataclass(frozen=True)
class Tile:
    """Something that waits for me: how much, and where it is done."""

    label: str
    count: int
    url: str


@dataclass(frozen=True)
class MonthTile:
    """Whether the sums of an open month agree, as looked at last: those that do not, by name."""

    month: str
    checked_at: datetime
    sums: int
    wrong: list[str]


@dataclass(frozen=True)
class SubsidyTable:
    """What the chart shows, in numbers: one row a day, one column a series, in fen."""

    days: list[date]
    series: list[Series]
    totals: list[Fen]  # by series

    def on(self, at: int) -> Fen:
        return Fen(sum(each.values[at] for each in self.series))


@pages.get("")
def overview() -> ResponseReturnValue:
    """Show how the money stands today."""
    actor, now = current_actor(), utc_now()
    today = shanghai_date(now)
    first, end = today - timedelta(days=_DAYS - 1), today + timedelta(days=1)
    with transaction() as session:
        tiles = _tiles(session, actor)
        known = {each.month: each for each in residual_checks(session)}
        months = []
        for each in open_months(session):
            check = known.get(each.month)
            # A month that the hourly watch has not come to yet is looked at here and now.
            sums = (
                check.residuals
                if check
                else residuals(session, starts_on=each.starts_on, ends_on=each.ends_on).as_dict()
            )
            wrong = [gettext(IDENTITY_WORDS[name][0]) for name, value in sums.items() if value]
            at = check.checked_at if check else now
            months.append(MonthTile(each.month, at, len(sums), wrong))
        subsidy = _table(subsidy_by_day(session, first=first, end=end), first)
        ages = exceptions_by_age(session, now=now)
        rows = executed(session, year=today.year, today=today)
        by_day = spent_of_lines(session, year=today.year)
        merchants = top_merchants(
            session, first=today - timedelta(days=PACE_DAYS - 1), end=end, limit=_MERCHANTS
        )
        flags = _open_flags(session, merchants)
    held = Fen(sum(each.held_fen for each in rows))
    burnt = burn_down(held_fen=held, by_day=by_day, year=today.year, today=today)
    return render_template(
        "finance/overview.html",
        tiles=tiles,
        months=months,
        subsidy=subsidy,
        subsidy_chart=_subsidy_chart(subsidy),
        ages=ages,
        ages_chart=_ages_chart(ages),
        year=today.year,
        budget_rows=[each for each in rows if each.found],
        burnt=burnt,
        burn_chart=burn_down_chart(burnt) if held else None,
        merchants=merchants,
        merchants_chart=_merchants_chart(merchants),
        flags=flags,
        age_words=AGE_WORDS,
        code_words=CODE_WORDS,
    )


def _tiles(session: Any, actor: Actor) -> list[Tile]:
    """Count what waits for somebody who works here; who only reads is asked for nothing."""
    if not actor.has_role(_WORKERS):
        return []
    return [
        Tile(gettext(label), count(session, actor), url_for(endpoint))
        for label, count, endpoint in _WAITING
    ]


def _table(sums: list[DaySum], first: date) -> SubsidyTable:
    """Put the sums in order: the largest programmes by name, what is beyond the hues together."""
    days = [first + timedelta(days=number) for number in range(_DAYS)]
    by_programme: dict[str, dict[date, int]] = {}
    is_chinese = str(get_locale()).startswith("zh")
    for each in sums:
        name = (each.name_zh if is_chinese else each.name_en) or gettext(N_("Without a programme"))
        amounts = by_programme.setdefault(name, {})
        amounts[each.day] = amounts.get(each.day, 0) + each.amount_fen
    largest = sorted(by_programme.items(), key=lambda item: -sum(item[1].values()))
    if len(largest) > HUES_MAX:
        rest: dict[date, int] = {}
        for _, amounts in largest[HUES_MAX - 1 :]:
            for day, fen in amounts.items():
                rest[day] = rest.get(day, 0) + fen
        largest = [*largest[: HUES_MAX - 1], (gettext(N_("Other programmes")), rest)]
    series = [
        Series(name, mark, [amounts.get(day, 0) for day in days])
        for mark, (name, amounts) in zip(_MARKS, largest, strict=False)
    ]
    return SubsidyTable(days, series, [Fen(sum(each.values)) for each in series])


def _subsidy_chart(table: SubsidyTable) -> Markup | None:
    if not table.series:
        return None
    return stacked_bars(
        gettext(N_("Subsidy per day by programme, in yuan, as columns; the table has the numbers")),
        columns=[f"{day:%m-%d}" for day in table.days],
        series=table.series,
    )


def _open_flags(session: Any, merchants: list[MerchantSum]) -> dict[UUID, int]:
    """Return how many risk flags are open by merchant, as the assembly lets it be counted.

    Risk stands beside finance, not below it: app/factory.py hands its query over.
    """
    count: Callable[..., dict[UUID, int]] = current_app.extensions["open_risk_flags"]
    return count(session, merchant_ids=[each.merchant_id for each in merchants])


def _merchants_chart(merchants: list[MerchantSum]) -> Markup | None:
    if not merchants:
        return None
    return bars(
        gettext("Merchants by subsidy of thirty days, in yuan; the table has the numbers"),
        rows=[f"{number}" for number in range(1, len(merchants) + 1)],
        values=[each.amount_fen // 100 for each in merchants],
    )


def _ages_chart(ages: list[AgeSum]) -> Markup | None:
    if not ages:
        return None
    counts = [sum(each.count for each in ages if each.age == age) for age in range(_AGES)]
    return bars(
        gettext(N_("Open exceptions by age, as bars; the table has the numbers")),
        rows=[gettext(word) for word in AGE_WORDS],
        values=counts,
    )


_AGES = len(AGE_BOUNDS) + 1
assert len(AGE_WORDS) == _AGES
assert set(CODE_WORDS) == set(DiscrepancyCode)
