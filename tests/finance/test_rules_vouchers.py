"""Voucher files: what each layout says, and what its accounting package refuses."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from openpyxl import load_workbook

from finance.rules.voucher_checks import RULES, voucher_faults
from finance.rules.vouchers import VoucherRow, summary_of, voucher_file, voucher_profiles
from kernel.money import Fen

CODES = ["102", "22501", "50301", "M102"]
SALE = VoucherRow(
    date(2026, 11, 23), 1, 1, 1, "11-23普惠补贴", "50301", "职工服务支出", Fen(1_234_50), Fen(0)
)
OWED = replace(SALE, line_no=2, account_code="22501", debit_fen=Fen(0), credit_fen=Fen(1_234_50))
RED = [
    replace(SALE, number=2, debit_fen=Fen(-5_00)),
    replace(OWED, number=2, credit_fen=Fen(-5_00)),
]
ROWS = [SALE, OWED, *RED]


def faults(rows, profile, *, month="2026-11", preparer="经办", checker="审批", codes=CODES):
    layout = voucher_profiles()[profile]
    content = voucher_file(rows, layout, preparer=preparer, checker=checker)
    return {each.rule for each in voucher_faults(content, layout, month=month, codes=codes)}


@pytest.mark.parametrize("profile", voucher_profiles())
def test_what_we_write_every_package_takes(profile):
    assert faults(ROWS, profile) == set()
    assert faults([], profile) == set()


def test_the_general_table_has_the_columns_that_packages_import():
    layout = voucher_profiles()["general"]
    content = voucher_file(ROWS, layout, preparer="经办", checker="审批")

    rows = list(load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))

    headings = "日期 凭证字 凭证号 附单据数 摘要 科目代码 科目名称 借方金额 贷方金额 制单人 审核人"
    assert list(rows[0]) == headings.split()
    assert rows[1][:4] == ("2026-11-23", "记", "1", "1")
    assert [row[7:9] for row in rows[1:]] == [
        ("1234.50", "0.00"),
        ("0.00", "1234.50"),
        ("-5.00", "0.00"),
        ("0.00", "-5.00"),
    ]


def test_yonyous_text_is_gbk_with_its_own_first_line():
    layout = voucher_profiles()["yonyou"]
    text = voucher_file(ROWS, layout, preparer="经办", checker="审批").decode("gbk").splitlines()

    assert text[0] == "填制凭证,V800"
    assert text[1] == "2026-11-23,记,1,1,11-23普惠补贴,50301,1234.50,0.00,,,,经办"


def test_kingdees_table_counts_entries_from_0_and_names_the_side():
    layout = voucher_profiles()["kingdee"]
    text = voucher_file(ROWS, layout, preparer="经办", checker="审批").decode("gbk")

    rows = list(csv.DictReader(io.StringIO(text)))

    assert [(each["FEntryID"], each["FDC"], each["FFCyAmt"]) for each in rows] == [
        ("0", "D", "1234.50"),
        ("1", "C", "1234.50"),
        ("0", "D", "-5.00"),
        ("1", "C", "-5.00"),
    ]


WRONG = {
    "day": ([replace(SALE, day=date(2026, 12, 1)), replace(OWED, day=date(2026, 12, 1))], {}),
    "number": ([replace(SALE, number=2), replace(OWED, number=2)], {}),
    "attachments": ([replace(SALE, attachments=10_000), OWED], {}),
    "summary": ([replace(SALE, summary="长" * 81), OWED], {}),
    "account": ([replace(SALE, account_code="999"), OWED], {}),
    "amount": ([replace(SALE, debit_fen=Fen(0)), OWED], {}),
    "balance": ([SALE, replace(OWED, credit_fen=Fen(1_234_51))], {}),
    "people": (ROWS, {"preparer": ""}),
}


@pytest.mark.parametrize("profile", voucher_profiles())
@pytest.mark.parametrize("rule", WRONG)
def test_what_a_package_would_refuse_is_named(rule, profile):
    rows, facts = WRONG[rule]

    assert rule in faults(rows, profile, **facts)


def test_an_account_with_accounts_below_it_takes_no_entry():
    assert faults(ROWS, "general", codes=[*CODES, "5030101"]) == {"account"}


def test_who_prepared_it_does_not_check_it():
    assert faults(ROWS, "general", preparer="同一人", checker="同一人") == {"people"}


def test_a_comma_is_no_part_of_a_line_of_text():
    assert faults([replace(SALE, summary="一,二"), OWED], "yonyou") == {"summary"}
    assert faults([replace(SALE, summary="一,二"), OWED], "general") == set()


@pytest.mark.parametrize("profile", voucher_profiles())
def test_another_word_and_another_shape_are_found_in_the_bytes(profile):
    layout = voucher_profiles()[profile]
    content = voucher_file(ROWS, layout, preparer="经办", checker="审批")
    other = replace(layout, words=("转",))

    assert {each.rule for each in voucher_faults(content, other, month="2026-11", codes=CODES)} == {
        "word"
    }
    wider = replace(layout, columns=(*layout.columns, layout.columns[0]))
    [fault] = voucher_faults(content, wider, month="2026-11", codes=CODES)
    assert fault.rule == "shape"


def test_each_rule_is_broken_by_some_file():
    assert {*WRONG, "word", "shape"} == RULES.keys()


def test_a_summary_says_day_fund_and_count():
    said = summary_of(
        source_type="redemption", is_red=False, fund="dues", day=date(2026, 11, 3), journals=12
    )
    assert said == "11-03普惠补贴\uff08会费\uff0912笔"
