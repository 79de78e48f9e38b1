"""The copy of a member's data as pages to read: the same values as the JSON file, in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from aid.pages import STATE_WORDS as CLAIM_WORDS
from app.my_data.export import Facts
from benefits.pages.coupons import COUPON_WORDS
from cards.errors import FontMissing
from cards.pages.blueprint import STATE_WORDS as CARD_WORDS
from cards.pages.transfers import STATE_WORDS as TRANSFER_WORDS
from cards.services.paper_print import FONT_FILE, unprintable
from kernel.i18n import N_
from kernel.money import Fen, yuan
from members.pages.blueprint import DOCUMENT_WORDS, STATUS_WORDS
from members.pages.corrections import FIELD_WORDS
from members.pages.corrections import STATE_WORDS as CORRECTION_WORDS
from training.pages.blueprint import ENROLMENT_WORDS

_FONT = "noto"
_MARGIN_MM = 18
_LINE_MM = 6
_LABEL_MM = 48
_MOMENT_CHARACTERS = 16

# Parts of the file, in the order of the pages, each with the words of its codes.
_PARTS: tuple[tuple[str, str, Mapping[Any, str]], ...] = (
    ("profile", N_("In the register"), {**STATUS_WORDS, **DOCUMENT_WORDS}),
    ("card", N_("My card"), CARD_WORDS),
    ("consents", N_("My consents"), {}),
    ("covers", N_("Mutual aid"), {}),
    ("claims", N_("Claims"), CLAIM_WORDS),
    ("training", N_("Training"), ENROLMENT_WORDS),
    ("coupons", N_("Coupons"), COUPON_WORDS),
    ("draws", N_("Draws I entered"), {}),
    ("payout_account", N_("Account for being paid"), {}),
    ("corrections", N_("Corrections"), {**CORRECTION_WORDS, **FIELD_WORDS}),
    ("transfers", N_("Transfers"), TRANSFER_WORDS),
    ("views", N_("Who looked at my data"), {}),
    ("records", N_("Records"), {}),
    ("held", N_("What is held, why and for how long"), {}),
)
_LABELS = {
    "name": N_("Name"),
    "document_kind": N_("Kind of document"),
    "document": N_("Document number"),
    "document_valid_until": N_("Document valid until"),
    "phone": N_("Phone"),
    "nationality": N_("Nationality"),
    "sex": N_("Sex"),
    "born_on": N_("Born on"),
    "education": N_("Education"),
    "employment": N_("Employment"),
    "is_migrant": N_("Migrant worker"),
    "union_code": N_("Union code"),
    "union_name": N_("Union"),
    "status": N_("Membership"),
    "joined_on": N_("Joined on"),
    "real_name_at": N_("Real name proven"),
    "in_register_since": N_("In the register since"),
    "changed_at": N_("Last changed"),
    "number": N_("Card number"),
    "state": N_("State"),
    "issued_at": N_("Issued"),
    "activated_at": N_("First shown"),
    "added_at": N_("Added"),
    "purpose": N_("Purpose"),
    "title": N_("What it is"),
    "version": N_("Version of the text"),
    "given_at": N_("Given"),
    "withdrawn_at": N_("Withdrawn"),
    "scheme": N_("Scheme"),
    "starts_on": N_("From"),
    "ends_on": N_("Until, not included"),
    "shares": N_("Shares"),
    "event_type": N_("Event"),
    "event_date": N_("Day of the event"),
    "submitted_at": N_("Handed in"),
    "benefit_fen": N_("Amount"),
    "invoice_no": N_("Invoice"),
    "hospital": N_("Hospital"),
    "admission_no": N_("Admission number"),
    "pool_paid_fen": N_("Paid by the pooled fund"),
    "self_paid_fen": N_("Paid oneself"),
    "days": N_("Days"),
    "kind": N_("Kind"),
    "size_bytes": N_("Bytes"),
    "uploaded_at": N_("Uploaded"),
    "course": N_("Course"),
    "code": N_("My code in the draw"),
    "place": N_("My place in the draw"),
    "entered_at": N_("Entered"),
    "starts_at": N_("Starts"),
    "enrolled_at": N_("Enrolled"),
    "account": N_("Account"),
    "bank_name": N_("Bank"),
    "field": N_("About"),
    "text": N_("In my words"),
    "asked_at": N_("Asked"),
    "decided_at": N_("Decided"),
    "answer": N_("Answer"),
    "from_union": N_("From"),
    "to_union": N_("To"),
    "reason": N_("Reason"),
    "at": N_("When"),
    "office": N_("Office"),
    "union": N_("Union"),
    "what": N_("What"),
    "why": N_("Why"),
    "gross_fen": N_("Altogether"),
    "member_pays_fen": N_("I paid"),
    "merchant_bears_fen": N_("The merchant gave"),
    "union_pays_fen": N_("The union paid"),
    "kept": N_("For how long"),
}
# Codes that say to a reader nothing that the line's title does not say.
_LEFT_OUT = frozenset({"event", "category"})


def draw_copy(said: Facts, *, made_at: datetime) -> bytes:
    """Return the PDF of what `export_member` said. Raises FontMissing.

    Half a second for the font and some milliseconds a page: never called inside a transaction.
    """
    if not FONT_FILE.exists():
        raise FontMissing
    pdf = FPDF(unit="mm", format="a4")
    pdf.set_margin(_MARGIN_MM)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN_MM)
    pdf.add_font(_FONT, fname=FONT_FILE)
    pdf.set_title(gettext("My data"))
    pdf.set_creation_date(made_at)
    pdf.add_page()
    _write(pdf, gettext("My data"), size=20)
    _write(pdf, gettext("Made on %(moment)s", moment=_moment(said["made_at"])), size=10)
    parts = {**said, "covers": said["aid"]["covers"], "claims": said["aid"]["claims"]}
    for name, title, words in _PARTS:
        _write(pdf, gettext(title), size=15, above=4)
        _write_part(pdf, parts[name], words)
    return bytes(pdf.output())


def _write_part(pdf: FPDF, part: Facts | Sequence[Facts] | None, words: Mapping[Any, str]) -> None:
    if not part:
        _write(pdf, gettext("Nothing."), size=10)
        return
    for place, facts in enumerate([part] if isinstance(part, dict) else part):
        if place:
            pdf.ln(2)
        _write_facts(pdf, facts, words)


def _write_facts(pdf: FPDF, facts: Facts, words: Mapping[Any, str]) -> None:
    for name, value in facts.items():
        if name in _LEFT_OUT or value is None or value == "":
            continue
        if isinstance(value, list):
            for each in value:
                pdf.ln(1)
                _write_facts(pdf, each, words)
            continue
        _write_fact(pdf, gettext(_LABELS[name]), _in_words(name, value, words))


def _in_words(name: str, value: object, words: Mapping[Any, str]) -> str:
    if name.endswith("_fen") and isinstance(value, int):
        return f"¥{yuan(Fen(value))}"
    if name == "at" or name.endswith(("_at", "_since")):
        return _moment(str(value))
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    word = words.get(value) if isinstance(value, str) else None
    return str(value) if word is None else str(gettext(word))


def _moment(written: str) -> str:
    """Return a moment of the file as people read it: "2026-11-23 12:05", in Shanghai."""
    return written[:_MOMENT_CHARACTERS].replace("T", " ")


def _write_fact(pdf: FPDF, label: str, value: str) -> None:
    pdf.set_font(_FONT, size=10)
    pdf.set_text_color(91, 100, 112)
    top, page = pdf.get_y(), pdf.page
    pdf.multi_cell(_LABEL_MM, _LINE_MM, _drawable(label), new_x=XPos.RIGHT, new_y=YPos.TOP)
    if pdf.page != page:
        top = pdf.get_y()
    pdf.set_text_color(26, 29, 33)
    pdf.set_xy(_MARGIN_MM + _LABEL_MM, top)
    pdf.multi_cell(0, _LINE_MM, _drawable(value), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _write(pdf: FPDF, text: str, *, size: float, above: float = 0) -> None:
    if above:
        pdf.ln(above)
    pdf.set_font(_FONT, size=size)
    pdf.set_text_color(26, 29, 33)
    pdf.multi_cell(0, size * 0.55, _drawable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(1)


def _drawable(text: str) -> str:
    """Return `text` with what the font cannot draw named by its code: never a blank box."""
    missing = unprintable(text)
    while missing is not None:
        text = text.replace(missing, f"[U+{ord(missing):04X}]")
        missing = unprintable(text)
    return text
