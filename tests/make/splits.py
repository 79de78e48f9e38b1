"""Who bears what of a bill, as cases that server and till both compute: tests/data/splits.json.

Written anew by `python -m tests.make.splits`; the same cases each time, worked out by the server's
own rules.
"""

import json
from dataclasses import asdict
from pathlib import Path
from random import Random

from benefits.rules import Terms, bill_reason, split_of

FILE = Path(__file__).resolve().parents[1] / "data" / "splits.json"
_SHARES = [0, 1, 3333, 4999, 5000, 5001, 6667, 9999, 10_000]
_BILLS = [1, 2, 3, 99, 101, 1_999, 2_000, 2_001, 12_345, 9_999_999, 10_000_000]
# The kinds that a lease may hold.
_KINDS = ("percent", "full_reduction", "fixed_price")


def cases():
    """Return the cases: terms, a bill, and what the server says of it."""
    random = Random(5)
    bills = [*_BILLS, *(random.randrange(1, 200_000) for _ in range(20))]
    return [
        case(bill, terms_of(kind, share, random))
        for kind in _KINDS
        for share in _SHARES
        for bill in random.sample(bills, 12)
    ]


def terms_of(kind, share, random):
    threshold = random.randrange(100, 10_000)
    list_fen = random.randrange(100, 20_000)
    amounts = {
        "percent": {"member_rate_bp": random.choice([0, 1, 5_000, 8_800, 9_500, 9_999])},
        "full_reduction": {
            "threshold_fen": threshold,
            "reduction_fen": random.randrange(1, threshold + 1),
        },
        "fixed_price": {"list_fen": list_fen, "member_fen": random.randrange(0, list_fen)},
    }
    none = dict.fromkeys(
        ["member_rate_bp", "threshold_fen", "reduction_fen", "list_fen", "member_fen"]
    )
    return Terms(
        kind=kind,
        union_share_bp=share,
        union_max_fen=random.choice([None, None, 0, 1, 333, 4_000]),
        **(none | amounts[kind]),
    )


def case(bill, terms):
    reason = bill_reason(bill, terms)
    return {
        "terms": asdict(terms),
        "split": asdict(split_of(bill, terms)),
        "reason": None if reason is None else reason.code,
    }


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(each) for each in cases())
    FILE.write_text(f"[\n{lines}\n]\n")
