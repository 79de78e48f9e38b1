"""What the service runs on: a data folder, keys, a database, and the environment that says so."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg

from tools import processes
from tools.errors import TaskError
from tools.paths import ROOT, SCRATCH
from tools.postgres import Cluster
from tools.processes import say

DATABASE = "union_card"
PORT = "8000"
# Commands run in the caller's folder, whose modules (-P, and the path to wsgi) are not ours.
FLASK = [sys.executable, "-P", "-m", "flask", "--app", str(ROOT / "wsgi.py")]


def data_dir() -> Path:
    """Return the folder that `DATA_DIR` names, by default one inside the clone."""
    return Path(os.environ.get("DATA_DIR") or SCRATCH / "run").resolve()


@dataclass(frozen=True)
class Service:
    """The service's surroundings while they are open; `cluster` is None on a foreign database."""

    data_dir: Path
    cluster: Cluster | None

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, *, upgrade: bool = False) -> Iterator[Self]:
        """Open the database of `folder`, the embedded one unless `DATABASE_URL` names another.

        Makes the keys where there are none, and the tables of a new embedded database; with
        `upgrade` brings the tables of any to the newest revision.
        Raises TaskError, among others for a foreign database without an explicit `MODE`.
        """
        check_mode()
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as open_while_used:
            cluster = None
            if not os.environ.get("DATABASE_URL"):
                cluster = Cluster(folder / "postgres")
                open_while_used.enter_context(cluster)
            service = cls(folder, cluster)
            with (folder / "setup.lock").open("ab") as alone:
                fcntl.flock(alone, fcntl.LOCK_EX)
                service._ensure_keys()
                service._ensure_tables(upgrade=upgrade)
            yield service

    def environment(self, *, as_owner: bool = False) -> dict[str, str]:
        """Return what every process of the service is told.

        Only what changes tables hears of the owner's login.
        """
        env = dict(os.environ)
        owner_url = env.pop("DATABASE_OWNER_URL", None)
        port = env.get("PORT") or PORT
        if self.cluster is not None:
            urls = self.cluster.urls(DATABASE)
            env["DATABASE_URL"], owner_url = urls.app, urls.owner
            env["MODE"] = env.get("MODE") or "demo"
        if as_owner and owner_url:
            env["DATABASE_OWNER_URL"] = owner_url
        env["DATA_DIR"] = str(self.data_dir)
        env.setdefault("UNION_CARD_KEYS_FILE", str(self.data_dir / "keys.json"))
        env.setdefault("BASE_URL", f"http://127.0.0.1:{port}")
        return env

    @property
    def is_demo(self) -> bool:
        return self.environment()["MODE"] == "demo"

    def seed(self) -> None:
        """Fill a demo database that is empty, and write `demo.json` for what is in it now."""
        say("Looking after the demo's data …")
        processes.must(self.seed_command(), env=self.environment())

    def seed_command(self) -> list[str]:
        demo_file = str(self.data_dir / "demo.json")
        url = self.environment()["BASE_URL"]
        command = [*FLASK, "demo", "seed", "--if-empty"]
        return [*command, "--demo-file", demo_file, "--base-url", url]

    def recreate(self) -> None:
        """Drop the embedded database and make it anew, with empty tables."""
        if self.cluster is None:
            raise TaskError("DATABASE_URL is set, and only an embedded database is ever dropped.")
        self.cluster.drop_database(DATABASE)
        self._ensure_tables(upgrade=True)

    def _ensure_keys(self) -> None:
        env = self.environment()
        if "UNION_CARD_KEYS" not in env and not Path(env["UNION_CARD_KEYS_FILE"]).exists():
            processes.must([*FLASK, "keys", "init"], env=env, quietly=True)

    def _ensure_tables(self, *, upgrade: bool) -> None:
        """Migrate if that is asked for, or if it is our database and no migration has seen it."""
        if self.cluster is not None:
            self.cluster.ensure_database(DATABASE)
            url = self.cluster.urls(DATABASE).owner.replace("postgresql+psycopg", "postgresql", 1)
            with psycopg.connect(url) as connection:
                seen = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
            upgrade = upgrade or seen == (None,)
        if upgrade:
            say("Bringing the tables up to date …")
            env = self.environment(as_owner=True)
            processes.must([*FLASK, "db", "upgrade"], env=env, quietly=True)


def check_mode() -> None:
    """Raise TaskError where the demo's open door could stand on somebody's real data."""
    if os.environ.get("DATABASE_URL") and not os.environ.get("MODE"):
        raise TaskError(
            "DATABASE_URL names a database of yours: say MODE=demo or MODE=production as well."
        )


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep `folder` to ourselves. Raises TaskError while another `./dev run` or reset has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TaskError(
                f"The service is running on {folder}: stop it first, or set another DATA_DIR."
            ) from None
        yield


def flask(arguments: list[str]) -> int:
    """Run a flask command on the database of `DATA_DIR`; stdout is its own and nothing else."""
    with Service.opened(data_dir()) as service:
        env = service.environment(as_owner=arguments[:1] == ["db"])
        return processes.run([*FLASK, *arguments], env=env)


def seed(arguments: list[str]) -> int:
    with Service.opened(data_dir()) as service:
        env = service.environment()
        return processes.run([*service.seed_command(), *arguments], env=env)


def reset(_arguments: list[str]) -> int:
    with held(data_dir()), Service.opened(data_dir()) as service:
        service.recreate()
        if service.is_demo:
            service.seed()
    return 0


def bench(arguments: list[str]) -> int:
    """Measure on a durable server of the bench's own."""
    with Service.opened(SCRATCH / "bench", upgrade=True) as service:
        env = service.environment(as_owner=True)
        return processes.run([sys.executable, "-m", "bench", *arguments], env=env, folder=ROOT)
