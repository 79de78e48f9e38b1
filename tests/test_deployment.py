"""A database belongs to one mode for ever."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from app.config import Settings, SettingsError
from app.deployment import check_database, mark_database
from kernel.persons import Mode


@pytest.fixture
def settings(databases, settings_for):
    name = databases.copy()
    yield settings_for(name)
    databases.drop(name)


def test_a_demo_does_not_open_a_production_register(session, settings):
    production = replace(settings, mode=Mode.PRODUCTION)

    with pytest.raises(SettingsError, match="made for demo"):
        mark_database(production)
    with pytest.raises(SettingsError, match="made for demo"):
        check_database(production)
    check_database(settings)


def test_the_mode_of_a_database_never_changes(settings):
    engine = create_engine(settings.database_owner_url)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="never changed"):
        connection.execute(text("UPDATE deployments SET mode = 'production'"))
    engine.dispose()


def test_there_is_no_safe_default_mode():
    with pytest.raises(SettingsError, match="MODE"):
        Settings.from_env({"DATABASE_URL": "postgresql+psycopg://x"})
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        Settings.from_env({"MODE": "demo"})
    with pytest.raises(SettingsError, match="either"):
        Settings.from_env({"DATABASE_URL": "postgresql+psycopg://x", "MODE": "play"})
