"""What the ledger's tests share."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event


@pytest.fixture
def count_statements(engine):
    """Return a context manager that lists the statements sent meanwhile."""

    @contextmanager
    def counting():
        statements = []

        def note(_connection, _cursor, statement, *_):
            statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        yield statements
        event.remove(engine, "before_cursor_execute", note)

    return counting
