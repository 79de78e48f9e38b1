"""The repository stands alone: it names no machine, no registry, and nothing outside itself."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.paths import ROOT

FORBIDDEN = {
    "a path of one machine": re.compile(
        r"(?<![\w./-])/(?:root|work|home/[\w-]+|Users/[\w-]+|tmp/team)/[\w.]"
    ),
    "a folder outside the repository": re.compile(
        r"\.\./shared/(?:data|design|hooks|platform|sample)\b"
    ),
    "the address of a package registry": re.compile(
        r"https?://[\w.-]*(?:registry\.|pypi\.|pythonhosted\.|npmmirror\.|deb\.debian\.)[\w.-]+"
        r"|(?:index-url|registry)\s*=\s*\S*://",
    ),
}


def faults() -> list[str]:
    """Return each place that breaks the rule, in files that git tracks or would add."""
    return [
        f"{file.relative_to(ROOT)}:{number}: {what}: {found.group()}"
        for file in _files()
        for number, line in enumerate(_lines(file), start=1)
        for what, pattern in FORBIDDEN.items()
        if (found := pattern.search(line))
    ]


def _files() -> Iterator[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout
    # A link leads elsewhere, and a file that was deleted may still be in the index.
    paths = (ROOT / name for name in names.split("\0") if name)
    yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _lines(file: Path) -> list[str]:
    content = file.read_bytes()
    return [] if b"\0" in content else content.decode(errors="replace").splitlines()
