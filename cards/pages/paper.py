"""Paper cards at the desk: who needs one, a batch and how far it is, its files, who was refused."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from cards.errors import DocumentNotSeen, NothingToPrint, UnionNotYours
from cards.jobs import print_paper
from cards.models import PaperBatch, PaperLayout, PaperState
from cards.pages.blueprint import STATE_WORDS, keeping_paths, reading_paths
from cards.queries import (
    PaperRefusal,
    card_policy,
    card_within,
    paper_batch_within,
    paper_batches_within,
    paper_candidates,
    paper_files,
    paper_of_card,
    paper_refusals,
    union_within,
)
from cards.rules import PAPER_REFUSAL_SENTENCES
from cards.schemas import PaperBatchForm, PaperCardForm, PaperChosenForm, PaperQuery
from cards.services import (
    CHOSEN_MAX,
    open_paper_file,
    report_paper_lost,
    start_paper_batch,
    start_paper_for,
)
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.exports import EXPORT_ROWS_MAX, Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.jobs import defer
from kernel.pages import LIST_ROWS, attachment, cursor_place, page_of, progress_json, see_other
from kernel.web import current_actor
from members.queries import union_tree

pages = Blueprint(
    "paper_pages", __name__, url_prefix="/desk/cards/paper", template_folder="../templates"
)

_REFRESH_SECONDS = 3
_CHOICES_MAX = 300
_DIGITS_MAX = 12

PAPER_WORDS = {
    PaperState.WAITING: N_("Waiting for its turn"),
    PaperState.ISSUING: N_("Being issued"),
    PaperState.DRAWING: N_("The last file is being drawn"),
    PaperState.DONE: N_("Ready"),
}
LAYOUT_WORDS = {
    PaperLayout.SHEET: N_("A4 sheets, ten cards each, with cut marks"),
    PaperLayout.CARD: N_("One card a page, 85.6 by 54 mm"),
}


@pages.get("")
def batches() -> ResponseReturnValue:
    """List what was printed, and print for a union's members without a phone."""
    return _ask(blank_form(layout=PaperLayout.SHEET))


@pages.post("")
def start() -> ResponseReturnValue:
    """Have paper cards printed for a union and all below it, in the background."""
    form = read_form(PaperBatchForm())
    if not form.ok:
        return _ask(form)
    try:
        with transaction() as session:
            batch = start_paper_batch(
                session,
                paths=keeping_paths(),
                actor=current_actor(),
                now=utc_now(),
                **form.values,
            )
            defer(session, print_paper, batch_id=str(batch.id))
    except UnionNotYours as refusal:
        form.refuse(refusal, "union_code")
        return _ask(form)
    return _on_to(batch)


@pages.get("/choose")
def choose() -> ResponseReturnValue:
    """List a union's members without a phone, to choose whom to print for."""
    return _list_candidates(read_query(PaperQuery()), blank_form(layout=PaperLayout.SHEET))


@pages.post("/choose")
def start_chosen() -> ResponseReturnValue:
    """Have paper cards printed for the people who were chosen, on the officer's word."""
    form = read_form(PaperChosenForm())
    if not form.ok:
        return _list_candidates(blank_form(union_code=form.typed.get("union_code", "")), form)
    try:
        with transaction() as session:
            values = dict(form.values)
            batch = start_paper_for(
                session,
                card_ids=values.pop("card_id"),
                paths=keeping_paths(),
                actor=current_actor(),
                now=utc_now(),
                **values,
            )
            defer(session, print_paper, batch_id=str(batch.id))
    except (UnionNotYours, NothingToPrint, DocumentNotSeen) as refusal:
        form.refuse(refusal)
        return _list_candidates(blank_form(union_code=form.typed["union_code"]), form)
    return _on_to(batch)


@pages.get("/<uuid:batch_id>")
def batch(batch_id: UUID) -> ResponseReturnValue:
    """Show how far a batch is, its files, and who got no card and why."""
    file_format = wanted_format()
    place = cursor_place(parts=1)
    with transaction() as session:
        found = paper_batch_within(session, batch_id=batch_id, paths=reading_paths())
        files = paper_files(session, batch_id=batch_id)
        kept_days = card_policy(session).paper_kept_days
        refused = paper_refusals(
            session,
            batch_id=batch_id,
            after=_read_place(place[0]) if place else None,
            rows=EXPORT_ROWS_MAX if file_format else LIST_ROWS + 1,
        )
    if file_format:
        return list_file(refused, _columns(), name="paper-cards-refused", file_format=file_format)
    is_working = found.state is not PaperState.DONE
    return render_template(
        "cards/paper_batch.html",
        batch=found,
        files=files,
        kept_days=kept_days,
        page=page_of(refused, place=lambda row: (str(row.place),)),
        is_working=is_working,
        may_print=bool(keeping_paths()),
        refresh=_REFRESH_SECONDS if is_working else None,
        paper_words=PAPER_WORDS,
        layout_words=LAYOUT_WORDS,
        why_not=why_not,
    )


@pages.get("/<uuid:batch_id>/progress")
def batch_progress(batch_id: UUID) -> ResponseReturnValue:
    """Answer the progress bar with the job's own count."""
    with transaction() as session:
        found = paper_batch_within(session, batch_id=batch_id, paths=reading_paths())
    return progress_json(
        done=found.done, total=found.total or 0, finished=found.state is PaperState.DONE
    )


