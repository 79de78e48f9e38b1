"""Closing months at the desk: what must agree, what is named instead, ask, close, certificate."""

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from audit.queries import jwk_of
from audit.rules import signed_by
from finance.errors import ResidualsNotZero
from finance.models import WorkKind
from finance.pages.closing_words import (
    IDENTITY_WORDS,
    NAMED_WORDS,
    SCOPE_WORDS,
    STEP_WORDS,
    TERM_WORDS,
)
from finance.pages.reach import city_actor, insist_on_the_city, may
from finance.pages.work_words import KIND_WORDS
from finance.pages.works import begin
from finance.queries.budget_sums import budget_sums
from finance.queries.closing import (
    Month,
    both_sides,
    certificate,
    earlier_open_month,
    find_month,
    months,
)
from finance.queries.closing_steps import Step, StepName, closing_steps
from finance.queries.identities import BUDGET_LINES, Unit
from finance.queries.programme_sums import programme_sums
from finance.queries.trace_kinds import TraceKind
from finance.queries.works import has_more_journals, works_going_on
from finance.rules.voucher_checks import RULES
from finance.services.closing import ask_to_close, certificate_claims, close_period
from finance.services.vouchers import VoucherFileInvalid
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column, ListFormat, list_file, wanted_format
from kernel.forms import Form, blank_form
from kernel.i18n import N_
from kernel.pages import attachment, see_other
from kernel.web import current_actor
from staff.queries import names_of

pages = Blueprint(
    "finance_closing_pages",
    __name__,
    url_prefix="/desk/finance/close",
    template_folder="../templates",
)
pages.before_request(insist_on_the_city)

_NAMED_SHOWN = 100
# More than these, and a worker closes the month: a page would wait too long.
AT_ONCE_JOURNALS_MAX = 5_000
Verb = Callable[..., object]


@pages.get("")
def all_months() -> ResponseReturnValue:
    """List the months of the books, the newest first, and how far each is."""
    with transaction() as session:
        found = months(session)
        people = names_of(session, account_ids=_people(*found))
    file_format = wanted_format()
    if file_format:
        columns = _month_columns(people)
        return list_file(found, columns, name="months", file_format=file_format)
    return render_template(
        "finance/months.html", months=found, people=people, today=shanghai_date(utc_now())
    )


@pages.get("/<month>")
def one_month(month: str) -> ResponseReturnValue:
    """Show what must agree in a month, as it is now or as it was closed."""
    return _show(month, blank_form())


@pages.post("/<month>/ask")
def ask(month: str) -> ResponseReturnValue:
    """Ask for a month to be closed; somebody else closes it."""
    said = N_("Asked. Somebody else closes the month from here.")
    return _do(month, ask_to_close, Role.FINANCE_MAKER, said)


@pages.post("/<month>/close")
def close(month: str) -> ResponseReturnValue:
    """Close a month that somebody else asked for."""
    if _is_large(month):
        return _begin_closing(month)
    said = N_("%(month)s is closed. Nothing is booked into it any more.")
    return _do(month, close_period, Role.FINANCE_APPROVER, said)


def _is_large(month: str) -> bool:
    with transaction() as session:
        found = find_month(session, month=month)
        return found is not None and has_more_journals(
            session, starts_on=found.starts_on, ends_on=found.ends_on, than=AT_ONCE_JOURNALS_MAX
        )


