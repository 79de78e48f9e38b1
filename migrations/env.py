"""Runs migrations one at a time, in one process at a time, and gives up quickly on a busy table."""

import os

import sqlalchemy as sa
from alembic import context
from sqlalchemy import create_engine, text

import app.tables  # noqa: F401  (fills Base.metadata)
from kernel.clock import UtcDateTime
from kernel.db import Base


def render_plain_types(kind, item, _context):
    """Write our types as the SQL types they are: a migration outlives the code it came from."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def is_ours(item, name, kind, _reflected, _other):
    """Leave the job queue's own tables to the library that made them."""
    table = item.table.name if isinstance(item, sa.Index | sa.Column) else name
    return not (kind in ("table", "index", "column") and str(table).startswith("procrastinate"))


engine = create_engine(context.config.attributes.get("url") or os.environ["DATABASE_OWNER_URL"])
with engine.connect() as connection:
    # A migration that waits for a lock makes every later query wait behind it.
    connection.execute(text("SET lock_timeout = '2s'"))
    connection.execute(text("SET statement_timeout = '5s'"))
    connection.execute(text("SET timezone = 'UTC'"))
    connection.execute(text("SELECT pg_advisory_lock(hashtext('migrations'))"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        render_item=render_plain_types,
        include_object=is_ours,
        compare_type=True,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
