"""`flask demo …`: make the demo city and its file."""

from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.config import Settings, SettingsError
from app.demo.file import write_demo_file
from app.demo.seed import demo_data, has_members, seed
from app.demo.training import seed_training
from app.deployment import check_database
from kernel.cli import json_option, print_answer, told_refusals
from kernel.clock import utc_now
from kernel.db import transaction


@click.group("demo")
def demo_commands() -> None:
    """A believable city to try things on. Refused outside demo mode."""


@demo_commands.command("seed")
@click.option("--size", type=click.Choice(["tiny", "demo", "district", "city"]), default="demo")
@click.option("--if-empty", is_flag=True, help="Make people only where there are none yet.")
@click.option("--demo-file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--base-url", help="The address that goes into the file.")
@json_option
@with_appcontext
def seed_command(
    size: str, *, if_empty: bool, demo_file: Path | None, base_url: str | None, as_json: bool
) -> None:
    """Make unions, members with cards, merchants with offers, staff, and a limited offer."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.is_demo:
        raise click.ClickException("The demo is not for production: MODE is not demo.")
    try:
        check_database(settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    url = base_url or settings.base_url
    now = utc_now()
    answer: dict[str, object] = {"seeded": False}
    with told_refusals():
        if not (if_empty and has_members()):
            answer = {"seeded": True, **asdict(seed(size=size, base_url=url, now=now))}
        else:
            # The course meets today, whichever day today is.
            with transaction() as session:
                seed_training(session, now=now)
        if demo_file is not None:
            with transaction() as session:
                write_demo_file(session, demo_file, data=demo_data(), base_url=url, now=now)
    print_answer(answer, as_json=as_json)
