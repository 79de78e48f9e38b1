"""The tables are made, taken away and made again, and are the ones the models describe."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

from app.cli import alembic_config


@pytest.fixture
def scratch(databases):
    """A database without tables, of this test's own: yields its owner's URL."""
    name = databases.create(f"{databases.template}_scratch", template="template0")
    yield databases.urls.owner.format(name=name)
    databases.drop(name)


# What an extension brought is left out: like the roles, it stays when the tables go.
THINGS = """
SELECT relkind::text || ' ' || relname FROM pg_class thing
    WHERE relnamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT FROM pg_depend WHERE objid = thing.oid AND deptype = 'e')
UNION ALL SELECT 'function ' || proname FROM pg_proc thing
    WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT FROM pg_depend WHERE objid = thing.oid AND deptype = 'e')
UNION ALL SELECT 'type ' || typname FROM pg_type thing
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
"""


def things(url):
    """Return what stands in the schema: tables, indexes, sequences, functions, types."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return sorted(connection.scalars(text(THINGS)))


def test_up_and_down_and_up_again(scratch):
    config = alembic_config(scratch)

    command.upgrade(config, "head")
    made = things(scratch)
    command.check(config)
    command.downgrade(config, "base")
    left = things(scratch)
    command.upgrade(config, "head")

    assert left == ["i alembic_version_pkc", "r alembic_version"]
    assert things(scratch) == made
    command.check(config)


def test_the_migrations_are_one_chain_numbered_from_one():
    scripts = ScriptDirectory.from_config(alembic_config("postgresql+psycopg://"))

    chain = [script.revision for script in scripts.walk_revisions()]

    assert chain == [f"{number:04d}" for number in range(len(chain), 0, -1)]
    assert all(
        script.path.rsplit("/", 1)[-1].startswith(f"{script.revision}_")
        for script in scripts.walk_revisions()
    )
