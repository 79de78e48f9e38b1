"""Who may do what in an embedded database: the service never is the superuser.

Three group roles own the rights and cannot sign in; migrations grant to them. Each has one
login. The owner makes and changes tables, the application reads and writes rows, the third
only reads.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString, Self

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier, Literal

SUPERUSER = "postgres"
OWNER, APP, READONLY = "union_card_owner", "union_card_app", "union_card_readonly"
GROUPS = (OWNER, APP, READONLY)


def login_of(group: str) -> str:
    return f"{group}_login"


def new_passwords() -> dict[str, str]:
    """Return a fresh password for each role that signs in. They need no escaping in a URL."""
    return {name: secrets.token_urlsafe(24) for name in (SUPERUSER, *(login_of(g) for g in GROUPS))}


@dataclass(frozen=True)
class Urls:
    """One database, seen by each of the three logins."""

    owner: str
    app: str
    readonly: str

    @classmethod
    def at(cls, port: int, database: str, *, passwords: Mapping[str, str]) -> Self:
        def url(group: str) -> str:
            login = login_of(group)
            return f"postgresql+psycopg://{login}:{passwords[login]}@127.0.0.1:{port}/{database}"

        return cls(owner=url(OWNER), app=url(APP), readonly=url(READONLY))


def ensure_roles(connection: Connection[TupleRow], *, passwords: Mapping[str, str]) -> None:
    """Make the groups and logins that are missing; `connection` is the superuser's."""
    for group in GROUPS:
        login = login_of(group)
        if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", group):
            connection.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(group)))
        if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", login):
            connection.execute(
                SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
                    Identifier(login), Literal(passwords[login]), Identifier(group)
                )
            )
    owner, owner_login = Identifier(OWNER), Identifier(login_of(OWNER))
    # Tests make their own databases; the right counts for the role that is set, the group.
    connection.execute(SQL("ALTER ROLE {} CREATEDB").format(owner))
    # What the owner's login creates belongs to the group, so a second login could change it.
    connection.execute(SQL("ALTER ROLE {} SET role = {}").format(owner_login, Literal(OWNER)))
    connection.execute(
        SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(
            Identifier(login_of(READONLY))
        )
    )
    # The server's own databases are closed to everybody but the role that makes others.
    connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
    connection.execute(SQL("GRANT CONNECT ON DATABASE postgres TO {}").format(owner))


def ensure_database(connection: Connection[TupleRow], name: str) -> bool:
    """Make the database if it is missing, owned by the owner's group; tell whether it was.

    The application may connect and no more: migrations grant it tables one by one.
    """
    if _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", name):
        return False
    database, owner = Identifier(name), Identifier(OWNER)
    connection.execute(SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
    connection.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(
        SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
            database, Identifier(APP), Identifier(READONLY)
        )
    )
    return True


def drop_database(connection: Connection[TupleRow], name: str) -> None:
    """Drop the database, and cut off whoever is connected to it."""
    connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _exists(connection: Connection[TupleRow], question: LiteralString, name: str) -> bool:
    return connection.execute(question, (name,)).fetchone() is not None
