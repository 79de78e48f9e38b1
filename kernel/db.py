"""The one place that opens, commits and rolls back transactions."""

import itertools
import re
from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Engine,
    Enum,
    Integer,
    MetaData,
    Uuid,
    any_,
    create_engine,
    event,
    literal,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, Pool
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
_PLACE = re.compile(r"%\((\w+)\)s")
_statement_numbers = itertools.count(1)
_IDLE = TransactionStatus.IDLE
_GOOD = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})

# PostgreSQL asks the client to try such a transaction again: it saw a conflict, not a fault.
RETRIABLE_SQLSTATES = frozenset({"40001", "40P01"})


class TryAgain(Exception):
    """Somebody else wrote the very same thing a moment ago: run the transaction once more.

    Raised by a service whose INSERT found its key taken; the next try reads what was written and
    answers from that. kernel.web.retrying() catches it.
    """


class NotAtOnce(Exception):
    """What one statement was to do as a whole is not that plain; nothing of it was done.

    The caller leaves reading() and opens a transaction, in which the same is decided step by step.
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
    facts: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 0,
        # An error must not carry what people entered into the log.
        "hide_parameters": True,
        "pool_timeout": 10,
        "connect_args": {
            "application_name": "union-card",
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c statement_timeout=30000 -c lock_timeout=10000"
            " -c idle_in_transaction_session_timeout=60000",
        },
    }
    engine = create_engine(url, **facts)
    event.listen(engine, "commit", _commit_at_once)
    session_factory.configure(bind=engine)
    # A pool of their own: to switch a connection to and fro costs as much as what it would run.
    _Single.engine = create_engine(
        url, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True, **facts
    )
    return engine


class _Single:
    """Where statements that commit by themselves run, beside the engine of transactions."""

    engine: Engine | None = None


@event.listens_for(Pool, "connect")
def _keep_what_is_prepared(driver: Any, _: ConnectionPoolEntry) -> None:
    """Let psycopg prepare nothing by itself: at a rollback it would throw all statements away."""
    driver.prepare_threshold = None


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

    Each statement commits by itself, which spares the BEGIN and COMMIT round trips: one that writes
    is a transaction of its own. Inside a test it joins the test's connection like everything else.
    """
    bind = session_factory.kw["bind"]
    if isinstance(bind, Connection):
        # As alone as it can be there: what fails is undone, and the test's own work is not.
        with bind.begin_nested():
            yield bind
        return
    single = _Single.engine
    if single is None or single.url != bind.url:
        with bind.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")
        return
    with single.connect() as connection:
        yield connection


