"""As whom the PostgreSQL server runs: it refuses to be root, and developers' machines often are."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from tools.errors import TaskError

# Inside this user namespace root looks like an ordinary user, which is all initdb asks for.
UNSHARE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


class Mode(StrEnum):
    PLAIN = "plain"  # we are an ordinary user, and so is the server
    NOBODY = "nobody"  # we are root, the server is the user nobody
    UNSHARE = "unshare"  # we are root, the server is root in a user namespace of its own


@dataclass(frozen=True)
class ServerUser:
    """Who owns the server's processes and files. Kept beside the data: it must never change."""

    mode: Mode
    uid: int
    gid: int

    @classmethod
    def choose(cls, home: Path) -> Self:
        """Return the user for a new cluster under `home`.

        Root prefers `nobody`, whose server can hurt nobody. Where `nobody` cannot reach
        `home` (a clone below /root, a directory of mktemp) the namespace comes first, because
        it keeps the data where the user asked for it; a container may forbid namespaces, so
        `nobody` with the data elsewhere is the last resort.
        """
        if os.geteuid() != 0:
            return cls(Mode.PLAIN, os.geteuid(), os.getegid())
        nobody = pwd.getpwnam("nobody")
        as_nobody = cls(Mode.NOBODY, nobody.pw_uid, nobody.pw_gid)
        if not as_nobody.can_reach(home) and _can_unshare():
            return cls(Mode.UNSHARE, 0, 0)
        return as_nobody

    def check(self) -> None:
        """Raise TaskError if the present user cannot act for this one."""
        if os.geteuid() not in {0, self.uid} or (os.geteuid() == 0) < (self.mode is Mode.UNSHARE):
            raise TaskError(
                f"This database belongs to user {self.uid}, and you are user {os.geteuid()}: "
                "run the command as that user, or choose another DATA_DIR."
            )

    def can_reach(self, path: Path) -> bool:
        """Tell whether this user may enter `path`, whose parents may be closed to it."""
        return self.run(["test", "-x", str(path)]) == 0

    def own(self, path: Path) -> None:
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid)

    def run(self, command: list[str], *, log: Path | None = None) -> int:
        """Run `command` as this user, its output appended to `log`; return its exit code.

        The output never is a pipe: a server started by pg_ctl inherits it, and whoever reads
        to its end would wait as long as the server lives.
        """
        dropped = self.uid not in {0, os.geteuid()}
        prefix = UNSHARE if self.mode is Mode.UNSHARE else []
        # PGDATA, PGOPTIONS and their like would speak to the programs behind our back.
        env = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        with (log or Path(os.devnull)).open("ab") as output:
            return subprocess.run(
                [*prefix, *command],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={**env, "LC_ALL": "C"},
                user=self.uid if dropped else None,
                group=self.gid if dropped else None,
                extra_groups=[] if dropped else None,
            ).returncode


def _can_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], check=False, capture_output=True).returncode == 0
