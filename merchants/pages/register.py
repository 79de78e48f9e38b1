"""Merchants: list, open, register, change, let work and stop."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_place
from kernel.web import current_actor
from merchants.errors import (
    AccountInvalid,
    MerchantUnionUnknown,
    UsccInvalid,
    UsccTaken,
)
from merchants.models import MERCHANT_MOVES, Merchant, MerchantKind
from merchants.pages.blueprint import (
    AGREEMENT_WORDS,
    KIND_WORDS,
    MANAGER_WORDS,
    SITE_WORDS,
    STATE_WORDS,
    back_to,
    changing_reach,
    pages,
    pairing_reach,
    reading_reach,
)
from merchants.queries import (
    DECIDERS,
    MerchantFilter,
    MerchantRow,
    agreements_of,
    categories_within,
    districts_within,
    find_merchant,
    find_union_id,
    managers_of,
    merchant_within,
    merchants_within,
    sites_of,
    terminals_of,
    union_of,
    unions_within,
    visits_since,
)
from merchants.rules import CYCLE_WORDS
from merchants.schemas import EditMerchantForm, MerchantQuery, NewMerchantForm, ReasonForm
from merchants.services import (
    Account,
    MerchantFacts,
    add_merchant,
    approve_merchant,
    change_merchant,
    end_merchant,
    suspend_merchant,
)

VISITS_SHOWN_DAYS = 30
# Which field of a form a refusal is about; any other is about the form as a whole.
_FIELD_OF: dict[type[Refusal], str] = {
    UsccInvalid: "uscc",
    UsccTaken: "uscc",
    AccountInvalid: "account_number",
    MerchantUnionUnknown: "union_code",
}


@pages.get("")
def merchants() -> ResponseReturnValue:
    """List the merchants that I look after, or save the list as a file."""
    form = read_query(MerchantQuery())
    place = cursor_place(parts=2)
    reach = reading_reach()
    with transaction() as session:
        rows = merchants_within(
            session,
            reach=reach,
            today=shanghai_date(utc_now()),
            wanted=MerchantFilter(**form.values),
            after=(place[0], _read_id(place[1])) if place else None,
            rows=rows_wanted(),
        )
        districts = districts_within(session, reach=reach)
        categories = categories_within(session, reach=reach)
    return listing(
        "merchants/merchants.html",
        rows,
        columns=_columns(),
        name="merchants",
        place=lambda row: (row.name, str(row.id)),
        form=form,
        may_add=bool(changing_reach().paths),
        kind_words=KIND_WORDS,
        state_words=STATE_WORDS,
        districts=[(each, each) for each in districts],
        categories=[(each, each) for each in categories],
    )


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)


def _columns() -> list[Column[MerchantRow]]:
    return [
        Column(gettext("Name"), lambda row: row.name),
        Column(gettext("Kind"), lambda row: gettext(KIND_WORDS[row.kind])),
        Column(gettext("Social credit code"), lambda row: row.uscc),
        Column(gettext("Category"), lambda row: row.category),
        Column(gettext("District"), lambda row: row.district),
        Column(gettext("Union"), lambda row: row.union_name),
        Column(gettext("State"), lambda row: gettext(STATE_WORDS[row.state])),
        Column(gettext("Open sites"), lambda row: row.site_count, CellKind.NUMBER),
        Column(gettext("Paired tills"), lambda row: row.terminal_count, CellKind.NUMBER),
        Column(gettext("Agreement until"), lambda row: row.agreement_last_on, CellKind.DAY),
    ]


@pages.get("/new")
def new_merchant_form() -> ResponseReturnValue:
    """Ask for a new merchant's facts."""
    return _ask(blank_form(kind=MerchantKind.MERCHANT))


@pages.post("")
def save_new_merchant() -> ResponseReturnValue:
    """Register an applicant."""
    form = read_form(NewMerchantForm())
    if not form.ok:
        return _ask(form)
    try:
        with transaction() as session:
            code = form.values["union_code"]
            union_id = find_union_id(session, code=code, reach=changing_reach())
            merchant = add_merchant(
                session,
                facts=_facts(form.values, union_id),
                account=_account(form.values),
                actor=current_actor(),
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, _FIELD_OF.get(type(refusal)))
        return _ask(form)
    return back_to(merchant.id, N_("The merchant is registered. Let it work when all is checked."))


@pages.get("/<uuid:merchant_id>")
def merchant(merchant_id: UUID) -> ResponseReturnValue:
    """Show one merchant: facts, sites with their tills, agreements, what can be done."""
    return show_merchant(merchant_id)


@pages.get("/<uuid:merchant_id>/edit")
def edit_merchant_form(merchant_id: UUID) -> ResponseReturnValue:
    """Show a merchant's facts to be changed; its account is never shown, only replaced."""
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
        union = union_of(session, union_id=found.union_id)
    form = blank_form(
        kind=found.kind,
        name=found.name,
        uscc=found.uscc,
        category=found.category,
        district=found.district,
        union_code=union.code if union else None,
    )
    return _ask(form, found)


