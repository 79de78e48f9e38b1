"""Payment runs at the desk: started, watched, and what they put into batches."""

from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from finance.jobs import pay_run
from finance.pages.payment_words import BATCH_KINDS, BATCH_WORDS, BOOK_WORDS
from finance.pages.payments import SENDERS, show_owed
from finance.pages.reach import city_actor, insist_on_the_city
from finance.payment_errors import PaymentRunNotFound
from finance.queries.payment_batches import batches, payments_of_run, run_by_id
from finance.schemas.payments import RunForm
from finance.services.payments import start_run
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import read_form
from kernel.i18n import N_
from kernel.jobs import defer
from kernel.pages import LIST_ROWS, page_of, progress_json, see_other

pages = Blueprint(
    "finance_payment_runs_pages",
    __name__,
    url_prefix="/desk/finance/payment-runs",
    template_folder="../templates",
)
pages.before_request(insist_on_the_city)
_REFRESH_SECONDS = 5


@pages.post("")
def start() -> ResponseReturnValue:
    """Put all that can be paid in a book into batches, in the background."""
    actor = city_actor(*SENDERS)
    form = read_form(RunForm())
    if form.ok:
        try:
            with transaction() as session:
                run = start_run(session, actor=actor, now=utc_now(), **form.values)
                defer(session, pay_run, run_id=str(run.id))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            said = N_("Started. Each batch can be signed as soon as it stands here.")
            return see_other(url_for("finance_payment_runs_pages.show", run_id=run.id), said)
    return show_owed(form)


@pages.get("/<uuid:run_id>")
def show(run_id: UUID) -> ResponseReturnValue:
    """Show how far a run is, and its batches."""
    with transaction() as session:
        found = run_by_id(session, run_id=run_id)
        if found is None:
            raise PaymentRunNotFound
        done = payments_of_run(session, run_id=run_id)
        rows = batches(session, run_id=run_id, rows=LIST_ROWS)
    run, maker = found
    return render_template(
        "finance/payment_run.html",
        run=run,
        maker=maker,
        done=done,
        page=page_of(rows, place=lambda row: (str(row.batch.number),)),
        refresh=None if run.finished_at else _REFRESH_SECONDS,
        batch_words=BATCH_WORDS,
        batch_kinds=BATCH_KINDS,
        book_words=BOOK_WORDS,
    )


@pages.get("/<uuid:run_id>/progress")
def progress(run_id: UUID) -> ResponseReturnValue:
    """Answer the progress bar with what is in batches."""
    with transaction() as session:
        found = run_by_id(session, run_id=run_id)
        if found is None:
            raise PaymentRunNotFound
        done = payments_of_run(session, run_id=run_id)
    run, _ = found
    return progress_json(done=done, total=run.things, finished=run.finished_at is not None)
