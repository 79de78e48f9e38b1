"""The reference pages that the code can write itself: `--check` compares instead of writing."""

import difflib
import json
import logging
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy import Column, Table, create_mock_engine

from app.config import VARIABLES, Settings
from app.factory import create_app
from app.registry import COMMANDS
from kernel.db import Base
from kernel.errors import all_refusals
from kernel.states import mermaid
from tools.paths import ROOT

FOLDER = ROOT / "docs" / "reference"
HELP_COLUMNS = 88
POSTGRESQL = create_mock_engine("postgresql+psycopg://", lambda *_: None).dialect

Page = Callable[[Flask], str]

_KEYS: list[tuple[str, Callable[[Column[Any]], bool]]] = [
    ("PK", lambda column: column.primary_key),
    ("FK", lambda column: bool(column.foreign_keys)),
]


def problems(_app: Flask) -> str:
    """Every way the service says no."""
    rows = sorted(
        {(refusal.code, refusal.status, refusal.title) for refusal in all_refusals()},
    )
    lines = [f"| `{code}` | {status} | {title} |" for code, status, title in rows]
    return _page(
        "Problems",
        "Every refusal is an RFC 9457 problem document with `type` `/problems/<code>`.\n"
        "The title is translated for the caller; the code never changes.",
        "\n".join(["| code | status | title |", "|---|---|---|", *lines]),
    )


def states(_app: Flask) -> str:
    """Every state machine, drawn from the table that guards it."""
    drawings = [
        f"## {_title(name.removesuffix('_MOVES'))}\n\n```mermaid\n{mermaid(moves)}\n```"
        for name, moves in sorted(_move_tables().items())
    ]
    return _page("States", "Only the moves drawn here are allowed.", *drawings)


def configuration(_app: Flask) -> str:
    """Every environment variable."""
    lines = [f"| `{name}` | {what} |" for name, what in VARIABLES.items()]
    return _page(
        "Configuration",
        "The service is configured by environment variables.",
        "\n".join(["| variable | what it does |", "|---|---|", *lines]),
    )


def openapi(app: Flask) -> str:
    """The API, as the service itself describes it."""
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200, answer.text  # noqa: PLR2004
    return json.dumps(answer.get_json(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def tables(_app: Flask) -> str:
    """Every table, a drawing for each package."""
    packages: dict[str, list[Table]] = defaultdict(list)
    for mapper in Base.registry.mappers:
        if isinstance(mapper.local_table, Table):
            packages[mapper.class_.__module__.split(".")[0]].append(mapper.local_table)
    drawings = [
        f"## {package}\n\n```mermaid\n{_diagram(owned)}\n```"
        for package, owned in sorted(packages.items())
    ]
    return _page("Tables", "What is stored, package by package.", *drawings)


def commands(_app: Flask) -> str:
    """Every command, as its own `--help` says."""
    listing = subprocess.run(
        [sys.executable, ROOT / "dev"], check=True, capture_output=True, text=True
    ).stdout.strip()
    helps = [text for command in COMMANDS for text in _helps(command, f"flask {command.name}")]
    return _page(
        "Commands",
        f"```text\n{listing}\n```",
        "`./dev flask …` runs each of these on the database of `DATA_DIR`.",
        *helps,
    )


PAGES: Mapping[str, Page] = {
    "problems.md": problems,
    "states.md": states,
    "configuration.md": configuration,
    "openapi.json": openapi,
    "tables.md": tables,
    "commands.md": commands,
}


def _page(title: str, *parts: str) -> str:
    note = "<!-- Written by `./dev docs` from the code: change that instead. -->"
    return "\n\n".join([note, f"# {title}", *parts]) + "\n"


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _move_tables() -> dict[str, Mapping[StrEnum, frozenset[StrEnum]]]:
    """Return every `…_MOVES` of the models that the application has imported."""
    return {
        name: value
        for module_name, module in list(sys.modules.items())
        if "models" in module_name.split(".")
        for name, value in vars(module).items()
        if name.endswith("_MOVES")
    }


def _diagram(owned: list[Table]) -> str:
    lines = ["erDiagram"]
    for table in sorted(owned, key=lambda table: table.name):
        lines += [f"    {table.name} {{", *(_column(column) for column in table.columns), "    }"]
        # Several keys to one table are one line: the columns above tell them apart.
        for target in sorted({key.column.table.name for key in table.foreign_keys}):
            lines.append(f"    {target} ||--o{{ {table.name} : has")
    return "\n".join(lines)


def _column(column: Column[Any]) -> str:
    kind = column.type.compile(dialect=POSTGRESQL).lower()
    keys = [name for name, is_key in _KEYS if is_key(column)]
    word = re.sub(r"[^\w()\[\]-]+", "_", kind)
    return f"        {word} {column.name} {', '.join(keys)}".rstrip()


def _helps(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command, info_name=path, terminal_width=HELP_COLUMNS)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _helps(found, f"{path} {name}")
    else:
        yield f"## `{path}`\n\n```text\n{command.get_help(context)}\n```"


def main(arguments: list[str]) -> int:
    """Write the pages; with `--check` print how they differ and return 1 if any does."""
    # Nothing is asked of the database: a page says what the code says.
    nowhere = {"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1/nothing", "MODE": "demo"}
    app = create_app(Settings.from_env(nowhere))
    logging.getLogger("union_card").setLevel(logging.WARNING)
    if "--check" in arguments:
        found = differences(app, FOLDER)
        print(*found, sep="\n")
        return 1 if found else 0
    write(app, FOLDER)
    return 0


def write(app: Flask, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(app))


def differences(app: Flask, folder: Path) -> list[str]:
    """Return the lines in which the pages of `folder` are not what the code says now."""
    found: list[str] = []
    for name, page in PAGES.items():
        file = folder / name
        before = file.read_text().splitlines() if file.exists() else []
        found += difflib.unified_diff(
            before, page(app).splitlines(), name, "the code: run ./dev docs", lineterm=""
        )
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
