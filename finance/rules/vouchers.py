"""Vouchers as accounting packages import them. Layouts are data: data/voucher_profiles.json.

Written from published layouts of 用友 (填制凭证 text) and 金蝶 (standard voucher table); packages
differ by version, so a city that uses another layout adds a profile.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import xlsxwriter

from kernel.money import Fen, yuan
from kernel.sheets import defused

WORD = "记"
_SUMMARIES = {
    ("redemption", False): "普惠补贴",
    ("redemption_reversal", True): "普惠冲减",
    ("adjustment", False): "争议补记",
    ("adjustment", True): "争议冲减",
    ("aid_claim", False): "互助给付",
    ("enrolment", False): "培训补贴",
    ("match", False): "付款",
    ("match", True): "退回付款",
}
_FUNDS = {
    "union_fund": "工会经费",
    "dues": "会费",
    "mutual_aid": "互助金",
    "aid": "帮扶资金",
    "fiscal": "财政专项",
}


@dataclass(frozen=True)
class VoucherRow:
    """One line of a voucher as it is handed over; a package joins them by day, word and number."""

    day: date
    number: int
    line_no: int
    attachments: int
    summary: str
    account_code: str
    account_name: str
    debit_fen: Fen
    credit_fen: Fen


@dataclass(frozen=True)
class VoucherColumn:
    value: str
    heading: str | None
    characters_max: int | None
    maximum: int | None


@dataclass(frozen=True)
class VoucherProfile:
    """A layout, and what the package refuses in it."""

    name: str
    file: str  # "xlsx", "csv" or "txt"
    encoding: str
    line_end: str
    first_line: str | None
    words: tuple[str, ...]
    number_max: int
    columns: tuple[VoucherColumn, ...]

    @property
    def has_headings(self) -> bool:
        return self.columns[0].heading is not None


@cache
def voucher_profiles() -> dict[str, VoucherProfile]:
    """Return the layouts by name."""
    content = resources.files("finance").joinpath("data/voucher_profiles.json").read_text("utf-8")
    return {each["name"]: _profile(each) for each in json.loads(content)["profiles"]}


def _profile(said: Mapping[str, Any]) -> VoucherProfile:
    return VoucherProfile(
        name=said["name"],
        file=said["file"],
        encoding=said.get("encoding", "utf-8"),
        line_end=said.get("line_end", "\n"),
        first_line=said.get("first_line"),
        words=tuple(said["words"]),
        number_max=said["number_max"],
        columns=tuple(
            VoucherColumn(
                each["value"],
                each.get("heading"),
                each.get("characters_max"),
                each.get("maximum"),
            )
            for each in said["columns"]
        ),
    )


def summary_of(*, source_type: str, is_red: bool, fund: str, day: date, journals: int) -> str:
    """Return the 摘要 of a voucher, such as "11-23普惠补贴（工会经费）12笔"."""
    what = _SUMMARIES.get((source_type, is_red), "冲销" if is_red else "记账")
    return f"{day:%m-%d}{what}（{_FUNDS[fund]}）{journals}笔"


def voucher_file(
    rows: Iterable[VoucherRow], profile: VoucherProfile, *, preparer: str, checker: str
) -> bytes:
    """Return a month's vouchers as a file: amounts in yuan, red ink below zero."""
    lines = [_line(row, profile, preparer, checker) for row in rows]
    headings = [each.heading or "" for each in profile.columns]
    if profile.file == "xlsx":
        return _sheet(headings, lines)
    text = io.StringIO(newline="")
    if profile.first_line:
        text.write(profile.first_line + profile.line_end)
    writer = csv.writer(text, lineterminator=profile.line_end)
    if profile.has_headings:
        writer.writerow(headings)
    writer.writerows(lines)
    return text.getvalue().encode(profile.encoding)


def _line(row: VoucherRow, profile: VoucherProfile, preparer: str, checker: str) -> list[str]:
    values: dict[str, object] = {
        "date": row.day.isoformat(),
        "period": str(row.day.month),
        "word": WORD,
        "number": str(row.number),
        "entry_from_0": str(row.line_no - 1),
        "attachments": str(row.attachments),
        "summary": defused(row.summary),
        "account_code": row.account_code,
        "account_name": defused(row.account_name),
        "currency": "RMB",
        "rate": "1",
        "side": "D" if row.debit_fen else "C",
        "amount": _plain(Fen(row.debit_fen or row.credit_fen)),
        "debit": _plain(row.debit_fen),
        "credit": _plain(row.credit_fen),
        "preparer": defused(preparer),
        "checker": defused(checker),
        "nothing": "",
    }
    return [str(values[each.value]) for each in profile.columns]


def _plain(fen: Fen) -> str:
    sign = "-" if fen < 0 else ""
    return sign + yuan(Fen(abs(fen))).replace(",", "")


def _sheet(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> bytes:
    """Write every cell as text: a package reads what it is told, not what a spreadsheet guesses."""
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet("凭证")
        for number, line in enumerate([headings, *lines]):
            for place, value in enumerate(line):
                sheet.write_string(number, place, value)
    return file.getvalue()
