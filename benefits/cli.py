"""`flask merchants import`: merchants and the offers they come with."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from benefits.services import import_merchants
from kernel.actors import SYSTEM
from kernel.cli import file_argument, json_option, print_answer, told_refusals
from kernel.clock import utc_now
from kernel.db import transaction
from merchants.services import read_merchant_file


@click.group("merchants")
def merchants_commands() -> None:
    """Merchants and service sites, with what they offer."""


@merchants_commands.command("import")
@file_argument
@json_option
@with_appcontext
def import_merchants_command(file: Path, *, as_json: bool) -> None:
    """Add merchants, their sites, agreements and offers from FILE (CSV or XLSX)."""
    with told_refusals(), transaction() as session:
        table = read_merchant_file(file.read_bytes())
        report = import_merchants(session, lines=table, actor=SYSTEM, now=utc_now())
    print_answer(
        {
            "lines": report.lines,
            "accepted": report.accepted,
            "unchanged": report.unchanged,
            "offers": report.offers,
            "refused": report.refused,
        },
        as_json=as_json,
    )
