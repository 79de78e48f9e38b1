"""What is owed, as a file: the columns of the list."""

from flask_babel import gettext

from benefits.pages.words import FUND_WORDS
from finance.pages.payment_words import MISSING_WORDS, source_words
from finance.queries.payments import Owed
from kernel.exports import CellKind, Column


def owed_columns() -> list[Column[Owed]]:
    return [
        Column(gettext("Owed to"), lambda row: row.payee_shown),
        Column(gettext("What for"), lambda row: source_words(row.source, row.statement_number)),
        Column(gettext("Fund"), lambda row: gettext(FUND_WORDS[row.fund_source])),
        Column(gettext("Amount"), lambda row: row.amount_fen, CellKind.MONEY),
        Column(gettext("Owed since"), lambda row: row.owed_since, CellKind.MOMENT),
        Column(gettext("Sent back before"), lambda row: row.returned, CellKind.NUMBER),
        Column(
            gettext("What it needs"),
            lambda row: gettext(MISSING_WORDS[row.missing]) if row.missing else "",
        ),
    ]
