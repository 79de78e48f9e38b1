"""A programme's way to its approval: a draft is edited, proposed, approved or sent back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from benefits.models import Programme, ProgrammeState
from benefits.pages.programmes import (
    PROGRAMME_FIELD_OF,
    ask_for_programme,
    back_to_programme,
    programme_facts,
    show_programme,
)
from benefits.pages.words import changing_reach, insist_on_the_city
from benefits.queries import find_programme, may_approve
from benefits.rules import AGE_MAX
from benefits.schemas import EditProgrammeForm, SendBackForm, VersionForm
from benefits.services import (
    approve_programme,
    edit_draft,
    propose_programme,
    send_back_programme,
)
from benefits.spending_errors import ProgrammeNotADraft
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form, typed_yuan
from kernel.i18n import N_
from kernel.web import NotAllowed, current_actor
from kernel.wire import Wire
from merchants.queries import find_union_id, union_path_of

pages = Blueprint(
    "approvals_pages", __name__, url_prefix="/desk/programmes", template_folder="../templates"
)


@pages.get("/<uuid:programme_id>/edit")
def edit_form(programme_id: UUID) -> ResponseReturnValue:
    """Show a draft to be written down anew."""
    insist_on_the_city()
    programme = _draft(programme_id)
    return ask_for_programme(blank_form(**_typed(programme)), programme)


@pages.post("/<uuid:programme_id>/edit")
def save_edited(programme_id: UUID) -> ResponseReturnValue:
    """Write a draft down anew, if nobody changed it meanwhile."""
    insist_on_the_city()
    programme = _draft(programme_id)
    form = read_form(EditProgrammeForm())
    if not form.ok:
        return ask_for_programme(form, programme)
    try:
        with transaction() as session:
            reach = changing_reach().merchants
            union_id = find_union_id(session, code=form.values["union_code"], reach=reach)
            edit_draft(
                session,
                actor=current_actor(),
                programme_id=programme_id,
                facts=programme_facts(form.values, union_path_of(session, union_id=union_id)),
                version=form.values["version"],
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, PROGRAMME_FIELD_OF.get(type(refusal)))
        return ask_for_programme(form, programme)
    return back_to_programme(programme_id, N_("The draft is saved. Ask for its approval."))


def _draft(programme_id: UUID) -> Programme:
    with transaction() as session:
        programme = find_programme(session, programme_id=programme_id)
    if programme.state is not ProgrammeState.DRAFT:
        raise ProgrammeNotADraft(state=programme.state)
    return programme


def _typed(programme: Programme) -> dict[str, Any]:
    """Return a draft as somebody would have typed it; a rule of another kind is not asked for."""
    rules = {rule.get("rule"): rule for rule in programme.eligibility}
    age = rules.get("age", {})
    paths = rules.get("union_within", {}).get("paths", [])
    amount = programme.member_year_fen
    typed = {
        "code": programme.code,
        "name_zh": programme.name_zh,
        "name_en": programme.name_en,
        "fund_source": programme.fund_source.value,
        "occasion": programme.occasion,
        "instrument": programme.instrument.value,
        "member_year_fen": None if amount is None else typed_yuan(amount),
        "starts_on": programme.starts_on,
        "last_on": programme.last_on,
        # A union's path ends with its code.
        "union_code": paths[0].rpartition("/")[2] if paths else None,
        "statuses": rules.get("membership", {}).get("statuses"),
        "joined_within_days": rules.get("joined_within_days", {}).get("days"),
        "joined_for_days": rules.get("joined_for_days", {}).get("days"),
        "age_from": age.get("from"),
        "age_to": None if age.get("to") == AGE_MAX else age.get("to"),
        "employment": rules.get("employment", {}).get("values"),
        "hardship": rules.get("hardship", {}).get("levels"),
        "version": programme.version,
    }
    return {name: value for name, value in typed.items() if value is not None}


@pages.post("/<uuid:programme_id>/propose")
def propose(programme_id: UUID) -> ResponseReturnValue:
    """Ask somebody else to approve a draft."""
    insist_on_the_city()
    return _decide(
        programme_id,
        VersionForm(),
        propose_programme,
        N_("Asked. The programme runs once somebody else approves it."),
    )


@pages.post("/<uuid:programme_id>/approve")
def approve(programme_id: UUID) -> ResponseReturnValue:
    """Let a programme run that somebody else proposed."""
    _insist_on_an_approver()
    return _decide(
        programme_id,
        VersionForm(),
        approve_programme,
        N_("Approved. The programme runs from its first day on."),
    )


@pages.post("/<uuid:programme_id>/send-back")
def send_back(programme_id: UUID) -> ResponseReturnValue:
    """Return a proposal to its designer, with the reason."""
    _insist_on_an_approver()
    return _decide(
        programme_id,
        SendBackForm(),
        send_back_programme,
        N_("Sent back. The designer sees your reason with the draft."),
    )


def _insist_on_an_approver() -> None:
    if not may_approve(current_actor()):
        raise NotAllowed


def _decide(
    programme_id: UUID, schema: Wire, verb: Callable[..., object], said: str
) -> ResponseReturnValue:
    form: Form = read_form(schema)
    if not form.ok:
        return show_programme(programme_id, form)
    try:
        with transaction() as session:
            verb(
                session,
                actor=current_actor(),
                programme_id=programme_id,
                now=utc_now(),
                **form.values,
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return show_programme(programme_id, form)
    return back_to_programme(programme_id, said)
