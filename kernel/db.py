"""The one place that opens, commits and rolls back transactions."""

import re
from collections import namedtuple
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

import psycopg
from sqlalchemy import BigInteger, Engine, Enum, Integer, MetaData, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.sql import ClauseElement

from kernel.clock import UtcDateTime
from kernel.money import BasisPoints, Fen

# Fixed names let a migration drop a constraint and a service recognise one that fired.
CONSTRAINT_NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
# A parameter is `:name`; a cast is `::type` and no parameter.
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")

# PostgreSQL asks the client to try such a transaction again: it saw a conflict, not a fault.
RETRIABLE_SQLSTATES = frozenset({"40001", "40P01"})


class TryAgain(Exception):
    """Somebody else wrote the very same thing a moment ago: run the transaction once more.

    Raised by a service whose INSERT found its key taken; the next try reads what was written and
    answers from that. kernel.web.retrying() catches it.
    """


class Base(DeclarativeBase):
    """Parent of every table. A column's Python type decides its SQL type, once, here."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map = {
        datetime: UtcDateTime,
        Fen: BigInteger,
        BasisPoints: Integer,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        # Text plus a CHECK: readable in psql, and a value can be added inside a transaction.
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            create_constraint=True,
            length=40,
            values_callable=lambda kind: [member.value for member in kind],
        ),
    }


# expire_on_commit=False: a view may still serialise what it was given after the commit.
session_factory = sessionmaker(expire_on_commit=False)
_is_open: ContextVar[bool] = ContextVar("transaction_is_open", default=False)


def connect(url: str, *, pool_size: int = 5) -> Engine:
    """Point every later transaction() at the database at `url`. Called once, by create_app().

    `pool_size` is the number of threads that may want a connection at once; the pool never grows
    past it, so workers x pool_size stays below the server's max_connections.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        # An error must not carry what people entered into the log.
        hide_parameters=True,
        pool_timeout=10,
        connect_args={
            "application_name": "union-card",
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c statement_timeout=30000 -c lock_timeout=10000"
            " -c idle_in_transaction_session_timeout=60000",
        },
    )
    session_factory.configure(bind=engine)
    return engine


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one transaction of a request or CLI command.

    Commits when the block ends, rolls back when it raises. Views and CLI commands
    call this; services receive the session and never commit.

    Raises RuntimeError if one is already open: PostgreSQL has no nested
    transactions, so the inner block could not keep the promise it makes.
    """
    if _is_open.get():
        raise RuntimeError("a transaction is already open: pass its session down instead")
    token = _is_open.set(True)
    try:
        with session_factory.begin() as session:
            yield session
    finally:
        _is_open.reset(token)


@contextmanager
def reading() -> Iterator[Connection]:
    """Lend a connection for single statements that need no transaction, such as who is calling.

    Each statement commits by itself, which spares the BEGIN and COMMIT round trips. Inside a test
    it joins the test's connection like everything else.
    """
    bind = session_factory.kw["bind"]
    if isinstance(bind, Connection):
        yield bind
        return
    with bind.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


class Statement:
    """SQL that the driver runs by itself, in the transaction of the session it is given.

    For the path of every scan, where SQLAlchemy's own work costs as much as the statement
    (docs/decisions/0017). Made of text whose parameters are written `:name`, or of a statement that
    is compiled once; a row is a named tuple. Errors are SQLAlchemy's, as from any other statement.
    """

    def __init__(self, sql: str | ClauseElement) -> None:
        self._given: dict[str, Any] = {}
        # What a row looks like is learned from the first result: it is the same at every run.
        self._row: Any = None
        if isinstance(sql, str):
            self.sql = _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))
            return
        compiled = sql.compile(dialect=_DIALECT)
        self.sql = str(compiled)
        self._given = {name: value for name, value in compiled.params.items() if value is not None}

    def all(self, bind: Session | Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Run it and return every row."""
        connection = bind.connection() if isinstance(bind, Session) else bind
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        given = {**self._given, **parameters} if self._given else parameters
        # Whoever counts or logs statements hears of this one too.
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, self.sql, given, None, False)  # noqa: FBT003 (SQLAlchemy's)
        try:
            cursor.execute(self.sql, given)
            # Without a result there is no row to be at: asked so, since a description is costly.
            rows = cursor.fetchall() if cursor.rownumber is not None else []
        except psycopg.Error as error:
            dialect = connection.dialect
            if dialect.is_disconnect(cast("Any", error), driver, None):
                connection.invalidate(error)
            raise DBAPIError.instance(
                self.sql, None, error, psycopg.Error, hide_parameters=True, dialect=dialect
            ) from error
        if not rows:
            return []
        if self._row is None:
            names = [column.name for column in cursor.description]
            self._row = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024 (names known only now)
        return list(map(self._row._make, rows))

    def first(self, bind: Session | Connection, parameters: Mapping[str, Any]) -> Any:
        """Run it and return its only row, or None."""
        rows = self.all(bind, parameters)
        return rows[0] if rows else None


def is_reachable() -> bool:
    """Say whether the database answers: what /readyz asks."""
    try:
        with reading() as connection:
            return bool(connection.scalar(text("SELECT 1")))
    except DBAPIError:
        return False


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint PostgreSQL reported, such as "uq_members_phone"."""
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


def is_retriable(error: DBAPIError) -> bool:
    """Say whether the same transaction may simply be tried again (deadlock, serialization)."""
    return getattr(error.orig, "sqlstate", None) in RETRIABLE_SQLSTATES
