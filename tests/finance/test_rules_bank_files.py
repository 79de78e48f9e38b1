"""What a bank's file says is read the same in every layout, and what does not add up is refused."""

import io
from datetime import date, datetime, time, timedelta

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from finance.errors import (
    BalanceChainBroken,
    BankAccountMissing,
    BankAccountsMixed,
    BankCurrencyOther,
    BankFileWithoutLines,
    BankLineInFuture,
    BankLineUnreadable,
    BankTotalsDiffer,
)
from finance.rules.bank_cells import Unreadable, masked_account, masked_name, read_amount, read_time
from finance.rules.bank_chain import Placed, place_lines
from finance.rules.bank_files import read_bank_file
from finance.rules.bank_profiles import bank_formats
from kernel.money import Fen, yuan
from kernel.sheets import ColumnsMissing, HeadingMissing

ACCOUNT = "6299990000000017"
TODAY = date(2026, 11, 23)
ABOVE = f"账号:{ACCOUNT}"


def read(text, *, encoding="utf-8-sig"):
    content = text if isinstance(text, bytes) else text.encode(encoding)
    return read_bank_file(content, formats=bank_formats(), today=TODAY)


def two_columns(*rows, above=ABOVE):
    return "\n".join([above, "交易日期,借方发生额,贷方发生额,余额,摘要", *rows])


# --- Every layout of the same lines gives the same lines

AMOUNTS = st.integers(-9_999_999_99, 9_999_999_99).filter(bool)
LINES = st.lists(st.tuples(st.integers(0, 30), AMOUNTS), min_size=1, max_size=12)


def laid_out(lines, *, profile, newest_first, thousands, backtick, opening):
    """Return rows of cells: a heading and a line for each of (day, fen, balance)."""
    heads = {
        "two_columns": ["交易日期", "支出金额", "收入金额", "余额", "摘要"],
        "one_column_with_a_word": ["记账日期", "收支", "金额", "账户余额", "附言"],
        "signed_amount": ["日期", "交易金额", "余额", "摘要"],
    }

    def shown(fen):
        text = yuan(Fen(fen)) if thousands else yuan(Fen(fen)).replace(",", "")
        return f"`{text}" if backtick else text

    rows = []
    for day, fen, balance in lines:
        amounts = {
            "two_columns": [shown(-fen) if fen < 0 else "", shown(fen) if fen > 0 else ""],
            "one_column_with_a_word": ["支出" if fen < 0 else "收入", shown(abs(fen))],
            "signed_amount": [shown(fen)],
        }[profile]
        rows.append([day.isoformat(), *amounts, shown(balance), "结算"])
    if newest_first:
        rows.reverse()
    return [["账号", ACCOUNT, "期初余额", yuan(Fen(opening))], heads[profile], *rows]


def as_csv(rows, *, encoding):
    lines = (",".join(f'"{cell}"' for cell in row) for row in rows)
    return "\r\n".join(lines).encode(encoding)


def as_workbook(rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


# A workbook takes as long as the machine is busy.
@settings(deadline=None)
@given(
    moves=LINES,
    opening=st.integers(-(10**9), 10**12),
    profile=st.sampled_from(["two_columns", "one_column_with_a_word", "signed_amount"]),
    newest_first=st.booleans(),
    thousands=st.booleans(),
    backtick=st.booleans(),
    kind=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "xlsx"]),
)
def test_every_layout_of_a_statement_gives_the_same_lines(
    *, moves, opening, profile, newest_first, thousands, backtick, kind
):
    balance, lines = opening, []
    for days, fen in sorted(moves, key=lambda move: move[0]):
        balance += fen
        lines.append((date(2026, 10, 1) + timedelta(days=days), fen, balance))
    rows = laid_out(
        lines,
        profile=profile,
        newest_first=newest_first,
        thousands=thousands,
        backtick=backtick,
        opening=opening,
    )
    content = as_workbook(rows) if kind == "xlsx" else as_csv(rows, encoding=kind)

    found = read(content)

    assert found.profile == profile
    assert [line.key for line in found.lines] == lines
    assert (found.opening_fen, found.closing_fen) == (opening, balance)


