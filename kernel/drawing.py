"""What printed pages share: text that always fits, and QR codes that stay sharp.

A QR code is drawn as rectangles, never as a picture, so that it stays sharp on any printer.
Lengths are in millimetres.
"""

from collections.abc import Sequence
from itertools import groupby

from fpdf import FPDF
from fpdf.enums import RenderStyle

BRAND = (0xB3, 0x19, 0x1E)
INK = (0x1A, 0x1D, 0x21)
QUIET_INK = (0x5B, 0x64, 0x70)
# The white border that a reader needs around a code (ISO/IEC 18004).
QUIET_MODULES = 4
# Rows of modules overlap by this, or some viewers show hair lines between them.
_OVERLAP = 0.02
_POINTS_MIN = 7.0
_POINT_STEP = 0.5
_LINE_MM_A_POINT = 0.42  # from one base line to the next


def draw_code(
    pdf: FPDF, matrix: Sequence[Sequence[bool]], x: float, y: float, *, module: float
) -> None:
    """Draw each run of dark modules as one rectangle, the code's corner at (x, y)."""
    pdf.set_fill_color(0, 0, 0)
    for row_number, row in enumerate(matrix):
        column = 0
        for is_dark, modules in groupby(row):
            run = len(list(modules))
            if is_dark:
                pdf.rect(
                    x + column * module,
                    y + row_number * module,
                    run * module,
                    module + _OVERLAP,
                    style=RenderStyle.F,
                )
            column += run


def write(
    pdf: FPDF,
    text: str,
    x: float,
    y: float,
    *,
    width: float,
    points: float,
    font: str,
    lines: int = 1,
) -> None:
    """Write a text on its base line, smaller where it is too wide; nothing is ever cut off.

    With two `lines`, a text that is too wide is broken before it is made smaller. What does not fit
    at the smallest size is squeezed.
    """
    pdf.set_font(font, size=points)
    parts = [text]
    if lines > 1 and pdf.get_string_width(text) > width:
        parts = _halves(text)
    while max(map(pdf.get_string_width, parts)) > width and points > _POINTS_MIN:
        points -= _POINT_STEP
        pdf.set_font_size(points)
    for number, part in enumerate(parts):
        pdf.set_stretching(min(100.0, 100 * width / max(pdf.get_string_width(part), 0.1)))
        pdf.text(x, y + number * points * _LINE_MM_A_POINT, part)
    pdf.set_stretching(100)


def _halves(text: str) -> list[str]:
    """Break a name in two, at the blank or dot nearest to its middle where it has one."""
    middle = (len(text) + 1) // 2
    breaks = [place + 1 for place, char in enumerate(text) if char in " ·"]
    place = min(breaks, key=lambda each: abs(each - middle), default=middle)
    return [text[:place].rstrip(" "), text[place:]]
