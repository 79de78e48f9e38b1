"""`flask risk …`: look at sales now instead of waiting for the watch."""

import click
from flask.cli import with_appcontext

from kernel.cli import json_option, print_answer
from kernel.clock import utc_now
from risk.jobs import look_at_sales


@click.group("risk")
def risk_commands() -> None:
    """What looks unusual at a till, flagged for a person."""


@risk_commands.command("watch")
@json_option
@with_appcontext
def watch_command(*, as_json: bool) -> None:
    """Look at what was sold since the last round; twice flags nothing twice."""
    print_answer({"flagged": look_at_sales(now=utc_now())}, as_json=as_json)
