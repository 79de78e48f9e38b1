"""Builds the phone apps of `pwa/` into `app/static/apps/`, when something they need changed."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import processes
from tools.paths import ROOT, SCRATCH
from tools.processes import say

SOURCES = ROOT / "pwa"
OUTPUT = ROOT / "app" / "static" / "apps"
NODE_LOCK = ROOT / "tools" / "nodejs.lock"
NODE_MAJOR_MIN = 20
# What paper cards are printed with: an npm package brings it, the service reads its own copy.
_FONT_PACKAGE = Path("node_modules", "@expo-google-fonts", "noto-sans-sc")
FONT_FILES = {
    Path("400Regular", "NotoSansSC_400Regular.ttf"): "NotoSansSC-Regular.ttf",
    Path("LICENSE_FONT"): "OFL.txt",
}
FONTS = ROOT / "cards" / "fonts"


@dataclass(frozen=True)
class Node:
    """A Node.js that is new enough, and the PATH with which its programs find it."""

    folder: Path

    def program(self, name: str) -> str:
        return str(self.folder / name)

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {"PATH": f"{self.folder}{os.pathsep}{os.environ.get('PATH', '')}"}

    def must(self, *command: str) -> None:
        name, *arguments = command
        processes.must(
            [self.program(name), *arguments],
            env=self.env,
            folder=SOURCES,
        )


def exists() -> bool:
    return (SOURCES / "package.json").exists()


def build() -> None:
    """Build what is out of date; say so where there is nothing to build yet."""
    if not exists():
        say("No phone apps to build: pwa/package.json does not exist.")
        return
    with _alone():
        install()
        _copy_font()
        mark = SCRATCH / "frontend.built"
        inputs = _hash(_sources())
        if OUTPUT.is_dir() and mark.exists() and mark.read_text() == inputs:
            return
        say("Building the phone apps …")
        find_node().must("node", "build.mjs")
        mark.write_text(inputs)


def install() -> None:
    """Install the packages that the lock file names, when it changed."""
    mark = SOURCES / "node_modules" / ".union-card"
    wanted = _hash([SOURCES / "package.json", SOURCES / "package-lock.json"])
    if mark.exists() and mark.read_text() == wanted:
        return
    say("Installing the phone apps' packages …")
    find_node().must("npm", "ci", "--no-audit", "--no-fund")
    mark.write_text(wanted)


def _copy_font() -> None:
    """Put the font of paper cards, with its licence, where the service looks for it."""
    for source, name in FONT_FILES.items():
        fetched, copy = SOURCES / _FONT_PACKAGE / source, FONTS / name
        if not fetched.exists() or (
            copy.exists() and copy.stat().st_size == fetched.stat().st_size
        ):
            continue
        FONTS.mkdir(exist_ok=True)
        # Whole or not at all: a service may be reading.
        unfinished = copy.with_suffix(".new")
        shutil.copyfile(fetched, unfinished)
        unfinished.replace(copy)


def script(name: str) -> tuple[list[str], dict[str, str]]:
    """Return the command of one of package.json's scripts, to run in `SOURCES`, and its env."""
    node = _installed()
    return [node.program("npm"), "run", "--silent", name], node.env


def program(file: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command that runs a JavaScript file of `SOURCES` in Node, and its env."""
    node = _installed()
    return [node.program("node"), str(file), *arguments], node.env


def find_node() -> Node:
    """Return the machine's Node.js if it is new enough, else the one of PyPI's wheel."""
    if found := shutil.which("node"):
        said = subprocess.run([found, "--version"], check=False, capture_output=True, text=True)
        major = said.stdout.removeprefix("v").split(".")[0]
        if major.isdigit() and int(major) >= NODE_MAJOR_MIN and shutil.which("npm"):
            return Node(Path(found).parent)
    own = Path(sys.executable).parent
    if not (own / "npm").exists():
        say("Installing Node.js from PyPI …")
        processes.must(
            [
                *(*_pip(), "install", "-qq", "--disable-pip-version-check"),
                *("--only-binary=:all:", "--require-hashes", "-r", NODE_LOCK),
            ]
        )
    return Node(own)


def _installed() -> Node:
    with _alone():
        install()
    return find_node()


def _pip() -> list[str]:
    """Return this environment's pip, or where it was made without one the system's, aimed here."""
    own = [sys.executable, "-m", "pip"]
    works = subprocess.run([*own, "--version"], check=False, capture_output=True).returncode == 0
    python = str(Path(sys.base_prefix, "bin", "python3"))
    return own if works else [python, "-m", "pip", "--python", sys.executable]


@contextmanager
def _alone() -> Iterator[None]:
    SCRATCH.mkdir(exist_ok=True)
    with (SCRATCH / "frontend.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(SOURCES):
        folders[:] = sorted(name for name in folders if name != "node_modules")
        yield from (Path(folder) / name for name in sorted(files))


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(SOURCES)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
