"""Cards at the desk: find one, stop it, bring it back, make it anew, end it."""

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from cards.errors import FreezeEndInvalid
from cards.models import CARD_MOVES, AppealState, CardState, RecordKind
from cards.pages.blueprint import (
    APPEAL_WORDS,
    STATE_WORDS,
    back_to_card,
    keeping_paths,
    pages,
    reading_paths,
)
from cards.queries import (
    CardLine,
    appeals_of_card,
    card_within,
    cards_within,
    live_devices,
    records_of_member,
)
from cards.schemas import CardFilter, FreezeForm, ReasonForm
from cards.services import (
    cancel_card,
    cooling_until,
    freeze_card,
    replace_card,
    report_lost_at_desk,
    restore_card,
)
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import LIST_ROWS, cursor_id
from kernel.web import current_actor
from members.services import confirm_phone

_STILL_FROZEN = N_("The card is found, and still frozen until its freeze ends.")
_REPLACED = N_("The card is as new: every code and phone of before is worth nothing.")
_CANCELLED = N_("The card is cancelled. Its number never returns.")


@pages.get("")
def cards() -> ResponseReturnValue:
    """List the cards of the unions that I look after, or save the list as a file."""
    form = read_query(CardFilter())
    with transaction() as session:
        rows = cards_within(
            session,
            paths=reading_paths(),
            after=cursor_id(),
            rows=rows_wanted(),
            **form.values,
        )
    return listing(
        "cards/cards.html",
        rows,
        columns=_columns(),
        name="cards",
        place=lambda row: (str(row.id),),
        form=form,
        may_issue=bool(keeping_paths()),
        state_words=STATE_WORDS,
    )


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
    return show_card(card_id)


@pages.post("/<uuid:card_id>/freeze")
def freeze(card_id: UUID) -> ResponseReturnValue:
    """Stop a card for a while."""
    form = read_form(FreezeForm())
    if not form.ok:
        return show_card(card_id, freeze=form)
    try:
        with transaction() as session:
            found = card_within(session, card_id=card_id, paths=keeping_paths())
            freeze_card(
                session,
                card_id=found.card.id,
                actor=current_actor(),
                now=utc_now(),
                **form.values,
            )
    except FreezeEndInvalid as refusal:
        form.refuse(refusal, "until")
        return show_card(card_id, freeze=form)
    return back_to_card(card_id, N_("The card is frozen: every code of it is refused from now on."))


@pages.post("/<uuid:card_id>/lost")
def lose(card_id: UUID) -> ResponseReturnValue:
    """Report a card lost for a member who stands here."""
    form = read_form(ReasonForm())
    if not form.ok:
        return show_card(card_id, lose=form)
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=keeping_paths())
        report_lost_at_desk(
            session, card_id=found.card.id, actor=current_actor(), now=utc_now(), **form.values
        )
    return back_to_card(card_id, N_("The card is reported lost, and the member is signed out."))


@pages.post("/<uuid:card_id>/restore")
def restore(card_id: UUID) -> ResponseReturnValue:
    """Let a lost or frozen card be used again."""
    form = read_form(ReasonForm())
    if not form.ok:
        return show_card(card_id, restore=form)
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=keeping_paths())
        restored = restore_card(
            session, card_id=found.card.id, actor=current_actor(), now=utc_now(), **form.values
        )
    if restored.state is CardState.FROZEN:
        return back_to_card(
            card_id, N_("The card is found, and still frozen until its freeze ends.")
        )
    return back_to_card(card_id, N_("The card can be used again; its phone fetches a new code."))


@pages.post("/<uuid:card_id>/replace")
def replace(card_id: UUID) -> ResponseReturnValue:
    """Make a card as new for a member who stands here; its number stays."""
    form = read_form(ReasonForm())
    if not form.ok:
        return show_card(card_id, replace=form)
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=keeping_paths())
        replace_card(
            session, card_id=found.card.id, actor=current_actor(), now=utc_now(), **form.values
        )
    return back_to_card(card_id, _REPLACED)


@pages.post("/<uuid:card_id>/cancel")
def cancel(card_id: UUID) -> ResponseReturnValue:
    """End a card for good."""
    form = read_form(ReasonForm())
    if not form.ok:
        return show_card(card_id, cancel=form)
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=keeping_paths())
        cancel_card(
            session, card_id=found.card.id, actor=current_actor(), now=utc_now(), **form.values
        )
    return back_to_card(card_id, _CANCELLED)


@pages.post("/<uuid:card_id>/number")
def confirm_number(card_id: UUID) -> ResponseReturnValue:
    """End the wait of a new phone number for a member who stands here."""
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=keeping_paths())
        member_id = found.card.member_id
        confirm_phone(session, member_id=member_id, actor=current_actor(), now=utc_now())
    return back_to_card(card_id, N_("The new number is confirmed: it may do all at once."))


def show_card(card_id: UUID, **sent: Form) -> ResponseReturnValue:
    """Show a card; a form that was sent and has faults is shown with them, by its verb."""
    now = utc_now()
    with transaction() as session:
        found = card_within(session, card_id=card_id, paths=reading_paths())
        member_id = found.card.member_id
        devices = live_devices(session, card_id=card_id, now=now)
        appeals = appeals_of_card(session, card_id=card_id)
        number_until = cooling_until(session, member_id=member_id, now=now)
        # Only the card's own events: what aid somebody got is not the register's to read.
        events = records_of_member(
            session, member_id=member_id, kind=RecordKind.CARD, rows=LIST_ROWS
        )
    form = next(iter(sent.values()), blank_form())
    verbs = ("freeze", "lose", "restore", "replace", "cancel", "answer")
    return render_template(
        "cards/card.html",
        card=found.card,
        shown=found,
        devices=devices,
        events=events,
        appeals=appeals,
        open_appeal=next((each for each in appeals if each.state is AppealState.OPEN), None),
        number_until=number_until,
        may_change=bool(keeping_paths()),
        forms={verb: sent.get(verb, blank_form()) for verb in verbs},
        moves=CARD_MOVES[found.card.state],
        may_replace=found.card.state in {CardState.ISSUED, CardState.ACTIVE, CardState.LOST},
        state_words=STATE_WORDS,
        appeal_words=APPEAL_WORDS,
    ), form.status
