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
    return read_roster_line(GOOD | changed, today=TODAY, mode=Mode.DEMO, union_codes={"SZ-LH-E015"})


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


def test_a_good_line_says_everything_the_register_keeps():
    found = read()

    assert isinstance(found, RosterLine)
    assert found.name == "张小明"
    assert found.document.identity == "CN_RIC:440399199003070022"
    assert found.phone == "+8615400000001"
    assert found.union_code == "SZ-LH-E015"
    assert found.joined_on == date(2016, 6, 21)
    assert found.sex is Sex.FEMALE
    assert found.education is Education.BACHELOR
    assert found.employment is EmploymentStatus.EMPLOYED
    assert found.is_migrant is False
    assert found.hardship is HardshipLevel.NONE
    assert found.document_valid_until == date(2035, 9, 22)
    assert found.union_name == "演示企业015工会委员会"
    assert found.remark == ""
    assert found.warnings == ("county_unknown",)


@pytest.mark.parametrize(
    ("changed", "reason", "detail"),
    [
        ({"name": " \u3000"}, "name_missing", "name_missing"),
        ({"name": None}, "name_missing", "name_missing"),
        ({"name": "张三2"}, "name_invalid", "name_character"),
        ({"document_number": None}, "id_missing", "id_missing"),
        ({"document_number": 4.40399199003070e17}, "id_format", "id_rounded"),
        ({"document_kind": "驾驶证"}, "id_type_unknown", "id_type_unknown"),
        (
            {"document_kind": "", "document_number": "00000000"},
            "id_type_missing",
            "id_type_missing",
        ),
        ({"document_number": "440399900307002"}, "id_format", "id_fifteen_digits"),
        ({"phone": None}, "phone_invalid", "phone_missing"),
        ({"phone": "0755-8888"}, "phone_invalid", "phone_invalid"),
        ({"union_code": ""}, "union_unknown", "union_missing"),
        ({"union_code": "SZ-XX-E999"}, "union_unknown", "union_unknown"),
        ({"joined_on": ""}, "join_date_invalid", "join_date_missing"),
        ({"joined_on": "昨天"}, "join_date_invalid", "join_date_unreadable"),
        ({"joined_on": "2020-13-01"}, "join_date_invalid", "join_date_unreadable"),
        ({"joined_on": "2026-11-24"}, "join_date_invalid", "join_date_future"),
        ({"joined_on": "1990-03-06"}, "join_date_invalid", "join_date_before_birth"),
        ({"document_number": "440399201101010015"}, "under_age", "under_age"),
        ({"phone": COVERED}, "merged_cells", "merged_cells"),
        ({"education": COVERED}, "merged_cells", "merged_cells"),
        ({"document_number": Formula("=A1")}, "formula", "formula"),
    ],
)
def test_a_bad_line_gets_its_reason_and_a_sentence(changed, reason, detail):
    assert read(**changed) == LineRefused(reason, detail)
    assert reason in REASON_ORDER
    assert detail in SENTENCES


BAD = [
    ({"name": ""}, "name_missing"),
    ({"document_number": "440399199002290015"}, "id_date"),
    ({"phone": "12345"}, "phone_invalid"),
    ({"union_code": "SZ-XX-E999"}, "union_unknown"),
    ({"joined_on": "昨天"}, "join_date_invalid"),
]


@pytest.mark.parametrize("first", range(len(BAD)))
def test_of_several_reasons_the_first_in_order_is_given(first):
    changed = {}
    for fault, _ in BAD[first:]:
        changed |= fault

    found = read(**changed)

    assert isinstance(found, LineRefused)
    assert found.reason == BAD[first][1]
    reasons = [reason for _, reason in BAD]
    assert reasons == [reason for reason in REASON_ORDER if reason in reasons]


