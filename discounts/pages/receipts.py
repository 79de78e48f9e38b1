"""Receipts for anybody who holds the code: what was sold, where, when, and who paid. No name."""

from flask import Blueprint, Response, current_app, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from markupsafe import Markup

from discounts.errors import ReceiptNotFound
from discounts.queries import PublicReceipt, receipt_by_code, receipt_code
from discounts.rules import grouped_receipt_code, receipt_number
from kernel.db import transaction
from kernel.i18n import N_
from kernel.qr import qr_svg

pages = Blueprint("receipts_pages", __name__, url_prefix="/r", template_folder="../templates")

# What the state of a sale means for whoever holds the paper: (kind of the chip, word).
STATE_WORDS = {
    "captured": ("yes", N_("Valid")),
    "voided": ("no", N_("Taken back: this purchase does not count")),
    "partly_reversed": ("wait", N_("Partly taken back")),
    "reversed": ("no", N_("Taken back in full")),
}


@pages.get("/<code>")
def receipt(code: str) -> ResponseReturnValue:
    """Show a receipt to whoever has its code."""
    return _page("discounts/receipt.html", code)


@pages.get("/<code>/print")
def printed(code: str) -> ResponseReturnValue:
    """Show the same for a roll of 58 mm paper, of which a printer reaches 48 mm."""
    return _page("discounts/receipt_print.html", code)


def _page(template: str, typed: str) -> Response:
    with transaction() as session:
        found = receipt_by_code(session, typed=typed)
    if found is None:
        raise ReceiptNotFound
    # The code as it was given out, however it was typed: the page's own links use no other.
    code = receipt_code(found.terminal_code, found.receipt_on, found.receipt_seq)
    url = f"{current_app.config['SETTINGS'].base_url}/r/{code}"
    answer = make_response(
        render_template(
            template,
            receipt=found,
            number=receipt_number(found.terminal_code, found.receipt_on, found.receipt_seq),
            title=_title(found),
            state=STATE_WORDS[found.state],
            code=code,
            shown_code=grouped_receipt_code(code),
            url=url,
            qr=Markup(qr_svg(url)),  # noqa: S704 (made by us of our own address)
        )
    )
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _title(found: PublicReceipt) -> str:
    return found.title_zh if str(get_locale()).startswith("zh") else found.title_en
