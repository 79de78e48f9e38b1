"""定点标识: the sign that a partner site hangs at its door, as a PDF of one A5 page.

It tells members that their card counts here, and until when; its code opens what they can use.
It is no proof of anything: whoever copies it gains a sheet of paper.
"""

from dataclasses import dataclass
from datetime import date, datetime

from fpdf import FPDF
from fpdf.enums import RenderStyle

from cards.errors import FontMissing, NameNotPrintable
from cards.services.paper_print import FONT_FILE, unprintable
from kernel.drawing import BRAND, INK, QUIET_INK, QUIET_MODULES, draw_code, write
from kernel.qr import qr_matrix

_FONT = "noto"
# All lengths in millimetres: A5, upright.
_WIDTH, _HEIGHT = 148.0, 210.0
_BAND = 46.0
_EDGE = 12.0
_CODE = 62.0
_TITLE = "工会会员卡定点服务单位"
_TITLE_ENGLISH = "Union Card welcome here"
_SHOW = "结账前请出示动态码"
_SHOW_ENGLISH = "Show your live code before you pay"
_SEE = "扫码查看可用优惠"
_SEE_ENGLISH = "Scan to see what you can use"
_UNTIL = "协议编号 Agreement {number}    有效期至 Valid until {last_on}"


@dataclass(frozen=True)
class SiteSign:
    """What stands on one sign. `address` is where its code leads: the member's benefits."""

    merchant: str
    site: str
    agreement_no: str
    last_on: date
    address: str


def draw_site_sign(sign: SiteSign, *, made_at: datetime) -> bytes:
    """Return the PDF. Raises FontMissing, and NameNotPrintable with the character that is missing.

    Loading the font takes half a second: never called inside a transaction.
    """
    if not FONT_FILE.exists():
        raise FontMissing
    missing = unprintable(sign.merchant + sign.site + sign.agreement_no)
    if missing is not None:
        raise NameNotPrintable(character=missing)
    pdf = FPDF(unit="mm", format=(_WIDTH, _HEIGHT))
    pdf.set_margin(0)
    pdf.set_auto_page_break(auto=False)
    pdf.add_font(_FONT, fname=FONT_FILE)
    pdf.set_title(f"{_TITLE} {_TITLE_ENGLISH}")
    pdf.set_creation_date(made_at)
    pdf.add_page()
    _draw(pdf, sign)
    return bytes(pdf.output())


def _draw(pdf: FPDF, sign: SiteSign) -> None:
    inner = _WIDTH - 2 * _EDGE
    pdf.set_fill_color(*BRAND)
    pdf.rect(0, 0, _WIDTH, _BAND, style=RenderStyle.F)
    pdf.set_text_color(255, 255, 255)
    write(pdf, _TITLE, _EDGE, 24, width=inner, points=30, font=_FONT)
    write(pdf, _TITLE_ENGLISH, _EDGE, 37, width=inner, points=18, font=_FONT)
    pdf.set_text_color(*INK)
    write(pdf, sign.merchant, _EDGE, 64, width=inner, points=24, font=_FONT, lines=2)
    pdf.set_text_color(*QUIET_INK)
    write(pdf, sign.site, _EDGE, 88, width=inner, points=16, font=_FONT)
    matrix = qr_matrix(sign.address)
    module = _CODE / (len(matrix) + 2 * QUIET_MODULES)
    corner = QUIET_MODULES * module
    draw_code(pdf, matrix, _EDGE + corner, 104 + corner, module=module)
    right = _EDGE + _CODE + 4
    width = _WIDTH - _EDGE - right
    pdf.set_text_color(*INK)
    write(pdf, _SEE, right, 122, width=width, points=15, font=_FONT)
    write(pdf, _SHOW, right, 142, width=width, points=15, font=_FONT)
    pdf.set_text_color(*QUIET_INK)
    write(pdf, _SEE_ENGLISH, right, 129, width=width, points=11, font=_FONT)
    write(pdf, _SHOW_ENGLISH, right, 149, width=width, points=11, font=_FONT)
    until = _UNTIL.format(number=sign.agreement_no, last_on=sign.last_on)
    write(pdf, until, _EDGE, 196, width=inner, points=11, font=_FONT)
