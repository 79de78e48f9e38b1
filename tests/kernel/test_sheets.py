"""Table files as they really come."""

import codecs
import io
from datetime import datetime

import pytest
import xlsxwriter

from kernel.sheets import (
    COVERED,
    ColumnsMissing,
    ColumnTwice,
    Formula,
    HeadingMissing,
    QuotesUnbalanced,
    TableFileEmpty,
    TableFileTooLarge,
    TooManyColumns,
    TooManyLines,
    TooManyMergedCells,
)
from tests.kernel.sheets import (
    HEADING,
    MEMBER,
    csv_of,
    numbered,
    package_of,
    read,
    sheet_of,
    xlsx_of,
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_is_read_in_every_encoding_and_with_every_delimiter(encoding, delimiter):
    rare = ["郑𬭎", "15400000002"]

    content = csv_of(HEADING, MEMBER, rare, delimiter=delimiter, encoding=encoding)

    assert numbered(content) == [(2, *MEMBER), (3, *rare)]


def test_a_csv_row_counts_once_however_many_lines_its_cells_have():
    content = csv_of([*HEADING, "备注"], [*MEMBER, "一\r\n二\n三"], [], MEMBER, [" ", ""])

    assert numbered(content) == [(2, *MEMBER), (4, *MEMBER)]


def test_carriage_returns_alone_end_rows_too():
    assert numbered("姓名,手机号码\r张小明,1\r".encode()) == [(2, "张小明", "1")]


@pytest.mark.parametrize("rows_above", range(10))
def test_the_heading_may_be_in_any_of_the_first_ten_rows(rows_above):
    titles = [[f"标题{number}"] for number in range(rows_above)]

    for content in (csv_of(*titles, HEADING, MEMBER), xlsx_of(*titles, HEADING, MEMBER)):
        assert numbered(content) == [(rows_above + 2, *MEMBER)]


@pytest.mark.parametrize("make", [csv_of, xlsx_of])
def test_an_eleventh_row_is_too_late_for_a_heading(make):
    with pytest.raises(HeadingMissing) as refused:
        read(make(*[["标题"]] * 10, HEADING, MEMBER))

    assert refused.value.facts == {"columns": ["姓名", "手机号码"]}


@pytest.mark.parametrize("make", [csv_of, xlsx_of])
def test_a_missing_column_is_named(make):
    with pytest.raises(ColumnsMissing) as refused:
        read(make(["标题"], ["姓名", "电话", "备注"], MEMBER))

    assert refused.value.facts == {"columns": ["手机号码"], "line": 2}


@pytest.mark.parametrize("title", [" 姓 名 ", "*姓名", "姓名（必填）", "＊姓名*", "名字", "姓名:"])
def test_headings_are_known_in_their_usual_dress(title):
    assert numbered(csv_of([title, "手机号"], MEMBER)) == [(2, *MEMBER)]


def test_the_preferred_spelling_wins_and_equal_ones_are_refused():
    assert numbered(csv_of(["名字", "姓名", "手机号码"], ["旧", "新", "1"])) == [(2, "新", "1")]
    with pytest.raises(ColumnTwice):
        read(csv_of(["姓名", "姓名", "手机号码"], ["旧", "新", "1"]))


def test_unknown_columns_are_ignored_but_handed_back():
    content = csv_of(["序号", *HEADING, "工号"], ["1", *MEMBER, "A7", "多余"])

    table = read(content)
    (line,) = table

    assert table.heading == ("序号", "姓名", "手机号码", "工号")
    assert line.originals == ("1", "张小明", "15400000001", "A7", "多余")
    assert dict(line.cells) == {"name": "张小明", "phone": "15400000001"}


def test_a_short_row_ends_in_nothing():
    assert numbered(csv_of(HEADING, ["张小明"])) == [(2, "张小明", None)]


def test_a_workbook_gives_text_numbers_and_dates():
    joined = datetime(2016, 6, 21)
    content = xlsx_of([*HEADING, "备注"], ["张小明", 15400000001, joined], [None], ["李", 1.5])

    lines = list(read(content))

    assert [line.number for line in lines] == [2, 4]
    assert lines[0].cells == {"name": "张小明", "phone": 15400000001, "note": joined}
    assert lines[0].originals == ("张小明", "15400000001", "2016-06-21")
    assert lines[1].originals[:2] == ("李", "1.5")


def test_rows_that_a_workbook_leaves_out_are_counted():
    def far(sheet):
        sheet.cell(row=900, column=1, value="王")

    assert [line.number for line in read(xlsx_of(HEADING, MEMBER, change=far))] == [2, 900]


def test_a_workbook_that_lies_about_its_size_loses_no_row():
    rows = b"".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{a}</t></is></c>'
        f'<c r="B{n}" t="inlineStr"><is><t>{b}</t></is></c></row>'.encode()
        for n, (a, b) in enumerate([HEADING, MEMBER, MEMBER], start=1)
    )
    sheet = sheet_of(rows).replace(b"<sheetData>", b'<dimension ref="A1"/><sheetData>')

    assert numbered(package_of(xlsx_of(HEADING), sheet1=sheet)) == [(2, *MEMBER), (3, *MEMBER)]