class Statement:
    """SQL that PostgreSQL keeps prepared, run through libpq, in the transaction it is given.

    For the path of every scan, where what Python does around a statement costs more than the
    statement (docs/decisions/0017, 0031). Made of text whose parameters are written `:name`, or of
    a statement that is compiled once; a row is a named tuple. Errors are SQLAlchemy's, as from any
    other statement. PostgreSQL infers the types of the parameters: CAST one that stands alone.
    """

    def __init__(self, sql: str | ClauseElement) -> None:
        self._given: dict[str, Any] = {}
        # What a row looks like is learned from the first result: it is the same at every run.
        self._row: Any = None
        if isinstance(sql, str):
            self.sql = _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))
        else:
            compiled = sql.compile(dialect=_DIALECT)
            self.sql = str(compiled)
            self._given = {
                name: value for name, value in compiled.params.items() if value is not None
            }
        self._names = tuple(dict.fromkeys(_PLACE.findall(self.sql)))
        self._name = f"union_card_{next(_statement_numbers)}".encode()
        numbered = {name: f"${number}" for number, name in enumerate(self._names, start=1)}
        self._numbered = _PLACE.sub(lambda found: numbered[found[1]], self.sql).replace("%%", "%")
        self._formats = [PyFormat.TEXT] * len(self._names)

    @property
    def ctes(self) -> str:
        """Return the CTEs before its last SELECT, for a text that does more."""
        return _PLACE.sub(r":\1", self.sql.removeprefix("WITH ").rpartition("\n SELECT ")[0])

    def all(self, bind: Session | Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Run it and return every row."""
        connection = bind.connection() if isinstance(bind, Session) else bind
        driver: Any = connection.connection.driver_connection
        given = {**self._given, **parameters} if self._given else parameters
        # Whoever counts or logs statements hears of this one too.
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, None, self.sql, given, None, False)  # noqa: FBT003 (SQLAlchemy's)
        try:
            adapter = connection.info.get(self)
            if not driver.autocommit and driver.pgconn.transaction_status == _IDLE:
                _begin(driver)
            if adapter is None:
                _checked(driver.pgconn.prepare(self._name, self._numbered.encode()))
                adapter = connection.info[self] = Transformer(driver)
            values = adapter.dump_sequence([given[name] for name in self._names], self._formats)
            result = _checked(
                driver.pgconn.exec_prepared(self._name, values, None, result_format=Format.BINARY)
            )
        except psycopg.errors.FeatureNotSupported as error:
            # A migration changed a table under the prepared statement: a new connection knows it.
            connection.invalidate(error)
            raise TryAgain from error
        except psycopg.Error as error:
            dialect = connection.dialect
            if dialect.is_disconnect(cast("Any", error), driver, None):
                connection.invalidate(error)
            raise DBAPIError.instance(
                self.sql, None, error, psycopg.Error, hide_parameters=True, dialect=dialect
            ) from error
        if not result.ntuples:
            return []
        if self._row is None:
            names = [(result.fname(at) or b"").decode() for at in range(result.nfields)]
            self._row = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024 (names known only now)
        adapter.set_pgresult(result)
        rows: list[Any] = adapter.load_rows(0, result.ntuples, self._row._make)
        return rows

    def first(self, bind: Session | Connection, parameters: Mapping[str, Any]) -> Any:
        """Run it and return its only row, or None."""
        rows = self.all(bind, parameters)
        return rows[0] if rows else None


def _commit_at_once(connection: Connection) -> None:
    """Commit through libpq, before psycopg does it by way of its event loop: a third of the time.

    What a commit may refuse (a deferred constraint) is raised as from any statement.
    """
    driver: Any = connection.connection.driver_connection
    if driver.autocommit or driver.pgconn.transaction_status != TransactionStatus.INTRANS:
        return
    try:
        _checked(driver.pgconn.exec_(b"COMMIT"))
    except psycopg.Error as error:
        dialect = connection.dialect
        if dialect.is_disconnect(cast("Any", error), driver, None):
            connection.invalidate(error)
        raise DBAPIError.instance(
            "COMMIT", None, error, psycopg.Error, hide_parameters=True, dialect=dialect
        ) from error


def _begin(driver: Any) -> None:
    """Begin the driver's transaction, as its own first statement would."""
    if driver.isolation_level is None:
        _checked(driver.pgconn.exec_(b"BEGIN"))
    else:
        driver.execute("SELECT")


def _checked(result: PGresult) -> PGresult:
    if result.status in _GOOD:
        return result
    raise error_from_result(result)


def is_reachable() -> bool:
    """Say whether the database answers: what /readyz asks."""
    try:
        with reading() as connection:
            return bool(connection.scalar(text("SELECT 1")))
    except DBAPIError:
        return False


def among(ids: Iterable[UUID]) -> ColumnElement[Any]:
    """Return what a column is compared with to be one of many ids, as one parameter.

    An IN has a parameter for each, and the protocol ends at 65,535.
    """
    return any_(literal(list(ids), ARRAY(Uuid())))


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint PostgreSQL reported, such as "uq_members_phone"."""
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


def is_retriable(error: DBAPIError) -> bool:
    """Say whether the same transaction may simply be tried again (deadlock, serialization)."""
    return getattr(error.orig, "sqlstate", None) in RETRIABLE_SQLSTATES
