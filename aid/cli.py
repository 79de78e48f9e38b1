"""`flask aid …`: load schemes, let the members of a union take part."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from aid.errors import SchemeFileWrong
from aid.services import EnrolCounts, enrol_members, load_schemes
from cards.queries import standing_members
from kernel.actors import SYSTEM
from kernel.cli import json_option, print_answer, told_refusals
from kernel.clock import SHANGHAI, utc_now
from kernel.db import transaction
from members.errors import UnionUnknown
from members.queries import union_by_code

_BATCH_MEMBERS = 200


@click.group("aid")
def aid_commands() -> None:
    """Mutual aid: its schemes and who takes part."""


@aid_commands.command("load-schemes")
@click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE…"
)
@json_option
@with_appcontext
def load_schemes_command(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Add the schemes and versions of each FILE, by default of those that come with the product.

    What is loaded already stays as it is.
    """
    with told_refusals(), transaction() as session:
        contents = [_content(file) for file in files] if files else None
        loaded = load_schemes(session, contents=contents, actor=SYSTEM, now=utc_now())
    print_answer({"schemes": loaded.schemes, "versions": loaded.versions}, as_json=as_json)


@aid_commands.command("enrol")
@click.argument("scheme")
@click.argument("union")
@click.option(
    "--from",
    "starts_on",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first Shanghai day of the cover.",
)
@json_option
@with_appcontext
def enrol_command(scheme: str, union: str, starts_on: datetime, *, as_json: bool) -> None:
    """Let every member of UNION (its code) and below take part in SCHEME (its code)."""
    day = starts_on.replace(tzinfo=SHANGHAI).date()
    counts = EnrolCounts()
    with told_refusals():
        with transaction() as session:
            found = union_by_code(session, code=union)
            if found is None:
                raise UnionUnknown
        after = None
        while True:
            with transaction() as session:
                ids = standing_members(session, path=found.path, after=after, rows=_BATCH_MEMBERS)
                counts += enrol_members(
                    session,
                    member_ids=ids,
                    scheme_code=scheme,
                    starts_on=day,
                    actor=SYSTEM,
                    now=utc_now(),
                )
            if len(ids) < _BATCH_MEMBERS:
                break
            after = ids[-1]
    print_answer(
        {
            "enrolled": counts.enrolled,
            "already": counts.already,
            "refused": [
                {"reason": reason, "members": count}
                for reason, count in sorted(Counter(counts.refused).items())
            ],
        },
        as_json=as_json,
    )


def _content(file: Path) -> object:
    try:
        content: object = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise SchemeFileWrong(field=file.name, reason="is not JSON") from None
    return content
