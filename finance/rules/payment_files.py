"""The file that takes a batch to the bank. Layouts are data: finance/data/payment_profiles.json.

The same lines make the same bytes, for ever: what was sent can be downloaded again and compared.
"""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from kernel.money import Fen, yuan
from kernel.sheets import defused

STATEMENT = "statement"
OTHER = "other"


@dataclass(frozen=True)
class PaymentFileLine:
    """One transfer, unsealed; stays out of any `repr`. `source` is what it is for."""

    payee_account: str = field(repr=False)
    payee_name: str = field(repr=False)
    amount_fen: Fen
    reference: str
    source: str


@dataclass(frozen=True)
class PaymentProfile:
    """A layout: `columns` are (heading, value) pairs, `purposes` the bank's word for a source."""

    name: str
    encoding: str
    line_end: str
    columns: tuple[tuple[str, str], ...]
    purposes: dict[str, str]


@cache
def payment_profiles() -> dict[str, PaymentProfile]:
    """Return the layouts by name."""
    content = resources.files("finance").joinpath("data/payment_profiles.json").read_text("utf-8")
    return {
        each["name"]: PaymentProfile(
            name=each["name"],
            encoding=each["encoding"],
            line_end=each["line_end"],
            columns=tuple((column["heading"], column["value"]) for column in each["columns"]),
            purposes=each["purposes"],
        )
        for each in json.loads(content)["profiles"]
    }


def payment_file(lines: Iterable[PaymentFileLine], profile: PaymentProfile) -> bytes:
    """Return the file of a batch: amounts in yuan with two decimals, no thousands separators.

    What a spreadsheet program would run is quoted: a payee's name may have come from anywhere.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=profile.line_end)
    writer.writerow(heading for heading, _ in profile.columns)
    for number, line in enumerate(lines, start=1):
        values = _values(number, line, profile)
        writer.writerow(defused(values[value]) for _, value in profile.columns)
    return text.getvalue().encode(profile.encoding)


def _values(number: int, line: PaymentFileLine, profile: PaymentProfile) -> dict[str, str]:
    purpose = profile.purposes.get(line.source, profile.purposes[OTHER])
    return {
        "line_no": str(number),
        "payee_account": line.payee_account,
        "payee_name": line.payee_name,
        "amount_yuan": yuan(line.amount_fen).replace(",", ""),
        "purpose": f"{purpose} {line.reference}",
        "reference": line.reference,
    }
