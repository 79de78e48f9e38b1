"""A database of a bench's own, on the bench's server: made for a run and dropped after it.

A quarter is closed once, and a month is stated once: neither can be played twice in one database.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from alembic import command
from sqlalchemy import Engine, create_engine, make_url, text

from app.cli import alembic_config
from app.config import Settings
from app.factory import create_app
from kernel import db


@contextmanager
def fresh_database(name: str) -> Iterator[Engine]:
    """Let transaction() reach a new database until the block ends; yield its owner's engine."""
    settings = Settings.from_env()
    name = f"{name}_{os.getpid()}"
    owner_url = make_url(settings.database_owner_url).set(database=name)
    admin = create_engine(owner_url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    before = dict(db.session_factory.kw)
    owner = create_engine(owner_url, isolation_level="AUTOCOMMIT")
    app_url = make_url(settings.database_url).set(database=name)
    # A bench's statements run as long as they run: how long that is, it tells.
    own = create_engine(app_url, connect_args={"options": "-c timezone=UTC"})
    own_settings = replace(
        settings,
        database_url=app_url.render_as_string(hide_password=False),
        database_owner_url=owner_url.render_as_string(hide_password=False),
    )
    try:
        command.upgrade(alembic_config(own_settings.database_owner_url), "head")
        with owner.connect() as connection:
            connection.execute(text("INSERT INTO deployments (id, mode) VALUES (1, 'demo')"))
        create_app(own_settings)
        db.session_factory.configure(bind=own)
        yield owner
    finally:
        db.session_factory.kw.clear()
        db.session_factory.configure(**before)
        own.dispose()
        owner.dispose()
        with admin.connect() as connection:
            # Not WITH (FORCE): the owner may not end the application's backends.
            connection.execute(text(f'DROP DATABASE "{name}"'))
        admin.dispose()
