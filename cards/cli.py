"""`flask cards …`: keys, issuing, the rules of a deployment, the format's test vectors."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from cards.jobs import end_credentials
from cards.models import IssuerKey
from cards.queries import all_issuer_keys, card_policy, union_within
from cards.services import (
    OVERLAP,
    change_policy,
    ensure_issuer_keys,
    issue_next,
    publish_trust_list,
    retire_compromised_key,
    rotate_key,
    rotation_due,
)
from cards.uc1.terms import KeyUse
from cards.uc1.vectors import VectorsUnusable, check_vectors
from kernel.actors import SYSTEM
from kernel.cli import file_argument, json_option, print_answer, told_refusals
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import defer
from members.queries import root_paths

_CONFIRM_DAYS = range(60, 3661)
_POLICY_COLUMNS = {
    "devices": "devices_max",
    "credential_days": "credential_days",
    "cooldown_hours": "phone_cooldown_hours",
    "confirm_days": "confirm_every_days",
    "paper_days": "paper_days",
    "paper_hint": "paper_has_hint",
    "paper_kept_days": "paper_kept_days",
    "static_daily_fen": "static_daily_fen",
}


def _days_or_never(_: click.Context, __: click.Parameter, typed: str | None) -> int | None:
    """Read how often a membership is confirmed. Raises click.BadParameter."""
    if typed is None:
        return None
    if typed != "0" and not (typed.isdecimal() and int(typed) in _CONFIRM_DAYS):
        raise click.BadParameter(f"0, or from {_CONFIRM_DAYS[0]} to {_CONFIRM_DAYS[-1]} days.")
    return int(typed)


@click.group("cards")
def cards_commands() -> None:
    """Cards, their issuer's keys, and the card format."""


@cards_commands.group("keys")
def cards_keys_commands() -> None:
    """The keys with which cards and lists are signed."""


@cards_keys_commands.command("init")
@json_option
@with_appcontext
def keys_init(*, as_json: bool) -> None:
    """Make the keys that are missing and publish them. Safe to repeat."""
    with told_refusals(), transaction() as session:
        created = ensure_issuer_keys(session, base_url=_base_url(), actor=SYSTEM, now=utc_now())
    print_answer({"created": created}, as_json=as_json)


@cards_keys_commands.command("list")
@json_option
@with_appcontext
def keys_list(*, as_json: bool) -> None:
    """Show every key: what it signs (0: trust lists), its name, its state, from when and until.

    Where `rotation_due` is true, it is time for flask cards keys rotate.
    """
    now = utc_now()
    with transaction() as session:
        keys = [_key_line(key, now=now) for key in all_issuer_keys(session)]
    print_answer({"keys": keys}, as_json=as_json)


@cards_keys_commands.command("publish")
@json_option
@with_appcontext
def keys_publish(*, as_json: bool) -> None:
    """Sign a new trust list of the keys that are trusted now."""
    with told_refusals(), transaction() as session:
        row = publish_trust_list(session, base_url=_base_url(), actor=SYSTEM, now=utc_now())
    print_answer({"seq": row.seq, "bytes": len(row.token)}, as_json=as_json)


@cards_keys_commands.command("rotate")
@click.option(
    "--use",
    required=True,
    type=click.Choice([use.name.lower() for use in KeyUse]),
    help="What the key signs.",
)
@click.option(
    "--after",
    "days",
    type=click.IntRange(0, 90),
    default=OVERLAP.days,
    show_default=True,
    help="Days until it signs.",
)
@json_option
@with_appcontext
def keys_rotate(*, use: str, days: int, as_json: bool) -> None:
    """Publish the next key; the worker lets it sign when its day has come."""
    with told_refusals(), transaction() as session:
        key = rotate_key(
            session,
            use=KeyUse[use.upper()],
            after=timedelta(days=days),
            base_url=_base_url(),
            actor=SYSTEM,
            now=utc_now(),
        )
        answer = _key_line(key, now=utc_now())
    print_answer(answer, as_json=as_json)


