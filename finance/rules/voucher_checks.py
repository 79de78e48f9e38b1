"""What an accounting package would refuse of a voucher file: the very bytes, read back."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from openpyxl import load_workbook

from finance.rules.vouchers import VoucherProfile
from kernel.i18n import N_

FAULTS_MAX = 20
_AMOUNT = re.compile(r"-?[0-9]{1,14}\.[0-9]{2}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
# A plain text layout has no quoting: such a character would be a column of its own.
_BREAKS = frozenset(',"\r\n\t')

RULES = {
    "shape": N_("A line has not as many columns as the layout, or a heading is not the package's."),
    "day": N_("A day is not one of the month."),
    "word": N_("A voucher word (凭证字) is not one that the package knows."),
    "number": N_("Voucher numbers do not go on from 1 without gaps."),
    "attachments": N_("A number of attachments is not a whole number that the package takes."),
    "summary": N_("A summary is empty, too long, or has a character that the layout cannot hold."),
    "account": N_("An account code is not in the chart, too long, or has accounts below it."),
    "amount": N_("A line does not have exactly one amount, in yuan with two decimals."),
    "balance": N_("The debits and credits of a voucher are not equal."),
    "people": N_("Preparer and checker are not two named people, or a name is too long."),
}


@dataclass(frozen=True)
class VoucherFault:
    """What a package would refuse: the rule of RULES, and the file's line, counted from 1."""

    rule: str
    line: int


def voucher_faults(
    content: bytes, profile: VoucherProfile, *, month: str, codes: Collection[str]
) -> list[VoucherFault]:
    """Return what is wrong with a file of a month's vouchers, at most FAULTS_MAX faults.

    `codes` are the chart's. An empty file has nothing wrong.
    """
    try:
        lines = _lines(content, profile)
    except (UnicodeDecodeError, csv.Error):
        return [VoucherFault("shape", 1)]
    headings = int(profile.has_headings) + int(profile.first_line is not None)
    if profile.has_headings:
        wanted = [each.heading for each in profile.columns]
        if not lines or lines[0] != wanted:
            return [VoucherFault("shape", 1)]
    elif lines[:1] != [str(profile.first_line).split(",")]:
        return [VoucherFault("shape", 1)]
    rows: list[tuple[int, dict[str, str]]] = []
    for at, cells in enumerate(lines[headings:], start=headings + 1):
        if len(cells) != len(profile.columns):
            return [VoucherFault("shape", at)]
        rows.append(
            (at, {each.value: cell for each, cell in zip(profile.columns, cells, strict=True)})
        )
    checker = _Checker(profile, month, frozenset(codes))
    faults = [fault for at, row in rows for fault in checker.line(at, row)]
    faults += checker.vouchers(rows)
    return sorted(set(faults), key=lambda each: (each.line, each.rule))[:FAULTS_MAX]


def _lines(content: bytes, profile: VoucherProfile) -> list[list[str]]:
    if profile.file == "xlsx":
        sheet = load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
        return [
            ["" if cell is None else str(cell) for cell in row]
            for row in sheet.iter_rows(values_only=True)
        ]
    return list(csv.reader(io.StringIO(content.decode(profile.encoding), newline="")))


@dataclass(frozen=True)
class _Checker:
    profile: VoucherProfile
    month: str
    codes: frozenset[str]

    def line(self, at: int, row: dict[str, str]) -> Iterator[VoucherFault]:
        for rule, is_right in (
            ("day", self._is_day(row["date"])),
            ("word", row["word"] in self.profile.words),
            ("attachments", self._fits_number(row, "attachments")),
            ("summary", bool(row["summary"]) and self._fits(row, "summary")),
            ("account", self._is_account(row["account_code"]) and self._fits(row, "account_code")),
            ("amount", _is_one_amount(row)),
            ("people", self._are_two(row)),
        ):
            if not is_right:
                yield VoucherFault(rule, at)

    def vouchers(self, rows: Sequence[tuple[int, dict[str, str]]]) -> Iterator[VoucherFault]:
        """Look at the lines of each voucher, which stand together, and at the numbers."""
        key = ("date", "word", "number")
        for expected, (_, lines) in enumerate(
            groupby(rows, key=lambda row: tuple(row[1][name] for name in key)), start=1
        ):
            entries = list(lines)
            at, first = entries[0]
            if first["number"] != str(expected) or expected > self.profile.number_max:
                yield VoucherFault("number", at)
            amounts = [(row["debit"], row["credit"]) for _, row in entries if _is_one_amount(row)]
            if len(amounts) < 2 or _difference(amounts):  # noqa: PLR2004 (double entry)
                yield VoucherFault("balance", at)

    def _is_day(self, text: str) -> bool:
        if not _DAY.fullmatch(text):
            return False
        try:
            return f"{date.fromisoformat(text):%Y-%m}" == self.month
        except ValueError:
            return False

    def _is_account(self, code: str) -> bool:
        has_children = any(each != code and each.startswith(code) for each in self.codes)
        return code in self.codes and not has_children

    def _fits(self, row: dict[str, str], value: str) -> bool:
        column = next(each for each in self.profile.columns if each.value == value)
        is_short = column.characters_max is None or len(row[value]) <= column.characters_max
        return is_short and not (self.profile.file == "txt" and _BREAKS & set(row[value]))

    def _fits_number(self, row: dict[str, str], value: str) -> bool:
        column = next(each for each in self.profile.columns if each.value == value)
        if not _NUMBER.fullmatch(row[value]):
            return False
        return column.maximum is None or int(row[value]) <= column.maximum

    def _are_two(self, row: dict[str, str]) -> bool:
        """Say whether the people are named, and differ where the layout names both."""
        people = [each for each in ("preparer", "checker") if each in row]
        are_named = all(row[each] and self._fits(row, each) for each in people)
        return are_named and len({row[each] for each in people}) == len(people)


def _is_one_amount(row: dict[str, str]) -> bool:
    both = (row["debit"], row["credit"])
    if not all(_AMOUNT.fullmatch(each) for each in both):
        return False
    return [Decimal(each) != 0 for each in both].count(True) == 1


def _difference(amounts: Iterable[tuple[str, str]]) -> Decimal:
    return sum((Decimal(debit) - Decimal(credit) for debit, credit in amounts), Decimal(0))
