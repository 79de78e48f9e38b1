"""A statement as files: all its lines as a spreadsheet, streamed; its sums as a page to print."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from flask import Response
from flask_babel import gettext
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from benefits.pages.words import FUND_WORDS
from cards.errors import FontMissing
from cards.services.paper_print import FONT_FILE, unprintable
from finance.models import StatementFund
from finance.pages.statement_words import DISPUTE_WORDS, LINE_WORDS
from finance.queries.statement_lines import LineRow, StatementSums, lines_of
from finance.queries.statements import StatementFacts
from finance.rules.capitals import capital_amount
from kernel.clock import SHANGHAI
from kernel.db import transaction
from kernel.drawing import INK, QUIET_INK
from kernel.exports import CellKind, Column, ListFormat, streamed_file
from kernel.i18n import N_
from kernel.money import Fen, yuan
from kernel.pages import attachment

# Lines that are asked for at once, each time in a transaction of its own: they never change.
_CHUNK_ROWS = 1_000
_FONT = "noto"
_MARGIN_MM = 18
_LINE_MM = 7
_LABEL_MM = 58
_TAIL = 4


def lines_file(
    statement_id: UUID, *, number: int, file_format: ListFormat, with_disputes: bool = True
) -> Response:
    """Answer with every line of a statement, in flat memory; the caller has seen to who asks.

    How a dispute stands is for the desk: a merchant reads its answer once two people agree.
    """
    return streamed_file(
        every_line(statement_id),
        line_columns() if with_disputes else line_columns()[:-1],
        name=f"statement-{number}",
        file_format=file_format,
    )


def every_line(statement_id: UUID, *, chunk_rows: int = _CHUNK_ROWS) -> Iterator[LineRow]:
    """Yield the lines of a statement in their order, from one short transaction after another."""
    after = 0
    while True:
        with transaction() as session:
            lines = lines_of(session, statement_id=statement_id, after=after, rows=chunk_rows)
        yield from lines
        if len(lines) < chunk_rows:
            return
        after = lines[-1].line_no


def line_columns() -> list[Column[LineRow]]:
    def dispute(row: LineRow) -> str | None:
        return gettext(DISPUTE_WORDS[row.dispute.state]) if row.dispute else None

    return [
        Column(gettext("No."), lambda row: row.line_no, CellKind.NUMBER),
        Column(gettext("Day"), lambda row: row.book_date, CellKind.DAY),
        Column(gettext("Kind"), lambda row: gettext(LINE_WORDS[row.kind])),
        Column(gettext("Receipt"), lambda row: row.receipt_no),
        Column(gettext("Site"), lambda row: row.site),
        Column(gettext("Fund"), lambda row: gettext(FUND_WORDS[row.fund_source])),
        Column(gettext("The bill"), lambda row: row.gross_fen, CellKind.MONEY),
        Column(gettext("The member pays"), lambda row: row.member_fen, CellKind.MONEY),
        Column(gettext("The merchant bears"), lambda row: row.merchant_fen, CellKind.MONEY),
        Column(gettext("The union pays"), lambda row: row.amount_fen, CellKind.MONEY),
        Column(gettext("Dispute"), dispute),
    ]


# --- On paper


def paper_file(
    found: StatementFacts,
    sums: StatementSums,
    funds: Sequence[StatementFund],
    *,
    maker: str,
    approver: str | None,
) -> Response:
    """Answer with a statement as a PDF. Raises FontMissing. Never called inside a transaction."""
    content = draw_statement(found, sums, funds, maker=maker, approver=approver)
    name = f"statement-{found.row.number}.pdf"
    return attachment(content, filename=name, mimetype="application/pdf")


def draw_statement(
    found: StatementFacts,
    sums: StatementSums,
    funds: Sequence[StatementFund],
    *,
    maker: str,
    approver: str | None,
) -> bytes:
    if not FONT_FILE.exists():
        raise FontMissing
    pdf = FPDF(unit="mm", format="a4")
    pdf.set_margin(_MARGIN_MM)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN_MM)
    pdf.add_font(_FONT, fname=FONT_FILE)
    title = gettext("Statement No. %(number)s", number=found.row.number)
    pdf.set_title(title)
    pdf.set_creation_date(found.statement.opened_at)
    pdf.add_page()
    _write(pdf, gettext("Merchant statement"), size=18)
    _write(pdf, title, size=12)
    pdf.ln(4)
    for label, value in _facts(found):
        _fact(pdf, gettext(label), value)
    _rule(pdf)
    for label, amount in _amounts(sums):
        _fact(pdf, gettext(label), amount, is_amount=True)
    _rule(pdf)
    for fund in funds:
        _fact(pdf, gettext(FUND_WORDS[fund.fund_source]), _money(fund.payable_fen), is_amount=True)
    _fact(pdf, gettext("Payable"), _money(sums.payable_fen), is_amount=True, size=14)
    _fact(pdf, gettext("In capitals"), capital_amount(sums.payable_fen))
    _rule(pdf)
    _fact(pdf, gettext("Opened by"), maker)
    _fact(pdf, gettext("Approved by"), approver or "")
    return bytes(pdf.output())


def _facts(found: StatementFacts) -> list[tuple[str, str]]:
    merchant, statement = found.merchant, found.statement
    tail = (merchant.account_masked or "")[-_TAIL:]
    days = f"{statement.starts_on.isoformat()} – {_last_day(statement.ends_on).isoformat()}"
    facts = [
        (N_("Merchant"), merchant.name),
        (N_("Social credit code"), merchant.uscc or ""),
        (N_("Agreement"), found.agreement.number if found.agreement else ""),
        (N_("Days covered"), days),
        (N_("Settlement account"), f"…{tail}" if tail else ""),
        (N_("Number of lines"), f"{statement.lines:,}"),
    ]
    if statement.issued_at is not None:
        facts.append((N_("Issued to the merchant"), _moment(statement.issued_at)))
    if statement.agreed_at is not None:
        facts.append((N_("Agreed"), _moment(statement.agreed_at)))
    return facts


def _amounts(sums: StatementSums) -> list[tuple[str, str]]:
    return [
        (N_("Sales"), f"{sums.sales:,}"),
        (N_("Bills"), _money(sums.gross_fen)),
        (N_("Members paid"), _money(sums.member_fen)),
        (N_("The merchant bore"), _money(sums.merchant_fen)),
        (N_("The union pays"), _money(sums.union_fen)),
        (N_("Taken back"), _money(sums.taken_back_fen)),
        (N_("Adjustments"), _money(sums.adjusted_fen)),
        (N_("Carried in"), _money(sums.carried_in_fen)),
        (N_("Carried over"), _money(sums.carried_out_fen)),
    ]


def _last_day(ends_on: date) -> date:
    return ends_on - timedelta(days=1)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _money(amount: Fen) -> str:
    return f"{'-' if amount < 0 else ''}¥{yuan(Fen(abs(amount)))}"


def _write(pdf: FPDF, text: str, *, size: float) -> None:
    pdf.set_font(_FONT, size=size)
    pdf.set_text_color(*INK)
    pdf.multi_cell(0, size * 0.6, _drawable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _fact(pdf: FPDF, label: str, value: str, *, is_amount: bool = False, size: float = 11) -> None:
    pdf.set_font(_FONT, size=size)
    pdf.set_text_color(*QUIET_INK)
    pdf.cell(_LABEL_MM, _LINE_MM, _drawable(label))
    pdf.set_text_color(*INK)
    align = Align.R if is_amount else Align.L
    pdf.multi_cell(0, _LINE_MM, _drawable(value), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _rule(pdf: FPDF) -> None:
    pdf.ln(2)
    pdf.set_draw_color(*QUIET_INK)
    pdf.line(_MARGIN_MM, pdf.get_y(), pdf.w - _MARGIN_MM, pdf.get_y())
    pdf.ln(2)


def _drawable(text: str) -> str:
    """Return `text` with what the font cannot draw named by its code: never a blank box."""
    missing = unprintable(text)
    while missing is not None:
        text = text.replace(missing, f"[U+{ord(missing):04X}]")
        missing = unprintable(text)
    return text
