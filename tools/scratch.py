"""A database for one task, on the tests' server: made, used, dropped."""

import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.sql import SQL, Identifier

from tools import processes
from tools.postgres import test_cluster
from tools.service import FLASK


@contextmanager
def migrated() -> Iterator[dict[str, str]]:
    """Yield the environment of a flask command on a new database at the newest revision."""
    urls = test_cluster()
    name = f"scratch_{secrets.token_hex(6)}"
    server = re.sub(r"^postgresql\+psycopg", "postgresql", urls.owner.format(name="postgres"))
    with tempfile.TemporaryDirectory() as folder, psycopg.connect(server, autocommit=True) as owner:
        owner.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            env = os.environ | {
                "DATABASE_URL": urls.app.format(name=name),
                "DATABASE_OWNER_URL": urls.owner.format(name=name),
                "MODE": "demo",
                "DATA_DIR": folder,
            }
            processes.must([*FLASK, "db", "upgrade"], env=env, quietly=True)
            yield env
        finally:
            owner.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
