"""Rows of a CSV file: UTF-8 with or without a mark, GB18030, or what Excel calls Unicode text."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from kernel.sheets.cells import Row, text_or_formula
from kernel.sheets.errors import QuotesUnbalanced, TableFileKindUnknown

_DELIMITERS = (",", "\t", ";")
_CHUNK_BYTES = 64 * 1024
# No table has these: they are what a picture or a PDF looks like when it is read as text.
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")


def delimited_rows(content: bytes) -> Iterator[Iterator[Row]]:
    """Yield the rows of `content` once for each delimiter that may be meant."""
    encoding = _encoding_of(content)
    for delimiter in _DELIMITERS:
        yield _rows(content, encoding=encoding, delimiter=delimiter)


def _encoding_of(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates: tuple[str, ...] = ("utf-16",)
    else:
        # GB18030 reads almost any bytes, UTF-8 hardly any that were not meant: so UTF-8 first.
        candidates = ("utf-8-sig", "gb18030")
    for encoding in candidates:
        try:
            if not _has_controls(content, encoding=encoding):
                return encoding
        except UnicodeDecodeError:
            continue
    raise TableFileKindUnknown


def _has_controls(content: bytes, *, encoding: str) -> bool:
    """Decode all of `content` piece by piece; raises UnicodeDecodeError if it is not `encoding`."""
    decoder = codecs.getincrementaldecoder(encoding)()
    found = False
    for start in range(0, len(content), _CHUNK_BYTES):
        piece = content[start : start + _CHUNK_BYTES]
        text = decoder.decode(piece, final=start + _CHUNK_BYTES >= len(content))
        found = found or _NOT_TEXT.search(text) is not None
    return found


def _rows(content: bytes, *, encoding: str, delimiter: str) -> Iterator[Row]:
    """Yield rows numbered as a spreadsheet numbers them: a quoted line break starts no new row.

    The reader is strict: a lenient one would swallow all lines up to the next quotation mark, and
    nobody would miss them.
    """
    stream = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            yield number, [text_or_formula(text) for text in row]
    except csv.Error:
        raise QuotesUnbalanced(line=number + 1) from None
