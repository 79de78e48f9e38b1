"""`flask staff …`: open the first accounts, and repair what administrators cannot."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from kernel.actors import SYSTEM, Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from staff.errors import AccountNotFound, GrantNotFound
from staff.models import StaffAccount
from staff.queries import account_by_username, grants_of
from staff.rules import plain_username
from staff.services import (
    NewCredentials,
    create_account,
    disable_account,
    grant_role,
    reset_credentials,
    revoke_grant,
)

_ROLE = click.Choice([role.value for role in Role])


@click.group("staff")
def staff_commands() -> None:
    """Accounts of people who work at the desk."""


@staff_commands.command("add")
@click.argument("username")
@click.option("--name", "display_name", required=True, help="What colleagues see.")
@click.option("--union", "union_code", required=True, help="Code of the union they work for.")
@click.option("--temporary", is_flag=True, help="Both credentials must be replaced first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_appcontext
def add(
    username: str, display_name: str, union_code: str, *, temporary: bool, as_json: bool
) -> None:
    """Open an account; print its password and second-factor secret, this once."""
    with _sentences(), transaction() as session:
        made = create_account(
            session,
            actor=SYSTEM,
            username=username,
            display_name=display_name,
            union_code=union_code,
            is_temporary=temporary,
            now=utc_now(),
        )
    _print_credentials(made, as_json=as_json)


@staff_commands.command("grant")
@click.argument("username")
@click.argument("role", type=_ROLE)
@click.argument("union_code")
@with_appcontext
def grant(username: str, role: str, union_code: str) -> None:
    """Let USERNAME hold ROLE for UNION_CODE and everything below it."""
    with _sentences(), transaction() as session:
        grant_role(
            session,
            actor=SYSTEM,
            account_id=_account(session, username).id,
            role=Role(role),
            union_code=union_code,
            now=utc_now(),
        )
    click.echo(f"{username} holds {role} for {union_code}.")


@staff_commands.command("revoke")
@click.argument("username")
@click.argument("role", type=_ROLE)
@click.argument("union_code")
@with_appcontext
def revoke(username: str, role: str, union_code: str) -> None:
    """Take ROLE for UNION_CODE back from USERNAME."""
    with _sentences(), transaction() as session:
        account = _account(session, username)
        held = {(g.role, g.union_code): g.id for g in grants_of(session, account_id=account.id)}
        if (Role(role), union_code) not in held:
            raise GrantNotFound
        revoke_grant(
            session,
            actor=SYSTEM,
            account_id=account.id,
            grant_id=held[Role(role), union_code],
            now=utc_now(),
        )
    click.echo(f"{username} no longer holds {role} for {union_code}.")


@staff_commands.command("disable")
@click.argument("username")
@with_appcontext
def disable(username: str) -> None:
    """Shut USERNAME out at once."""
    with _sentences(), transaction() as session:
        account = _account(session, username)
        disable_account(
            session,
            actor=SYSTEM,
            account_id=account.id,
            version=account.version,
            now=utc_now(),
        )
    click.echo(f"{username} is disabled; its sessions have ended.")


@staff_commands.command("reset")
@click.argument("username")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_appcontext
def reset(username: str, *, as_json: bool) -> None:
    """Give USERNAME a temporary password and second factor; print them, this once."""
    with _sentences(), transaction() as session:
        account = _account(session, username)
        made = reset_credentials(
            session,
            actor=SYSTEM,
            account_id=account.id,
            version=account.version,
            now=utc_now(),
        )
    _print_credentials(made, as_json=as_json)


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn a refusal into the sentence it is, without a traceback."""
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(refusal.title) from refusal


def _account(session: Session, username: str) -> StaffAccount:
    account = account_by_username(session, username=plain_username(username))
    if account is None:
        raise AccountNotFound
    return account


def _print_credentials(made: NewCredentials, *, as_json: bool) -> None:
    if as_json:
        facts = {
            "username": made.account.username,
            "password": made.password,
            "totp_secret": made.totp_secret,
        }
        click.echo(json.dumps(facts))
        return
    click.echo(f"Username:      {made.account.username}")
    click.echo(f"Password:      {made.password}")
    click.echo(f"Second factor: {made.totp_secret}")
    click.echo("They are shown this once. Hand them over in person.")
