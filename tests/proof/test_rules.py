"""The tree: RFC 6962's own numbers, and every proof of every small tree, by both programs."""

import hashlib

import pytest

from proof.rules import (
    EMPTY_ROOT,
    consistency_path,
    fold,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_of,
)
from proof.verifier import Bad, Tree, both_roots, climb

# The leaves and roots of certificate-transparency's reference tests.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def fetch_of(leaves):
    hashes = [leaf_hash(leaf) for leaf in leaves]
    return lambda level, position: fold(hashes[position << level : (position + 1) << level])


@pytest.mark.parametrize("size", range(1, 9))
def test_the_reference_trees(size):
    tree = Tree()
    for leaf in LEAVES[:size]:
        tree.add(leaf_hash(leaf))

    assert root_of(fetch_of(LEAVES[:size]), size).hex() == ROOTS[size - 1]
    assert tree.root().hex() == ROOTS[size - 1]


def test_an_empty_tree():
    assert root_of(fetch_of([]), 0) == EMPTY_ROOT == hashlib.sha256(b"").digest()


SIZES = range(1, 34)
RECORDS = [f"record {number}".encode() for number in range(max(SIZES))]


@pytest.mark.parametrize("size", SIZES)
def test_every_record_is_proven_and_no_other_is(size):
    fetch = fetch_of(RECORDS[:size])
    root = root_of(fetch, size)
    for number in range(size):
        path = inclusion_path(fetch, seq=number, size=size)

        assert climb(number, size - 1, leaf_hash(RECORDS[number]), path)[1] == root
        assert climb(number, size - 1, leaf_hash(b"another"), path)[1] != root
        for wrong in (path[:-1], [*path, root]):
            if wrong != path:
                with pytest.raises(Bad):
                    climb(number, size - 1, leaf_hash(RECORDS[number]), wrong)


@pytest.mark.parametrize("second", SIZES)
def test_every_log_begins_with_every_smaller_one(second):
    fetch = fetch_of(RECORDS[:second])
    root = root_of(fetch, second)
    for first in range(1, second + 1):
        old = root_of(fetch_of(RECORDS[:first]), first)
        path = consistency_path(fetch, first=first, second=second)

        assert both_roots(first, second, old, path) == (old, root)
        forged = root_of(fetch_of([*RECORDS[: first - 1], b"forged"]), first)
        assert both_roots(first, second, forged, path) != (forged, root)


def test_a_leaf_is_never_a_node():
    assert leaf_hash(b"a" * 64) != node_hash(b"a" * 32, b"a" * 32)


@pytest.mark.parametrize(("seq", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_path_outside(seq, size):
    with pytest.raises(ValueError, match="not in the tree"):
        inclusion_path(fetch_of(RECORDS[:3]), seq=seq, size=size)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3)])
def test_no_log_begins_with_a_larger_one(first, second):
    with pytest.raises(ValueError, match="not a beginning"):
        consistency_path(fetch_of(RECORDS[:3]), first=first, second=second)
    with pytest.raises(Bad):
        both_roots(first, second, b"", [])
