"""The file that takes a batch to the bank. Layouts are data: finance/data/payment_profiles.json.

The same lines make the same bytes, for ever: what was sent can be downloaded again and compared.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from finance.rules.pain001 import pain001
from finance.rules.payment_lines import (
    FileHead,
    Payer,
    PaymentFileLine,
    UnfitError,
    plain_yuan,
)
from kernel.sheets import defused

__all__ = [
    "OTHER",
    "STATEMENT",
    "FileHead",
    "FileKind",
    "Payer",
    "PaymentFileLine",
    "PaymentProfile",
    "UnfitError",
    "payment_file",
    "payment_profiles",
]

STATEMENT = "statement"
OTHER = "other"


class FileKind(StrEnum):
    CSV = "csv"
    PAIN_001 = "pain.001"


@dataclass(frozen=True)
class PaymentColumn:
    """`value` names what stands there; more than `maximum` characters do not fit."""

    heading: str
    value: str
    maximum: int


@dataclass(frozen=True)
class PaymentProfile:
    """A layout. `purposes` are the bank's words for a source; `first_line` stands above all."""

    name: str
    title: str
    kind: FileKind
    encoding: str
    purposes: dict[str, str]
    line_end: str = "\n"
    delimiter: str = ","
    has_headings: bool = True
    first_line: tuple[str, ...] = ()
    columns: tuple[PaymentColumn, ...] = ()

    @property
    def suffix(self) -> str:
        return "xml" if self.kind is FileKind.PAIN_001 else "csv"

    @property
    def mimetype(self) -> str:
        return "application/xml" if self.kind is FileKind.PAIN_001 else "text/csv"

    @property
    def names_the_payer(self) -> bool:
        values = {column.value for column in self.columns}.union(self.first_line)
        return self.kind is FileKind.PAIN_001 or any(each.startswith("payer_") for each in values)


@cache
def payment_profiles() -> dict[str, PaymentProfile]:
    """Return the layouts by name."""
    content = resources.files("finance").joinpath("data/payment_profiles.json").read_text("utf-8")
    return {each["name"]: _profile(each) for each in json.loads(content)["profiles"]}


def _profile(found: dict[str, Any]) -> PaymentProfile:
    special = {
        "kind": FileKind(found["kind"]),
        "first_line": tuple(found.get("first_line", ())),
        "columns": tuple(PaymentColumn(**column) for column in found.get("columns", ())),
    }
    return PaymentProfile(**found | special)


def payment_file(
    lines: Sequence[PaymentFileLine], profile: PaymentProfile, head: FileHead
) -> bytes:
    """Return the file of a batch: amounts in yuan with two decimals, no thousands separators.

    In a CSV, what a spreadsheet program would run is quoted: a payee's name may have come from
    anywhere. Raises UnfitError if something is longer than the bank's field.
    """
    purposes = [profile.purposes.get(line.source, profile.purposes[OTHER]) for line in lines]
    if profile.kind is FileKind.PAIN_001:
        return pain001(lines, purposes, head)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=profile.line_end, delimiter=profile.delimiter)
    shared = _shared(lines, head)
    if profile.first_line:
        writer.writerow(defused(shared[value]) for value in profile.first_line)
    if profile.has_headings:
        writer.writerow(column.heading for column in profile.columns)
    for number, (line, purpose) in enumerate(zip(lines, purposes, strict=True), start=1):
        values = shared | _values(number, line, purpose)
        writer.writerow(_cell(column, values[column.value], line) for column in profile.columns)
    try:
        return text.getvalue().encode(profile.encoding)
    except UnicodeEncodeError as error:
        raise UnfitError(f"{error.object[error.start]} ({profile.encoding})") from None


def _cell(column: PaymentColumn, value: str, line: PaymentFileLine) -> object:
    if len(value) > column.maximum:
        raise UnfitError(f"{column.heading}: {len(value)} > {column.maximum}", line.reference)
    return defused(value)


def _shared(lines: Sequence[PaymentFileLine], head: FileHead) -> dict[str, str]:
    payer = head.payer
    return {
        "payments": str(len(lines)),
        "total_yuan": plain_yuan(sum(line.amount_fen for line in lines)),
        "made_on": f"{head.made_at:%Y%m%d}",
        "currency": "CNY",
        "payer_account": payer.account if payer else "",
        "payer_name": payer.holder if payer else "",
        "payer_bank": payer.bank_name if payer else "",
        "payer_bank_code": payer.bank_code if payer else "",
    }


def _values(number: int, line: PaymentFileLine, purpose: str) -> dict[str, str]:
    return {
        "line_no": str(number),
        "payee_account": line.payee_account,
        "payee_name": line.payee_name,
        "amount_yuan": plain_yuan(line.amount_fen),
        "purpose": f"{purpose} {line.reference}",
        "reference": line.reference,
        "payee_bank": line.payee_bank,
        "payee_bank_code": line.payee_bank_code,
    }
