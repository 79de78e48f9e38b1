"""`flask finance …`."""

from datetime import date

import click
from flask.cli import with_appcontext

from finance.queries import residuals
from kernel.cli import json_option, print_answer, told_refusals
from kernel.db import transaction

_DECEMBER = 12


@click.group("finance")
def finance_commands() -> None:
    """What is owed, what is paid, and whether it adds up."""


@finance_commands.command("close")
@click.argument("period")
@click.option("--check", is_flag=True, help="Print the residuals only; nothing is closed.")
@json_option
@with_appcontext
def close_command(period: str, *, check: bool, as_json: bool) -> None:
    """Print the residuals of PERIOD, a month such as 2026-11."""
    if not check:
        raise click.UsageError("Closing a period is not built yet: use --check.")
    starts_on, ends_on = month_bounds(period)
    with told_refusals(), transaction() as session:
        found = residuals(session, starts_on=starts_on, ends_on=ends_on)
    print_answer({"residuals": found.as_dict(), "closed": False}, as_json=as_json)


def month_bounds(period: str) -> tuple[date, date]:
    """Return [first day, first day of the next month). Raises BadParameter in words."""
    try:
        first = date.fromisoformat(f"{period}-01")
    except ValueError:
        raise click.BadParameter("PERIOD is a month such as 2026-11.") from None
    if first.month == _DECEMBER:
        return first, date(first.year + 1, 1, 1)
    return first, date(first.year, first.month + 1, 1)
