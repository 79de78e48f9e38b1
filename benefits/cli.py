"""`flask merchants import`: merchants with their offers; `flask coupons`: a draw repeated."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from benefits.rules.draw import check_draw
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


@click.group("coupons")
def coupons_commands() -> None:
    """Coupons that are grabbed or drawn."""


@coupons_commands.command("draw-verify")
@click.argument("entrants", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("result", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def draw_verify_command(entrants: Path, result: Path, *, as_json: bool) -> None:
    """Repeat a draw from its published files ENTRANTS and RESULT; ends with 1 if they disagree.

    Asks the database nothing: benefits/data/verify_draw.py does the same without this program.
    """
    verdict = check_draw(entrants.read_bytes(), result.read_bytes())
    answer = {"ok": verdict.ok, "entrants": verdict.entrants, "winners": verdict.winners}
    print_answer(answer, as_json=as_json)
    if not verdict.ok:
        raise SystemExit(1)
