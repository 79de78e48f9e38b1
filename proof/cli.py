"""`flask audit …`: log, export, verify."""

import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from flask.cli import with_appcontext

from audit.services import approve_signing_key, propose_signing_key
from kernel.actors import Role
from kernel.cli import json_option, print_answer, told_refusals
from kernel.clock import utc_now
from kernel.db import transaction
from proof.certificate import verify_files
from proof.jobs import log_new_records, look_at_all
from proof.models import RecordKind
from proof.queries import faults, find_leaf, log_size, proof_of
from proof.services import EXPORT_ROWS, begin_export, export_stretch, start_over
from proof.verifier import verify_export
from staff.queries import actor_of

_folder = click.Path(file_okay=False, path_type=Path)
_saved = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("audit")
def audit_commands() -> None:
    """Prove that nothing was changed: the log of what was captured, decided, issued and paid."""


@audit_commands.command("log")
@json_option
@with_appcontext
def log_command(*, as_json: bool) -> None:
    """Log every record that has no leaf yet, and sign the log, without waiting for the worker."""
    logged = log_new_records(now=utc_now(), all_of_them=True)
    with transaction() as session:
        size = log_size(session)
    print_answer({"logged": logged, "records": size}, as_json=as_json)


@audit_commands.command("check")
@json_option
@with_appcontext
def check_command(*, as_json: bool) -> None:
    """Compare every record with what was logged of it; exit 1 if one was changed or is gone."""
    with transaction() as session:
        start_over(session)
    look_at_all()
    with transaction() as session:
        size, wrong = log_size(session), faults(session)
    named = [f"{leaf.kind} {leaf.record_key}: {fault.fault}" for fault, leaf in wrong]
    print_answer({"records": size, "faults": named}, as_json=as_json)
    if named:
        sys.exit(1)


@audit_commands.command("export")
@click.argument("folder", type=_folder)
@json_option
@with_appcontext
def export_command(folder: Path, *, as_json: bool) -> None:
    """Write the whole log, up to its newest checkpoint, to FOLDER, which must be new or empty."""
    with told_refusals(), transaction() as session:
        size = begin_export(session, folder=folder)
    starts = range(0, size, EXPORT_ROWS)
    # A stretch each, so that a long export holds no transaction open.
    with click.progressbar(starts, label="Records", file=sys.stderr) as stretches:
        for start in stretches:
            with transaction() as session:
                end = min(start + EXPORT_ROWS, size)
                export_stretch(session, folder=folder, start=start, end=end)
    print_answer({"records": size, "folder": str(folder)}, as_json=as_json)


@audit_commands.command("prove")
@click.argument("kind", type=click.Choice([kind.value for kind in RecordKind]))
@click.argument("key")
@with_appcontext
def prove_command(kind: str, key: str) -> None:
    """Print the proof that one record is in the log, as JSON: for `verifier.py --proof`."""
    with told_refusals(), transaction() as session:
        proof = proof_of(session, find_leaf(session, kind=RecordKind(kind), key=_plain(key)))
    click.echo(json.dumps(proof, ensure_ascii=False, default=str))


def _plain(key: str) -> str:
    try:
        return str(UUID(key))
    except ValueError:
        return key


@audit_commands.command("verify")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", help="The thumbprint of the key that you trust.")
@json_option
def verify_command(folder: Path, *, key: str | None, as_json: bool) -> None:
    """Verify an export by itself, without a database; exit 1, with the record's name, if not."""
    _tell(verify_export(folder, trusted=key), as_json=as_json)


@audit_commands.command("rotate-key")
@click.option("--by", "username", metavar="USERNAME", required=True, help="Who does this.")
@click.option("--approve", "thumbprint", metavar="THUMBPRINT", help="The key that is approved.")
@json_option
@with_appcontext
def rotate_key_command(username: str, thumbprint: str | None, *, as_json: bool) -> None:
    """Propose a new key that signs the log, or approve the one that somebody else proposed."""
    with told_refusals(), transaction() as session:
        actor = actor_of(session, username=username)
        if actor is None or not actor.has_role([Role.ADMINISTRATOR]):
            raise click.BadParameter(f"No administrator is called {username!r}.")
        now = utc_now()
        if thumbprint is None:
            key = propose_signing_key(session, actor=actor, now=now)
        else:
            key = approve_signing_key(session, actor=actor, thumbprint=thumbprint, now=now)
        answer = {"thumbprint": key.thumbprint, "signs_from": key.signs_from}
    print_answer(answer, as_json=as_json)
    if thumbprint is None and not as_json:
        told = (
            f"Somebody else: flask audit rotate-key --by USERNAME --approve {answer['thumbprint']}"
        )
        click.echo(told)


@audit_commands.command("verify-certificate")
@click.argument("file", type=_saved)
@click.option("--before", type=_saved, help="The certificate of the month before.")
@click.option("--proof", type=_saved, help="The proof that the log has it.")
@click.option("--key", help="The thumbprint of the key that you trust.")
@json_option
def verify_certificate_command(
    file: Path, *, before: Path | None, proof: Path | None, key: str | None, as_json: bool
) -> None:
    """Verify the saved certificate of a closed month, without a database; exit 1 if it is wrong."""
    _tell(verify_files(file, before=before, proof=proof, trusted=key), as_json=as_json)


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    print_answer(found, as_json=as_json)
    if not found["ok"]:
        sys.exit(1)
