"""Today, for a merchant's managers: what was sold at which till, and what waits."""

from datetime import date
from typing import NamedTuple

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from discounts.models import RecordVerdict
from discounts.queries import OfflineCase, TillDay, merchant_day, offline_cases, total_of
from discounts.rules import offline_sentence
from discounts.schemas import DayQuery
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.exports import CellKind, Column, list_file, wanted_format
from kernel.forms import read_query
from kernel.web import current_actor
from merchants.pages import manager_pages


class _Said(NamedTuple):
    """A sale without a network in words: how it stands, why, and what the merchant can do."""

    kind: str
    word: str
    why: str
    next_step: str


@manager_pages.get("/today")
def today() -> ResponseReturnValue:
    """Show what my merchant sold on a day, by site and till, or save it as a file."""
    file_format = wanted_format()
    now_on = shanghai_date(utc_now())
    form = read_query(DayQuery(last=now_on))
    day: date = form.values.get("day") or now_on
    merchant_id = current_actor().managed_merchant_id
    with transaction() as session:
        sites = merchant_day(session, merchant_id=merchant_id, day=day)
        cases = offline_cases(session, merchant_id=merchant_id, day=day)
    if file_format:
        tills = [till for site in sites for till in site.tills]
        return list_file(tills, _columns(), name=f"sales-{day}", file_format=file_format)
    form.typed.setdefault("day", day.isoformat())
    return render_template(
        "discounts/manager_today.html",
        form=form,
        day=day,
        is_today=day == now_on,
        sites=sites,
        total=total_of(site.sums for site in sites),
        cases=[(case, _said(case)) for case in cases],
        is_chinese=str(get_locale()).startswith("zh"),
    ), form.status


def _said(case: OfflineCase) -> _Said:
    record = case.record
    assert record.reason is not None  # whatever is not simply captured says why
    why, next_step = offline_sentence(record.reason, is_risk=False)
    if record.verdict is RecordVerdict.WAITING:
        kind, word = "wait", gettext("Waits")
    elif record.verdict is RecordVerdict.REFUSED:
        kind, word = "no", gettext("Not counted")
    else:
        kind, word = "wait", gettext("Counted, and partly yours to bear")
    return _Said(kind, word, gettext(why), gettext(next_step))


def _columns() -> list[Column[TillDay]]:
    money = CellKind.MONEY
    return [
        Column(gettext("Site"), lambda row: row.site),
        Column(gettext("Till"), lambda row: row.till),
        Column(gettext("Till code"), lambda row: row.code),
        Column(gettext("Sales"), lambda row: row.sums.sales, CellKind.NUMBER),
        Column(gettext("Bills"), lambda row: row.sums.gross_fen, money),
        Column(gettext("Members paid"), lambda row: row.sums.member_fen, money),
        Column(gettext("The merchant bore"), lambda row: row.sums.merchant_fen, money),
        Column(gettext("The union's part"), lambda row: row.sums.union_fen, money),
        Column(gettext("Voids"), lambda row: row.sums.voids, CellKind.NUMBER),
        Column(gettext("Refunds"), lambda row: row.sums.reversals, CellKind.NUMBER),
        Column(gettext("Taken back of the bills"), lambda row: row.sums.back_fen, money),
        Column(
            gettext("Taken back of the union's part"), lambda row: row.sums.back_union_fen, money
        ),
        Column(gettext("The union owes"), lambda row: row.sums.owed_fen, money),
    ]
