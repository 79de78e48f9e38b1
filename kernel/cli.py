"""What the `flask …` commands share: a file argument, JSON at the end, refusals as sentences."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from kernel.errors import Refusal

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@contextmanager
def told_refusals() -> Iterator[None]:
    """End the command with the sentence of whatever refusal the block raises."""
    try:
        yield
    except Refusal as error:
        facts = json.dumps(error.facts, ensure_ascii=False, default=str) if error.facts else ""
        raise click.ClickException(f"{error.title} {facts}".strip()) from error


def print_answer(answer: Mapping[str, object], *, as_json: bool) -> None:
    """Print an answer as one JSON object, or as lines for a person."""
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, default=str))
        return
    for name, value in answer.items():
        if isinstance(value, list):
            click.echo(f"{name}: {len(value)}")
            for each in value:
                click.echo(f"  {each}")
        else:
            click.echo(f"{name}: {value}")