def test_a_workbook_with_numbers_and_dates_is_read():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, ["账号", ACCOUNT])
        sheet.write_row(1, 0, ["交易时间", "借方金额", "贷方金额", "余额", "摘要"])
        sheet.write_datetime(2, 0, datetime(2026, 11, 2, 10, 15), day)
        sheet.write_row(2, 1, [0.1 + 0.2, "", 99.7, "手续费"])

    found = read(out.getvalue())

    line = found.lines[0]
    assert (line.booked_on, line.booked_at) == (date(2026, 11, 2), time(10, 15))
    assert (line.amount_fen, line.balance_fen) == (-30, 99_70)


def test_what_is_no_line_is_skipped_and_totals_are_held_against_the_lines():
    found = read(
        two_columns(
            "期初余额,,,100.00,",
            "2026-11-02,10.00,,90.00,一",
            "本页小计,10.00,,90.00,",
            "交易日期,借方发生额,贷方发生额,余额,摘要",
            "2026-11-02,0.00,0.00,90.00,结息",
            "2026-11-03,,5.00,95.00,二",
            "本页小计,,5.00,95.00,",
            "合计,10.00,5.00,95.00,",
            "打印时间:2026-11-04,,,,",
        )
    )

    assert [line.summary for line in found.lines] == ["一", "二"]
    assert found.opening_fen == 100_00


def test_a_red_ink_line_has_its_sign_turned():
    found = read(two_columns("2026-11-02,-10.00,,110.00,冲正"))

    assert found.lines[0].amount_fen == 10_00


def test_a_day_that_is_turned_round_in_itself_is_put_right():
    found = read(
        two_columns(
            "2026-11-02,,2.00,103.00,二",
            "2026-11-02,,1.00,101.00,一",
            "2026-11-03,,4.00,110.00,四",
            "2026-11-03,,3.00,106.00,三",
        )
    )

    assert [line.summary for line in found.lines] == ["一", "二", "三", "四"]


@pytest.mark.parametrize(
    ("text", "refusal", "facts"),
    [
        (two_columns(), BankFileWithoutLines, {}),
        (
            two_columns("2026-11-02,1.00,,9.00,费", above="明细"),
            BankAccountMissing,
            {},
        ),
        (
            two_columns("2026-11-02,1.00,,9.00,费", above="账号:629999****0017"),
            BankAccountMissing,
            {},
        ),
        (
            two_columns("2026-11-02,1.00,,9.00,费", above=f"{ABOVE} 币种:USD"),
            BankCurrencyOther,
            {"currency": "USD"},
        ),
        (
            two_columns("2026-11-24,1.00,,9.00,费"),
            BankLineInFuture,
            {"line": 3, "day": "2026-11-24"},
        ),
        (
            two_columns("2026-11-02,1.00,,9.00,一", "2026-11-03,1.00,,7.99,二"),
            BalanceChainBroken,
            {"line": 4, "expected": "8.00", "found": "7.99"},
        ),
        (
            two_columns("2026-11-02,1.00,,9.00,一", above=f"{ABOVE} 期初余额:10.01"),
            BalanceChainBroken,
            {"line": 3, "expected": "9.01", "found": "9.00"},
        ),
        (
            two_columns("2026-11-02,1.00,,9.00,一", "合计,2.00,,9.00,"),
            BankTotalsDiffer,
            {"line": 4, "column": "借方发生额", "said": "2.00", "lines": "1.00"},
        ),
        (
            two_columns("2026-11-02,1.00,,9.00,一", "合计,1.00,,9.01,"),
            BalanceChainBroken,
            {"line": 4, "expected": "9.01", "found": "9.00"},
        ),
        (
            two_columns("2026-11-02,viel,,9.00,一"),
            BankLineUnreadable,
            {"line": 3, "column": "借方发生额"},
        ),
        (
            two_columns("2026-11-02,1.00,1.00,9.00,一"),
            BankLineUnreadable,
            {"line": 3, "column": "借方发生额"},
        ),
        (
            two_columns("02.13.2026,1.00,,9.00,一"),
            BankLineUnreadable,
            {"line": 3, "column": "交易日期"},
        ),
        (
            two_columns("2026-11-02,1.00,,,一"),
            BankLineUnreadable,
            {"line": 3, "column": "余额"},
        ),
        (
            f"{ABOVE}\n日期,收支,金额,余额\n2026-11-02,不详,1.00,9.00",
            BankLineUnreadable,
            {"line": 3, "column": "收支"},
        ),
        (
            (
                "日期,金额,余额,账号\n2026-11-02,1.00,9.00,6299990000000017\n"
                "2026-11-02,1.00,10.00,6299990000000025"
            ),
            BankAccountsMixed,
            {"line": 3},
        ),
        (f"{ABOVE}\n日期,金额,摘要\n2026-11-02,1.00,一", ColumnsMissing, None),
        ("姓名,电话\n张小明,154\n", HeadingMissing, None),
    ],
)
def test_what_does_not_add_up_is_refused_with_its_place(text, refusal, facts):
    with pytest.raises(refusal) as refused:
        read(text)

    assert facts is None or refused.value.facts == facts


