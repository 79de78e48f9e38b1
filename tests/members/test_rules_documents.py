"""Document numbers: every row of domain.md 3.1 and 3.2, and any string at all."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from members.rules import (
    PUBLISHED_SAMPLES,
    SENTENCES,
    Document,
    DocumentKind,
    Mode,
    Refused,
    Sex,
    normal_document_number,
    read_document,
    read_document_kind,
)

TODAY = date(2026, 11, 23)
ANY = frozenset(DocumentKind)


def read(text, *, kinds=ANY, mode=Mode.DEMO, today=TODAY):
    return read_document(text, today=today, mode=mode, kinds=kinds)


def only(*kinds: DocumentKind) -> frozenset[DocumentKind]:
    return frozenset(kinds)


def with_check(body: str) -> str:
    return body + mod_11_2.calc_check_digit(body)


def dead(beginning: str) -> str:
    """Return a number with a real beginning that no living person can have: born in 1850."""
    return with_check(f"{beginning}18500101001")


@pytest.mark.parametrize(
    ("number", "kind", "sex", "born_on"),
    [
        ("11010519491231002X", DocumentKind.CN_RIC, Sex.FEMALE, date(1949, 12, 31)),
        ("440524188001010014", DocumentKind.CN_RIC, Sex.MALE, date(1880, 1, 1)),
        ("34052419800101001X", DocumentKind.CN_RIC, Sex.MALE, date(1980, 1, 1)),
        ("440399199003070022", DocumentKind.CN_RIC, Sex.FEMALE, date(1990, 3, 7)),
        ("440399198511110014", DocumentKind.CN_RIC, Sex.MALE, date(1985, 11, 11)),
        ("44039919880808008X", DocumentKind.CN_RIC, Sex.FEMALE, date(1988, 8, 8)),
        ("440399200002290045", DocumentKind.CN_RIC, Sex.FEMALE, date(2000, 2, 29)),
        ("440399200810010099", DocumentKind.CN_RIC, Sex.MALE, date(2008, 10, 1)),
        ("440399196012310055", DocumentKind.CN_RIC, Sex.MALE, date(1960, 12, 31)),
        ("810099199206060011", DocumentKind.HMT_RP, Sex.MALE, date(1992, 6, 6)),
        ("820099198808080025", DocumentKind.HMT_RP, Sex.FEMALE, date(1988, 8, 8)),
        ("830099199503030031", DocumentKind.HMT_RP, Sex.MALE, date(1995, 3, 3)),
        ("932682198501010017", DocumentKind.FPR_2023, Sex.MALE, date(1985, 1, 1)),
        ("911124198108030024", DocumentKind.FPR_2023, Sex.FEMALE, date(1981, 8, 3)),
        ("944999198301010052", DocumentKind.FPR_2023, Sex.MALE, date(1983, 1, 1)),
    ],
)
def test_the_family_of_eighteen_digits_is_read_and_classified(number, kind, sex, born_on):
    found = read(number)

    assert isinstance(found, Document)
    assert (found.kind, found.number, found.sex, found.born_on) == (kind, number, sex, born_on)


@pytest.mark.parametrize(
    ("number", "reason", "detail"),
    [
        ("440399190002290014", "id_date", "id_date"),
        ("440399199002290015", "id_date", "id_date"),
        ("440399199013010015", "id_date", "id_date"),
        ("44039920990101001X", "id_date", "id_date_future"),
        ("440399900307002", "id_format", "id_fifteen_digits"),
        ("440399199003070023", "id_checksum", "id_checksum"),
        ("440399199003072000", "id_checksum", "id_rounded"),
        ("4.40399199003070E+17", "id_format", "id_rounded"),
        ("44039919880808008Χ", "id_format", "id_lookalike_of_x"),
        ("44039919880808008×", "id_format", "id_lookalike_of_x"),
        ("44039919880808008*", "id_format", "id_lookalike_of_x"),
        ("44039919880808008Х", "id_format", "id_lookalike_of_x"),
        ("44039919880808008Y", "id_format", "id_format_cn_ric"),
        ("4403991988080800٨X", "id_format", "id_format_cn_ric"),
        ("", "id_missing", "id_missing"),
        (" \u3000\xa0\u200b", "id_missing", "id_missing"),
        ("4" * 65, "id_format", "id_format"),
        (with_check("00039919900307002"), "id_region", "id_region"),
        (with_check("77039919900307002"), "id_region", "id_region"),
    ],
)
def test_an_identity_card_number_is_refused_for_what_is_wrong(number, reason, detail):
    assert read(number, kinds=only(DocumentKind.CN_RIC)) == Refused(reason, detail)
    assert detail in SENTENCES


def test_a_date_is_looked_at_before_the_check_digit():
    assert read("440399199013010016") == Refused("id_date", "id_date")


def test_nobody_is_born_tomorrow():
    number = with_check("44039920261124001")

    assert read(number) == Refused("id_date", "id_date_future")
    assert isinstance(read(number, today=date(2026, 11, 24)), Document)


@pytest.mark.parametrize(
    "spelling",
    [
        " 440399 19880808008X\xa0",
        "４４０３９９１９８８０８０８００８Ｘ",
        "44039919880808008x",
        "４４０３９９１９８８０８０８００８ｘ",
        "440399\u200b1988\u200c0808008X\ufeff",
        "440399\t19880808\n008X\u3000",
    ],
)
def test_spellings_are_normalised_first(spelling):
    found = read(spelling)

    assert isinstance(found, Document)
    assert found.number == "44039919880808008X"


@pytest.mark.parametrize(
    ("kind", "text", "number", "identity"),
    [
        (DocumentKind.HM_PASS, "H00000000", "H00000000", "HM_PASS:H00000000"),
        (DocumentKind.HM_PASS, "m0000000000", "M0000000000", "HM_PASS:M00000000"),
        (DocumentKind.TW_PASS, "00000000", "00000000", "TW_PASS:00000000"),
        (DocumentKind.TW_PASS, "0000000000（B）", "0000000000B", "TW_PASS:0000000000B"),
        (DocumentKind.TW_PASS, "0000000000", "0000000000", "TW_PASS:0000000000"),
        (DocumentKind.FPR_2017, "usa440099010101", "USA440099010101", "FPR_2017:USA440099010101"),
        (DocumentKind.PASSPORT, "E00000000", "E00000000", "PASSPORT:E00000000"),
    ],
)
def test_other_documents_are_read_by_their_kind(kind, text, number, identity):
    found = read(text, kinds=only(kind))

    assert isinstance(found, Document)
    assert (found.kind, found.number, found.identity) == (kind, number, identity)
    assert (found.sex, found.born_on, found.warnings) == (None, None, ())


@pytest.mark.parametrize(
    ("kind", "text", "detail"),
    [
        (DocumentKind.HM_PASS, "H0000000", "id_format_hm_pass"),
        (DocumentKind.HM_PASS, "A00000000", "id_format_hm_pass"),
        (DocumentKind.HM_PASS, "440399199003070022", "id_format_hm_pass"),
        (DocumentKind.TW_PASS, "0000000", "id_format_tw_pass"),
        (DocumentKind.TW_PASS, "00000000(B)", "id_format_tw_pass"),
        (DocumentKind.PASSPORT, "ABCDEFGH", "id_format_passport"),
        (DocumentKind.PASSPORT, "E000", "id_format_passport"),
        (DocumentKind.PASSPORT, "E0000-0000", "id_format_passport"),
        (DocumentKind.FPR_2017, "USA44009901010", "id_format_fpr"),
        (DocumentKind.FPR_2023, "94499919830101005", "id_format_fpr"),
        (DocumentKind.HMT_RP, "81009919920606001", "id_format_hmt_rp"),
    ],
)
def test_other_documents_are_refused_by_the_form_of_their_kind(kind, text, detail):
    assert read(text, kinds=only(kind)) == Refused("id_format", detail)
    assert detail in SENTENCES


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("440399199003070022", DocumentKind.CN_RIC),
        ("H00000000", DocumentKind.HM_PASS),
        ("USA440099010101", DocumentKind.FPR_2017),
    ],
)
def test_without_a_kind_only_the_unmistakable_is_taken(text, kind):
    found = read(text)

    assert isinstance(found, Document)
    assert found.kind is kind


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("00000000", Refused("id_type_missing", "id_type_missing")),
        ("E00000000", Refused("id_type_missing", "id_type_missing")),
        ("440399900307002", Refused("id_format", "id_fifteen_digits")),
        ("44039919880808008×", Refused("id_format", "id_lookalike_of_x")),
        ("没有", Refused("id_format", "id_format")),
    ],
)
def test_without_a_kind_the_rest_is_refused(text, refused):
    assert read(text) == refused


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("居民身份证", only(DocumentKind.CN_RIC)),
        (" 居民身份证（二代） ", only(DocumentKind.CN_RIC)),
        ("港澳居民居住证", only(DocumentKind.HMT_RP)),
        ("台湾居民居住证", only(DocumentKind.HMT_RP)),
        ("港澳居民来往内地通行证", only(DocumentKind.HM_PASS)),
        ("台湾居民来往大陆通行证", only(DocumentKind.TW_PASS)),
        ("外国人永久居留身份证", only(DocumentKind.FPR_2023, DocumentKind.FPR_2017)),
        ("护照", only(DocumentKind.PASSPORT)),
        ("hm_pass", only(DocumentKind.HM_PASS)),
        ("", ANY),
        ("驾驶证", Refused("id_type_unknown", "id_type_unknown")),
    ],
)
def test_kinds_are_known_by_their_chinese_names(words, kinds):
    assert read_document_kind(words) == kinds


def test_within_the_family_the_number_decides_and_another_word_is_a_warning():
    found = read("810099199206060011", kinds=only(DocumentKind.CN_RIC))

    assert isinstance(found, Document)
    assert found.kind is DocumentKind.HMT_RP
    assert "document_kind_differs" in found.warnings


@pytest.mark.parametrize(
    ("number", "warnings"),
    [
        (dead("440303"), ()),
        (dead("440308"), ()),  # 盐田 has its code since 1997: years do not count
        (dead("710000"), ()),
        (dead("449999"), ("county_unknown",)),
        (dead("810000"), ()),
        (dead("830000"), ()),
        (dead("810001"), ("county_unknown",)),
        (dead("944682"), ()),
        (dead("999682"), ("province_unknown",)),
    ],
)
def test_an_unknown_county_is_only_a_warning(number, warnings):
    found = read(number, mode=Mode.PRODUCTION)

    assert isinstance(found, Document)
    assert found.warnings == warnings
    assert set(found.warnings) <= SENTENCES.keys()


IMPOSSIBLE = [
    "440399199003070022",
    "810099199206060011",
    "820099198808080025",
    "830099199503030031",
    "944999198301010052",
    "QZZ440099010101",
]


@pytest.mark.parametrize("number", [*IMPOSSIBLE, *sorted(PUBLISHED_SAMPLES)])
def test_a_register_refuses_what_nobody_can_have(number):
    kinds = next(
        kinds
        for kinds in (ANY, only(DocumentKind.TW_PASS), only(DocumentKind.PASSPORT))
        if isinstance(read(number, kinds=kinds), Document)
    )

    assert read(number, kinds=kinds, mode=Mode.PRODUCTION) == Refused(
        "id_not_allowed", "id_synthetic"
    )


@pytest.mark.parametrize(
    "number",
    [
        dead("440303"),
        dead("810000"),
        dead("944682"),
        "DEU440000000000",
    ],
)
def test_a_demo_refuses_what_somebody_could_have(number):
    assert read(number) == Refused("id_not_allowed", "id_not_allowed_in_demo")
    assert isinstance(read(number, mode=Mode.PRODUCTION), Document)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (DocumentKind.HM_PASS, "H13123608"),
        (DocumentKind.TW_PASS, "74203862"),
        (DocumentKind.PASSPORT, "K0000000"),
    ],
)
def test_passes_have_no_impossible_range_and_are_taken_in_both_modes(kind, number):
    assert isinstance(read(number, kinds=only(kind)), Document)
    assert isinstance(read(number, kinds=only(kind), mode=Mode.PRODUCTION), Document)


ANY_KINDS = st.frozensets(st.sampled_from(DocumentKind), min_size=1)
NEARLY = st.text(alphabet="0123456789Xx ×HM９", min_size=15, max_size=20)


@given(st.text(max_size=100) | st.text(min_size=18, max_size=18) | NEARLY, ANY_KINDS)
@example("34052419800101001X", ANY)
@example("440399\x00199003070022", ANY)
@example("०" * 18, ANY)
def test_any_string_is_answered(text, kinds):
    for mode in Mode:
        found = read(text, kinds=kinds, mode=mode)

        assert isinstance(found, Document | Refused)
        if isinstance(found, Refused):
            assert found.detail in SENTENCES


@given(st.text(max_size=80) | NEARLY)
def test_normalising_twice_changes_nothing(text):
    once = normal_document_number(text)

    assert normal_document_number(once) == once


@given(
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
    st.integers(0, 17),
    st.sampled_from("0123456789X"),
)
def test_one_wrong_character_never_makes_another_valid_number(born_on, sequence, place, other):
    number = with_check(f"440399{born_on:%Y%m%d}{sequence:03}")
    changed = number[:place] + other + number[place + 1 :]

    assert isinstance(read(number), Document)
    assert isinstance(read(changed), Refused) or changed == number
