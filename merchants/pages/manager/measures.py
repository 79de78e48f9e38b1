"""What the union has done about the merchant and why, and the merchant's appeal against it."""

from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.ids import new_id
from kernel.pages import see_other
from kernel.web import current_actor
from merchants.errors import SanctionNotFound
from merchants.models import SanctionAppealState
from merchants.pages.manager.blueprint import manager_pages
from merchants.queries import sanctions_of
from merchants.rules import APPEAL_WORDS, SANCTION_MEANINGS, SANCTION_WORDS
from merchants.schemas import OwnAppealForm
from merchants.services import appeal_sanction

_APPEAL_KINDS = {
    SanctionAppealState.OPEN: "wait",
    SanctionAppealState.GRANTED: "yes",
    SanctionAppealState.REJECTED: "no",
}


@manager_pages.get("/measures")
def measures() -> ResponseReturnValue:
    """Show the measures against the merchant, what stands first."""
    return _show(blank_form())


@manager_pages.post("/measures/<uuid:sanction_id>/appeal")
def appeal_measure(sanction_id: UUID) -> ResponseReturnValue:
    """Say what the merchant has against a measure; another person than who set it answers."""
    actor = current_actor()
    form = read_form(OwnAppealForm())
    if not form.ok:
        return _show(form)
    try:
        with transaction() as session:
            appeal_sanction(
                session,
                actor=actor,
                merchant_id=actor.managed_merchant_id,
                sanction_id=sanction_id,
                appeal_id=form.values["id"],
                text=form.values["text"],
                now=utc_now(),
            )
    except SanctionNotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(form)
    return see_other(url_for("merchants_manager.measures"), N_("Sent. The answer will stand here."))


def _show(form: Form) -> ResponseReturnValue:
    with transaction() as session:
        lines = sanctions_of(session, merchant_id=current_actor().managed_merchant_id)
    return render_template(
        "merchants/manager_measures.html",
        form=form,
        lines=lines,
        # Made with the page, so that a form that is sent twice is one appeal.
        appeal_ids={line.sanction.id: new_id() for line in lines},
        sanction_words=SANCTION_WORDS,
        sanction_meanings=SANCTION_MEANINGS,
        appeal_words=APPEAL_WORDS,
        appeal_kinds=_APPEAL_KINDS,
    ), form.status