@pytest.mark.parametrize(
    ("changed", "warning"),
    [
        ({"valid_until": "2026-11-22"}, "document_expired"),
        ({"valid_until": "明年"}, "valid_until_unreadable"),
        ({"sex": "男"}, "sex_differs"),
        ({"sex": "不详"}, "sex_unreadable"),
        ({"education": "秀才"}, "education_unreadable"),
        ({"employment": "忙"}, "employment_unreadable"),
        ({"is_migrant": "也许"}, "migrant_unreadable"),
        ({"hardship": "一般"}, "hardship_unreadable"),
        ({"joined_on": "2006-03-06"}, "joined_before_16"),
        ({"document_number": "440399200910010096"}, "minor"),
        ({"phone": "+852 5123 4567"}, "phone_outside_mainland"),
        ({"document_kind": "港澳居民居住证"}, "document_kind_differs"),
        ({"document_kind": "护照", "document_number": "E00000000"}, "nationality_missing"),
    ],
)
def test_what_is_doubtful_but_not_wrong_is_a_warning(changed, warning):
    found = read(**changed)

    assert isinstance(found, RosterLine)
    assert warning in found.warnings
    assert set(found.warnings) <= SENTENCES.keys()


@pytest.mark.parametrize("age_day", [date(2026, 11, 22), TODAY])
def test_sixteen_is_reached_on_the_birthday(age_day):
    found = read_roster_line(
        GOOD | {"document_number": "440399201011230014", "joined_on": "2026-11-22"},
        today=age_day,
        mode=Mode.DEMO,
        union_codes={"SZ-LH-E015"},
    )

    assert isinstance(found, RosterLine) is (age_day == TODAY)


@pytest.mark.parametrize(
    ("cell", "until", "is_long_term"),
    [
        ("2035-09-22", date(2035, 9, 22), False),
        (datetime(2035, 9, 22), date(2035, 9, 22), False),
        ("2015.06.21-2035.06.21", date(2035, 6, 21), False),
        ("20150621-20350621", date(2035, 6, 21), False),
        ("2015年6月21日至2035年6月21日", date(2035, 6, 21), False),
        ("2015-06-21 至 长期", None, True),
        ("长期", None, True),
        ("", None, False),
        (None, None, False),
    ],
)
def test_the_end_of_validity_is_read_in_every_spelling(cell, until, is_long_term):
    found = read(valid_until=cell)

    assert isinstance(found, RosterLine)
    assert (found.document_valid_until, found.document_is_long_term) == (until, is_long_term)
    assert found.warnings == ("county_unknown",)


def test_what_a_line_leaves_out_is_unknown_and_not_none():
    needed = {name: GOOD[name] for name in REQUIRED_ROSTER_COLUMNS}

    found = read_roster_line(needed, today=TODAY, mode=Mode.DEMO, union_codes={"SZ-LH-E015"})

    assert isinstance(found, RosterLine)
    assert (found.education, found.employment, found.is_migrant, found.hardship) == (None,) * 4
    assert found.sex is Sex.FEMALE


def test_numbers_and_dates_of_a_workbook_are_read_like_their_text():
    as_numbers = read(phone=15400000001, joined_on=42542, union_code=" sz－lh－e015 ")

    assert as_numbers == read()


def test_a_formula_in_a_column_that_decides_nothing_does_no_harm():
    assert isinstance(read(remark=Formula("=A1"), union_name=COVERED), RosterLine)


def test_a_pass_takes_its_sex_from_the_line():
    found = read(document_kind="台胞证", document_number="00000000", sex="男")

    assert isinstance(found, RosterLine)
    assert found.sex is Sex.MALE
    assert found.warnings == ()


CELLS = (
    st.none()
    | st.text(max_size=30)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.datetimes()
    | st.sampled_from([COVERED, Formula("=1")])
)


@given(st.dictionaries(st.sampled_from(sorted(ROSTER_COLUMNS)), CELLS), st.booleans())
def test_any_cells_are_answered(cells, with_good_ones):
    line = GOOD | cells if with_good_ones else cells

    found = read_roster_line(line, today=TODAY, mode=Mode.DEMO, union_codes={"SZ-LH-E015"})

    assert isinstance(found, RosterLine | LineRefused)
