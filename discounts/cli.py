"""`flask discounts …`: what a deployment decides for its tills."""

from typing import Any

import click
from flask.cli import with_appcontext

from discounts.queries import offline_policy
from discounts.services import change_offline_policy
from kernel.actors import SYSTEM
from kernel.cli import json_option, print_answer
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.money import BILL_FEN_MAX

_FEN = click.IntRange(0, BILL_FEN_MAX)


@click.group("discounts")
def discounts_commands() -> None:
    """Sales at tills."""


@discounts_commands.command("offline-policy")
@click.option("--per-sale-fen", type=_FEN, help="Union's part of one sale without a network.")
@click.option("--per-day-fen", type=_FEN, help="Union's part of a till's day without a network.")
@click.option("--per-day-sales", type=click.IntRange(0, 10_000), help="Sales of such a day.")
@click.option("--lease-hours", type=click.IntRange(1, 72), help="Life of a till's permission.")
@click.option("--late-hours", type=click.IntRange(1, 72), help="How late a sale may come.")
@click.option("--card-risk-fen", type=_FEN, help="What is borne of one card in a month.")
@json_option
@with_appcontext
def offline_policy_command(*, as_json: bool, **wanted: Any) -> None:  # what click has checked
    """Show what tills may grant without a network, or change it."""
    with transaction() as session:
        if all(value is None for value in wanted.values()):
            policy = offline_policy(session)
        else:
            policy = change_offline_policy(session, actor=SYSTEM, now=utc_now(), **wanted)
    print_answer({name: getattr(policy, name) for name in wanted}, as_json=as_json)
