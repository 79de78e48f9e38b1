"""From "imported" to the first code on the screen, then into the basement and out again."""

import requests
from playwright.sync_api import expect

from cards.uc1.answers import Refused, Verified
from cards.uc1.keys import key_from_jwk
from cards.uc1.status import verify_status_list
from cards.uc1.terms import Assurance, Reason
from cards.uc1.trust import verify_trust_list
from cards.uc1.verify import verify_text
from kernel.clock import unix, utc_now
from tests.journeys.phones import CardWindow
from tests.journeys.test_stored_page import STORED

TAPS_MAX = 5
# Everything that is pressed with a finger; what is typed is typed.
COUNT_TAPS = """
  window.taps = [];
  addEventListener("pointerdown", event => {
    if (!event.target.matches("input:not([type=checkbox])")) {
      window.taps.push(event.target.textContent || event.target.name);
    }
  }, true);
"""


class Verifier:
    """A till without a network: all it has is what it fetched while it had one."""

    def __init__(self, town, root_key):
        now = unix(utc_now())
        api = f"{town.base_url}/api/v1"
        token = requests.get(f"{api}/trust-list", timeout=5).content
        self.trust = verify_trust_list(token, root_key=key_from_jwk(root_key), now=now)
        assert not isinstance(self.trust, Refused)
        self.api = api

    def fetch_status(self, number):
        token = requests.get(f"{self.api}/status/{number}", timeout=5).content
        # Where the trust list says that the lists are: this town was made under another address.
        uri = next(iter(self.trust.keys.values())).status_uri(number)
        listed = verify_status_list(token, uri=uri, trust=self.trust, now=unix(utc_now()))
        assert not isinstance(listed, Refused)
        self.statuses = {uri: listed}

    def read(self, text, *, later=0):
        now = unix(utc_now()) + later
        return verify_text(text, now=now, trust=self.trust, statuses=self.statuses)


def list_of(town, verifier, text):
    """Learn from a code which list its card is on, as a till does when it meets one."""
    verifier.statuses = {}
    seen = verify_text(text, now=unix(utc_now()), trust=verifier.trust, statuses={})
    assert isinstance(seen, Refused)
    assert seen.code is Reason.STATUS_UNKNOWN
    for number in range(1, 5):
        if requests.get(f"{verifier.api}/status/{number}", timeout=5).ok:
            verifier.fetch_status(number)
            found = verifier.read(text)
            if isinstance(found, Verified):
                return found
    raise AssertionError(seen)


def test_a_new_member_has_a_code_that_works_in_the_basement_until_the_card_is_lost(chromium, town):
    person = town.demo["members"][0]
    till = town.till()
    with CardWindow(chromium, town, person, has_touch=True) as window:
        page = window.page
        page.evaluate(COUNT_TAPS)
        window.sign_in()
        taps = page.evaluate("window.taps")
        assert len(taps) <= TAPS_MAX, taps

        # An independent reader and the real service accept what is on the screen.
        text = window.film()
        seen = till.verify(text)
        assert (seen["accepted"], seen["assurance"]) == (True, "possession"), seen
        assert person["name"] not in text
        verifier = Verifier(town, till.facts["root_key"])
        shown = list_of(town, verifier, text)
        assert shown.assurance is Assurance.POSSESSION
        stale = verifier.read(text, later=shown.iat + 31 - unix(utc_now()))
        assert isinstance(stale, Refused)
        assert stale.code is Reason.STALE

        # The service is gone and the page is loaded again: a new code, made by the phone alone.
        page.evaluate(STORED)
        town.service.stop()
        page.reload()
        expect(window.code).to_be_visible()
        basement = verifier.read(window.film())
        assert isinstance(basement, Verified), basement
        assert (basement.cti, basement.iat > shown.iat) == (shown.cti, True)
        assert window.faults() == []
        window.shoot("card-without-service")

        # It is back: once the card is reported lost, nothing of it is accepted.
        town.service.start()
        page.reload()
        expect(window.code).to_be_visible()
        window.button("report_lost").click()
        window.button("lost_yes").click()
        expect(page.get_by_text(window.say("card_lost"))).to_be_visible()
        refused = till.verify(text)
        assert (refused["accepted"], refused["reason"]) == (False, "lost")
        assert window.complaints == []
