"""End-to-end references: what we made is found again, however a bank prints it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance.rules.references import (
    ALPHABET,
    BODY_LENGTH,
    LOOK_ALIKES,
    PREFIX,
    find_reference,
    new_reference,
)

references = st.text(alphabet=ALPHABET, min_size=BODY_LENGTH, max_size=BODY_LENGTH).map(
    lambda body: PREFIX + body
)
# What may stand before it: anything that does not hold the beginning of another one.
around = st.text(max_size=40).filter(lambda text: not set(text) & set("UuUu"))
blanks = st.sampled_from(["", " ", "  ", "\u3000", "\t", "\n", "\u200b", "-", "–"])
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
MADE = "UC0123456789ABCDEF"


def test_a_reference_is_new_each_time_and_fits_a_bank():
    made = {new_reference() for _ in range(200)}

    assert len(made) == 200
    assert all(len(one) == 18 and one.isascii() and one.isalnum() for one in made)


@given(around, references, around)
def test_a_reference_is_found_within_any_text(before, reference, after):
    assert find_reference(before + reference + after) == reference


@given(references, st.lists(blanks, min_size=17, max_size=17))
def test_a_reference_is_found_broken_by_blanks_full_width_and_small(reference, gaps):
    broken = "".join(letter + gap for letter, gap in zip(reference, [*gaps, ""], strict=True))

    assert find_reference(broken.lower()) == reference
    assert find_reference(broken.translate(FULL_WIDTH)) == reference


@given(references)
def test_a_reference_read_with_look_alikes_is_the_same(reference):
    read = PREFIX + reference[2:].replace("0", "O").replace("1", "l")

    assert find_reference(read) == reference
    assert reference[2:].translate(LOOK_ALIKES) == reference[2:]


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (f"结算 {MADE}", MADE),
        (f"退汇 {MADE} 账号户名不符", MADE),
        (f"{MADE}20261123000017", MADE),
        (f"{MADE}/{MADE.lower()}", MADE),
        (f"{MADE} UCFEDCBA9876543210", None),
        (MADE[:-1], None),
        ("UC0123-4567 电费 89ABCDEF", None),
        ("手续费", None),
        ("", None),
        ("UCU0123456789ABCDEF", None),
    ],
)
def test_what_banks_write_about_a_payment(text, reference):
    assert find_reference(text) == reference
