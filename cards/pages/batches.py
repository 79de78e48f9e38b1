"""Cards issued to a union: start a batch, and see how far it is."""

from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from cards.errors import UnionNotYours
from cards.jobs import issue_batch
from cards.models import BatchState
from cards.pages.blueprint import BATCH_WORDS, keeping_paths, pages, reading_paths
from cards.queries import batch_within, batches_within
from cards.schemas import BatchForm
from cards.services import start_batch
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.forms import Form, blank_form, read_form
from kernel.jobs import defer
from kernel.pages import progress_json, see_other
from kernel.web import current_actor
from members.queries import union_tree

_REFRESH_SECONDS = 3
_CHOICES_MAX = 300


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
                paths=keeping_paths(),
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
        found = batch_within(session, batch_id=batch_id, paths=reading_paths())
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
        found = batch_within(session, batch_id=batch_id, paths=reading_paths())
    return progress_json(
        done=found.done, total=found.total, finished=found.state is BatchState.DONE
    )


def _ask(form: Form) -> ResponseReturnValue:
    with transaction() as session:
        found = batches_within(session, paths=reading_paths())
        unions = union_tree(session, paths=keeping_paths())
    return render_template(
        "cards/batches.html",
        form=form,
        batches=found,
        unions=[(each.code, each.name) for each in unions[:_CHOICES_MAX]],
        may_issue=bool(keeping_paths()),
        batch_words=BATCH_WORDS,
    ), form.status