@pages.get("/<uuid:batch_id>/files/<int:number>")
def download(batch_id: UUID, number: int) -> ResponseReturnValue:
    """Save one file of a batch; the audit trail says who did."""
    with transaction() as session:
        found = paper_batch_within(session, batch_id=batch_id, paths=keeping_paths())
        content = open_paper_file(
            session, batch_id=found.id, number=number, actor=current_actor(), now=utc_now()
        )
    filename = f"paper-cards-{found.union_code}-{number + 1}.pdf"
    return attachment(content, filename=filename, mimetype="application/pdf")


@pages.get("/card/<uuid:card_id>")
def card(card_id: UUID) -> ResponseReturnValue:
    """Show what one card has on paper, and print it for a member who stands here."""
    return _show_card(card_id, blank_form(layout=PaperLayout.CARD))


@pages.post("/card/<uuid:card_id>")
def start_one(card_id: UUID) -> ResponseReturnValue:
    """Print one member's card on paper, on the officer's word."""
    form = read_form(PaperCardForm())
    if not form.ok:
        return _show_card(card_id, form)
    try:
        with transaction() as session:
            found = card_within(session, card_id=card_id, paths=keeping_paths())
            batch = start_paper_for(
                session,
                union_code=found.union_code,
                card_ids=[found.card.id],
                paths=keeping_paths(),
                actor=current_actor(),
                now=utc_now(),
                **form.values,
            )
            defer(session, print_paper, batch_id=str(batch.id))
    except DocumentNotSeen as refusal:
        form.refuse(refusal)
        return _show_card(card_id, form)
    return _on_to(batch)


@pages.post("/card/<uuid:card_id>/lost")
def lose(card_id: UUID) -> ResponseReturnValue:
    """Take a lost paper card out of use; phones go on."""
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=keeping_paths())
        report_paper_lost(session, card_id=found.card.id, actor=current_actor(), now=utc_now())
    return see_other(
        url_for("paper_pages.card", card_id=card_id),
        N_("The paper card is refused from now on. Phones go on as before."),
    )


def why_not(refused: PaperRefusal) -> tuple[str, str]:
    """Return why a card was not printed and what to do, in the reader's language."""
    sentence, next_step = PAPER_REFUSAL_SENTENCES[refused.code]
    return gettext(sentence, character=refused.detail or "?"), gettext(next_step)


def _columns() -> list[Column[PaperRefusal]]:
    return [
        Column(gettext("Card number"), lambda row: row.number),
        Column(gettext("Member"), lambda row: row.name_masked),
        Column(gettext("Union"), lambda row: row.union_name),
        Column(gettext("Why not"), lambda row: why_not(row)[0]),
        Column(gettext("What to do"), lambda row: why_not(row)[1]),
    ]


def _read_place(text: str) -> int:
    if not text.isdecimal() or len(text) > _DIGITS_MAX:
        abort(HTTPStatus.BAD_REQUEST)
    return int(text)


def _on_to(batch: PaperBatch) -> ResponseReturnValue:
    return see_other(url_for("paper_pages.batch", batch_id=batch.id))


def _ask(form: Form) -> ResponseReturnValue:
    with transaction() as session:
        found = paper_batches_within(session, paths=reading_paths())
        unions = union_tree(session, paths=keeping_paths())
    return render_template(
        "cards/paper_batches.html",
        form=form,
        batches=found,
        unions=[(each.code, each.name) for each in unions[:_CHOICES_MAX]],
        may_print=bool(keeping_paths()),
        paper_words=PAPER_WORDS,
        layout_words=LAYOUT_WORDS,
    ), form.status


def _list_candidates(query: Form, form: Form) -> ResponseReturnValue:
    """Show a page of people; what was ticked and typed is shown again with its faults."""
    place = cursor_place(parts=1)
    code = str(query.typed.get("union_code", ""))
    with transaction() as session:
        union = union_within(session, code=code, paths=keeping_paths()) if code else None
        rows = (
            paper_candidates(
                session,
                path=union.path,
                now=utc_now(),
                after=place[0] if place else None,
                rows=LIST_ROWS + 1,
            )
            if union
            else []
        )
        unions = union_tree(session, paths=keeping_paths())
    if code and union is None:
        query.refuse(UnionNotYours(), "union_code")
    return render_template(
        "cards/paper_choose.html",
        query=query,
        form=form,
        union=union,
        page=page_of(rows, place=lambda row: (row.number,)),
        chosen_max=CHOSEN_MAX,
        unions=[(each.code, each.name) for each in unions[:_CHOICES_MAX]],
        layout_words=LAYOUT_WORDS,
    ), max(form.status, query.status)


def _show_card(card_id: UUID, form: Form) -> ResponseReturnValue:
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=reading_paths())
        paper = paper_of_card(session, card_id=card_id, now=utc_now())
    return render_template(
        "cards/paper_card.html",
        card=found.card,
        shown=found,
        paper=paper,
        form=form,
        may_print=bool(keeping_paths()),
        layout_words=LAYOUT_WORDS,
        state_words=STATE_WORDS,
    ), form.status
