"""Verify an export of the Union Card log. Stands alone: read it, then run it on the export.

    python3 verifier.py EXPORT_DIR [--key THUMBPRINT]
    python3 verifier.py --proof FILE [--key THUMBPRINT]     one record, or two checkpoints

It needs Python 3.11 and the package `cryptography`, and nothing of the service. An export holds

    records.jsonl     one record a line; the line's bytes are what is hashed
    index.txt         for each record: its number, its hash, its kind, its id
    checkpoints.txt   one signed statement a line: "the log had `size` records, and this `root`"
    keys.txt          the public keys that signed, one JWK a line

and every byte of it is checked. A leaf is SHA-256(00 | record), a node SHA-256(01 | left | right)
(RFC 6962, 2.1). A statement is a compact JWS (RFC 7515, ES256); its `key` is the thumbprint
(RFC 7638) of a line of keys.txt. Whether that key is the service's, only you can know: compare it
with the thumbprint that you were given on another way, or pass that with --key.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

FILES = ("records.jsonl", "index.txt", "checkpoints.txt", "keys.txt")
HEADER = b'{"alg":"ES256"}'
Json = dict[str, Any]
Keys = dict[str, ec.EllipticCurvePublicKey]


class Bad(Exception):
    """What is wrong."""


def leaf_hash(record: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A Merkle tree to which leaves are added, remembered by the roots of its perfect parts."""

    def __init__(self) -> None:
        self.size = 0
        self.parts: list[tuple[int, bytes]] = []  # (leaves, hash), the largest first

    def add(self, leaf: bytes) -> None:
        self.size += 1
        self.parts.append((1, leaf))
        while len(self.parts) > 1 and self.parts[-1][0] == self.parts[-2][0]:
            (count, right), (_, left) = self.parts.pop(), self.parts.pop()
            self.parts.append((2 * count, node_hash(left, right)))

    def root(self) -> bytes:
        root = self.parts[-1][1]
        for _, left in reversed(self.parts[:-1]):
            root = node_hash(left, root)
        return root


def climb(at: int, last: int, start: bytes, path: list[bytes]) -> tuple[bytes, bytes]:
    """Return the roots to which `path` leads from node `at` (RFC 9162, 2.1.3.2 and 2.1.4.2).

    `last` is the last node of that level. The first root is of the log that ends with `at`, the
    second of the whole.
    """
    old = new = start
    for step in path:
        if last == 0:
            raise Bad("the path is too long")
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    if last:
        raise Bad("the path is too short")
    return old, new


