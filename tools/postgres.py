"""The embedded PostgreSQL: made, started, adopted, and stopped by whoever leaves last.

What is beside the data in a cluster's home:

- `cluster.json`: the server's user, where the data is, the last port
- `passwords.json` (0600): of the superuser and the three logins
- `users.lock`: every process that uses the server holds it shared, so that a killed one lets
  go by itself and the last one to leave knows that it is the last
- `start.lock`: held alone while the server is looked at, started or stopped
"""

import atexit
import fcntl
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from tools import binaries, postmaster, roles
from tools.errors import TaskError
from tools.paths import SCRATCH
from tools.roles import Urls
from tools.server_user import Mode, ServerUser

START_SECONDS = 60
START_ATTEMPTS = 3

SETTINGS = {
    # Loopback and a password are the only way in.
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Compiling a query costs more than any of ours takes.
    "jit": "off",
    # A refused row or statement in the log could carry what people entered.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# Only for tests: a power cut loses a database that the next run makes anew.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Facts:
    """What `cluster.json` remembers of a cluster."""

    mode: Mode
    uid: int
    gid: int
    place: str
    port: int = 0

    @property
    def user(self) -> ServerUser:
        return ServerUser(Mode(self.mode), self.uid, self.gid)


class Cluster:
    """One PostgreSQL server with its data under `home`, shared by every process that opens it.

    Use as a context manager: entering starts the server or adopts the running one, leaving
    stops it unless another process still uses it.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.resolve()
        self.home.mkdir(parents=True, exist_ok=True)
        self._settings = SETTINGS if durable else {**SETTINGS, **NOT_DURABLE}
        self._users: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def open(self) -> None:
        """Start or adopt the server, with its roles, and be counted as a user of it."""
        self._users = (self.home / "users.lock").open("ab")
        try:
            with _locked(self.home / "start.lock"):
                fcntl.flock(self._users, fcntl.LOCK_SH)
                self._ensure_running()
                with self._superuser() as connection:
                    roles.ensure_roles(connection, passwords=self._passwords())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop being a user of the server; the last one stops it. Closing twice is harmless."""
        if self._users is None:
            return
        with _locked(self.home / "start.lock"):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still works with it
            else:
                self._stop()
            self._users.close()
            self._users = None

    def revive(self) -> bool:
        """Start the server again if it died, on its old port if that is free; tell whether."""
        if self.is_running():
            return False
        with _locked(self.home / "start.lock"):
            return self._ensure_running()

    def is_running(self) -> bool:
        return postmaster.running(self._data) is not None

    def ensure_database(self, name: str) -> bool:
        """Make the database if it is missing; tell whether it was."""
        with _locked(self.home / "start.lock"), self._superuser() as connection:
            return roles.ensure_database(connection, name)

    def drop_database(self, name: str) -> None:
        with _locked(self.home / "start.lock"), self._superuser() as connection:
            roles.drop_database(connection, name)

    def urls(self, database: str) -> Urls:
        return Urls.at(self.port, database, passwords=self._passwords())

    @property
    def port(self) -> int:
        return self._server().port

    @property
    def pid(self) -> int:
        return self._server().pid

    def _server(self) -> postmaster.Postmaster:
        server = postmaster.running(self._data)
        if server is None:
            raise TaskError(f"The PostgreSQL server of {self.home} is not running.")
        return server

    @property
    def _data(self) -> Path:
        return Path(self._facts().place) / "data"

    @property
    def _log(self) -> Path:
        return self._data / "server.log"

    def _facts(self) -> Facts:
        """Return what is known of the cluster, deciding it the first time."""
        file = self.home / "cluster.json"
        if file.exists():
            facts = Facts(**json.loads(file.read_text()))
            facts.user.check()
            return facts
        user = ServerUser.choose(self.home)
        place = self.home
        if not user.can_reach(self.home):
            place = Path(tempfile.mkdtemp(prefix="union-card-", dir="/var/tmp"))
            place.chmod(0o711)
        facts = Facts(user.mode, user.uid, user.gid, str(place))
        _write(file, asdict(facts))
        return facts

    def _passwords(self) -> dict[str, str]:
        file = self.home / "passwords.json"
        if file.exists():
            passwords: dict[str, str] = json.loads(file.read_text())
            return passwords
        if (self._data / "PG_VERSION").exists():
            raise TaskError(
                f"{file} is missing, so nobody can sign in to the data beside it: "
                f"restore the file, or remove {self.home} to begin anew."
            )
        passwords = roles.new_passwords()
        _write(file, passwords)
        return passwords

    @contextmanager
    def _superuser(self) -> Iterator[Connection[TupleRow]]:
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=roles.SUPERUSER,
            password=self._passwords()[roles.SUPERUSER],
            dbname="postgres",
            autocommit=True,
        ) as connection:
            yield connection

    def _ensure_running(self) -> bool:
        """Leave a server that answers; tell whether it had to be started."""
        server = postmaster.running(self._data)
        if server is None:
            programs = self._programs()
            self._ensure_data(programs)
            postmaster.clear_remains(self._data)
            self._start(programs)
            return True
        postmaster.wait_until_it_answers(server, log=self._log)
        return False

    def _programs(self) -> Path:
        facts = self._facts()
        return binaries.reachable(
            binaries.find_binaries(), user=facts.user, place=Path(facts.place)
        )

    def _run(self, program: Path, *arguments: str) -> int:
        return self._facts().user.run(
            [str(program), *arguments], log=self.home / "postgres-tools.log"
        )

    def _ensure_data(self, programs: Path) -> None:
        """Make the data directory, in one rename, or refuse one of another major version."""
        major = binaries.major(programs)
        if (self._data / "PG_VERSION").exists():
            made_by = (self._data / "PG_VERSION").read_text().strip()
            if made_by != major:
                raise TaskError(
                    f"{self._data} was made by PostgreSQL {made_by} and the programs found are "
                    f"version {major}: set PG_BINDIR to version {made_by}, or dump and restore."
                )
            return
        user = self._facts().user
        unfinished = self._data.with_name("data.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        user.own(unfinished)
        password = self._data.with_name("data.password")
        _write(password, self._passwords()[roles.SUPERUSER])
        user.own(password)
        locale = (
            ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if int(major) >= 17  # noqa: PLR2004  (the provider came with PostgreSQL 17)
            else ["--locale=C.UTF-8"]
        )
        failed = self._run(
            programs / "initdb",
            *("-D", str(unfinished), "-U", roles.SUPERUSER, "-E", "UTF8", *locale),
            *("--auth=scram-sha-256", f"--pwfile={password}", "--data-checksums"),
        )
        password.unlink()
        if failed:
            raise TaskError(f"initdb failed: look at {self.home / 'postgres-tools.log'}.")
        unfinished.rename(self._data)

    def _start(self, programs: Path) -> None:
        """Start the server; a port taken by somebody in the last moment is tried again."""
        facts = self._facts()
        for port in [_port_like(facts.port), *(_port_like(0) for _ in range(START_ATTEMPTS))]:
            options = {**self._settings, "port": str(port)}
            failed = self._run(
                programs / "pg_ctl",
                *("-D", str(self._data), "-w", "-t", str(START_SECONDS), "-l", str(self._log)),
                *("-o", " ".join(f"-c {key}='{value}'" for key, value in options.items())),
                "start",
            )
            if not failed:
                facts.port = port
                _write(self.home / "cluster.json", asdict(facts))
                return
        raise TaskError(f"PostgreSQL does not start: look at {self._log}.")

    def _stop(self) -> None:
        if not self.is_running():
            return
        pg_ctl = self._programs() / "pg_ctl"
        stop = ["-D", str(self._data), "-w", "-t", str(START_SECONDS), "stop", "-m"]
        for how in ("fast", "immediate"):
            # One that dies by itself meanwhile makes pg_ctl fail, and has stopped all the same.
            if self._run(pg_ctl, *stop, how) == 0 or not self.is_running():
                return
        raise TaskError(f"PostgreSQL does not stop: look at {self._log}.")


def test_cluster() -> Urls:
    """Start or adopt the tests' server until this process ends; return its URLs as templates.

    `{name}` in each stands for the database; `postgres` is where the owner makes others. The
    server is not durable, and each major version has a home of its own, so that `PG_BINDIR`
    can be changed from one run to the next.
    """
    cluster = Cluster(SCRATCH / "test" / binaries.major(binaries.find_binaries()), durable=False)
    cluster.open()
    atexit.register(cluster.close)
    return cluster.urls("{name}")


# It is no test, although pytest would take it for one by its name.
test_cluster.__test__ = False  # type: ignore[attr-defined]


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(file: Path, content: Any) -> None:
    """Replace `file` in one step by `content` as JSON, or as it is, readable by its owner only."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(content if isinstance(content, str) else json.dumps(content, indent=1))
    unfinished.replace(file)


def _port_like(wanted: int) -> int:
    """Return `wanted` if a server could have it now, else a free port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
