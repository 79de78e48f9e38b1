"""Writing very many rows of one table with one statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from kernel.db import Base

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_columns(
    session: Session, model: type[Base], columns: Mapping[str, Sequence[Any]]
) -> None:
    """Insert the rows whose values stand in `columns`, side by side.

    One parameter for each column, however many rows there are: a row of parameters each costs the
    driver more than the database needs for the row.
    """
    types = model.__table__.c
    given = ", ".join(
        f"CAST(:{name} AS {types[name].type.compile(dialect=_DIALECT)}[])" for name in columns
    )
    statement = (
        f"INSERT INTO {model.__tablename__} ({', '.join(columns)}) SELECT * FROM unnest({given})"  # noqa: S608
    )
    session.execute(text(statement), {name: list(values) for name, values in columns.items()})
