"""Fixtures everything rests on: a migrated PostgreSQL, a session that vanishes, a real service."""

import os
import secrets

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.cli import alembic_config
from app.config import Settings
from app.demo.file import write_demo_file
from app.demo.seed import demo_data, seed
from app.factory import create_app
from kernel import db
from kernel.clock import utc_now
from kernel.persons import Mode
from kernel.secrets import Keyring
from tests.browser import chromium
from tests.make.maker import Maker
from tests.service import Service
from tests.town import Town
from tools import translations
from tools.postgres import test_cluster


class Databases:
    """Makes and drops databases on the test cluster, each a copy of one migrated template."""

    def __init__(self, urls):
        self.urls = urls
        self.run = f"{os.getpid()}_{secrets.token_hex(3)}"
        self.template = f"uct_{self.run}_template"
        self.names = []
        self._count = 0
        self._admin = create_engine(
            urls.owner.format(name="postgres"), isolation_level="AUTOCOMMIT"
        )
        self.create(self.template, template="template0")
        owner = urls.owner.format(name=self.template)
        command.upgrade(alembic_config(owner), "head")
        new = create_engine(owner)
        with new.begin() as connection:
            connection.execute(text("INSERT INTO deployments (id, mode) VALUES (1, 'demo')"))
        new.dispose()

    def create(self, name, *, template=None):
        with self._admin.connect() as connection:
            connection.execute(
                text(f'CREATE DATABASE "{name}" TEMPLATE "{template or self.template}"')
            )
        self.names.append(name)
        return name

    def copy(self, template=None):
        self._count += 1
        return self.create(f"uct_{self.run}_{self._count}", template=template)

    def drop(self, name):
        with self._admin.connect() as connection:
            # Not WITH (FORCE): the owner may not end the application's backends. Without it, the
            # server waits up to five seconds for those that are just leaving.
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        self.names.remove(name)

    def close(self):
        for name in list(self.names):
            self.drop(name)
        self._admin.dispose()


@pytest.fixture(scope="session")
def databases():
    databases = Databases(test_cluster())
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def keyring():
    return Keyring.generate()


@pytest.fixture(scope="session")
def settings_for(databases, keyring, tmp_path_factory):
    """Return a function: the settings of a service on the database called `name`."""

    def settings(name, *, mode=Mode.DEMO):
        folder = tmp_path_factory.mktemp("data")
        return Settings(
            mode=mode,
            database_url=databases.urls.app.format(name=name),
            database_owner_url=databases.urls.owner.format(name=name),
            data_dir=folder,
            base_url="http://127.0.0.1:8000",
            keys_json=keyring.to_json(),
            keys_file=folder / "keys.json",
        )

    return settings


@pytest.fixture(scope="session")
def app(databases, settings_for):
    translations.compile_all()
    return create_app(settings_for(databases.copy()))


@pytest.fixture(scope="session")
def engine(app):
    engine = db.session_factory.kw["bind"]
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    """A session whose work, and the app's own commits, vanish when the test ends."""
    with engine.connect() as connection, connection.begin() as outer:
        joined = {"bind": connection, "join_transaction_mode": "create_savepoint"}
        before = dict(db.session_factory.kw)
        db.session_factory.configure(**joined)
        with Session(**joined, expire_on_commit=False) as session:
            yield session
        db.session_factory.kw.clear()
        db.session_factory.configure(**before)
        outer.rollback()


@pytest.fixture
def client(app, session):
    return app.test_client()


@pytest.fixture
def make(session):
    return Maker(session)


@pytest.fixture
def committed(databases, engine):
    """Real commits on a database of this test's own: yields its engine as the application's role.

    transaction() works there until the test ends.
    """
    name = databases.copy()
    own = create_engine(databases.urls.app.format(name=name), pool_size=20)
    before = dict(db.session_factory.kw)
    db.session_factory.configure(bind=own)
    yield own
    db.session_factory.kw.clear()
    db.session_factory.configure(**before)
    own.dispose()
    databases.drop(name)


@pytest.fixture
def service(committed, settings_for, databases):
    """The real service: gunicorn with two workers on the `committed` database, over HTTP."""
    with Service(settings_for(committed.url.database)) as service:
        yield service


@pytest.fixture(scope="session")
def town_template(databases, app, settings_for):
    """A database with the tiny demo town, and what its demo.json says: copied by `town`."""
    name = databases.copy()
    own = create_engine(databases.urls.app.format(name=name))
    before = dict(db.session_factory.kw)
    db.session_factory.configure(bind=own)
    settings = settings_for(name)
    try:
        seed(size="tiny", base_url=settings.base_url, now=utc_now())
        with db.transaction() as session:
            demo = write_demo_file(
                session,
                settings.data_dir / "demo.json",
                data=demo_data(),
                base_url=settings.base_url,
                now=utc_now(),
            )
    finally:
        db.session_factory.kw.clear()
        db.session_factory.configure(**before)
        own.dispose()
    return name, demo


@pytest.fixture
def town(databases, engine, town_template, settings_for):
    """The tiny demo town served by two gunicorn workers; transaction() reaches its database."""
    template, demo = town_template
    name = databases.copy(template)
    own = create_engine(databases.urls.app.format(name=name))
    before = dict(db.session_factory.kw)
    db.session_factory.configure(bind=own)
    with Service(settings_for(name)) as service:
        yield Town(service, demo)
    db.session_factory.kw.clear()
    db.session_factory.configure(**before)
    own.dispose()
    databases.drop(name)


@pytest.fixture(scope="session")
def live(databases, town_template, settings_for):
    """One served tiny town for the whole run: for tests that bring their own member and till."""
    template, demo = town_template
    name = databases.copy(template)
    own = create_engine(databases.urls.app.format(name=name))
    with Service(settings_for(name)) as service:
        yield Town(service, demo, engine=own)
    own.dispose()
