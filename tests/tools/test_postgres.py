import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import errors

from tests.tools.processes import processes_of, wait_until
from tools.errors import TaskError
from tools.postgres import Cluster
from tools.server_user import Mode


def connect(url):
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def test_a_new_cluster_serves_its_owner_and_keeps_its_passwords_private(any_home):
    with Cluster(any_home, durable=False) as cluster:
        cluster.ensure_database("books")
        with connect(cluster.urls("books").owner) as connection:
            connection.execute("CREATE TABLE pages (number int)")
            owner = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'pages'")

            assert owner.fetchone() == ("union_card_owner",)

    assert (any_home / "passwords.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up being root")
def test_root_prefers_nobody_and_falls_back_to_a_namespace(any_home):
    nobody_may_enter = any_home.parent.parent.stat().st_mode & 0o001

    with Cluster(any_home, durable=False) as cluster:
        owner = (any_home / "data").stat().st_uid

        assert (owner != 0) == bool(nobody_may_enter)
        assert cluster._facts().mode == (Mode.NOBODY if nobody_may_enter else Mode.UNSHARE)


def test_a_running_server_is_adopted_and_the_last_to_leave_stops_it(home):
    first, second = Cluster(home, durable=False), Cluster(home, durable=False)
    first.open()
    second.open()
    assert first.pid == second.pid

    first.close()
    assert second.is_running()

    second.close()
    assert not second.is_running()
    assert processes_of(home) == []


def test_clusters_opened_at_once_share_one_server(home):
    clusters = [Cluster(home, durable=False) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(Cluster.open, clusters))

    assert len({cluster.pid for cluster in clusters}) == 1

    with ThreadPoolExecutor() as pool:
        list(pool.map(Cluster.close, clusters))
    assert processes_of(home) == []


def test_a_user_that_was_killed_does_not_keep_the_server_for_ever(home):
    opener = (
        "import os, signal, sys; from pathlib import Path; from tools.postgres import Cluster\n"
        "Cluster(Path(sys.argv[1]), durable=False).open(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", opener, str(home)], check=False)
    assert killed.returncode == -signal.SIGKILL

    with Cluster(home, durable=False):
        assert processes_of(home) != []

    assert processes_of(home) == []


def test_a_killed_postmaster_is_restarted_with_its_data_on_its_port(any_home):
    with Cluster(any_home) as cluster:
        cluster.ensure_database("books")
        before, url = cluster.pid, cluster.urls("books").owner
        with connect(url) as connection:
            connection.execute("CREATE TABLE pages AS SELECT 7 AS number")
            os.kill(before, signal.SIGKILL)
        wait_until(lambda: not cluster.is_running())

        assert cluster.revive()
        assert not cluster.revive()

        assert cluster.pid != before
        with connect(url) as connection:
            assert connection.execute("SELECT number FROM pages").fetchone() == (7,)
    assert processes_of(any_home) == []


def test_data_of_another_major_version_is_refused(home):
    with Cluster(home, durable=False):
        pass
    (home / "data" / "PG_VERSION").write_text("9\n")

    with pytest.raises(TaskError, match="made by PostgreSQL 9"):
        Cluster(home, durable=False).open()


def test_lost_passwords_are_explained(home):
    with Cluster(home, durable=False):
        pass
    (home / "passwords.json").unlink()

    with pytest.raises(TaskError, match="nobody can sign in"):
        Cluster(home, durable=False).open()


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """The URLs of a database with one table that the application may read and write."""
    with Cluster(tmp_path_factory.mktemp("roles") / "postgres", durable=False) as cluster:
        cluster.ensure_database("books")
        with connect(cluster.urls("books").owner) as connection:
            connection.execute("CREATE TABLE pages (number int)")
            connection.execute("GRANT SELECT, INSERT ON pages TO union_card_app")
            connection.execute("GRANT SELECT, INSERT ON pages TO union_card_readonly")
        yield cluster.urls("books")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (number int)",
        "CREATE TEMPORARY TABLE more (number int)",
        "CREATE SCHEMA more",
        "ALTER TABLE pages ADD COLUMN text text",
        "DROP TABLE pages",
        "TRUNCATE pages",
        "UPDATE pages SET number = 2",
        "CREATE DATABASE more",
        "CREATE ROLE more",
        "SET ROLE union_card_owner",
        "COPY pages TO '/tmp/pages'",
    ],
)
def test_the_application_may_do_nothing_it_was_not_granted(books, statement):
    with connect(books.app) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_application_may_do_what_it_was_granted(books):
    with connect(books.app) as connection:
        connection.execute("INSERT INTO pages VALUES (1)")
        assert connection.execute("SELECT count(*) FROM pages").fetchone() is not None


def test_the_application_may_not_enter_the_other_databases(books):
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        connect(books.app.replace("/books", "/postgres"))


def test_the_readonly_login_does_not_write_even_where_it_was_granted(books):
    with (
        connect(books.readonly) as connection,
        pytest.raises(errors.ReadOnlySqlTransaction),
    ):
        connection.execute("INSERT INTO pages VALUES (1)")


def test_a_wrong_password_does_not_get_in(books):
    login, rest = books.owner.rsplit("@", 1)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(f"{login[:-1]}@{rest}")
