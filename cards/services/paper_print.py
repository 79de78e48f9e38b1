"""Paper cards drawn as PDF: one card a page, or ten to an A4 sheet with cut marks.

A character that the font does not have is refused before anything is issued: never a blank box.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import RenderStyle

from cards.errors import FontMissing, NameNotPrintable
from cards.models import PaperLayout
from cards.queries import Face
from cards.rules import grouped_number
from kernel.drawing import BRAND, INK, QUIET_INK, QUIET_MODULES, draw_code, write
from kernel.qr import qr_matrix

FONT_FILE = Path(__file__).parent.parent / "fonts" / "NotoSansSC-Regular.ttf"
_FONT = "noto"

# All lengths in millimetres: a card is ID-1 of ISO/IEC 7810, a sheet A4.
CARD_WIDTH, CARD_HEIGHT = 85.6, 54.0
_SHEET_WIDTH, _SHEET_HEIGHT = 210.0, 297.0
_COLUMNS, _ROWS = 2, 5
SHEET_CARDS = _COLUMNS * _ROWS
_LEFT = (_SHEET_WIDTH - _COLUMNS * CARD_WIDTH) / 2
_TOP = (_SHEET_HEIGHT - _ROWS * CARD_HEIGHT) / 2
_MARK_GAP, _MARK_LENGTH = 1.5, 5.0
_BAND = 10.0
_EDGE = 3.5
# 8.6 of the format asks for 0.5 mm modules or more, and 27 mm in all: version 7 has 45 of them.
_MODULE = 0.6

_TITLE = "工会会员卡 Union member card"
_VALID = "有效期至 Valid until {}"
_FOOT = "纸质卡：请与身份证件一并出示。"
_FOOT_ENGLISH = "Paper card: show with ID document."


def unprintable(text: str) -> str | None:
    """Return the first character of `text` that the font cannot draw. Raises FontMissing."""
    known = _characters()
    return next((char for char in text if ord(char) not in known), None)


def draw_cards(faces: Sequence[Face], *, layout: PaperLayout, made_at: datetime) -> bytes:
    """Return the PDF. Raises FontMissing, NameNotPrintable.

    Takes some milliseconds a card and half a second for the font, so it is never called inside a
    transaction.
    """
    for face in faces:
        missing = unprintable(face.name + face.union_name)
        if missing is not None:
            raise NameNotPrintable(character=missing)
    pdf = _document(made_at)
    if layout is PaperLayout.CARD:
        for face in faces:
            pdf.add_page(orientation="portrait", format=(CARD_WIDTH, CARD_HEIGHT))
            _draw_card(pdf, face, 0, 0)
    else:
        for start in range(0, len(faces), SHEET_CARDS):
            pdf.add_page(orientation="portrait", format="a4")
            _draw_sheet(pdf, faces[start : start + SHEET_CARDS])
    return bytes(pdf.output())


@cache
def _characters() -> frozenset[int]:
    if not FONT_FILE.exists():
        raise FontMissing
    with TTFont(FONT_FILE, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _document(made_at: datetime) -> FPDF:
    if not FONT_FILE.exists():
        raise FontMissing
    pdf = FPDF(unit="mm")
    pdf.set_margin(0)
    pdf.set_auto_page_break(auto=False)
    pdf.add_font(_FONT, fname=FONT_FILE)
    pdf.set_title(_TITLE)
    pdf.set_creation_date(made_at)
    return pdf


def _draw_sheet(pdf: FPDF, faces: Iterable[Face]) -> None:
    for place, face in enumerate(faces):
        row, column = divmod(place, _COLUMNS)
        _draw_card(pdf, face, _LEFT + column * CARD_WIDTH, _TOP + row * CARD_HEIGHT)
    _draw_cut_marks(pdf)


def _draw_cut_marks(pdf: FPDF) -> None:
    """Draw short lines outside the cards, along which a sheet is cut from edge to edge."""
    pdf.set_draw_color(*QUIET_INK)
    pdf.set_line_width(0.1)
    right, bottom = _SHEET_WIDTH - _LEFT, _SHEET_HEIGHT - _TOP
    for column in range(_COLUMNS + 1):
        x = _LEFT + column * CARD_WIDTH
        pdf.line(x, _TOP - _MARK_GAP - _MARK_LENGTH, x, _TOP - _MARK_GAP)
        pdf.line(x, bottom + _MARK_GAP, x, bottom + _MARK_GAP + _MARK_LENGTH)
    for row in range(_ROWS + 1):
        y = _TOP + row * CARD_HEIGHT
        pdf.line(_LEFT - _MARK_GAP - _MARK_LENGTH, y, _LEFT - _MARK_GAP, y)
        pdf.line(right + _MARK_GAP, y, right + _MARK_GAP + _MARK_LENGTH, y)


def _draw_card(pdf: FPDF, face: Face, x: float, y: float) -> None:
    pdf.set_fill_color(*BRAND)
    pdf.rect(x, y, CARD_WIDTH, _BAND, style=RenderStyle.F)
    matrix = qr_matrix(face.text)
    size = len(matrix) * _MODULE
    quiet = QUIET_MODULES * _MODULE
    draw_code(pdf, matrix, x + CARD_WIDTH - size - quiet, y + _BAND + quiet, module=_MODULE)
    inner = CARD_WIDTH - 2 * _EDGE
    column = inner - size - quiet
    left = x + _EDGE
    pdf.set_text_color(255, 255, 255)
    write(pdf, face.union_name, left, y + 6.6, width=inner, points=13, font=_FONT)
    pdf.set_text_color(*QUIET_INK)
    write(pdf, _TITLE, left, y + 16, width=column, points=8, font=_FONT)
    pdf.set_text_color(*INK)
    write(pdf, face.name, left, y + 26, width=column, points=20, lines=2, font=_FONT)
    write(pdf, grouped_number(face.number), left, y + 37, width=column, points=11, font=_FONT)
    pdf.set_text_color(*QUIET_INK)
    write(pdf, _VALID.format(face.expires_on), left, y + 42.5, width=column, points=7.5, font=_FONT)
    write(pdf, _FOOT, left, y + 48, width=column, points=7.5, font=_FONT)
    write(pdf, _FOOT_ENGLISH, left, y + 51.3, width=column, points=7.5, font=_FONT)