def _begin_closing(month: str) -> ResponseReturnValue:
    """Have a worker close a month of which there is much."""
    form = blank_form()
    try:
        return begin(
            actor=city_actor(Role.FINANCE_APPROVER),
            kind=WorkKind.CLOSING,
            subject=month,
            asked={"month": month},
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(month, form)


@pages.get("/<month>/certificate")
def save_certificate(month: str) -> Response:
    """Save the certificate of a closed month as JSON, for whoever checks it elsewhere."""
    with transaction() as session:
        kept = certificate(session, month=month)
        people = names_of(session, account_ids=[kept.maker_id, kept.approver_id])
        key = jwk_of(session, thumbprint=signed_by(kept.signed)) if kept.signed else None
    said = certificate_claims(kept) | {
        "signed": kept.signed,
        "key": key,
        # For people: the signature is over their ids.
        "not_signed": {
            "asked_by": people[kept.maker_id],
            "closed_by": people[kept.approver_id],
        },
    }
    content = json.dumps(said, ensure_ascii=False, indent=2).encode()
    return attachment(content, filename=f"close-{month}.json", mimetype="application/json")


def _do(month: str, verb: Verb, role: Role, sentence: str) -> ResponseReturnValue:
    """Carry a step out, or show the month again with why not."""
    actor = city_actor(role)
    form = blank_form()
    try:
        with transaction() as session:
            if find_month(session, month=month) is None:
                abort(HTTPStatus.NOT_FOUND)
            verb(session, actor=actor, month=month, now=utc_now())
    except Refusal as refusal:
        form.refuse(refusal)
        if isinstance(refusal, ResidualsNotZero):
            wrong: Mapping[str, int] = refusal.facts["residuals"]  # type: ignore[assignment]
            for name in wrong:
                form.fault("_schema", IDENTITY_WORDS[name][0])
            form.status = refusal.status
        if isinstance(refusal, VoucherFileInvalid):
            for rule in {each["rule"] for each in refusal.facts["faults"]}:  # type: ignore[attr-defined]
                form.fault("_schema", RULES[rule])
            form.status = refusal.status
        return _show(month, form)
    return see_other(url_for("finance_closing_pages.one_month", month=month), sentence, month=month)


def _show(month: str, form: Form) -> ResponseReturnValue:
    actor, now, file_format = current_actor(), utc_now(), wanted_format()
    with transaction() as session:
        found = find_month(session, month=month)
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        identities, named = both_sides(session, month=found, now=now)
        owners = [UUID(each["owner_id"]) for each in named if each["owner_id"]]
        people = names_of(session, account_ids=[*_people(found), *owners])
        earlier = earlier_open_month(session, starts_on=found.starts_on)
        going_on = works_going_on(session, kinds=[WorkKind.CLOSING])
        wrong = [name for name, each in identities.items() if each["residual"]]
        steps = (
            []
            if found.is_closed
            else closing_steps(session, month=found, wrong=len(wrong), now=now)
        )
        programmes, budgets = _by_programme(session, found)
    if file_format:
        return _save(month, file_format, identities, budgets)
    is_over = found.ends_on <= shanghai_date(now)
    is_mine = found.asked_by == actor.id
    asks = may(Role.FINANCE_MAKER) and is_over and not earlier and not found.asked_by
    closes = may(Role.FINANCE_APPROVER) and bool(found.asked_by) and not is_mine
    return render_template(
        "finance/month.html",
        form=form,
        month=found,
        works=[row for row in going_on if row.work.subject == month],
        kind_words=KIND_WORDS,
        identities=identities,
        wrong=wrong,
        # JSON of the certificate keeps no order: ours, what is wrong first.
        order=[
            *wrong,
            *(name for name in IDENTITY_WORDS if name in identities and name not in wrong),
        ],
        named=named[:_NAMED_SHOWN],
        named_count=len(named),
        people={str(key): name for key, name in people.items()},
        earlier=None if found.is_closed else earlier,
        steps=steps,
        musts_left=sum(1 for each in steps if each.is_must and not each.is_done),
        step_words=STEP_WORDS,
        step_url=lambda step: _step_url(step, month, earlier),
        programmes=programmes,
        budgets=budgets,
        name_key="name_zh" if str(get_locale()).startswith("zh") else "name_en",
        is_over=is_over,
        is_mine=is_mine,
        may_ask=asks and not found.is_closed,
        may_close=closes and not found.is_closed,
        identity_words=IDENTITY_WORDS,
        term_words=TERM_WORDS,
        scope_words=SCOPE_WORDS,
        named_words=NAMED_WORDS,
        url_of=_url_of,
    ), form.status


def _by_programme(session: Any, month: Month) -> tuple[list[Any], list[Any]]:
    """Return what each programme and each budget line came to: now, or as a month was closed."""
    if month.is_closed:
        kept = certificate(session, month=month.month)
        return kept.programmes or [], kept.budgets or []
    days = {"starts_on": month.starts_on, "ends_on": month.ends_on}
    return (
        [each.as_dict() for each in programme_sums(session, **days)],
        [each.as_dict() for each in budget_sums(session, **days)],
    )


def _save(
    month: str,
    file_format: ListFormat,
    identities: Mapping[str, Mapping[str, Any]],
    budgets: Sequence[Mapping[str, Any]],
) -> Response:
    """Save both sides of every sum, a term a line; of budgets also those of each line."""
    said = [
        *(((name, ""), each) for name, each in identities.items()),
        *(
            ((BUDGET_LINES, f"{each['year']} {each['code']}"), {**each, "unit": Unit.FEN.value})
            for each in budgets
        ),
    ]
    rows = [
        SumLine(*about, side, term, value, each["unit"], each["residual"])
        for about, each in said
        for side in ("left", "right")
        for term, value in each[side].items()
    ]
    return list_file(rows, _sum_columns(), name=f"close-{month}", file_format=file_format)


def _month_columns(people: Mapping[UUID, str]) -> list[Column[Month]]:
    return [
        Column(gettext("Month"), lambda row: row.month),
        Column(gettext("Asked for by"), lambda row: people[row.asked_by] if row.asked_by else None),
        Column(gettext("Asked for"), lambda row: row.asked_at, CellKind.MOMENT),
        Column(gettext("Closed by"), lambda row: people[row.closed_by] if row.closed_by else None),
        Column(gettext("Closed at"), lambda row: row.closed_at, CellKind.MOMENT),
    ]


class SumLine(NamedTuple):
    identity: str
    budget_line: str  # empty: of all that the sum is about
    side: str
    term: str
    value: int
    unit: str
    residual: int


def _sum_columns() -> list[Column[SumLine]]:
    in_fen = Unit.FEN.value
    return [
        Column(gettext("What must agree"), lambda row: gettext(IDENTITY_WORDS[row.identity][0])),
        Column(gettext("Budget line"), lambda row: row.budget_line),
        Column(gettext("Side"), lambda row: gettext(_SIDE_WORDS[row.side])),
        Column(gettext("Sum"), lambda row: gettext(TERM_WORDS[row.term])),
        Column(
            gettext("Amount"), lambda row: row.value if row.unit == in_fen else None, CellKind.MONEY
        ),
        Column(
            gettext("Count"), lambda row: None if row.unit == in_fen else row.value, CellKind.NUMBER
        ),
        Column(gettext("Difference"), lambda row: row.residual, CellKind.NUMBER),
    ]


def _step_url(step: Step, month: str, earlier: str | None) -> str | None:
    """Return where a step is worked on."""
    if step.name is StepName.EARLIER and earlier:
        return url_for("finance_closing_pages.one_month", month=earlier)
    if step.name is StepName.VOUCHERS:
        return url_for("finance_vouchers_pages.vouchers", month=month)
    if step.name is StepName.SUMS:
        return "#sums"
    endpoint = _STEP_PAGES.get(step.name)
    return url_for(endpoint) if endpoint else None


_SIDE_WORDS = {"left": N_("One side"), "right": N_("The other side")}
_STEP_PAGES = {
    StepName.BANK: "finance_bank_pages.bank",
    StepName.NOT_STATED: "finance_statements_pages.open_form",
    StepName.STATED: "finance_statements_pages.statements",
    StepName.DISPUTES: "finance_statements_pages.disputes",
    StepName.AGREED: "finance_statements_pages.statements",
    StepName.TO_PAY: "finance_payments_pages.owed_now",
    StepName.AT_THE_BANK: "finance_payments_pages.payments",
    StepName.EXCEPTIONS: "finance_bank_pages.exceptions",
}


def _people(*found: Month) -> list[UUID]:
    return [each for month in found for each in (month.asked_by, month.closed_by) if each]


def _url_of(named: Mapping[str, Any]) -> str | None:
    """Return where a named exception is looked after."""
    if named["subject_type"] == "bank_line":
        return url_for("finance_bank_pages.line", bank_line_id=named["subject_id"])
    if named["subject_type"] == "payment_batch":
        return url_for("finance_payments_pages.batch", batch_id=named["subject_id"])
    if named["subject_type"] in set(TraceKind):
        kind, object_id = named["subject_type"], named["subject_id"]
        return url_for("finance_trace_pages.show", kind=kind, object_id=object_id)
    return None
