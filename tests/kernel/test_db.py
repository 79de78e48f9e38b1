from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from kernel.clock import UtcDateTime
from kernel.db import is_reachable, transaction


def test_transactions_do_not_nest(session):
    with transaction(), pytest.raises(RuntimeError, match="already open"), transaction():
        pass


def test_naive_times_are_refused():
    with pytest.raises(ValueError, match="naive datetime"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), None)


def test_the_database_is_reachable(session):
    assert is_reachable()


def test_the_application_role_may_not_make_tables(session):
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("CREATE TABLE planted (id int)"))