@cards_keys_commands.command("retire")
@click.argument("kid")
@click.option(
    "--compromised",
    is_flag=True,
    help="Others may hold it. A key that is merely old is retired by its rotation.",
)
@json_option
@with_appcontext
def keys_retire(*, kid: str, compromised: bool, as_json: bool) -> None:
    """Let nobody accept the key KID any more; a fresh one signs in its place at once."""
    if not compromised:
        raise click.UsageError(
            "Say --compromised. A key that is merely old is retired by flask cards keys rotate."
        )
    try:
        name = bytes.fromhex(kid)
    except ValueError:
        raise click.UsageError("A key's name is 8 hexadecimal digits, as in the list.") from None
    with told_refusals(), transaction() as session:
        done = retire_compromised_key(
            session, kid=name, base_url=_base_url(), actor=SYSTEM, now=utc_now()
        )
        defer(session, end_credentials, kid=name.hex())
        answer = {
            "kid": done.key.kid.hex(),
            "use": done.key.key_use,
            "state": done.key.state.value,
            "successor": done.successor.kid.hex() if done.successor else None,
        }
    print_answer(answer, as_json=as_json)


@cards_commands.command("issue")
@click.option("--all", "everybody", is_flag=True, help="Everybody in the register.")
@click.option("--union", "union_code", help="Only this union and all below it.")
@json_option
@with_appcontext
def issue_command(*, everybody: bool, union_code: str | None, as_json: bool) -> None:
    """Issue a card to every member who has standing and none yet."""
    if everybody == (union_code is not None):
        raise click.UsageError("Say either --all or --union CODE.")
    started = time.perf_counter()
    path = None if union_code is None else _path_of(union_code)
    issued = already = 0
    after = None
    while True:
        with told_refusals(), transaction() as session:
            step = issue_next(session, path=path, after=after, actor=SYSTEM, now=utc_now())
        after = step.last_member_id
        if after is None:
            break
        issued += step.issued
        already += step.already
    seconds = round(time.perf_counter() - started, 2)
    print_answer({"issued": issued, "already": already, "seconds": seconds}, as_json=as_json)


@cards_commands.command("policy")
@click.option("--devices", type=click.IntRange(1, 20), help="Live phones a card.")
@click.option("--credential-days", type=click.IntRange(1, 35), help="Life of a credential.")
@click.option("--cooldown-hours", type=click.IntRange(0, 720), help="After a new phone number.")
@click.option("--confirm-days", callback=_days_or_never, help="Confirm every so many; 0: never.")
@click.option("--paper-days", type=click.IntRange(1, 800), help="Life of a paper card.")
@click.option("--paper-hint/--no-paper-hint", default=None, help="Surname and star in its code.")
@click.option("--paper-kept-days", type=click.IntRange(1, 90), help="Life of the printed files.")
@click.option("--static-daily-fen", type=click.IntRange(0), help="Union's part a day, on paper.")
@json_option
@with_appcontext
def policy_command(*, as_json: bool, **chosen: Any) -> None:  # what click has checked
    """Show the numbers that this deployment has decided for its cards, or change them."""
    wanted = {column: chosen[option] for option, column in _POLICY_COLUMNS.items()}
    with transaction() as session:
        if all(value is None for value in wanted.values()):
            policy = card_policy(session)
        else:
            policy = change_policy(session, **wanted, actor=SYSTEM, now=utc_now())
    print_answer({name: getattr(policy, name) for name in wanted}, as_json=as_json)


@cards_commands.command("check-vectors")
@file_argument
@json_option
@click.pass_context
def check_vectors_command(context: click.Context, file: Path, *, as_json: bool) -> None:
    """Run the shared test vectors of the card format in FILE against this program."""
    try:
        checked = check_vectors(file)
    except VectorsUnusable as error:
        raise click.ClickException(str(error)) from error
    print_answer({"passed": checked["passed"], "failed": checked["failed"]}, as_json=as_json)
    if checked["failed"]:
        context.exit(1)


def _base_url() -> str:
    base_url: str = current_app.config["SETTINGS"].base_url
    return base_url


def _path_of(union_code: str) -> str:
    with transaction() as session:
        union = union_within(session, code=union_code, paths=root_paths(session))
    if union is None:
        raise click.ClickException("There is no union with that code.")
    return union.path


def _key_line(key: IssuerKey, *, now: datetime) -> Mapping[str, object]:
    return {
        "use": key.key_use,
        "kid": key.kid.hex(),
        "state": key.state.value,
        "signs_from": key.signs_from.isoformat(),
        "expires_at": key.expires_at.isoformat(),
        "rotation_due": rotation_due(key, now=now),
    }
