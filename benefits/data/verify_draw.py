"""Repeats a draw of coupons and says whether its published winners are right.

    python3 verify_draw.py entrants.txt result.txt [--hash SHA256] [--code CODE]

Needs Python 3.8 or newer and nothing else. `entrants.txt` and `result.txt` are the files on the
draw's public page; give the hash you noted before the seed was known, and your own code to see its
place. Ends with 0 where everything agrees, else with 1.

How lots are drawn: of the list, as published to the byte, the SHA-256 is taken (hexadecimal). The
lot of a code is HMAC-SHA256 with the seed as key over that hash, a line feed and the code. The
smallest lot is drawn first; the first `pieces` codes win, the others follow in their order.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import sys
from collections.abc import Iterator
from pathlib import Path


def parts(content: bytes, head: str) -> tuple[dict[str, str], list[str]]:
    """Return the facts and the lines of a published file."""
    lines = content.decode("utf-8").split("\n")
    if lines[0] != head:
        raise SystemExit(f"WRONG: this file does not begin with {head}")
    blank = lines.index("")
    facts = dict(line.split(": ", 1) for line in lines[1:blank])
    return facts, lines[blank + 1 : -1]


def ranked(codes: list[str], content_hash: str, seed: str) -> list[str]:
    """Return the codes in the order in which they are drawn."""

    def lot(code: str) -> tuple[bytes, str]:
        message = f"{content_hash}\n{code}".encode()
        return hmac.new(seed.encode("utf-8"), message, hashlib.sha256).digest(), code

    return sorted(codes, key=lot)


def faults(list_bytes: bytes, result_bytes: bytes, noted: str) -> Iterator[str]:
    """Yield whatever does not agree."""
    facts, codes = parts(list_bytes, "union-card-draw-list/1")
    result, lines = parts(result_bytes, "union-card-draw-result/1")
    content_hash = hashlib.sha256(list_bytes).hexdigest()
    if result["list sha256"] != content_hash:
        yield "the list is not the one that was drawn from: its hash differs"
    if noted and noted.lower() != content_hash:
        yield "the list is not the one whose hash you noted"
    if len(codes) != int(facts["entrants"]) or len(set(codes)) != len(codes):
        yield "the list does not hold as many different codes as it says"
    for name in ("release", "pieces"):
        if facts[name] != result[name]:
            yield f"the two files differ in: {name}"
    drawn = ranked(codes, content_hash, result["seed"])
    if lines != [f"{place} {code}" for place, code in enumerate(drawn, start=1)]:
        yield "the published order is not what this seed and this list give"


def main() -> int:
    parser = argparse.ArgumentParser(description="Repeat a draw and check its winners.")
    parser.add_argument("entrants", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--hash", default="", help="the list's hash as you noted it")
    parser.add_argument("--code", default="", help="your own code")
    asked = parser.parse_args()
    list_bytes, result_bytes = asked.entrants.read_bytes(), asked.result.read_bytes()
    found = list(faults(list_bytes, result_bytes, asked.hash))
    for fault in found:
        print("WRONG:", fault)
    if found:
        return 1
    result, lines = parts(result_bytes, "union-card-draw-result/1")
    pieces = int(result["pieces"])
    print(f"OK: {len(lines)} entrants, the first {min(pieces, len(lines))} win")
    for line in lines[:pieces]:
        print(line)
    if asked.code:
        places = [line.split(" ")[0] for line in lines if line.split(" ")[1] == asked.code.upper()]
        print(f"{asked.code}: {'place ' + places[0] if places else 'not on the list'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
