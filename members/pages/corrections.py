"""Corrections at the desk: what people say is wrong, and putting it right in the register."""

from typing import Any
from uuid import UUID

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.masks import mask_document, mask_phone
from kernel.pages import cursor_id, see_other
from kernel.persons import Mode
from kernel.web import NotFound, current_actor
from members.errors import FactInvalid
from members.models import (
    MEMBER_DOCUMENT,
    MEMBER_PHONE,
    CorrectionField,
    CorrectionState,
    Member,
)
from members.pages.blueprint import (
    DOCUMENT_WORDS,
    STATUS_WORDS,
    keeping_paths,
    pages,
)
from members.queries import (
    CorrectionLine,
    correction_within,
    corrections_within,
    member_within,
    members_within,
    search_indexes,
    union_by_id,
)
from members.rules import SENTENCES
from members.schemas import (
    CorrectionAnswerForm,
    CorrectionFilter,
    CorrectionOfMember,
    CorrectionSearch,
    RegisterForm,
)
from members.services.correcting import (
    RegisterChanges,
    answer_correction,
    correct_member,
    open_correction,
)

FIELD_WORDS = {
    CorrectionField.SIGN_IN: N_("Cannot sign in"),
    CorrectionField.NAME: N_("Name"),
    CorrectionField.DOCUMENT: N_("Document"),
    CorrectionField.PHONE: N_("Phone"),
    CorrectionField.OTHER: N_("Something else"),
}
STATE_WORDS = {
    CorrectionState.OPEN: N_("Waiting"),
    CorrectionState.DONE: N_("Put right"),
    CorrectionState.REJECTED: N_("Not put right"),
}
STATE_KINDS = {
    CorrectionState.OPEN: "wait",
    CorrectionState.DONE: "yes",
    CorrectionState.REJECTED: "no",
}
DECISION_WORDS = {
    CorrectionState.DONE: N_("The register is right now"),
    CorrectionState.REJECTED: N_("Nothing is changed"),
}
_FOUND_MAX = 20
# Which field of the form a refusal of the service belongs to.
_FIELD_OF = {"phone_taken": "phone", "document_taken": "document"}


@pages.get("/corrections")
def corrections() -> ResponseReturnValue:
    """List what people say is wrong about the members that I look after."""
    form = read_query(CorrectionFilter())
    with transaction() as session:
        rows = corrections_within(
            session,
            paths=keeping_paths(),
            state=form.values.get("state"),
            before=cursor_id(),
            rows=rows_wanted(),
        )
    return listing(
        "members/corrections.html",
        rows,
        columns=_columns(),
        name="corrections",
        place=lambda row: (str(row.request.id),),
        form=form,
        **_words(),
    )


def _columns() -> list[Column[CorrectionLine]]:
    return [
        Column(gettext("Asked"), lambda row: row.request.created_at, CellKind.MOMENT),
        Column(gettext("Member name"), lambda row: row.name_masked),
        Column(gettext("Union"), lambda row: row.union_name),
        Column(gettext("About"), lambda row: gettext(FIELD_WORDS[row.request.field])),
        Column(gettext("State"), lambda row: gettext(STATE_WORDS[row.request.state])),
        Column(gettext("Decided"), lambda row: row.request.decided_at, CellKind.MOMENT),
    ]


def _words() -> dict[str, Any]:
    return {"field_words": FIELD_WORDS, "state_words": STATE_WORDS, "state_kinds": STATE_KINDS}


@pages.get("/corrections/<uuid:correction_id>")
def correction(correction_id: UUID) -> ResponseReturnValue:
    """Show what somebody says is wrong; that I looked is noted where the member is known."""
    return _show(correction_id, blank_form())


@pages.post("/corrections/<uuid:correction_id>/answer")
def answer(correction_id: UUID) -> ResponseReturnValue:
    """Close a request with a sentence that the person reads."""
    form = read_form(CorrectionAnswerForm())
    if not form.ok:
        return _show(correction_id, form)
    with transaction() as session:
        answer_correction(
            session,
            request_id=correction_id,
            is_done=form.values["decision"] is CorrectionState.DONE,
            answer=form.values["answer"],
            paths=keeping_paths(),
            actor=current_actor(),
            now=utc_now(),
        )
    return see_other(url_for("members_pages.corrections"), N_("The request was answered."))


def _show(correction_id: UUID, form: Form) -> ResponseReturnValue:
    search = read_query(CorrectionSearch())
    paths = keeping_paths()
    with transaction() as session:
        said = open_correction(
            session,
            request_id=correction_id,
            paths=paths,
            actor=current_actor(),
            now=utc_now(),
        )
        line = correction_within(session, request_id=correction_id, paths=paths)
        found = []
        if typed := search.values.get("text"):
            found = members_within(
                session, paths=paths, indexes=search_indexes(typed), rows=_FOUND_MAX
            )
    return render_template(
        "members/correction.html",
        line=line,
        said=said,
        form=form,
        search=search,
        found=found,
        status_words=STATUS_WORDS,
        decision_words=DECISION_WORDS,
        **_words(),
    ), form.status


@pages.get("/members/<uuid:member_id>/correct")
def correct_form(member_id: UUID) -> ResponseReturnValue:
    """Ask what is right instead of what the register says."""
    led_here = read_query(CorrectionOfMember()).values
    return _ask(member_id, blank_form(), led_here.get("correction_id"))


@pages.post("/members/<uuid:member_id>/correct")
def save_correction(member_id: UUID) -> ResponseReturnValue:
    """Write what is right into the register; the request that led here is closed by it."""
    form = read_form(RegisterForm())
    if not form.ok:
        return _ask(member_id, form, None)
    values = dict(form.values)
    request_id = values.pop("correction_id")
    try:
        with transaction() as session:
            correct_member(
                session,
                member_id=member_id,
                changes=RegisterChanges(**values),
                request_id=request_id,
                paths=keeping_paths(),
                actor=current_actor(),
                mode=Mode(current_app.config["SETTINGS"].mode),
                now=utc_now(),
            )
    except FactInvalid as refusal:
        form.fault(str(refusal.facts["field"]), SENTENCES[str(refusal.facts["detail"])])
        return _ask(member_id, form, request_id)
    except Refusal as refusal:
        if refusal.code not in {*_FIELD_OF, "nothing_to_correct"}:
            raise
        form.refuse(refusal, _FIELD_OF.get(refusal.code))
        return _ask(member_id, form, request_id)
    return see_other(
        url_for("members_pages.member", member_id=member_id), N_("The register was corrected.")
    )


def _ask(member_id: UUID, form: Form, request_id: UUID | None) -> ResponseReturnValue:
    paths = keeping_paths()
    with transaction() as session:
        found = member_within(session, member_id=member_id, paths=paths)
        if found is None:
            raise NotFound
        union = union_by_id(session, union_id=found.union_id)
        if request_id and correction_within(session, request_id=request_id, paths=paths) is None:
            raise NotFound
    return render_template(
        "members/correct.html",
        member=found,
        union=union,
        form=form,
        correction_id=request_id,
        document_masked=mask_document(MEMBER_DOCUMENT.open(found.id, found.document_sealed)),
        phone_masked=_phone_masked(found),
        document_words=DOCUMENT_WORDS,
    ), form.status


def _phone_masked(found: Member) -> str:
    if found.phone_sealed is None:
        return ""
    return mask_phone(MEMBER_PHONE.open(found.id, found.phone_sealed))
