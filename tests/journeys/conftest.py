from itertools import count

import pytest
from sqlalchemy import create_engine, select

from kernel import db
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from merchants.models import Site
from merchants.services import issue_pairing_code
from tests.service import Service
from tests.town import Town


@pytest.fixture(scope="package")
def served_phone_town(databases, engine, town_template, settings_for):
    """One served demo town for journeys that each take a member and a till of their own."""
    template, demo = town_template
    name = databases.copy(template)
    own = create_engine(databases.urls.app.format(name=name))
    with Service(settings_for(name)) as service:
        town = Town(service, demo)
        town.engine = own
        town.next_person = count()
        yield town
    own.dispose()
    databases.drop(name)


@pytest.fixture
def phone_town(served_phone_town, engine):
    """That town; transaction() reaches its database while a test runs."""
    before = dict(db.session_factory.kw)
    db.session_factory.configure(bind=served_phone_town.engine)
    yield served_phone_town
    db.session_factory.kw.clear()
    db.session_factory.configure(**before)


@pytest.fixture
def person(served_phone_town):
    return served_phone_town.demo["members"][next(served_phone_town.next_person)]


@pytest.fixture
def pairing_code(phone_town):
    """A fresh code for a till at a demo merchant; it pairs one device."""
    shop = next(each for each in phone_town.demo["terminals"] if each["kind"] == "merchant")
    with db.transaction() as session:
        site_id = session.scalars(select(Site.id).where(Site.name == shop["site"])).one()
        return issue_pairing_code(session, site_id=site_id, actor=SYSTEM, now=utc_now())
