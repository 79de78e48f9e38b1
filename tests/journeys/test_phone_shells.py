"""What the server gives the two phone pages: sentences, scripts, and how much that weighs."""

import gzip
import re
from pathlib import Path

import pytest

from app.sentences import CARD, CARD_DEMO, SCAN, SHARED

PWA = Path(__file__).resolve().parents[2] / "pwa"
FIRST_LOAD_BYTES_MAX = 60_000


@pytest.mark.parametrize(
    ("folders", "table"),
    [
        (["shared"], SHARED),
        (["wallet"], CARD | SHARED),
        (["scanner"], SCAN | SHARED),
    ],
)
def test_the_scripts_ask_for_sentences_that_there_are(folders, table):
    asked = keys_asked_for(*folders)

    assert asked
    assert asked - set(table) == set()


def test_every_sentence_is_asked_for():
    asked = keys_asked_for("shared", "wallet", "scanner")

    assert set(SHARED | CARD | SCAN) - asked == set()
    assert set(CARD_DEMO) <= set(CARD)


def keys_asked_for(*folders):
    sources = [file for folder in folders for file in (PWA / folder).rglob("*.ts*")]
    return {key for file in sources for key in re.findall(r'\bt\(\s*"(\w+)"', file.read_text())}


@pytest.mark.parametrize("path", ["/card/", "/scan/"])
def test_a_first_load_is_small(client, path):
    page = loaded(client, path)
    files = set(re.findall(rb'(?:src|href)="(/static/[^"]+)"', page))

    assert len(files) >= 4
    parts = [page, *(loaded(client, file.decode()) for file in files)]
    assert sum(len(gzip.compress(part)) for part in parts) <= FIRST_LOAD_BYTES_MAX


def loaded(client, path):
    with client.get(path) as answer:
        assert answer.status_code == 200
        return answer.data


@pytest.mark.parametrize("path", ["/card/", "/scan/"])
def test_pages_that_were_not_built_say_so(app, client, tmp_path, monkeypatch, path):
    monkeypatch.setattr(app, "static_folder", str(tmp_path))

    answer = client.get(path)

    assert answer.status_code == 503
    assert "phone_apps_missing" in answer.text