def test_the_columns_that_are_missing_are_those_of_the_nearest_layout():
    with pytest.raises(ColumnsMissing) as refused:
        read(f"{ABOVE}\n日期,金额,摘要\n2026-11-02,1.00,一")

    assert refused.value.facts["columns"] == ["余额"]


# --- Cells


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("12,345.00", 12_345_00),
        ("１２，３４５．６", 12_345_60),
        ("`890.50", 890_50),
        ("￥1", 1_00),
        ("¥ 1.50元", 1_50),
        ("(3.50)", -3_50),
        ("－3.5", -3_50),
        ("1.500", 1_50),
        (12, 12_00),
        (16049.499999999998, 16_049_50),
        ("", None),
        ("--", None),
        (None, None),
    ],
)
def test_amounts_are_read_in_every_spelling(cell, fen):
    assert read_amount(cell) == fen


@pytest.mark.parametrize("cell", ["1,23", "1.005", "一百", True, float("nan"), 1.005, "1 2e3"])
def test_what_is_no_amount_is_not_guessed(cell):
    with pytest.raises(Unreadable):
        read_amount(cell)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("10:15:00", time(10, 15)),
        ("2026-11-02 10:15", time(10, 15)),
        ("101500", time(10, 15)),
        (91500, time(9, 15)),
        ("20261102101500", time(10, 15)),
        (0.5, time(12)),
        (time(10, 15, 0, 5), time(10, 15)),
        ("25:00", None),
        ("上午", None),
        (None, None),
    ],
)
def test_times_are_read_or_left_out(cell, moment):
    assert read_time(cell) == moment


def test_people_and_whole_accounts_are_masked_as_they_come_in():
    assert masked_name("张小明") == "张*明"
    assert masked_name("演示影院商户11") == "演示影院商户11"
    assert masked_account("6299990000000017") == "**** **** **** 0017"
    assert masked_account("629999****6840") == "629999****6840"


# --- Laying a file over what is known


def keys(*fen):
    balance, found = 0, []
    for each in fen:
        balance += each
        found.append((TODAY, each, balance))
    return found


@pytest.mark.parametrize(
    ("known", "fresh", "placed"),
    [
        (keys(1, 2, 3), keys(1, 2, 3), Placed(0, 0)),
        (keys(1, 2, 3)[:2], keys(1, 2, 3), Placed(0, 1)),
        (keys(1, 2, 3)[1:], keys(1, 2, 3), Placed(1, 0)),
        (keys(1, 2, 3)[1:2], keys(1, 2, 3), Placed(1, 1)),
        (keys(1, 2, 3), keys(1, 2, 3)[1:], Placed(0, 0)),
        (keys(1, 2), keys(1, 2, 3)[2:], None),
        (keys(1, 2, 3), keys(1, 5, 3), None),
        # A sum that goes out, comes back and goes out again: the most lines in common win.
        (keys(-5, 5, -5), keys(-5, 5, -5), Placed(0, 0)),
        (keys(-5, 5), keys(-5, 5, -5), Placed(0, 1)),
    ],
)
def test_a_file_is_laid_over_what_is_known(known, fresh, placed):
    assert place_lines(known, fresh, at_start=True, at_end=True) == placed


def test_a_file_says_more_only_where_what_is_known_ends():
    assert place_lines(keys(1, 2), keys(1, 2, 3), at_start=True, at_end=False) is None
    assert place_lines(keys(1, 2)[1:], keys(1, 2), at_start=False, at_end=True) is None
