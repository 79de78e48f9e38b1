"""Commands of the books: `flask ledger`."""

import json

import click
from flask.cli import with_appcontext

from kernel.db import transaction
from ledger.services import load_defaults


@click.group("ledger")
def ledger_commands() -> None:
    """The books."""


@ledger_commands.command("load-defaults")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object last.")
@with_appcontext
def load_defaults_command(*, as_json: bool) -> None:
    """Add the shipped accounts and posting rules that are missing; edits are kept."""
    with transaction() as session:
        loaded = load_defaults(session)
    if as_json:
        click.echo(json.dumps({"accounts": loaded.accounts, "rules": loaded.rules}))
    else:
        click.echo(f"{loaded.accounts} accounts and {loaded.rules} posting rules were added.")
