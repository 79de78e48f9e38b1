from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from kernel.actors import Role
from tests.make.maker import Maker
from tests.service import Service
from tests.staff.conftest import baoan, city, longgang, signed_in


@pytest.fixture
def member(make, baoan):  # noqa: F811
    """A member of 宝安 whom the inpatient scheme covers, with a card and every consent."""
    make.chart()
    return make.covered_member(union=baoan)


@pytest.fixture
def claim(make, member):
    """A claim with all its papers: 1,920.00 yuan, waiting to be assessed."""
    return make.aid_claim(member)


@pytest.fixture
def assessor(make, baoan):  # noqa: F811
    return make.staff_actor(Role.CLAIMS_ASSESSOR, union=baoan)


@pytest.fixture
def approver(make, city):  # noqa: F811
    return make.staff_actor(Role.CLAIMS_APPROVER, union=city)


@pytest.fixture
def district_approver(make, baoan):  # noqa: F811
    return make.staff_actor(Role.CLAIMS_APPROVER, union=baoan)


@pytest.fixture
def people(make, baoan, city, longgang):  # noqa: F811
    """Staff by what they are for: those of 宝安, of the city, and of another district."""
    assess, approve = Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER
    return SimpleNamespace(
        both=make.staff_actor(assess, approve, union=city),
        second_assessor=make.staff_actor(assess, union=baoan),
        second_approver=make.staff_actor(approve, union=baoan),
        foreign=make.staff_actor(assess, approve, union=longgang),
        auditor=make.staff_actor(Role.AUDITOR, union=baoan),
    )


class Served:
    """The real service, and sessions on its database; what is done in them is committed."""

    def __init__(self, service, engine):
        self.base_url = service.base_url
        self._engine = engine

    @contextmanager
    def database(self):
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session


@pytest.fixture(scope="module")
def served(databases, app, settings_for):
    """One service for a whole file: each test brings its own members."""
    name = databases.copy()
    own = create_engine(databases.urls.app.format(name=name))
    with Service(settings_for(name)) as service:
        yield Served(service, own)
    own.dispose()
    databases.drop(name)


@pytest.fixture(scope="module")
def numbers():
    """Numbers that no two members of the file share."""
    return count(1, 1_000)


@pytest.fixture
def maker_on(numbers):
    """Return a function: makers on a session, whose people are of this test alone."""
    first = next(numbers)

    def make(session):
        maker = Maker(session)
        maker._count = first
        return maker

    return make
