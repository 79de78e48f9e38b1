"""A served demo town, and its people ready to act."""

from concurrent.futures import ThreadPoolExecutor

from tests.drive import Phone, Till


class Town:
    """What a test needs of a running demo: paired tills and phones that have signed in."""

    def __init__(self, service, demo):
        self.service = service
        self.demo = demo
        self.base_url = service.base_url

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


def at_once(calls):
    """Make all the calls at the same moment, each on a thread of its own; return their answers."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))