def both_roots(first: int, second: int, root: bytes, path: list[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of logs of two sizes, as `path` has them, if the first has `root`."""
    if not 0 < first <= second:
        raise Bad("the first log is not the smaller one")
    steps = [root, *path] if first & (first - 1) == 0 else path
    if first == second and not path:
        return root, root
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    return climb(at, last, steps[0], steps[1:]) if steps else (b"", b"")


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    if to_base64url(data) != text:
        raise ValueError("a second spelling of the same bytes")
    return data


def read_key(line: bytes) -> tuple[str, ec.EllipticCurvePublicKey]:
    """Return a key and its thumbprint: the hash of its line, byte for byte. Raises Bad."""
    try:
        jwk = json.loads(line)
        x, y = (int.from_bytes(from_base64url(jwk[name])) for name in ("x", "y"))
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (ValueError, KeyError, TypeError) as error:
        raise Bad("it is no key") from error
    return to_base64url(hashlib.sha256(line).digest()), key


def read_signed(token: str, keys: Keys) -> Json:
    """Return what a token says, if one of `keys` signed it; no checkpoint: size 0. Raises Bad."""
    try:
        head, payload, tail = token.split(".")
        said, signature = json.loads(from_base64url(payload)), from_base64url(tail)
        if from_base64url(head) != HEADER or len(signature) != 64:
            raise Bad("it is not signed with ES256")
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        signed, curve = f"{head}.{payload}".encode(), ec.ECDSA(SHA256())
        keys[said["key"]].verify(encode_dss_signature(r, s), signed, curve)
        size = int(said.get("size", 0))
        return {**said, "root": bytes.fromhex(said.get("root", "")), "size": size}
    except KeyError as error:
        raise Bad("its key is not among the keys") from error
    except (ValueError, TypeError) as error:
        raise Bad("it cannot be read") from error
    except InvalidSignature as error:
        raise Bad("its signature is not of these bytes") from error


class Report:
    """What was found wrong. A record that is named says more than what follows from it."""

    def __init__(self) -> None:
        self.first_record: str | None = None
        self.bad: list[str] = []

    def add(self, what: str, why: object) -> None:
        if what.startswith("record ") and self.first_record is None:
            self.first_record = f"{what}: {why}"
        if len(self.bad) < 20:
            self.bad.append(f"{what}: {why}")

    def answer(self, **counts: object) -> Json:
        first_bad = self.first_record or next(iter(self.bad), None)
        return {"ok": not self.bad, "first_bad": first_bad, **counts, "bad": self.bad}


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield lines without their ends. A last line that has none is not what was written."""
    with path.open("rb") as file:
        for line in file:
            yield line[:-1] if line.endswith(b"\n") else line + b" (no end)"


def verify_export(folder: Path, *, trusted: str | None = None) -> Json:
    """Return what is found: ok, records, first_bad (a record, by its name), and more."""
    report, keys = Report(), Keys()
    strange = {path.name for path in folder.iterdir()} ^ set(FILES)
    for name in sorted(strange):
        report.add(name, "missing" if name in FILES else "not of an export")
    if strange & set(FILES):
        return report.answer(records=0)
    for number, line in enumerate(lines_of(folder / "keys.txt"), start=1):
        try:
            keys.update([read_key(line)])
        except Bad as error:
            report.add(f"key {number}", error)
    marks = []
    for number, line in enumerate(lines_of(folder / "checkpoints.txt"), start=1):
        try:
            marks.append(read_signed(line.decode("utf-8", "replace"), keys))
        except Bad as error:
            report.add(f"checkpoint {number}", error)
    sizes = [said["size"] for said in marks]
    if not sizes or sizes != sorted(set(sizes)):
        report.add("checkpoints.txt", "there is none, or they are not in their order")
    for key in (set(keys) | ({trusted} if trusted else set())) - {said["key"] for said in marks}:
        report.add(f"key {key}", "it has signed nothing here")
    records = verify_records(folder, {said["size"]: said["root"] for said in marks}, report)
    return report.answer(records=records, checkpoints=len(marks), keys=sorted(keys))


def verify_records(folder: Path, roots: dict[int, bytes], report: Report) -> int:
    """Compare records with the index, and the index with the signed roots; return their number."""
    tree, sure = Tree(), 0
    both = zip_longest(lines_of(folder / "records.jsonl"), lines_of(folder / "index.txt"))
    for number, (record, entry) in enumerate(both):
        listed, name = read_entry(number, entry)
        if wrong := fault_of(number, record, entry, listed):
            report.add(name, wrong)
        tree.add(listed or leaf_hash(record or b""))
        if tree.size in roots:
            if roots[tree.size] != tree.root() and report.first_record is None:
                where = f"records {sure} to {number}"
                report.add(f"checkpoint of {tree.size}", f"others were logged as {where}")
            sure = tree.size
    if sure != tree.size or sure != max(roots, default=0):
        report.add("checkpoints.txt", f"none is about record {sure} and those after it")
    return tree.size


def read_entry(number: int, entry: bytes | None) -> tuple[bytes | None, str]:
    """Return the hash that an index line gives, if it can be read, and the record's name."""
    parts = (entry or b"").decode("utf-8", "replace").split(" ")
    try:
        _, digest, kind, key = parts
        return bytes.fromhex(digest), f"record {number}, {kind} {key}"
    except ValueError:
        return None, f"record {number}"


def fault_of(number: int, line: bytes | None, entry: bytes | None, hash_: bytes | None) -> str:
    """Return what is wrong with a record; nothing, if all is right."""
    if line is None:
        return "it is in the index, and not among the records"
    found = leaf_hash(line)
    if hash_ not in (None, found):
        return "it is not what was logged"
    try:
        record = json.loads(line)
        if f"{number} {found.hex()} {record['record']} {record['id']}".encode() != entry:
            return f"its line in the index is not of {record['record']} {record['id']}"
        return "" if adds_up(record) else "its amounts do not add up"
    except (ValueError, KeyError, TypeError, IndexError):
        return "it cannot be read"


def adds_up(record: Json) -> bool:
    """Say whether the amounts of a sale, a reversal or a journal come to what they should."""
    one, other = {
        "captured": ("gross_fen", "member_pays_fen merchant_bears_fen union_pays_fen"),
        "taken_back": ("amount_fen", "member_fen merchant_fen union_fen"),
    }.get(record["record"], ("", ""))
    if one and record[one] != sum(record[part] for part in other.split()):
        return False
    postings = record.get("postings", [])  # each [line, account, debit, credit, whose, who]
    return not sum(debit - credit for _, _, debit, credit, *_ in postings)


def verify_proof(proof: Json, *, trusted: str | None = None) -> Json:
    """Check a proof as the service hands it out. Raises Bad."""
    keys = dict(read_key(line.encode()) for line in proof["keys"])
    path = list(map(bytes.fromhex, proof["path"]))
    if "record" in proof:
        new, leaf = read_signed(proof["checkpoint"], keys), leaf_hash(proof["record"].encode())
        if not 0 <= proof["number"] < new["size"]:
            raise Bad("the record's number is not below the log's size")
        if climb(proof["number"], new["size"] - 1, leaf, path)[1] != new["root"]:
            raise Bad("the log that was signed has another record at this place")
    else:
        old, new = (read_signed(proof[name], keys) for name in ("first", "second"))
        if both_roots(old["size"], new["size"], old["root"], path) != (old["root"], new["root"]):
            raise Bad("the second log does not begin with the first")
    if trusted not in (None, new["key"]):
        raise Bad("another key signed it than the one that you trust")
    return {"ok": True, "first_bad": None, "records": new["size"], "keys": [new["key"]]}


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify an export of the Union Card log.")
    parser.add_argument("folder", nargs="?", type=Path, help="the export")
    parser.add_argument("--proof", type=Path, help="a proof, as JSON")
    parser.add_argument("--key", help="the thumbprint of the key that you trust")
    given = parser.parse_args()
    if (given.folder is None) == (given.proof is None):
        parser.error("give an export or a proof")
    try:
        if given.proof:
            found = verify_proof(json.loads(given.proof.read_bytes()), trusted=given.key)
        else:
            found = verify_export(given.folder, trusted=given.key)
    except (Bad, OSError, ValueError, KeyError, TypeError) as error:
        found = {"ok": False, "first_bad": str(error)}
    print(json.dumps(found, indent=1))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
