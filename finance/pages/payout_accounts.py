"""Payout accounts at the desk: find a member, see where they are paid to, enter their account."""

from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.errors import PayoutAccountInvalid
from finance.queries.payout_accounts import PayeeLine, find_payees, payee_within
from finance.schemas.payments import PayoutSearch
from finance.schemas.payout_accounts import PayoutAccountForm
from finance.services.payout_accounts import set_payout_account
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.web import NotFound, current_actor
from merchants.rules import SENTENCES

pages = Blueprint(
    "finance_payout_pages",
    __name__,
    url_prefix="/desk/finance/payout-accounts",
    template_folder="../templates",
)

WORKERS = (
    Role.REGISTER_OFFICER,
    Role.CLAIMS_ASSESSOR,
    Role.CLAIMS_APPROVER,
    Role.FINANCE_MAKER,
)


@pages.get("")
def payees() -> ResponseReturnValue:
    """Find a member by phone, document, name or the end of a claim's number; or save the list."""
    form = read_query(PayoutSearch())
    typed = form.values.get("text")
    found: list[PayeeLine] = []
    if typed:
        with transaction() as session:
            found = find_payees(session, paths=_paths(), typed=typed)
    file_format = wanted_format()
    if file_format:
        return list_file(found, _columns(), name="payout-accounts", file_format=file_format)
    return render_template(
        "finance/payees.html", form=form, found=found, has_searched=bool(typed)
    ), form.status


def _columns() -> list[Column[PayeeLine]]:
    """Return what the page shows: nothing of it in full."""
    return [
        Column(gettext("Member"), lambda row: row.name_masked),
        Column(gettext("Union"), lambda row: row.union_name),
        Column(gettext("Bank"), lambda row: row.bank_name),
        Column(gettext("Account"), lambda row: row.account_masked),
    ]


@pages.get("/<uuid:member_id>")
def payee(member_id: UUID) -> ResponseReturnValue:
    """Show the account of a member, masked, and the form to enter another."""
    return _show(member_id, blank_form())


@pages.post("/<uuid:member_id>")
def save(member_id: UUID) -> ResponseReturnValue:
    """Keep the account that the member gave at the desk."""
    form = read_form(PayoutAccountForm())
    if form.ok:
        try:
            with transaction() as session:
                _insist(payee_within(session, paths=_paths(), member_id=member_id))
                set_payout_account(
                    session,
                    actor=current_actor(),
                    member_id=member_id,
                    now=utc_now(),
                    **form.values,
                )
        except PayoutAccountInvalid as refusal:
            form.refuse(refusal, "account_number")
            detail = refusal.facts["detail"]
            form.errors["account_number"] = [gettext(SENTENCES[str(detail)])]
        except NotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        # A number in full is not shown again, not even to who typed it.
        form.typed.pop("account_number", None)
        return _show(member_id, form)
    said = N_("Kept. The next payment goes to this account.")
    return see_other(url_for("finance_payout_pages.payee", member_id=member_id), said)


def _show(member_id: UUID, form: Form) -> ResponseReturnValue:
    with transaction() as session:
        found = _insist(payee_within(session, paths=_paths(), member_id=member_id))
    return render_template("finance/payee.html", form=form, payee=found), form.status


def _insist(found: PayeeLine | None) -> PayeeLine:
    if found is None:
        raise NotFound
    return found


def _paths() -> tuple[str, ...]:
    return current_actor().paths(*WORKERS)
