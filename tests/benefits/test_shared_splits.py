"""The cases to which the till's own arithmetic is held (pwa/tests/offline.test.ts)."""

import json
from collections import Counter

from tests.make.splits import FILE, cases


def test_the_tills_cases_are_what_the_server_computes():
    kept = json.loads(FILE.read_text())

    assert kept == cases()
    assert all(count > 20 for count in Counter(each["reason"] for each in kept).values())
    for each in kept:
        split = each["split"]
        parts = (split["member_pays_fen"], split["merchant_bears_fen"], split["union_pays_fen"])
        assert sum(parts) == split["gross_fen"]
