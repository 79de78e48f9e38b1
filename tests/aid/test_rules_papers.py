import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid.rules import media_type_of, plain_number
from tests.make.aid import pdf

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20 + b"\0\0\0\0IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20 + b"\xff\xd9"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf(), "application/pdf"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (PNG[:-4], None),
        (JPEG[:-1], None),
        (b"%PDF-1.4\n", None),
        (b"", None),
        (b"GIF89a", None),
        (b"<html><script>alert(1)</script>%PDF-", None),
        (b"PK\x03\x04", None),
        (b"MZ\x90\x00", None),
    ],
)
def test_a_paper_is_what_its_content_says(content, expected):
    assert media_type_of(content) == expected


@given(st.binary(max_size=200))
def test_any_bytes_are_a_paper_or_none(content):
    assert media_type_of(content) in {None, "application/pdf", "image/jpeg", "image/png"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("INV00012", "inv 00012"),
        ("INV-00012", "ＩＮＶ－０００１２"),
        ("深圳市人民医院", " 深圳市人民医院 "),
        ("ZY\u200b001", "ZY001"),
    ],
)
def test_a_number_is_compared_as_people_read_it(one, other):
    assert plain_number(one) == plain_number(other)


def test_different_numbers_stay_different():
    assert plain_number("INV00012") != plain_number("INV00021")
