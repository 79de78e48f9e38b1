import json

import pytest

from tools import frontend

BUILD = """
import { appendFileSync, copyFileSync, mkdirSync } from "node:fs";
mkdirSync("../out", { recursive: true });
copyFileSync("main.ts", "../out/main.js");
appendFileSync("../builds", "built\\n");
"""


@pytest.fixture
def apps(tmp_path, monkeypatch):
    """A front end without packages, which counts its builds, in the place of ours."""
    sources = tmp_path / "pwa"
    sources.mkdir()
    about = {"name": "apps", "version": "1.0.0"}
    (sources / "package.json").write_text(json.dumps(about))
    lock = about | {"lockfileVersion": 3, "packages": {"": about}}
    (sources / "package-lock.json").write_text(json.dumps(lock))
    (sources / "build.mjs").write_text(BUILD)
    (sources / "main.ts").write_text("1\n")
    (sources / "node_modules").mkdir()
    monkeypatch.setattr(frontend, "SOURCES", sources)
    monkeypatch.setattr(frontend, "OUTPUT", tmp_path / "out")
    monkeypatch.setattr(frontend, "SCRATCH", tmp_path / "scratch")
    return tmp_path


def builds(apps):
    return (apps / "builds").read_text().splitlines()


def test_it_is_built_once_and_again_only_when_something_changed(apps):
    frontend.build()
    (apps / "pwa" / "node_modules" / "cache").write_text("not a source")
    frontend.build()
    assert len(builds(apps)) == 1

    (apps / "pwa" / "main.ts").write_text("2\n")
    frontend.build()
    assert len(builds(apps)) == 2
    assert (apps / "out" / "main.js").read_text() == "2\n"

    (apps / "out").rename(apps / "gone")
    frontend.build()
    assert len(builds(apps)) == 3


def test_without_phone_apps_it_says_so(apps, capsys):
    (apps / "pwa" / "package.json").unlink()

    frontend.build()

    assert "No phone apps to build" in capsys.readouterr().err
    assert not (apps / "builds").exists()
