"""Moves between unions at the desk: who asks to come, and taking them over or not."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from cards.services.transfers import decide_transfer
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_id, see_other
from kernel.web import current_actor
from members.errors import AnswerMissing, TransferNotFound
from members.models import TRANSFERS_OPEN, TransferState
from members.queries import TransferLine, transfer_within, transfers_within
from members.schemas import TransferDecisionForm, TransferFilter
from members.services.transfers import answer_of, open_plea

pages = Blueprint(
    "transfers_pages",
    __name__,
    url_prefix="/desk/register/transfers",
    template_folder="../templates",
)

STATE_WORDS = {
    TransferState.REQUESTED: N_("Waiting for the receiving union"),
    TransferState.ESCALATED: N_("Before the city: 30 days undecided"),
    TransferState.ACCEPTED: N_("Taken over"),
    TransferState.REFUSED: N_("Not taken over"),
    TransferState.WITHDRAWN: N_("Taken back by the member"),
}
STATE_KINDS = {
    TransferState.REQUESTED: "wait",
    TransferState.ESCALATED: "no",
    TransferState.ACCEPTED: "yes",
    TransferState.REFUSED: "",
    TransferState.WITHDRAWN: "",
}


def _paths() -> tuple[str, ...]:
    return current_actor().paths(Role.REGISTER_OFFICER)


@pages.get("/")
def transfers() -> ResponseReturnValue:
    """List the moves into and out of the unions that I look after."""
    form = read_query(TransferFilter())
    with transaction() as session:
        rows = transfers_within(
            session,
            paths=_paths(),
            state=form.values.get("state"),
            before=cursor_id(),
            rows=rows_wanted(),
        )
    return listing(
        "cards/transfers.html",
        rows,
        columns=_columns(),
        name="transfers",
        place=lambda row: (str(row.transfer.id),),
        form=form,
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
    )


def _columns() -> list[Column[TransferLine]]:
    return [
        Column(gettext("Asked"), lambda row: row.transfer.asked_at, CellKind.MOMENT),
        Column(gettext("Member name"), lambda row: row.name_masked),
        Column(gettext("From"), lambda row: row.from_name),
        Column(gettext("To"), lambda row: row.to_name),
        Column(gettext("State"), lambda row: gettext(STATE_WORDS[row.transfer.state])),
        Column(gettext("Decided"), lambda row: row.transfer.decided_at, CellKind.MOMENT),
    ]


@pages.get("/<uuid:transfer_id>")
def transfer(transfer_id: UUID) -> ResponseReturnValue:
    """Show one move; to the receiving union in full, and that it looked is noted."""
    return _show(transfer_id, blank_form())


@pages.post("/<uuid:transfer_id>/accept")
def accept(transfer_id: UUID) -> ResponseReturnValue:
    """Take the member over."""
    return _decide(transfer_id, accepts=True)


@pages.post("/<uuid:transfer_id>/refuse")
def refuse(transfer_id: UUID) -> ResponseReturnValue:
    """Leave the member where they are, and say why."""
    return _decide(transfer_id, accepts=False)


def _decide(transfer_id: UUID, *, accepts: bool) -> ResponseReturnValue:
    form = read_form(TransferDecisionForm())
    if not form.ok:
        return _show(transfer_id, form)
    try:
        with transaction() as session:
            decide_transfer(
                session,
                transfer_id=transfer_id,
                accepts=accepts,
                answer=form.values["answer"],
                paths=_paths(),
                actor=current_actor(),
                now=utc_now(),
            )
    except AnswerMissing as refusal:
        form.refuse(refusal, "answer")
        return _show(transfer_id, form)
    sentence = N_("The member was taken over.") if accepts else N_("The transfer was refused.")
    return see_other(url_for("transfers_pages.transfers"), sentence)


def _show(transfer_id: UUID, form: Form) -> ResponseReturnValue:
    with transaction() as session:
        line = transfer_within(session, transfer_id=transfer_id, paths=_paths())
        if line is None:
            raise TransferNotFound
        plea: Any = None
        if transfer_within(session, transfer_id=transfer_id, paths=_paths(), receiving=True):
            plea = open_plea(
                session,
                transfer_id=transfer_id,
                paths=_paths(),
                actor=current_actor(),
                now=utc_now(),
            )
    return render_template(
        "cards/transfer.html",
        line=line,
        plea=plea,
        may_decide=plea is not None and line.transfer.state in TRANSFERS_OPEN,
        answer=answer_of(line.transfer),
        form=form,
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
    ), form.status
