"""Cards at the desk: find one, freeze it, restore it, report it lost; issue them to a union."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from cards.errors import FreezeEndInvalid, UnionNotYours
from cards.jobs import issue_batch
from cards.models import CARD_MOVES, BatchState, CardState, RecordKind
from cards.queries import (
    CardLine,
    batch_within,
    batches_within,
    card_within,
    cards_within,
    live_devices,
    records_of_member,
)
from cards.rules import grouped_number
from cards.schemas import BatchForm, CardFilter, FreezeForm, ReasonForm
from cards.services import freeze_card, report_lost_at_desk, restore_card, start_batch
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.exports import EXPORT_ROWS_MAX, CellKind, Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.jobs import defer
from kernel.pages import LIST_ROWS, cursor_place, page_of, progress_json, see_other
from kernel.web import current_actor
from members.queries import union_tree

pages = Blueprint("cards_pages", __name__, url_prefix="/desk/cards", template_folder="templates")
pages.add_app_template_filter(grouped_number, "card_number")

_REFRESH_SECONDS = 3
_CHOICES_MAX = 300

STATE_WORDS = {
    CardState.PENDING_VERIFY: N_("Waiting for real name"),
    CardState.ISSUED: N_("Issued, never shown"),
    CardState.ACTIVE: N_("In use"),
    CardState.LOST: N_("Reported lost"),
    CardState.FROZEN: N_("Frozen"),
    CardState.EXPIRED: N_("Expired"),
    CardState.CANCELLED: N_("Cancelled"),
}
BATCH_WORDS = {
    BatchState.WAITING: N_("Waiting for its turn"),
    BatchState.RUNNING: N_("Being issued"),
    BatchState.DONE: N_("All issued"),
}


def _reading_paths() -> tuple[str, ...]:
    """Return the union paths whose cards the caller may see."""
    return current_actor().paths(Role.REGISTER_OFFICER, Role.AUDITOR)


def _keeping_paths() -> tuple[str, ...]:
    """Return the union paths whose cards the caller may stop and issue."""
    return current_actor().paths(Role.REGISTER_OFFICER)


@pages.get("")
def cards() -> ResponseReturnValue:
    """List the cards of the unions that I look after, or save the list as a file."""
    form = read_query(CardFilter())
    file_format = wanted_format()
    place = cursor_place(parts=1)
    with transaction() as session:
        rows = cards_within(
            session,
            paths=_reading_paths(),
            after=_read_id(place[0]) if place else None,
            rows=EXPORT_ROWS_MAX if file_format else LIST_ROWS + 1,
            **form.values,
        )
    if file_format:
        return list_file(rows, _columns(), name="cards", file_format=file_format)
    return render_template(
        "cards/cards.html",
        form=form,
        page=page_of(rows, place=lambda row: (str(row.id),)),
        may_issue=bool(_keeping_paths()),
        state_words=STATE_WORDS,
    ), form.status


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)


def _columns() -> list[Column[CardLine]]:
    return [
        Column(gettext("Card number"), lambda row: row.number),
        Column(gettext("Member"), lambda row: row.name_masked),
        Column(gettext("Union code"), lambda row: row.union_code),
        Column(gettext("Union"), lambda row: row.union_name),
        Column(gettext("State"), lambda row: gettext(STATE_WORDS[row.state])),
        Column(gettext("Issued at"), lambda row: row.issued_at, CellKind.MOMENT),
        Column(gettext("First shown"), lambda row: row.activated_at, CellKind.MOMENT),
    ]


@pages.get("/<uuid:card_id>")
def card(card_id: UUID) -> ResponseReturnValue:
    """Show one card: its state, its phones, what happened to it, what can be done."""
    return _show(card_id)


@pages.post("/<uuid:card_id>/freeze")
def freeze(card_id: UUID) -> ResponseReturnValue:
    """Stop a card for a while."""
    form = read_form(FreezeForm())
    if not form.ok:
        return _show(card_id, freezing=form)
    try:
        with transaction() as session:
            found = card_within(session, card_id=card_id, paths=_keeping_paths())
            freeze_card(
                session,
                card_id=found.card.id,
                actor=current_actor(),
                now=utc_now(),
                **form.values,
            )
    except FreezeEndInvalid as refusal:
        form.refuse(refusal, "until")
        return _show(card_id, freezing=form)
    return _back_to(card_id, N_("The card is frozen: every code of it is refused from now on."))


@pages.post("/<uuid:card_id>/lost")
def lose(card_id: UUID) -> ResponseReturnValue:
    """Report a card lost for a member who stands here."""
    form = read_form(ReasonForm())
    if not form.ok:
        return _show(card_id, losing=form)
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=_keeping_paths())
        report_lost_at_desk(
            session, card_id=found.card.id, actor=current_actor(), now=utc_now(), **form.values
        )
    return _back_to(card_id, N_("The card is reported lost, and the member is signed out."))


@pages.post("/<uuid:card_id>/restore")
def restore(card_id: UUID) -> ResponseReturnValue:
    """Let a lost or frozen card be used again."""
    form = read_form(ReasonForm())
    if not form.ok:
        return _show(card_id, restoring=form)
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=_keeping_paths())
        restored = restore_card(
            session, card_id=found.card.id, actor=current_actor(), now=utc_now(), **form.values
        )
    if restored.state is CardState.FROZEN:
        return _back_to(card_id, N_("The card is found, and still frozen until its freeze ends."))
    return _back_to(card_id, N_("The card can be used again; its phone fetches a new code."))


@pages.get("/batches")
def batches() -> ResponseReturnValue:
    """List the batches of cards, and start a new one."""
    return _ask(blank_form())


@pages.post("/batches")
def start() -> ResponseReturnValue:
    """Have cards issued to a union and all below it, in the background."""
    form = read_form(BatchForm())
    if not form.ok:
        return _ask(form)
    try:
        with transaction() as session:
            batch = start_batch(
                session,
                paths=_keeping_paths(),
                actor=current_actor(),
                now=utc_now(),
                **form.values,
            )
            defer(session, issue_batch, batch_id=str(batch.id))
    except UnionNotYours as refusal:
        form.refuse(refusal, "union_code")
        return _ask(form)
    return see_other(url_for("cards_pages.batch", batch_id=batch.id))


@pages.get("/batches/<uuid:batch_id>")
def batch(batch_id: UUID) -> ResponseReturnValue:
    """Show how far a batch is."""
    with transaction() as session:
        found = batch_within(session, batch_id=batch_id, paths=_reading_paths())
    is_working = found.state is not BatchState.DONE
    return render_template(
        "cards/batch.html",
        batch=found,
        is_working=is_working,
        refresh=_REFRESH_SECONDS if is_working else None,
        batch_words=BATCH_WORDS,
    )


@pages.get("/batches/<uuid:batch_id>/progress")
def batch_progress(batch_id: UUID) -> ResponseReturnValue:
    """Answer the progress bar with the job's own count."""
    with transaction() as session:
        found = batch_within(session, batch_id=batch_id, paths=_reading_paths())
    return progress_json(
        done=found.done, total=found.total, finished=found.state is BatchState.DONE
    )


