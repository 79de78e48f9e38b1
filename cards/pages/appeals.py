"""Appeals against freezes: which wait, and what is answered."""

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from cards.models import Card
from cards.pages.blueprint import back_to_card, keeping_paths, pages
from cards.pages.cards import show_card
from cards.queries import appeal_within, open_appeals_within
from cards.schemas import ReasonForm
from cards.services import grant_appeal, reject_appeal
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.forms import read_form
from kernel.i18n import N_
from kernel.pages import LIST_ROWS, cursor_id, page_of
from kernel.web import current_actor


@pages.get("/appeals")
def appeals() -> ResponseReturnValue:
    """List the appeals that wait, the oldest first."""
    with transaction() as session:
        rows = open_appeals_within(
            session,
            paths=keeping_paths(),
            after=cursor_id(),
            rows=LIST_ROWS + 1,
        )
    return render_template(
        "cards/appeals.html", page=page_of(rows, place=lambda row: (str(row.id),))
    )


@pages.post("/appeals/<uuid:appeal_id>/grant")
def grant(appeal_id: UUID) -> ResponseReturnValue:
    """Decide for the member: the card can be used again."""
    return _decide(appeal_id, is_granted=True)


@pages.post("/appeals/<uuid:appeal_id>/reject")
def reject(appeal_id: UUID) -> ResponseReturnValue:
    """Decide against the member: the freeze goes on, and they read why."""
    return _decide(appeal_id, is_granted=False)


def _decide(appeal_id: UUID, *, is_granted: bool) -> ResponseReturnValue:
    form = read_form(ReasonForm())
    card: Card | None = None
    with transaction() as session:
        found = appeal_within(session, appeal_id=appeal_id, paths=keeping_paths())
        if form.ok:
            decide = grant_appeal if is_granted else reject_appeal
            card = decide(
                session,
                appeal_id=found.id,
                answer=form.values["reason"],
                actor=current_actor(),
                now=utc_now(),
            )
    if card is None:
        return show_card(found.card_id, answer=form)
    sentence = (
        N_("The appeal is granted: the card can be used again.")
        if is_granted
        else N_("The appeal is rejected; the member reads your answer.")
    )
    return back_to_card(found.card_id, sentence)
