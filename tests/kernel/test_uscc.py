"""Unified social credit codes against the examples of domain.md 3.3."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.text import Refused
from kernel.uscc import CATEGORIES, DEPARTMENTS, SENTENCES, Uscc, normal_uscc, read_uscc

DATA = Path(__file__).parent.parent / "data"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
UNION = "81440399MC0000100R"


@pytest.mark.parametrize(
    ("code", "department", "category"),
    [
        ("91350100M000100Y43", "工商", "企业"),
        ("91110000600037341L", "工商", "企业"),
        (UNION, "工会", "基层工会"),
        ("91440399MA0000103X", "工商", "企业"),
        ("92440399MA000020X1", "工商", "个体工商户"),
    ],
)
def test_published_and_synthetic_codes_are_taken(code, department, category):
    found = read_uscc(code)

    assert isinstance(found, Uscc)
    assert (found.code, found.department, found.category) == (code, department, category)
    assert found.warnings == ()


def test_a_code_is_taken_apart():
    assert read_uscc(UNION) == Uscc(
        code=UNION,
        kind="81",
        department="工会",
        category="基层工会",
        division_code="440399",
        organisation="MC0000100",
        warnings=(),
    )


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("", "uscc_missing", "uscc_missing"),
        (" \u3000\u200b", "uscc_missing", "uscc_missing"),
        ("440399MC0000100", "uscc_format", "uscc_length"),
        (UNION + "0", "uscc_format", "uscc_length"),
        ("81440399MC0000I00R", "uscc_format", "uscc_letter"),
        ("81440399MC0000O00R", "uscc_format", "uscc_letter"),
        ("8144039XMC0000100R", "uscc_format", "uscc_format"),
        ("81440399MC0000工00R", "uscc_format", "uscc_format"),
        ("81440399MC0000100T", "uscc_checksum", "uscc_checksum"),
        ("81440399MC0001000R", "uscc_checksum", "uscc_checksum"),
        ("8" * 10_000, "uscc_format", "uscc_length"),
    ],
)
def test_what_is_no_code_is_refused_in_words(text, reason, detail):
    assert read_uscc(text) == Refused(reason, detail)
    assert detail in SENTENCES


@pytest.mark.parametrize(
    "spelling",
    [
        "８１４４０３９９ＭＣ００００１００Ｒ",
        " 81440399 mc0000100r ",
        "81-440399-MC000010-0-R",
        "81440399MC0000100R\ufeff",
    ],
)
def test_spellings_are_forgiven(spelling):
    found = read_uscc(spelling)

    assert isinstance(found, Uscc)
    assert found.code == UNION


def with_check(body: str) -> str:
    return next(body + char for char in ALPHABET if isinstance(read_uscc(body + char), Uscc))


@pytest.mark.parametrize("kind", ["A1", "N1", "N2", "N3", "Y1"])
def test_departments_that_are_letters_are_known(kind):
    found = read_uscc(with_check(f"{kind}440399MC0000100"))

    assert isinstance(found, Uscc)
    assert found.department == DEPARTMENTS[kind[0]]
    assert found.category == CATEGORIES[kind]
    assert found.warnings == ()


def test_an_unknown_kind_and_a_failing_inner_check_are_warnings_only():
    found = read_uscc(with_check("98440399MC0000101"))

    assert isinstance(found, Uscc)
    assert found.warnings == ("uscc_category_unknown", "uscc_organisation_checksum")
    assert set(found.warnings) <= SENTENCES.keys()


def test_the_merchants_file_has_exactly_the_expected_faults():
    expected = json.loads((DATA / "expected.json").read_text())["merchants"]
    with (DATA / "merchants.csv").open(encoding="utf-8-sig", newline="") as stream:
        codes = [row["统一社会信用代码"] for row in csv.DictReader(stream)]

    refused = [
        {"line": line, "reason": found.reason}
        for line, found in enumerate(map(read_uscc, codes), start=2)
        if isinstance(found, Refused)
    ]

    assert len(codes) == expected["lines"]
    assert refused == expected["refused"]


@given(st.text(alphabet=ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.data())
def test_one_wrong_character_is_always_found(body, place, data):
    body = body[:2] + "440399" + body[8:]
    code = with_check(body)
    allowed = ALPHABET[:10] if 2 <= place < 8 else ALPHABET
    other = data.draw(st.sampled_from([char for char in allowed if char != code[place]]))

    assert read_uscc(code[:place] + other + code[place + 1 :]) == Refused(
        "uscc_checksum", "uscc_checksum"
    )


@given(st.text(max_size=80) | st.text(alphabet=ALPHABET + "ＡＯ٣x ", min_size=18, max_size=18))
def test_any_text_is_answered_and_normalising_twice_changes_nothing(text):
    assert isinstance(read_uscc(text), Uscc | Refused)
    assert normal_uscc(normal_uscc(text)) == normal_uscc(text)
