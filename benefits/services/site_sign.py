"""定点标识: the sign that a partner site hangs at its door, as a PDF of one page.

It tells members that their card counts here, and until when; its code opens what they can use.
It is no proof of anything: whoever copies it gains a sheet of paper.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from fpdf import FPDF
from fpdf.drawing_primitives import Transform
from fpdf.enums import RenderStyle
from sqlalchemy.orm import Session

from benefits.errors import SignNeedsAgreement, SignNeedsOpenSite
from cards.errors import FontMissing, NameNotPrintable
from cards.services.paper_print import FONT_FILE, unprintable
from kernel.drawing import BRAND, INK, QUIET_INK, QUIET_MODULES, draw_code, write
from kernel.qr import qr_matrix
from merchants.errors import MerchantNotActive
from merchants.models import MerchantState, SiteState
from merchants.queries import agreement_in_force, merchant_of, site_in

_FONT = "noto"
# All lengths in millimetres, of the sign as it stands on A5, upright.
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


class SignSize(StrEnum):
    A5 = "a5"
    A4 = "a4"


# Both sheets have sides of one ratio, so the larger sign is the smaller one, enlarged.
_SHEETS = {SignSize.A5: (_WIDTH, _HEIGHT), SignSize.A4: (210.0, 297.0)}


@dataclass(frozen=True)
class SiteSign:
    """What stands on one sign. `address` is where its code leads: the member's benefits."""

    merchant: str
    site: str
    agreement_no: str
    last_on: date
    address: str


def site_sign(
    session: Session, *, site_id: UUID, merchant_id: UUID, address: str, today: date
) -> SiteSign:
    """Return what the sign of a site says today.

    Raises SiteNotFound unless it is this merchant's, SignNeedsOpenSite, MerchantNotActive, and
    SignNeedsAgreement while none is in force: a sign promises that cards count there.
    """
    site = site_in(session, site_id=site_id, merchant_id=merchant_id)
    if site.state is not SiteState.OPEN:
        raise SignNeedsOpenSite(state=site.state)
    merchant = merchant_of(session, merchant_id=merchant_id)
    if merchant.state is not MerchantState.ACTIVE:
        raise MerchantNotActive(state=merchant.state)
    agreement = agreement_in_force(session, merchant_id=merchant_id, day=today)
    if agreement is None:
        raise SignNeedsAgreement
    return SiteSign(merchant.name, site.name, agreement.number, agreement.last_on, address)


def draw_site_sign(sign: SiteSign, *, made_at: datetime, size: SignSize = SignSize.A5) -> bytes:
    """Return the PDF. Raises FontMissing, and NameNotPrintable with the character that is missing.

    Loading the font takes half a second: never called inside a transaction.
    """
    if not FONT_FILE.exists():
        raise FontMissing
    missing = unprintable(sign.merchant + sign.site + sign.agreement_no)
    if missing is not None:
        raise NameNotPrintable(character=missing)
    width, height = _SHEETS[size]
    pdf = FPDF(unit="mm", format=(width, height))
    pdf.set_margin(0)
    pdf.set_auto_page_break(auto=False)
    pdf.add_font(_FONT, fname=FONT_FILE)
    pdf.set_title(f"{_TITLE} {_TITLE_ENGLISH}")
    pdf.set_creation_date(made_at)
    pdf.add_page()
    with pdf.transform(Transform.scaling(width / _WIDTH, height / _HEIGHT)):
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
