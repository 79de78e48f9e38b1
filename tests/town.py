"""A served demo town, and its people ready to act."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.actors import SYSTEM
from kernel.clock import utc_now
from merchants.models import Merchant, Site
from merchants.services import issue_pairing_code
from tests.drive import Phone, Till


class Town:
    """What a test needs of a running demo: paired tills and phones that have signed in."""

    def __init__(self, service, demo, *, engine=None):
        self.service = service
        self.demo = demo
        self.base_url = service.base_url
        self._engine = engine
        self._members = itertools.count()
        self._places = itertools.cycle(demo["terminals"][:10])

    @contextmanager
    def database(self):
        """Lend a session on the served database; what is done in it is committed."""
        with Session(self._engine) as session, session.begin():
            yield session

    def new_phone(self):
        """Return the enrolled phone of a member that no other test has."""
        return self.phone(next(self._members))

    def new_till(self, place=None):
        """Pair a new till at a site of the demo, or at some merchant's."""
        place = place or next(self._places)
        with self.database() as session:
            site = site_of(session, place)
            code = issue_pairing_code(session, site_id=site.id, actor=SYSTEM, now=utc_now())
        return Till(self.base_url).pair(code, name="New till")

    def till(self, number=0):
        """Pair the demo's till `number`."""
        return Till(self.base_url).pair(self.demo["terminals"][number]["pairing_code"])

    def service_till(self, number=0):
        places = [each for each in self.demo["terminals"] if each["kind"] == "service_site"]
        return Till(self.base_url).pair(places[number]["pairing_code"])

    def phone(self, number=0):
        """Return member `number`'s phone, signed in, its device enrolled."""
        person = self.demo["members"][number]
        phone = Phone(self.base_url, person, sign_in_code=self.demo["sign_in_code"])
        return phone.sign_in().enrol()

    def phones(self, count):
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(self.phone, range(count)))

    @property
    def limited_offer(self):
        return self.demo["probes"]["limited_offer_id"]


def site_of(session, place):
    """Return the site that `place` names, by its merchant's name and its own."""
    query = (
        select(Site)
        .join(Merchant, Merchant.id == Site.merchant_id)
        .where(Merchant.name == place["merchant"], Site.name == place["site"])
    )
    return session.scalars(query).one()


def at_once(calls):
    """Make all the calls at the same moment, each on a thread of its own; return their answers."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))
