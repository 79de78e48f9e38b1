"""What the tests of paper cards share: members nobody has seen, and reading what was printed."""

import io

import pypdfium2
import zxingcpp

from cards.services import current_trust
from cards.uc1.status import StatusCheck
from cards.uc1.verify import verify_text
from kernel.clock import unix

DOTS_A_MM = 300 / 25.4


def unseen_card(make, **facts):
    """An issued card whose member never proved anything, on a phone or at a desk."""
    return make.card(member=make.member(real_name_at=None, **facts))


def pages_of(content):
    """Return each page of a PDF as its size in mm, its text, and the QR texts a scanner reads."""
    found = []
    with pypdfium2.PdfDocument(io.BytesIO(content)) as document:
        for page in document:
            width, height = (round(points / 72 * 25.4, 1) for points in page.get_size())
            text = page.get_textpage().get_text_range()
            image = page.render(scale=DOTS_A_MM * 25.4 / 72).to_pil()
            codes = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
            found.append(((width, height), text, codes))
    return found


def verified(session, text, *, now):
    """Return what the codec says of a printed text, its status apart."""
    return verify_text(
        text,
        now=unix(now),
        trust=current_trust(session, now=now),
        statuses=StatusCheck.CALLER,
    )
