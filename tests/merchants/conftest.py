import pytest
from sqlalchemy import text

from members.models import OrgLevel, UnionOrg
from tests.staff.conftest import signed_in

CITY, BAOAN, LONGGANG = "SZ", "SZ/SZ-BA", "SZ/SZ-LG"


def plant_unions(session):
    """Plant a city with two districts, and return them by path."""
    names = {
        CITY: ("深圳市总工会(演示)", OrgLevel.CITY),
        BAOAN: ("宝安区总工会(演示)", OrgLevel.DISTRICT),
        LONGGANG: ("龙岗区总工会(演示)", OrgLevel.DISTRICT),
    }
    unions = {}
    for path, (name, level) in names.items():
        parent = unions.get(path.rpartition("/")[0])
        unions[path] = UnionOrg(
            code=path.rpartition("/")[2],
            name=name,
            path=path,
            level=level,
            parent_id=parent.id if parent else None,
        )
        session.add(unions[path])
        session.flush()
    return unions


@pytest.fixture
def unions(session):
    return plant_unions(session)


def dump(session, *tables):
    """Return every row of the tables as PostgreSQL writes them: bytea as hex."""
    aggregate = "SELECT coalesce(string_agg(t::text, ' '), '') FROM {} t"
    return "".join(session.scalar(text(aggregate.format(table))) for table in tables)


@pytest.fixture
def shop(make, unions):
    """An active merchant of 宝安 with a site."""
    merchant = make.merchant(name="宝安饭店", union_id=unions[BAOAN].id)
    make.site(merchant_id=merchant.id, name="西乡店")
    return merchant


@pytest.fixture
def home(make, unions):
    """A service organisation of 宝安 with a site."""
    merchant = make.service_organisation(name="宝安职工之家", union_id=unions[BAOAN].id)
    make.site(merchant_id=merchant.id, name="一楼服务台")
    return merchant
