"""`./dev check`, which changes no file, and the tasks that mend what it finds."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools import frontend, portability, processes, scratch, translations
from tools.errors import TaskError
from tools.paths import ROOT
from tools.service import FLASK

RUFF = [sys.executable, "-m", "ruff"]
MIGRATIONS = ROOT / "migrations" / "versions"
IMPORT_LINTER = "from importlinter.cli import lint_imports_command as lint; lint()"


@dataclass(frozen=True)
class Verdict:
    """What a check found: nothing, or something to read."""

    passed: bool
    text: str


Check = Callable[[], Verdict]


def command(*words: str, env: Mapping[str, str] | None = None, folder: Path = ROOT) -> Verdict:
    done = subprocess.run(
        words,
        check=False,
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Verdict(done.returncode == 0, done.stdout)


def sentences(found: list[str]) -> Verdict:
    return Verdict(not found, "\n".join(found))


def check(_arguments: list[str]) -> int:
    """Run every check, also after one has failed; return 1 if any did."""
    failed = []
    began = time.monotonic()
    for name, run in CHECKS.items():
        started = time.monotonic()
        try:
            verdict = run()
        except TaskError as error:
            verdict = Verdict(passed=False, text=str(error))
        seconds = time.monotonic() - started
        print(f"{'ok    ' if verdict.passed else 'FAILED'} {name:<14} {seconds:5.1f} s", flush=True)
        if not verdict.passed:
            failed.append(name)
            print(_indented(verdict.text), flush=True)
    seconds = time.monotonic() - began
    print(f"{', '.join(failed)} failed" if failed else "All checks passed", f"in {seconds:.1f} s")
    return 1 if failed else 0


def migrations_match_models() -> Verdict:
    """One head, and a database made by the migrations has what the models describe."""
    heads = command(sys.executable, "-m", "alembic", "heads")
    if not heads.passed or heads.text.count("(head)") != 1:
        return Verdict(passed=False, text=f"There must be one head:\n{heads.text}")
    with scratch.migrated() as env:
        return command(*FLASK, "db", "check", env=env)


def phone_apps() -> Verdict:
    if not frontend.exists():
        return Verdict(passed=True, text="")
    words, env = frontend.script("check")
    return command(*words, env=env, folder=frontend.SOURCES)


def _indented(text: str) -> str:
    return "\n".join(f"       {line}" for line in text.rstrip().splitlines())


CHECKS: dict[str, Check] = {
    "format": lambda: command(*RUFF, "format", "--check", "."),
    "lint": lambda: command(*RUFF, "check", "."),
    "types": lambda: command(sys.executable, "-m", "mypy"),
    "imports": lambda: command(sys.executable, "-c", IMPORT_LINTER),
    "docs": lambda: command(sys.executable, "-m", "tools.docs", "--check"),
    "migrations": migrations_match_models,
    "catalogues": lambda: sentences(translations.faults()),
    "phone apps": phone_apps,
    "stands alone": lambda: sentences(portability.faults()),
}


def fix(_arguments: list[str]) -> int:
    """Format, mend what the linter can mend, bring the catalogues to what the code says."""
    mended = [
        processes.run([*RUFF, "check", "--fix", "."], folder=ROOT),
        processes.run([*RUFF, "format", "."], folder=ROOT),
    ]
    translations.update()
    return max(mended)


def docs(_arguments: list[str]) -> int:
    return processes.run([sys.executable, "-m", "tools.docs"], folder=ROOT)


def migration(arguments: list[str]) -> int:
    """Write the next numbered migration from the difference of models and migrations."""
    slug = re.sub(r"[\s-]+", "_", " ".join(arguments).strip().lower())
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,39}", slug):
        raise TaskError('Usage: ./dev migration "slug", 3 to 40 of a-z, 0-9 and spaces.')
    before = set(MIGRATIONS.glob("*.py"))
    number = max((int(file.name[:4]) for file in before if file.name[:4].isdigit()), default=0) + 1
    with scratch.migrated() as env:
        processes.must(
            [*FLASK, "db", "revision", slug, "--rev-id", f"{number:04d}"], env=env, quietly=True
        )
    for file in sorted(set(MIGRATIONS.glob("*.py")) - before):
        processes.must([*RUFF, "check", "--quiet", "--fix", file])
        processes.must([*RUFF, "format", "--quiet", file])
        print(file.relative_to(ROOT))
    return 0
