"""`flask members …`: import the unions and the roster, ask how many there are."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from kernel.cli import file_argument, json_option, print_answer, told_refusals
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.persons import Mode
from kernel.sheets import read_table
from members.queries import root_paths
from members.services import (
    REQUIRED_UNION_COLUMNS,
    UNION_COLUMNS,
    Effect,
    FileMemory,
    Outcome,
    apply_batch,
    batches,
    import_unions,
    judge_lines,
    known_unions,
    lines_of,
)


@click.group("members")
def members_commands() -> None:
    """The real-name register and its unions."""


@members_commands.command("import-unions")
@file_argument
@json_option
@with_appcontext
def import_unions_command(file: Path, *, as_json: bool) -> None:
    """Add and change unions from FILE (CSV or XLSX), parents before children."""
    with told_refusals(), transaction() as session:
        table = read_table(
            file.read_bytes(),
            header_synonyms=UNION_COLUMNS,
            required_headers=REQUIRED_UNION_COLUMNS,
        )
        report = import_unions(session, lines=table)
    answer = {
        "accepted": report.accepted,
        "unchanged": report.unchanged,
        "refused": report.refused,
    }
    print_answer(answer, as_json=as_json)


@members_commands.command("import")
@file_argument
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
@json_option
@with_appcontext
def import_roster_command(file: Path, *, dry_run: bool, as_json: bool) -> None:
    """Add and change members from FILE, a roster in CSV or XLSX."""
    with told_refusals():
        outcomes = _import(file.read_bytes(), write=not dry_run)
    counts = {effect: sum(each.effect is effect for each in outcomes) for effect in Effect}
    answer = {
        "accepted": counts[Effect.ADDED] + counts[Effect.CHANGED],
        "added": counts[Effect.ADDED],
        "changed": counts[Effect.CHANGED],
        "unchanged": counts[Effect.UNCHANGED],
        "lines": len(outcomes),
        "refused": [
            {"line": each.line, "reason": each.reason, "detail": each.detail}
            for each in outcomes
            if each.effect is Effect.REFUSED
        ],
    }
    print_answer(answer, as_json=as_json)


def _import(content: bytes, *, write: bool) -> list[Outcome]:
    """Work through a roster with the reach of the whole city; each batch is a transaction."""
    with transaction() as session:
        unions = known_unions(session)
        paths = root_paths(session)
    memory = FileMemory()
    judged = judge_lines(
        lines_of(content),
        memory=memory,
        today=shanghai_date(utc_now()),
        mode=Mode(current_app.config["SETTINGS"].mode),
        union_codes=unions,
    )
    outcomes: list[Outcome] = []
    for batch in batches(judged):
        with transaction() as session:
            outcomes += apply_batch(
                session,
                batch=batch,
                memory=memory,
                unions=unions,
                paths=paths,
                write=write,
                now=utc_now(),
            )
    return outcomes
