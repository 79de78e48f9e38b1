"""The shared vectors in each implementation: Python's, and the phone apps' in two engines.

`./dev vectors FILE` does the same from the command line.
"""

import copy
import json
import subprocess
import sys

import pytest

from cards.uc1.vectors import check_vectors
from tools.paths import ROOT

FILE = ROOT / "tests" / "data" / "vectors.json"
CONTENT = json.loads(FILE.read_text(encoding="utf-8"))
ALL = len(CONTENT["vectors"]) + len(CONTENT["sequences"])


def test_phones_pass_every_vector(phones):
    assert phones({"do": "vectors", "content": CONTENT}) == {"passed": ALL, "failed": []}


@pytest.mark.browser
def test_the_command_asks_both_engines():
    said = subprocess.run(
        [sys.executable, "-m", "tools.phone_codec", FILE],
        check=True,
        capture_output=True,
        cwd=ROOT,
        text=True,
    )

    passed = {"passed": ALL, "failed": []}
    assert json.loads(said.stdout) == {"node": passed, "chromium": passed}


@pytest.mark.parametrize("moment", [-31, 31])
def test_at_another_moment_the_same_vectors_fail_as_in_python(phones, moment):
    content = copy.deepcopy(CONTENT)
    for case in content["vectors"]:
        case["now"] += moment

    failing = check_vectors(content)

    assert failing["failed"]
    assert phones({"do": "vectors", "content": content}) == failing


def test_a_vector_that_promises_more_than_is_so_fails(phones):
    content = copy.deepcopy(CONTENT)
    content["vectors"][0]["expect"]["tier"] += 1
    content["vectors"][9]["expect"]["error"] = "stale"
    content["sequences"][0]["steps"][0]["expect"] = {"ok": False, "error": "stale"}
    names = [content["vectors"][0], content["vectors"][9], content["sequences"][0]]

    failing = phones({"do": "vectors", "content": content})

    assert failing == {"passed": ALL - 3, "failed": [case["name"] for case in names]}
