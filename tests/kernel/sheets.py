"""Table files made for tests, and how they are read there."""

import csv
import io
import zipfile

import openpyxl

from kernel.sheets import (
    Limits,
    read_table,
)

SYNONYMS = {"name": ("姓名", "名字"), "phone": ("手机号码", "手机号"), "note": ("备注",)}
HEADING = ["姓名", "手机号码"]
MEMBER = ["张小明", "15400000001"]


def read(content: bytes, **limits):
    return read_table(
        content,
        header_synonyms=SYNONYMS,
        required_headers=("name", "phone"),
        limits=Limits(**limits),
    )


def numbered(content: bytes, **limits) -> list[tuple[int, object, object]]:
    return [
        (line.number, line.cells["name"], line.cells["phone"]) for line in read(content, **limits)
    ]


def csv_of(*rows, delimiter=",", encoding="utf-8") -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode(encoding)


def xlsx_of(*rows, change=None) -> bytes:
    """Return a workbook of `rows`; `change` may do more to its only sheet."""
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    if change:
        change(workbook.active)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def package_of(content: bytes, **changed: bytes | None) -> bytes:
    """Return a workbook whose parts (`sheet1`, `sharedStrings` …) are replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            part = member.filename.rsplit("/", 1)[-1].removesuffix(".xml")
            new.writestr(member.filename, changed.get(part) or old.read(member))
    return stream.getvalue()


def sheet_of(rows: bytes, after: bytes = b"", before: bytes = b"") -> bytes:
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>'
        + before
        + b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        + b"<sheetData>"
        + rows
        + b"</sheetData>"
        + after
        + b"</worksheet>"
    )


def zip_of(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for path, part in parts.items():
            package.writestr(path, part)
    return stream.getvalue()
