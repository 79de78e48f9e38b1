"""A database of a bench's own, on the bench's server: made for a run and dropped after it.

A quarter is closed once, and a month is stated once: neither can be played twice in one database.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from alembic import command
from sqlalchemy import create_engine, make_url, text

from app.cli import alembic_config
from app.config import Settings
from app.factory import create_app
from kernel import db


@contextmanager
def fresh_database(name: str) -> Iterator[None]:
    """Let transaction() reach a new database until the block ends."""
    settings = Settings.from_env()
    owner = make_url(settings.database_owner_url)
    names = {"name": f"{name}_{os.getpid()}"}
    admin = create_engine(owner.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text('CREATE DATABASE "{name}" TEMPLATE template0'.format(**names)))
    own = owner.set(database=names["name"]).render_as_string(hide_password=False)
    app_url = make_url(settings.database_url).set(database=names["name"])
    before = dict(db.session_factory.kw)
    try:
        command.upgrade(alembic_config(own), "head")
        with create_engine(own).begin() as connection:
            connection.execute(text("INSERT INTO deployments (id, mode) VALUES (1, 'demo')"))
        create_app(
            replace(
                settings,
                database_url=app_url.render_as_string(hide_password=False),
                database_owner_url=own,
            )
        )
        # A bench's statements run as long as they run: how long is what it tells.
        engine = create_engine(app_url)
        db.session_factory.configure(bind=engine)
        yield
        engine.dispose()
    finally:
        db.session_factory.kw.clear()
        db.session_factory.configure(**before)
        with admin.connect() as connection:
            connection.execute(text('DROP DATABASE "{name}" WITH (FORCE)'.format(**names)))
        admin.dispose()
