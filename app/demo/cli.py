"""`flask demo …`: make the demo city and its file, and drive a day in it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import requests
from flask import current_app
from flask.cli import with_appcontext

from app.config import Settings, SettingsError
from app.demo.aid import cover_people
from app.demo.day.http import UnexpectedAnswer
from app.demo.day.run import SIZE_MAX, SIZE_MIN, drive_day
from app.demo.day.scene import Scene
from app.demo.file import write_demo_file
from app.demo.managers import seed_managers
from app.demo.month import seed_month
from app.demo.seed import demo_data, has_members, seed
from app.demo.training import seed_training
from app.deployment import check_database
from finance.cli import month_bounds
from finance.queries import residuals
from kernel.cli import json_option, print_answer, told_refusals
from kernel.clock import shanghai_date, shanghai_month, utc_now
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
    settings = _demo_settings()
    url = base_url or settings.base_url
    now = utc_now()
    answer: dict[str, object] = {"seeded": False}
    with told_refusals():
        if not (if_empty and has_members()):
            answer = {"seeded": True, **asdict(seed(size=size, base_url=url, now=now))}
        else:
            # The course meets today, whichever day today is.
            with transaction() as session:
                seed_managers(session, now=now)
                seed_training(session, now=now)
        if demo_file is not None:
            with transaction() as session:
                write_demo_file(session, demo_file, data=demo_data(), base_url=url, now=now)
    print_answer(answer, as_json=as_json)


@demo_commands.command("day")
@click.option(
    "--size",
    type=click.IntRange(SIZE_MIN, SIZE_MAX),
    default=12,
    show_default=True,
    help="So many members go shopping.",
)
@click.option(
    "--demo-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="By default demo.json in DATA_DIR.",
)
@click.option("--base-url", help="Where the service is; by default what the file says.")
@json_option
@with_appcontext
def day_command(size: int, *, demo_file: Path | None, base_url: str | None, as_json: bool) -> None:
    """Drive a business day over HTTP against the running service; end with the residuals.

    Members, tills and staff act with sign-ins of their own. What an earlier day used up of the demo
    file (pairing codes, members without a phone) is replaced first.
    """
    settings = _demo_settings()
    path = demo_file or settings.data_dir / "demo.json"
    known_url = _address_in(path) or settings.base_url
    url = base_url or known_url
    demo = _fresh_demo(path, url=known_url, size=size)
    try:
        done = drive_day(Scene(demo, base_url=url), size=size)
    except UnexpectedAnswer as error:
        raise click.ClickException(str(error)) from error
    except requests.RequestException as error:
        raise click.ClickException(f"Nobody answers at {url}. Start it first: ./dev run") from error
    starts_on, ends_on = month_bounds(shanghai_month(shanghai_date(utc_now())))
    with transaction() as session:
        found = residuals(session, starts_on=starts_on, ends_on=ends_on).as_dict()
    answer = done | {"residuals": found}
    print_answer(answer if as_json else _in_words(answer), as_json=as_json)
    if any(found.values()):
        raise click.ClickException("The books do not add up: see the residuals.")


@demo_commands.command("month")
@click.option("--demo-file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@with_appcontext
def month_command(*, demo_file: Path | None, as_json: bool) -> None:
    """Make last month: a sale a day, statements, a bank file; its closing is left to people."""
    settings = _demo_settings()
    path = demo_file or settings.data_dir / "demo.json"
    _fresh_demo(path, url=_address_in(path) or settings.base_url, size=SIZE_MIN)
    with told_refusals():
        made = asdict(seed_month(now=utc_now()))
    print_answer(made, as_json=as_json)


def _demo_settings() -> Settings:
    """Return the settings. Raises ClickException outside demo mode and on real data."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.is_demo:
        raise click.ClickException("The demo is not for production: MODE is not demo.")
    try:
        check_database(settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    return settings


def _address_in(path: Path) -> str | None:
    return str(json.loads(path.read_text())["base_url"]) if path.exists() else None


def _fresh_demo(path: Path, *, url: str, size: int) -> dict[str, Any]:
    """Bring the demo file up to date, with enough members, who all take part in mutual aid."""
    if not has_members():
        raise click.ClickException("There is no demo city yet: ./dev seed makes one.")
    data = demo_data()
    data["members"] = max(data["members"], size)
    now = utc_now()
    with told_refusals(), transaction() as session:
        demo = write_demo_file(session, path, data=data, base_url=url, now=now)
        numbers = [person["card_number"] for person in demo["members"][:size]]
        cover_people(session, data, card_numbers=numbers, now=now)
    return demo


def _in_words(counts: Mapping[str, Any]) -> dict[str, object]:
    """Return counts by noun, those within a noun on its line."""
    return {
        noun: ", ".join(f"{name} {value}" for name, value in _in_words(count).items())
        if isinstance(count, dict)
        else count
        for noun, count in counts.items()
    }