@pages.post("/<uuid:merchant_id>")
def save_merchant(merchant_id: UUID) -> ResponseReturnValue:
    """Replace a merchant's facts, if nobody changed them meanwhile."""
    form = read_form(EditMerchantForm())
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
    if not form.ok:
        return _ask(form, found)
    try:
        with transaction() as session:
            code = form.values["union_code"]
            union_id = find_union_id(session, code=code, reach=changing_reach())
            change_merchant(
                session,
                merchant_id=merchant_id,
                version=form.values["version"],
                facts=_facts(form.values, union_id),
                account=_account(form.values),
                actor=current_actor(),
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, _FIELD_OF.get(type(refusal)))
        return _ask(form, found)
    return back_to(merchant_id, N_("The merchant is changed."))


@pages.post("/<uuid:merchant_id>/activate")
def activate(merchant_id: UUID) -> ResponseReturnValue:
    """Let a merchant work."""
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
        approve_merchant(session, merchant_id=found.id, actor=current_actor(), now=utc_now())
    return back_to(merchant_id, N_("The merchant is active: its tills may redeem."))


@pages.post("/<uuid:merchant_id>/suspend")
def suspend(merchant_id: UUID) -> ResponseReturnValue:
    """Stop a merchant's tills from redeeming."""
    form = read_form(ReasonForm())
    if not form.ok:
        return show_merchant(merchant_id, reason=form)
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
        suspend_merchant(
            session, merchant_id=found.id, actor=current_actor(), now=utc_now(), **form.values
        )
    return back_to(merchant_id, N_("The merchant is suspended: its tills may only look."))


@pages.post("/<uuid:merchant_id>/end")
def end(merchant_id: UUID) -> ResponseReturnValue:
    """End the business with a merchant."""
    form = read_form(ReasonForm())
    if not form.ok:
        return show_merchant(merchant_id, reason=form)
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=changing_reach())
        end_merchant(
            session, merchant_id=found.id, actor=current_actor(), now=utc_now(), **form.values
        )
    return back_to(merchant_id, N_("The business with this merchant has ended."))


def show_merchant(
    merchant_id: UUID, *, reason: Form | None = None, manager: Form | None = None
) -> ResponseReturnValue:
    """Show a merchant; `reason` or `manager` is the form that was sent and has faults."""
    with transaction() as session:
        found = find_merchant(session, merchant_id=merchant_id, reach=reading_reach())
        sites = sites_of(session, merchant_id=merchant_id)
        tills = terminals_of(session, merchant_id=merchant_id)
        agreements = agreements_of(session, merchant_id=merchant_id)
        union = union_of(session, union_id=found.union_id)
        visits = visits_since(
            session,
            site_ids=[site.id for site in sites],
            first=shanghai_date(utc_now()) - timedelta(days=VISITS_SHOWN_DAYS - 1),
        )
        people = managers_of(session, merchant_id=merchant_id)
        changeable = merchant_within(session, merchant_id=merchant_id, reach=changing_reach())
        pairable = merchant_within(session, merchant_id=merchant_id, reach=pairing_reach())
    form = reason or blank_form()
    asked = manager or blank_form()
    return render_template(
        "merchants/merchant.html",
        merchant=found,
        union=union,
        agreements=agreements,
        sites=sites,
        tills_of={site.id: [t for t in tills if t.site_id == site.id] for site in sites},
        today=shanghai_date(utc_now()),
        may_change=changeable is not None,
        may_pair=pairable is not None,
        may_see_measures=current_actor().has_role((*DECIDERS, Role.AUDITOR)),
        reason=form,
        visits=visits,
        managers=people,
        manager=asked,
        manager_words=MANAGER_WORDS,
        moves=MERCHANT_MOVES[found.state],
        kind_words=KIND_WORDS,
        state_words=STATE_WORDS,
        site_words=SITE_WORDS,
        agreement_words=AGREEMENT_WORDS,
        cycle_words=CYCLE_WORDS,
    ), max(form.status, asked.status)


def _facts(values: Mapping[str, Any], union_id: UUID | None) -> MerchantFacts:
    return MerchantFacts(
        kind=values["kind"],
        name=values["name"],
        uscc=values["uscc"],
        category=values["category"],
        district=values["district"],
        union_id=union_id,
        account_bank=values["account_bank"],
        account_bank_code=values["account_bank_code"],
    )


def _account(values: Mapping[str, Any]) -> Account | None:
    number = values["account_number"]
    return Account(number, values["account_holder"]) if number else None


def _ask(form: Form, merchant: Merchant | None = None) -> ResponseReturnValue:
    reach = changing_reach()
    with transaction() as session:
        unions = unions_within(session, paths=reach.paths)
    return render_template(
        "merchants/merchant_form.html",
        form=form,
        merchant=merchant,
        unions=[(each.code, each.name) for each in unions],
        is_citywide=reach.is_citywide,
        kind_words=KIND_WORDS,
    ), form.status
