"""A draw that anybody can repeat: the list of who takes part, its hash, the order by lot.

The same is done by benefits/data/verify_draw.py, which stands alone and is published with each
draw; docs/how-to/run-a-draw.md says it in words.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.clock import SHANGHAI

LIST_HEAD = "union-card-draw-list/1"
RESULT_HEAD = "union-card-draw-result/1"
# From so many entrants a piece on, being first is a matter of the network: lots are drawn.
DRAW_FROM_ENTRANTS_A_PIECE = 3


@dataclass(frozen=True)
class DrawTerms:
    """What was fixed about a draw before anybody could know its seed."""

    release_id: UUID
    pieces: int
    closed_at: datetime
    seed_source: str
    seed_known_at: datetime


def is_for_a_draw(*, expected_entrants: int, pieces: int) -> bool:
    """Say whether so many people for so few pieces are better served by lot than by speed."""
    return expected_entrants > DRAW_FROM_ENTRANTS_A_PIECE * pieces


def entrant_list(terms: DrawTerms, *, codes: Sequence[str]) -> bytes:
    """Return the published list: the terms, then the codes in the order of their letters."""
    lines = [
        LIST_HEAD,
        f"release: {terms.release_id}",
        f"pieces: {terms.pieces}",
        f"closed: {_moment(terms.closed_at)}",
        f"seed: {terms.seed_source}",
        f"seed known from: {_moment(terms.seed_known_at)}",
        f"entrants: {len(codes)}",
        "",
        *sorted(codes),
    ]
    return ("\n".join(lines) + "\n").encode()


def list_hash(content: bytes) -> str:
    """Return what is published of the list before the seed is known: SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def clean_seed(typed: str) -> str:
    """Return a seed as it enters the draw: full-width signs folded, no spaces at its ends."""
    return unicodedata.normalize("NFKC", typed).strip()


def ranking(codes: Sequence[str], *, content_hash: str, seed: str) -> list[str]:
    """Return the codes in the order in which they are drawn; the first `pieces` of them win.

    A code's lot is HMAC-SHA256 with the seed as key over the list's hash and the code, so it
    depends on who else takes part and on nothing that was known before. The smallest is first.
    """
    key = seed.encode()

    def lot(code: str) -> tuple[bytes, str]:
        message = f"{content_hash}\n{code}".encode()
        return hmac.digest(key, message, "sha256"), code

    return sorted(codes, key=lot)


def result_file(
    terms: DrawTerms, *, content_hash: str, seed: str, drawn_at: datetime, ranked: Sequence[str]
) -> bytes:
    """Return the published result: the seed, and everybody in the order drawn."""
    lines = [
        RESULT_HEAD,
        f"release: {terms.release_id}",
        f"pieces: {terms.pieces}",
        f"list sha256: {content_hash}",
        f"seed: {seed}",
        f"drawn: {_moment(drawn_at)}",
        "",
        *(f"{rank} {code}" for rank, code in enumerate(ranked, start=1)),
    ]
    return ("\n".join(lines) + "\n").encode()


@dataclass(frozen=True)
class DrawVerdict:
    """What repeating a draw from its published files came to."""

    ok: bool
    entrants: int
    winners: list[str]


def check_draw(list_content: bytes, result_content: bytes) -> DrawVerdict:
    """Repeat a draw from its two files; a file that is none of ours is not ok."""
    try:
        listed, codes = _parts(list_content, LIST_HEAD)
        result, lines = _parts(result_content, RESULT_HEAD)
        pieces, entrants = int(result["pieces"]), int(listed["entrants"])
        seed, said_hash = result["seed"], result["list sha256"]
        same = all(listed[name] == result[name] for name in ("release", "pieces"))
    except (ValueError, KeyError):
        return DrawVerdict(ok=False, entrants=0, winners=[])
    content_hash = list_hash(list_content)
    ranked = ranking(codes, content_hash=content_hash, seed=seed)
    is_whole = len(codes) == len(set(codes)) == entrants
    agrees = lines == [f"{rank} {code}" for rank, code in enumerate(ranked, start=1)]
    ok = same and is_whole and agrees and said_hash == content_hash
    return DrawVerdict(ok=ok, entrants=len(codes), winners=ranked[:pieces])


def _parts(content: bytes, head: str) -> tuple[dict[str, str], list[str]]:
    """Return the facts and the lines of a published file. Raises ValueError for any other."""
    lines = content.decode().split("\n")
    if lines[0] != head:
        raise ValueError(head)
    blank = lines.index("")
    facts = dict(line.split(": ", 1) for line in lines[1:blank])
    return facts, lines[blank + 1 : -1]


def _moment(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")
