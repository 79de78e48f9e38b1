from datetime import timedelta

from sqlalchemy import func, select

from app.registry import JOBS
from kernel.clock import unix
from kernel.jobs import tasks
from staff.jobs import forget
from staff.models import SignInFailures
from staff.rules import FAILURE_WINDOW
from tests.make import NOW


def test_the_worker_knows_the_nightly_housekeeping():
    assert forget in JOBS
    assert "staff.forget_old_sign_ins" in tasks.tasks


def test_housekeeping_counts_from_the_minute_it_was_due(session):
    session.add(SignInFailures(subject=b"s" * 32, count=5, last_at=NOW))
    session.flush()

    forget(unix(NOW + FAILURE_WINDOW - timedelta(minutes=1)))
    assert session.scalar(select(func.count()).select_from(SignInFailures)) == 1

    forget(unix(NOW + FAILURE_WINDOW))
    assert session.scalar(select(func.count()).select_from(SignInFailures)) == 0
