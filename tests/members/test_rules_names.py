"""Names: domain.md 3.8."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from members.rules import SENTENCES, Refused, match_name, normal_name, read_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("张小明", "张小明"),
        (" 张红\u3000", "张红"),
        ("张\u3000明", "张明"),
        ("阿不都·买买提", "阿不都·买买提"),
        ("扎西•顿珠", "扎西·顿珠"),
        ("迪丽热巴．阿布都", "迪丽热巴·阿布都"),
        ("阿不都.买买提", "阿不都·买买提"),
        ("阿不都‧买买提", "阿不都·买买提"),
        ("阿不都 · 买买提", "阿不都·买买提"),
        ("郑𬭎", "郑𬭎"),
        ("武〇", "武〇"),
        ("㛃䶮", "㛃䶮"),
        ("john  smith", "JOHN SMITH"),
        ("ＪＯＨＮ　Ｓｍｉｔｈ", "JOHN SMITH"),
        ("J. R. O’Neil-Smith", "J. R. O'NEIL-SMITH"),
        ("Jose\u0301", "JOSÉ"),
        ("Weiß", "WEIß"),
        ("张\u200b明", "张明"),
        ("一" * 50, "一" * 50),
    ],
)
def test_a_name_is_brought_into_one_form(text, name):
    assert read_name(text) == name


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("", "name_missing", "name_missing"),
        ("  ", "name_missing", "name_missing"),
        ("\u3000\xa0\u200b", "name_missing", "name_missing"),
        ("明", "name_invalid", "name_too_short"),
        ("一" * 51, "name_invalid", "name_too_long"),
        ("一" * 100_000, "name_invalid", "name_too_long"),
        ("张三2", "name_invalid", "name_character"),
        ("张三(女)", "name_invalid", "name_character"),
        ("张\ufffd明", "name_invalid", "name_character"),
        ("张\x00明", "name_invalid", "name_character"),
        ("<b>张明", "name_invalid", "name_character"),
        ("·买买提", "name_invalid", "name_dot"),
        ("买买提·", "name_invalid", "name_dot"),
        ("··", "name_invalid", "name_dot"),
    ],
)
def test_what_is_no_name_is_refused_in_words(text, reason, detail):
    assert read_name(text) == Refused(reason, detail)
    assert detail in SENTENCES


@pytest.mark.parametrize(
    ("registered", "given", "same"),
    [
        ("阿不都·买买提", " 阿不都•买买提 ", True),
        ("JOHN SMITH", "John  Smith", True),
        ("阿不都·买买提", "阿不都买买提", False),
        ("阿不都·买买提", "阿不都", False),
        ("张小明", "张明", False),
        ("张小明", "张小明" * 1_000, False),
    ],
)
def test_only_the_spelling_of_a_name_is_forgiven(registered, given, same):
    assert match_name(registered, given) is same


@given(st.text(max_size=60))
@example("ŉ a")
@example("ǰ")
@example("Ａ\u0301")
def test_any_text_is_answered_and_normalising_twice_changes_nothing(text):
    once = normal_name(text)

    assert normal_name(once) == once
    assert isinstance(read_name(text), str | Refused)
