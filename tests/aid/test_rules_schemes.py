import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid.errors import SchemeFileWrong
from aid.rules import read_scheme_file
from aid.services.schemes import shipped_schemes
from kernel.money import Fen
from tests.aid.files import DATA, content, terms

A = "gd_inpt_2022.json"


@pytest.mark.parametrize("file", sorted(DATA.glob("*.json")), ids=lambda file: file.stem)
def test_the_schemes_of_the_tests_can_be_read(file):
    assert read_scheme_file(json.loads(file.read_text())).versions


def test_the_shipped_schemes_are_a_and_g():
    codes = [read_scheme_file(each).code for each in shipped_schemes()]

    assert codes == ["GD_INPT_2022", "SZ_HOSPITAL_ALLOWANCE"]


def test_a_version_says_what_it_says():
    found = terms(A)

    assert found.effective_from == date(2022, 9, 26)
    assert found.period_months == 12
    assert found.waiting_days("illness") == 30
    assert found.waiting_days("accident") == 0
    assert list(found.papers) == ["settlement_sheet", "invoice", "discharge_summary"]
    assert found.tier_for(Fen(2_999_99)).levels == ()
    assert found.tier_for(Fen(3_000_00)).levels == ("city",)
    assert found.benefit_for("war") is None


def changed(path, value):
    """Return the file of scheme A with the value at `path` replaced, or removed for None."""
    whole = content(A)
    *ways, last = path
    part = whole
    for way in ways:
        part = part[way]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return whole


VERSION = ("versions", 0)
BENEFIT = (*VERSION, "benefits", 0)


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("code",), "lower case", "code"),
        (("code",), None, "code"),
        (("versions",), [], "versions"),
        (("extra",), 1, "extra"),
        ((*VERSION, "effective_from"), "26/9/2022", "versions[0].effective_from"),
        ((*VERSION, "surprise"), 1, "versions[0].surprise"),
        ((*VERSION, "period_months"), 0, "versions[0].period_months"),
        ((*VERSION, "shares_max"), True, "versions[0].shares_max"),
        ((*VERSION, "filing"), {"days": 730, "article": "99"}, "versions[0].articles"),
        ((*VERSION, "articles", "5"), None, "versions[0].articles"),
        (
            (*VERSION, "events", 0),
            {"code": "war", "zh": "战争", "en": "War"},
            "versions[0].benefits",
        ),
        (
            (*VERSION, "papers", 1, "code"),
            "settlement_sheet",
            "versions[0].papers[1].code",
        ),
        ((*VERSION, "events", 0, "code"), "Not A Code", "versions[0].events[0].code"),
        ((*VERSION, "approval_tiers"), [], "versions[0].approval_tiers"),
        (
            (*VERSION, "approval_tiers", 1),
            {"below_fen": 100, "levels": []},
            "versions[0].approval_tiers",
        ),
        ((*BENEFIT, "unit"), "person", "versions[0].benefits[0].unit"),
        ((*BENEFIT, "base"), None, "versions[0].benefits[0].base"),
        (
            (*BENEFIT, "base", "expression"),
            "self_paid / 2",
            "versions[0].benefits[0].base.expression",
        ),
        (
            (*BENEFIT, "formula", "ratios"),
            [0.8, 0.7],
            "versions[0].benefits[0].formula.ratios",
        ),
        ((*BENEFIT, "formula", "ratios"), ["1.5"], "versions[0].benefits[0].formula.ratios"),
        ((*BENEFIT, "formula", "ratios"), [], "versions[0].benefits[0].formula.ratios"),
        (
            (*BENEFIT, "formula", "primitive"),
            "magic",
            "versions[0].benefits[0].formula.primitive",
        ),
        ((*BENEFIT, "occurrences", "max"), -1, "versions[0].benefits[0].occurrences.max"),
        (
            (*BENEFIT, "waiting", "days", "illness"),
            -1,
            "versions[0].benefits[0].waiting.days.illness",
        ),
        ((*BENEFIT, "waiting", "unknown"), 1, "versions[0].benefits[0].waiting.unknown"),
    ],
)
def test_a_fault_is_named_with_its_place(path, value, field):
    with pytest.raises(SchemeFileWrong) as refusal:
        read_scheme_file(changed(path, value))

    assert refusal.value.facts["field"] == field


def test_versions_come_in_the_order_of_their_days():
    whole = content(A)
    whole["versions"] *= 2

    with pytest.raises(SchemeFileWrong):
        read_scheme_file(whole)


def test_an_allowance_names_a_rate_for_each_event():
    whole = content("sz_hospital_allowance.json")
    del whole["versions"][0]["benefits"][0]["formula"]["rate_fen"]["cancer"]

    with pytest.raises(SchemeFileWrong):
        read_scheme_file(whole)


def test_a_deductible_counts_over_whole_claims():
    whole = content("f-zhangzhou.json")
    whole["versions"][0]["benefits"][0]["unit"] = "line"

    with pytest.raises(SchemeFileWrong):
        read_scheme_file(whole)


jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(jsons, st.sampled_from(["code", "versions", "eligibility", "name_zh"]))
def test_any_json_is_read_or_refused(value, key):
    for whole in (value, content(A) | {key: value}):
        with suppress(SchemeFileWrong):
            read_scheme_file(whole)