def _show(
    card_id: UUID,
    *,
    freezing: Form | None = None,
    losing: Form | None = None,
    restoring: Form | None = None,
) -> ResponseReturnValue:
    """Show a card; a form that was sent and has faults is shown with them."""
    now = utc_now()
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=_reading_paths())
        devices = live_devices(session, card_id=card_id, now=now)
        # Only the card's own events: what aid somebody got is not the register's to read.
        events = records_of_member(
            session, member_id=found.card.member_id, kind=RecordKind.CARD, rows=LIST_ROWS
        )
    form = freezing or losing or restoring or blank_form()
    return render_template(
        "cards/card.html",
        card=found.card,
        shown=found,
        devices=devices,
        events=events,
        may_change=bool(_keeping_paths()),
        freezing=freezing or blank_form(),
        losing=losing or blank_form(),
        restoring=restoring or blank_form(),
        moves=CARD_MOVES[found.card.state],
        state_words=STATE_WORDS,
    ), form.status


def _ask(form: Form) -> ResponseReturnValue:
    with transaction() as session:
        found = batches_within(session, paths=_reading_paths())
        unions = union_tree(session, paths=_keeping_paths())
    return render_template(
        "cards/batches.html",
        form=form,
        batches=found,
        unions=[(each.code, each.name) for each in unions[:_CHOICES_MAX]],
        may_issue=bool(_keeping_paths()),
        batch_words=BATCH_WORDS,
    ), form.status


def _back_to(card_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("cards_pages.card", card_id=card_id), sentence)
