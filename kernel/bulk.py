"""Very many rows of one table, written or looked for at once."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import ARRAY, ColumnElement, any_, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel.db import Base


def insert_columns(
    session: Session, model: type[Base], columns: Mapping[str, Sequence[Any]]
) -> None:
    """Insert the rows whose values stand in `columns`, side by side, by COPY.

    What an INSERT may refuse is raised as from any other statement. A row of parameters each, or
    an array for each column, costs the driver more than the database needs for the row.
    """
    session.flush()
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    table = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(model.__tablename__), SQL(", ").join(map(Identifier, columns))
    )
    try:
        with driver.cursor() as cursor, cursor.copy(table) as copy:
            for row in zip(*columns.values(), strict=True):
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance(
            table.as_string(),
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            dialect=connection.dialect,
        ) from error


def among(column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return `column IN values` with one parameter, however many values there are."""
    given = bindparam(None, list(values), type_=ARRAY(column.type))
    return column == any_(given)
