"""Background work of finance."""

import logging
from functools import partial
from uuid import UUID

from flask import current_app
from sqlalchemy.exc import OperationalError

from finance.models import Outcome, Work
from finance.queries.closing import open_months
from finance.services.closing import watch_residuals
from finance.services.differences import name_differences
from finance.services.opening import open_due_statements
from finance.services.payments import step_run
from finance.services.performing import answer_of, perform
from finance.services.statements import agree_by_silence
from finance.services.works import WorkCancelled, begin_work, end_work, take_work, tell_progress
from kernel.actors import Role
from kernel.clock import from_unix, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.jobs import job
from kernel.web import retrying
from staff.queries import actor_of

logger = logging.getLogger("union_card.finance")


@job("finance.name_differences", cron="2 * * * *")
def name_new_differences(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Name what tills without a network and invoices have brought; before the watch looks."""
    with transaction() as session:
        named = name_differences(session, now=utc_now())
    if named:
        logger.info("differences_named %s", named)


@job("finance.watch_residuals", cron="5 * * * *")
def watch(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Look whether every sum of the open months agrees; keep the answer, and log what does not."""
    with transaction() as session:
        months = [each.month for each in open_months(session)]
    for month in months:
        # A month each: what the last one found is kept if a later one takes too long.
        with transaction() as session:
            wrong = watch_residuals(session, month=month, now=utc_now())
        for name, residual in wrong.items():
            logger.error("residual_not_zero %s %s %s", month, name, residual)


@job("finance.pay_run")
def pay_run(run_id: str) -> None:
    """Put what a run found owed into batches; each step a transaction of its own."""
    going_on = True
    while going_on:
        with transaction() as session:
            going_on = step_run(session, run_id=UUID(run_id), now=utc_now())


@job("finance.do_work")
def do_work(work_id: str) -> None:
    """Carry long work out, in one transaction; begun again by whoever finds its worker dead.

    What somebody else wrote meanwhile makes it begin anew at once. A fault of ours ends it, and the
    queue hears of it; a database that was away does not.
    """
    number = UUID(work_id)
    with transaction() as session:
        work = begin_work(session, work_id=number, now=utc_now())
    if work is None:
        return
    outcome, answer = Outcome.FAILED, None
    try:
        retrying(partial(_carry_out, work))
        return
    except WorkCancelled:
        outcome = Outcome.CANCELLED
    except Refusal as refusal:
        outcome, answer = Outcome.REFUSED, answer_of(refusal)
    except OperationalError:
        raise
    except Exception:
        logger.exception("work_failed %s", work_id)
    with transaction() as session:
        end_work(session, work_id=number, outcome=outcome, answer=answer, now=utc_now())


def _carry_out(work: Work) -> None:
    with transaction() as session:
        if not take_work(session, work_id=work.id):
            return
        tell = partial(tell_progress, work.id)
        answer = perform(session, work=work, now=utc_now(), tell=tell)
        end_work(session, work_id=work.id, outcome=Outcome.DONE, answer=answer, now=utc_now())


@job("finance.open_statements", cron="20 16 * * *")  # 00:20 in Shanghai
def open_due(timestamp: int) -> None:
    """Open the statements of the periods that ended before `timestamp`, for STATEMENT_MAKER.

    A statement has a maker, who must be a person and never its approver: so where nobody is named,
    nothing is opened. Run again, or after a person who was earlier, it finds nothing to open.
    """
    username = current_app.config["SETTINGS"].statement_maker
    if username is None:
        return
    with transaction() as session:
        maker = actor_of(session, username=username)
        if maker is None or not maker.has_role([Role.FINANCE_MAKER]):
            logger.error("statement_maker_unknown")
            return
        opened = open_due_statements(session, actor=maker, now=from_unix(timestamp))
    logger.info("statements_opened %s", len(opened))


@job("finance.hear_silence", cron="40 16 * * *")  # 00:40 in Shanghai
def hear_silence(timestamp: int) -> None:
    """Take the silence of merchants whose working days for an answer are over as their word."""
    with transaction() as session:
        agreed = agree_by_silence(session, now=from_unix(timestamp))
    logger.info("statements_agreed_by_silence %s", agreed)
