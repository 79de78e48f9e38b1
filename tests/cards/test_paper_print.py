"""What is printed: every card scanned from the page, every name read from it, at its true size."""

from datetime import UTC, date, datetime

import pytest

from cards.errors import FontMissing, NameNotPrintable
from cards.models import PaperLayout
from cards.queries import Face
from cards.services import draw_cards, paper_print
from cards.uc1.credential import issue_static, new_cti
from cards.uc1.keys import Signer, kid_of, new_private_key
from cards.uc1.terms import Profile
from tests.cards.paper import DOTS_A_MM, pages_of

MADE_AT = datetime(2026, 11, 24, tzinfo=UTC)
NAMES = [
    "张小明",
    "欧阳龘䶮",
    "买买提·吐尔逊·阿卜杜热合曼江·艾力",
    "MOHAMMED ABDUL RAHMAN AL-HASHIMI BIN SALEH",
    "ÉLOÏSE O'NEILL",
    "㛃㵘",
    *(f"李{chr(0x4E00 + place)}" for place in range(6)),
]


def faces(names=NAMES, union_name="深圳市宝安区新安街道总工会(演示)"):
    key = new_private_key()
    signer = Signer(key, kid_of(key.public_key()))
    return [
        Face(
            union_name,
            name,
            f"44032600000{place:05d}",
            issue_static(
                signer,
                profile=Profile.PAPER,
                cti=new_cti(),
                exp=1_861_200_000,
                status_list=0xFFFF,
                status_index=0xFFFFF,
                hint=f"{name[0]}*",
            ),
            date(2028, 11, 23),
        )
        for place, name in enumerate(names)
    ]


def without_blanks(text):
    return "".join(text.split())


@pytest.mark.parametrize("layout", PaperLayout)
def test_every_card_scans_and_every_name_is_there(layout):
    wanted = faces()

    pages = pages_of(draw_cards(wanted, layout=layout, made_at=MADE_AT))

    sizes = {PaperLayout.CARD: [(85.6, 54.0)] * 12, PaperLayout.SHEET: [(210.0, 297.0)] * 2}
    assert [size for size, _, _ in pages] == sizes[layout]
    read = {code.text for _, _, codes in pages for code in codes}
    assert read == {face.text for face in wanted}
    words = without_blanks("".join(text for _, text, _ in pages))
    for face in wanted:
        assert without_blanks(face.name) in words
        assert face.number in words
    assert words.count("纸质卡：请与身份证件一并出示。") == 12
    assert words.count(without_blanks("Paper card: show with ID document.")) == 12


def test_a_code_is_wide_enough_for_cheap_scanners():
    [(_, _, [code])] = pages_of(
        draw_cards(faces(["张小明"]), layout=PaperLayout.CARD, made_at=MADE_AT)
    )

    corner = code.position
    width = (corner.top_right.x - corner.top_left.x) / DOTS_A_MM
    assert width >= 27


def test_a_union_name_of_any_length_stays_on_its_card():
    long_name = "深圳市宝安区新安街道" * 8 + "总工会"

    [(_, words, codes)] = pages_of(
        draw_cards(faces(["张小明"], long_name), layout=PaperLayout.CARD, made_at=MADE_AT)
    )

    assert long_name in without_blanks(words)
    assert len(codes) == 1


def test_a_character_that_the_font_lacks_is_never_a_blank_box():
    with pytest.raises(NameNotPrintable) as refused:
        draw_cards(faces(["李𠮷"]), layout=PaperLayout.CARD, made_at=MADE_AT)

    assert refused.value.facts == {"character": "𠮷"}


def test_without_the_font_nothing_is_drawn_and_the_operator_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(paper_print, "FONT_FILE", tmp_path / "none.ttf")

    with pytest.raises(FontMissing):
        draw_cards([], layout=PaperLayout.SHEET, made_at=MADE_AT)
