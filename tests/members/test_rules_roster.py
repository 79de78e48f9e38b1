"""The line judgement, on the real-shaped rosters and on single lines."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.persons import Education, EmploymentStatus, HardshipLevel, Sex
from kernel.sheets import COVERED, Formula, Table, read_table
from members.rules import (
    REASON_ORDER,
    REQUIRED_ROSTER_COLUMNS,
    ROSTER_COLUMNS,
    SENTENCES,
    LineRefused,
    Mode,
    RosterLine,
    normal_union_code,
    read_roster_line,
)

DATA = Path(__file__).parent.parent / "data"
EXPECTED = json.loads((DATA / "expected.json").read_text())
TODAY = date(2026, 11, 23)
GOOD = {
    "name": "张小明",
    "document_kind": "居民身份证",
    "document_number": "440399199003070022",
    "valid_until": "2035-09-22",
    "phone": "15400000001",
    "sex": "女",
    "education": "本科",
    "employment": "在岗",
    "is_migrant": "否",
    "hardship": "",
    "union_code": "SZ-LH-E015",
    "union_name": "演示企业015工会委员会",
    "joined_on": "2016-06-21",
    "remark": None,
}


def read(**changed):
    return read_roster_line(
        GOOD | changed, today=TODAY, mode=Mode.DEMO, union_codes={"SZ-LH-E015"}
    )


def table_of(name: str) -> Table:
    return read_table(
        (DATA / name).read_bytes(),
        header_synonyms=ROSTER_COLUMNS,
        required_headers=REQUIRED_ROSTER_COLUMNS,
    )


def union_codes() -> set[str]:
    unions = read_table(
        (DATA / "union-orgs.csv").read_bytes(),
        header_synonyms={"code": ("工会组织代码",)},
        required_headers=("code",),
    )
    return {normal_union_code(str(line.cells["code"])) for line in unions}


def judged(table: Table) -> Iterator[tuple[int, RosterLine | LineRefused]]:
    """Judge a file in its order, keeping in memory what the database would know."""
    codes = union_codes()
    people: set[str] = set()
    phone_owners: dict[str, str] = {}
    for line in table:
        found = read_roster_line(line.cells, today=TODAY, mode=Mode.DEMO, union_codes=codes)
        if isinstance(found, RosterLine):
            person = found.document.identity
            if person in people:
                found = LineRefused("duplicate_person", "duplicate_person")
            elif phone_owners.get(found.phone, person) != person:
                found = LineRefused("phone_taken", "phone_taken")
            else:
                people.add(person)
                phone_owners[found.phone] = person
        yield line.number, found


@pytest.mark.parametrize("name", ["roster.xlsx", "roster-gbk.csv"])
def test_a_roster_answers_exactly_what_is_expected(name):
    answers = list(judged(table_of(name)))

    refused = [
        {"line": number, "reason": found.reason}
        for number, found in answers
        if isinstance(found, LineRefused)
    ]
    assert refused == EXPECTED[name]["refused"]
    assert len(answers) == EXPECTED[name]["lines"]
    assert len(answers) - len(refused) == EXPECTED[name]["accepted"]