def test_the_first_visible_sheet_with_the_heading_is_read():
    def more(sheet):
        sheet.sheet_state = "hidden"
        sheet.parent.create_sheet("说明").append(["请如实填写"])
        second = sheet.parent.create_sheet("名册")
        second.append(HEADING)
        second.append(["李", "2"])

    assert numbered(xlsx_of(HEADING, MEMBER, change=more)) == [(2, "李", "2")]


def test_a_formula_is_shown_and_never_its_value():
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, HEADING)
        sheet.write_formula(1, 0, '=A9&"明"', value="张明")
        sheet.write_array_formula(1, 1, 1, 1, "{=SUM(A1:A2)}", value=3)

    assert numbered(stream.getvalue()) == [(2, Formula('=A9&"明"'), Formula("=SUM(A1:A2)"))]
    assert numbered(csv_of(HEADING, ["=1+1", "1"])) == [(2, Formula("=1+1"), "1")]


def test_a_formula_that_only_keeps_text_as_text_is_that_text():
    assert numbered(csv_of(HEADING, ["张", '="015400000001"'])) == [(2, "张", "015400000001")]


def test_cells_under_a_merged_one_are_marked():
    def merge(sheet):
        sheet.merge_cells("A1:D1")
        sheet.merge_cells("A3:A5")

    title, people = ["标题"], [["甲", "1"], ["", "2"], ["", "3"], ["丁", "4"]]
    content = xlsx_of(title, HEADING, *people, change=merge)

    assert numbered(content) == [
        (3, "甲", "1"),
        (4, COVERED, "2"),
        (5, COVERED, "3"),
        (6, "丁", "4"),
    ]
    assert [line.originals for line in read(content)][1] == ("", "2")


def test_a_merged_range_as_large_as_a_sheet_costs_nothing():
    sheet = sheet_of(
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>\xe5\xa7\x93</t></is></c></row>',
        after=b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
    )

    with pytest.raises(HeadingMissing):
        read(package_of(xlsx_of(HEADING), sheet1=sheet))


def test_too_many_merged_ranges_are_refused():
    def merge(sheet):
        for row in range(3, 9):
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=2)

    with pytest.raises(TooManyMergedCells):
        read(xlsx_of(HEADING, MEMBER, change=merge), merged_range_count=5)


@pytest.mark.parametrize("make", [csv_of, xlsx_of])
def test_sixty_columns_are_refused_and_sixty_empty_ones_are_not(make):
    filled = [f"列{number}" for number in range(58)]
    empty = [""] * 58

    assert numbered(make([*HEADING, *empty], [*MEMBER, *empty])) == [(2, *MEMBER)]
    with pytest.raises(TooManyColumns):
        read(make([*HEADING, *filled], MEMBER))
    with pytest.raises(TooManyColumns):
        list(read(make(HEADING, [*MEMBER, *filled])))


def test_lines_are_limited():
    content = csv_of(HEADING, *[MEMBER] * 4)

    assert len(numbered(content, line_count=4)) == 4
    with pytest.raises(TooManyLines):
        numbered(content, line_count=3)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"[:0], b" \r\n\r\n", b"\x00" * 50])
def test_an_empty_file_is_called_empty(content):
    with pytest.raises(TableFileEmpty):
        read(content)


def test_a_file_of_nothing_but_a_mark_has_no_heading():
    with pytest.raises(HeadingMissing):
        read(codecs.BOM_UTF8)


def test_a_file_beyond_the_limit_is_not_looked_at():
    with pytest.raises(TableFileTooLarge):
        read(csv_of(HEADING, MEMBER), content_bytes=20)


def test_quotation_marks_that_do_not_match_are_refused_with_their_row():
    with pytest.raises(QuotesUnbalanced) as refused:
        numbered('姓名,手机号码\n张,1\n"李,2\n王,3\n'.encode())

    assert refused.value.facts == {"line": 3}
    with pytest.raises(QuotesUnbalanced):
        numbered('"姓名,手机号码\n张,1\n'.encode())
