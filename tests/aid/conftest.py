from types import SimpleNamespace

import pytest

from kernel.actors import Role
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
