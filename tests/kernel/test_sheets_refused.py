"""What strangers upload instead of a table: refused for what it is, at no cost."""

import io
import tracemalloc
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernel.sheets import (
    OldWorkbook,
    OtherWorkbook,
    TableFileBroken,
    TableFileKindUnknown,
    TableFileRefused,
    TableFileUnpacksTooLarge,
    WorkbookLocked,
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
    zip_of,
)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, OldWorkbook),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            WorkbookLocked,
        ),
        ("\ufeff<html><table><tr><td>姓名</td></tr></table></html>".encode(), OtherWorkbook),
        (zip_of(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), OtherWorkbook),
        (zip_of(**{"word/document.xml": b"<w/>", "[Content_Types].xml": b"<t/>"}), OtherWorkbook),
        (zip_of(**{"xl/workbook.bin": b"", "[Content_Types].xml": b"<t/>"}), OtherWorkbook),
        (zip_of(**{"photo.jpg": b"\xff\xd8"}), TableFileKindUnknown),
        (zip_of(**{"[Content_Types].xml": b"<t/>"}), TableFileBroken),
        (b"PK\x03\x04 and then nothing", TableFileBroken),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", TableFileKindUnknown),
        (b"%PDF-1.7\n\x00\x01\x02 \xff\xfe", TableFileKindUnknown),
        (b"\xff\xfe\x00", TableFileKindUnknown),
        (bytes(range(256)), TableFileKindUnknown),
    ],
)
def test_other_files_are_refused_for_what_they_are(content, refusal):
    with pytest.raises(refusal):
        read(content)


def test_a_truncated_workbook_is_refused_before_its_first_line():
    whole = xlsx_of(HEADING, *[MEMBER] * 200)

    for size in range(100, len(whole), 997):
        with pytest.raises(TableFileRefused):
            read(whole[:size])


def test_a_workbook_with_one_flipped_bit_is_refused_or_read():
    whole = xlsx_of(HEADING, *[MEMBER] * 5)

    for place in range(0, len(whole), 31):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        try:
            numbered(bytes(damaged))
        except TableFileRefused:
            continue


def test_a_zip_bomb_is_refused_by_what_it_declares():
    bomb = package_of(xlsx_of(HEADING), sheet1=sheet_of(b" " * 3_000_000))

    assert len(bomb) < 20_000
    with pytest.raises(TableFileUnpacksTooLarge):
        read(bomb, unpacked_bytes=1_000_000)


def test_a_zip_bomb_that_declares_less_than_it_holds_is_refused():
    bomb = package_of(xlsx_of(HEADING), sheet1=sheet_of(b" " * 3_000_000))
    size = len(sheet_of(b" " * 3_000_000)).to_bytes(4, "little")
    lying = bomb.replace(size, (1_000).to_bytes(4, "little"))

    assert lying != bomb
    with pytest.raises(TableFileBroken):
        read(lying, unpacked_bytes=1_000_000)


def test_entities_that_multiply_are_refused():
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'

    with pytest.raises(TableFileBroken):
        read(package_of(xlsx_of(HEADING), sheet1=sheet_of(row, before=entities)))


def test_a_row_number_beyond_the_format_ends_in_a_refusal():
    heading = b"".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>{title}</t></is></c>'.encode()
        for letter, title in zip("AB", HEADING, strict=True)
    )
    rows = b'<row r="1">' + heading + b'</row><row r="999999999999"><c><v>1</v></c></row>'
    table = read(package_of(xlsx_of(HEADING), sheet1=sheet_of(rows)))

    with pytest.raises(TableFileBroken):
        list(table)


def test_a_package_of_thousands_of_parts_is_refused():
    parts = {f"xl/media/{number}": b"" for number in range(2_001)}

    with pytest.raises(TableFileBroken):
        read(zip_of(**{"[Content_Types].xml": b"<t/>"}, **parts))


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_compression_that_could_unpack_without_bound_is_refused(compression):
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx_of(HEADING, MEMBER))) as old,
        zipfile.ZipFile(stream, "w", compression) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))

    with pytest.raises(TableFileBroken):
        read(stream.getvalue())


def test_a_sheet_damaged_at_its_end_is_refused_before_its_first_line():
    whole = xlsx_of(HEADING, *[MEMBER] * 3_000)
    with zipfile.ZipFile(io.BytesIO(whole)) as package:
        checksum = package.getinfo("xl/worksheets/sheet1.xml").CRC.to_bytes(4, "little")
    damaged = whole.replace(checksum, b"\x01\x02\x03\x04")

    with pytest.raises(TableFileBroken):
        read(damaged)


def test_an_encrypted_part_is_called_locked():
    content = bytearray(zip_of(**{"[Content_Types].xml": b"<t/>"}))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1

    with pytest.raises(WorkbookLocked):
        read(bytes(content))


@given(st.binary(max_size=400))
@example(b"PK\x03\x04")
@example(b"\xff\xfe")
@example(b'"')
def test_any_bytes_are_read_or_refused(content):
    try:
        list(read(content))
    except TableFileRefused:
        return


@given(st.lists(st.lists(st.text(max_size=8), max_size=3), max_size=5))
def test_any_csv_under_a_heading_is_read_or_refused(rows):
    try:
        content = csv_of(HEADING, *rows)
        lines = list(read(content))
    except (TableFileRefused, UnicodeEncodeError):
        return
    assert len(lines) <= len(rows)


def test_reading_a_long_csv_takes_no_more_memory_than_a_short_one():
    content = csv_of(HEADING, *[MEMBER] * 30_000)

    assert _peak_bytes(content) < 3_000_000


def test_a_line_of_a_workbook_leaves_next_to_nothing_in_memory():
    short, long = (xlsx_of(HEADING, *[MEMBER] * count) for count in (500, 3_000))
    _peak_bytes(short)  # fills the caches that the first reading makes

    # openpyxl keeps an emptied element for each row, about 200 bytes; its cells would take 2,000.
    assert (_peak_bytes(long) - _peak_bytes(short)) / 2_500 < 400


def _peak_bytes(content: bytes) -> int:
    tracemalloc.start()
    try:
        for _ in read(content):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
