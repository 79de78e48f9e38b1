"""A strict reader of the few CBOR types that UC1 uses (RFC 8949, core deterministic encoding).

Scanned bytes never reach `cbor2.loads`: a general decoder follows tags, shared values and any depth
(CVE-2026-26209 and relatives), and accepts many spellings of one message. This one accepts one
spelling: shortest heads, definite lengths, map keys in bytewise order, nothing after the end.
"""

from collections.abc import Mapping

from cards.uc1.answers import malformed

Value = int | bool | bytes | str | list["Value"] | dict[int | str, "Value"]

DEPTH_MAX = 6  # the trust list needs five
UINT32_MAX = 2**32 - 1
UINT64_MAX = 2**64 - 1


class _Major:
    """The first three bits of an item."""

    UNSIGNED = 0
    NEGATIVE = 1
    BYTES = 2
    TEXT = 3
    ARRAY = 4
    MAP = 5
    SIMPLE = 7


_INLINE_MAX = 23
_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}  # bytes of argument that follow the head
_SMALLEST = {24: 24, 25: 2**8, 26: 2**16, 27: 2**32}  # less has a shorter head
_BOOLEANS = {20: False, 21: True}


class Reader:
    """Reads one message from front to back. Every method raises Rejected.

    `ordered=False` lets map keys come in any order, for the trust list, whose vectors do.
    """

    __slots__ = ("_at", "_data", "_ordered")

    def __init__(self, data: bytes, *, ordered: bool = True) -> None:
        self._data = data
        self._at = 0
        self._ordered = ordered

    def literal(self, expected: bytes, *, detail: str) -> None:
        """Step over bytes that must stand here exactly so."""
        if not self._data.startswith(expected, self._at):
            raise malformed(detail)
        self._at += len(expected)

    def byte_string(self) -> bytes:
        major, length = self._head()
        if major != _Major.BYTES:
            raise malformed("bstr")
        return self._slice(length)

    def end(self) -> None:
        if self._at != len(self._data):
            raise malformed("trailing")

    def value(self, depth: int = DEPTH_MAX) -> Value:
        if depth == 0:
            raise malformed("depth")
        major, argument = self._head()
        result: Value
        match major:
            case _Major.UNSIGNED:
                result = argument
            case _Major.NEGATIVE:
                result = -1 - argument
            case _Major.BYTES:
                result = self._slice(argument)
            case _Major.TEXT:
                result = self._text(argument)
            case _Major.ARRAY:
                result = [self.value(depth - 1) for _ in range(self._at_most_left(argument))]
            case _Major.MAP:
                result = self._map(self._at_most_left(argument), depth)
            case _Major.SIMPLE if argument in _BOOLEANS:
                result = _BOOLEANS[argument]
            case _:
                raise malformed("cbor-type")
        return result

    def _head(self) -> tuple[int, int]:
        if self._at >= len(self._data):
            raise malformed("truncated")
        major, info = divmod(self._data[self._at], 32)
        self._at += 1
        if info <= _INLINE_MAX:
            return major, info
        if info not in _WIDTHS:  # reserved, or of indefinite length
            raise malformed("cbor-head")
        width = _WIDTHS[info]
        argument = int.from_bytes(self._data[self._at : self._at + width])
        self._at += width
        if self._at > len(self._data):
            raise malformed("truncated")
        if argument < _SMALLEST[info]:
            raise malformed("cbor-head")
        return major, argument

    def _slice(self, length: int) -> bytes:
        start, self._at = self._at, self._at + length
        if self._at > len(self._data):
            raise malformed("bstr")
        return self._data[start : self._at]

    def _text(self, length: int) -> str:
        try:
            return self._slice(length).decode()
        except UnicodeDecodeError:
            raise malformed("tstr") from None

    def _at_most_left(self, count: int) -> int:
        """Return `count`. Each item needs a byte, so a small message cannot ask for a big list."""
        if count > len(self._data) - self._at:
            raise malformed("truncated")
        return count

    def _map(self, count: int, depth: int) -> dict[int | str, Value]:
        result: dict[int | str, Value] = {}
        previous = b""
        for _ in range(count):
            start = self._at
            key = self.value(depth - 1)
            if isinstance(key, bool) or not isinstance(key, int | str):
                raise malformed("map-key")
            spelled = self._data[start : self._at]
            if key in result or (self._ordered and spelled < previous):
                raise malformed("map-order")
            previous = spelled
            result[key] = self.value(depth - 1)
        return result


def decode(data: bytes, *, ordered: bool = True) -> Value:
    """Return the one value that `data` spells. Raises Rejected."""
    reader = Reader(data, ordered=ordered)
    value = reader.value()
    reader.end()
    return value


def uint(value: Value | None, *, maximum: int, detail: str) -> int:
    """Return `value` if it is a whole number from 0 to `maximum`. Raises Rejected, as all below."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= maximum:
        raise malformed(detail)
    return value


def byte_string(value: Value | None, *, minimum: int, maximum: int, detail: str) -> bytes:
    if not isinstance(value, bytes) or not minimum <= len(value) <= maximum:
        raise malformed(detail)
    return value


def text(value: Value | None, *, minimum: int, maximum: int, detail: str) -> str:
    """Return `value` if it is text. The bounds count bytes of UTF-8, as CDDL's `.size` does."""
    if not isinstance(value, str) or not minimum <= len(value.encode()) <= maximum:
        raise malformed(detail)
    return value


def array(value: Value | None, *, length: int, detail: str) -> list[Value]:
    if not isinstance(value, list) or len(value) != length:
        raise malformed(detail)
    return value


def mapping(value: Value | None, *, detail: str) -> Mapping[int | str, Value]:
    if not isinstance(value, dict):
        raise malformed(detail)
    return value
