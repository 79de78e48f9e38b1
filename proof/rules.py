"""The Merkle tree of RFC 6962, section 2.1: hashes, inclusion paths, consistency paths.

A tree is read through `Fetch`: the hash of the perfect subtree of 2^level leaves that is the
`position`-th of its level. All sizes are counts of leaves; ranges are half-open.
"""

import hashlib
from collections.abc import Callable, Sequence

Fetch = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()
# Every eighth level is kept: a node of those between costs at most 255 hashes to find again.
KEPT_LEVELS = 8


def leaf_hash(record: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the node above `hashes`, whose count is a power of two."""
    level = list(hashes)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [node_hash(left, right) for left, right in pairs]
    return level[0]


def root_of(fetch: Fetch, size: int) -> bytes:
    return _range_hash(fetch, 0, size) if size else EMPTY_ROOT


def inclusion_path(fetch: Fetch, *, seq: int, size: int) -> list[bytes]:
    """Return what must be hashed with leaf `seq`, from the leaf up, to come to the root."""
    if not 0 <= seq < size:
        raise ValueError("the leaf is not in the tree")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if seq < middle:
            path.append(_range_hash(fetch, middle, end))
            end = middle
        else:
            path.append(_range_hash(fetch, start, middle))
            start = middle
    return path[::-1]


def consistency_path(fetch: Fetch, *, first: int, second: int) -> list[bytes]:
    """Return what shows that the tree of `second` leaves begins with that of `first`."""
    if not 0 < first <= second:
        raise ValueError("the first tree is not a beginning of the second")
    path: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_range_hash(fetch, middle, end))
            end = middle
        else:
            path.append(_range_hash(fetch, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(_range_hash(fetch, start, end))
    return path[::-1]


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_hash(fetch: Fetch, start: int, end: int) -> bytes:
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return fetch(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range_hash(fetch, start, middle), _range_hash(fetch, middle, end))
