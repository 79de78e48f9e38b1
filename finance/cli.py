"""`flask finance …`."""

import re
from datetime import date, datetime
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from finance.queries import residuals
from finance.queries.closing import find_month
from finance.services.bank_import import import_bank_file
from finance.services.closing import ask_to_close, close_period
from finance.services.trade_import import import_trade_bill
from kernel.actors import Actor, ActorKind, Role
from kernel.cli import file_argument, json_option, print_answer, told_refusals
from kernel.clock import utc_now
from kernel.db import transaction
from staff.models import AccountState
from staff.queries import account_by_username, roles_of

_DECEMBER = 12
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)


@click.group("finance")
def finance_commands() -> None:
    """What is owed, what is paid, and whether it adds up."""


@finance_commands.command("import-bank")
@file_argument
@json_option
@with_appcontext
def import_bank_command(file: Path, *, as_json: bool) -> None:
    """Take in FILE, a bank's statement (CSV or XLSX); twice brings nothing new."""
    with told_refusals(), transaction() as session:
        taken = import_bank_file(
            session, content=file.read_bytes(), name=file.name, staff_id=None, now=utc_now()
        )
    answer = {
        "account": taken.account_number,
        "lines": taken.lines,
        "new": taken.new,
        "matched": taken.matched,
        "named": taken.named,
    }
    print_answer(answer, as_json=as_json)


@finance_commands.command("import-trades")
@file_argument
@click.option("--uscc", help="The merchant's credit code: needed with its first bill.")
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day for which FILE says that there is no bill.",
)
@json_option
@with_appcontext
def import_trades_command(
    file: Path, *, uscc: str | None, day: datetime | None, as_json: bool
) -> None:
    """Take in FILE, a WeChat trade bill; twice brings nothing new."""
    with told_refusals(), transaction() as session:
        taken = import_trade_bill(
            session,
            content=file.read_bytes(),
            name=file.name,
            uscc=uscc,
            bill_on=day.date() if day else None,
            staff_id=None,
            now=utc_now(),
        )
    answer = {
        "number": taken.number,
        "trades": taken.trades,
        "new": taken.new,
        "matched": taken.matched,
        "named": taken.named,
    }
    print_answer(answer, as_json=as_json)


@finance_commands.command("close")
@click.argument("period")
@click.option("--check", is_flag=True, help="Print the residuals only; nothing is closed.")
@click.option("--maker", metavar="USERNAME", help="Who of finance asks for the month to close.")
@click.option("--approver", metavar="USERNAME", help="Who else closes it.")
@json_option
@with_appcontext
def close_command(
    period: str, *, check: bool, maker: str | None, approver: str | None, as_json: bool
) -> None:
    """Print the residuals of PERIOD, a month such as 2026-11, and close it for two people."""
    if check == bool(maker and approver):
        raise click.UsageError("Give --check, or --maker and --approver.")
    starts_on, ends_on = month_bounds(period)
    if check:
        with told_refusals(), transaction() as session:
            found = residuals(session, starts_on=starts_on, ends_on=ends_on).as_dict()
            month = find_month(session, month=period)
            is_closed = month is not None and month.is_closed
    else:
        with told_refusals(), transaction() as session:
            now = utc_now()
            asking = _officer(session, maker, Role.FINANCE_MAKER)
            closing = _officer(session, approver, Role.FINANCE_APPROVER)
            ask_to_close(session, actor=asking, month=period, now=now)
            found = close_period(session, actor=closing, month=period, now=now).residuals
            is_closed = True
    print_answer({"residuals": found, "closed": is_closed}, as_json=as_json)


def _officer(session: Session, username: str | None, role: Role) -> Actor:
    """Return the account that acts. Raises BadParameter if it may not."""
    account = account_by_username(session, username=username or "")
    if account is None or account.state is not AccountState.ACTIVE:
        raise click.BadParameter(f"No account is called {username!r}.")
    if role not in roles_of(session, account_id=account.id):
        raise click.BadParameter(f"{username!r} does not hold the role {role.value}.")
    return Actor(ActorKind.STAFF, id=account.id, name=account.display_name)


def month_bounds(period: str) -> tuple[date, date]:
    """Return [first day, first day of the next month). Raises BadParameter in words."""
    if not _MONTH.fullmatch(period):
        raise click.BadParameter("PERIOD is a month such as 2026-11.")
    first = date.fromisoformat(f"{period}-01")
    if first.month == _DECEMBER:
        return first, date(first.year + 1, 1, 1)
    return first, date(first.year, first.month + 1, 1)
