"""Commands of the house itself: `flask db`, `flask keys`, `flask worker`."""

from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from flask import current_app
from flask.cli import with_appcontext

from app.config import Settings, SettingsError
from app.deployment import check_database, mark_database
from kernel.jobs import run_worker
from kernel.secrets import write_new_keyring

ROOT = Path(__file__).resolve().parent.parent


def current_settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def alembic_config(url: str) -> Config:
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.attributes["url"] = url
    return config


@click.group("db")
def db_commands() -> None:
    """Create and change the tables."""


@db_commands.command("upgrade")
@click.argument("revision", default="head")
@with_appcontext
def db_upgrade(revision: str) -> None:
    """Bring the tables to REVISION (the newest by default), and note the mode of a new database."""
    settings = current_settings()
    command.upgrade(alembic_config(settings.database_owner_url), revision)
    if revision == "head":
        try:
            mark_database(settings)
        except SettingsError as error:
            raise click.ClickException(str(error)) from error


@db_commands.command("downgrade")
@click.argument("revision")
@with_appcontext
def db_downgrade(revision: str) -> None:
    """Take the tables back to REVISION; `base` removes them all."""
    command.downgrade(alembic_config(current_settings().database_owner_url), revision)


@db_commands.command("check")
@with_appcontext
def db_check() -> None:
    """Fail if the models describe tables that no migration makes."""
    command.check(alembic_config(current_settings().database_owner_url))


@db_commands.command("revision")
@click.argument("slug")
@click.option("--rev-id", help="Its number, such as 0012.")
@with_appcontext
def db_revision(slug: str, rev_id: str | None) -> None:
    """Write a new migration from what the models say."""
    command.revision(
        alembic_config(current_settings().database_owner_url),
        message=slug,
        rev_id=rev_id,
        autogenerate=True,
    )


@click.group("keys")
def keys_commands() -> None:
    """The keys that seal personal data."""


@keys_commands.command("init")
@with_appcontext
def keys_init() -> None:
    """Create the keys file. Refuses to overwrite one: what it sealed could never be opened."""
    path = current_settings().keys_file
    try:
        write_new_keyring(path)
    except FileExistsError:
        raise click.ClickException("There is a keys file already; it was left alone.") from None
    click.echo("Keys written. Back them up apart from the database.")


@click.command("worker")
@click.option("--until-idle", is_flag=True, help="Stop when no job is due.")
@with_appcontext
def worker_command(*, until_idle: bool) -> None:
    """Run background jobs until stopped."""
    check_database(current_settings())
    url = current_settings().database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    run_worker(url, wait=not until_idle)
