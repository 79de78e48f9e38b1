"""House rules a linter cannot state. Each failure message says what to do instead."""

import ast
import importlib
import re
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from sqlalchemy import Enum, text

import app.tables
from app.access import ACCESS
from kernel.db import Base
from kernel.errors import all_refusals

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(
    path.parent.name
    for path in ROOT.glob("*/__init__.py")
    if path.parent.name not in {"tests", "bench", "tools"}
)
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
names = lambda path: str(path.relative_to(ROOT))  # noqa: E731


def calls(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node


@pytest.mark.parametrize("path", SOURCES, ids=names)
def test_only_transaction_commits(path):
    ends = [
        node.lineno
        for name, node in calls(path)
        if name in {"commit", "rollback"} and not ast.unparse(node.func).startswith("savepoint.")
    ]
    assert not ends, f"line {ends}: services flush; kernel.db.transaction() commits"


SERVICES = [path for path in SOURCES if "services" in path.parts or path.name == "services.py"]


@pytest.mark.parametrize("path", SERVICES, ids=names)
def test_services_do_not_read_the_clock(path):
    read = re.findall(r"\b(utc_now|datetime\.now|date\.today|time\.time)\(", path.read_text())
    assert not read, "take `now` as an argument: only views and jobs read the clock"


@pytest.mark.parametrize("path", SOURCES, ids=names)
def test_no_unfinished_business(path):
    found = re.findall(r"\b(TODO|FIXME|XXX|HACK)\b", path.read_text())
    assert not found, "finish it, or write an issue"


def test_refusal_codes_are_unique_and_said_in_words():
    refusals = list(all_refusals())
    codes = [refusal.code for refusal in refusals]
    assert sorted(codes) == sorted(set(codes))
    assert all(refusal.title.endswith((".", "?", "!")) for refusal in refusals)


def test_every_endpoint_is_in_the_access_table_and_nothing_else(app):
    served = {
        f"{method} {rule.endpoint}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served - set(ACCESS) == set(), "say in app/access.py who may call it"
    assert set(ACCESS) - served == set(), "these endpoints are gone: remove their lines"


def test_no_view_answers_two_methods(app):
    many = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if len(rule.methods - {"HEAD", "OPTIONS"}) > 1
    ]
    assert many == []


ENUM_COLUMNS = [
    (table.name, column.type)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, Enum)
]


@pytest.mark.parametrize(("table", "kind"), ENUM_COLUMNS, ids=lambda part: str(part)[:30])
def test_database_allows_exactly_the_enum_values(session, table, kind):
    """Alembic compares CHECK constraints by name only, so a forgotten value would go unseen."""
    rule = session.scalar(
        text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = :name AND conrelid = CAST(:table AS regclass)"
        ),
        {"name": f"ck_{table}_{kind.name}", "table": table},
    )
    assert issubclass(kind.enum_class, StrEnum)
    assert rule is not None, f"ck_{table}_{kind.name} is missing"
    assert set(rule.split("'")[1::2]) == {member.value for member in kind.enum_class}


def test_every_state_has_its_moves():
    tables = {}
    for path in SOURCES:
        if path.name != "models.py" and "models" not in path.parts:
            continue
        module = importlib.import_module(
            ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        )
        tables |= {name: table for name, table in vars(module).items() if name.endswith("_MOVES")}
    assert tables
    for name, table in tables.items():
        kind = type(next(iter(table)))
        assert set(table) == set(kind), f"{name} forgets a state"
        assert set().union(*table.values()) <= set(kind)


def test_no_sentence_holds_a_bare_percent_sign():
    """A template fills every sentence's places in, so a bare sign makes the page fail."""
    catalogue = ROOT / "app/translations/zh_Hans_CN/LC_MESSAGES/messages.po"
    with catalogue.open("rb") as file:
        said = [part for message in read_po(file) for part in (message.id, message.string)]
    # Of a plural, both are tuples of their forms.
    sentences = [text for part in said for text in ([part] if isinstance(part, str) else part)]

    assert [text for text in sentences if re.search(r"%(?![(%])", text.replace("%%", ""))] == []
