"""The windows in which journeys drive the two phone pages, and a paper card for the till."""

import io
import json
import re
import secrets
from datetime import timedelta

import zxingcpp
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from cards.models import Card, Credential
from cards.services.keys import current_signer
from cards.uc1.credential import issue_static, new_cti
from cards.uc1.status import ENTRIES
from cards.uc1.terms import KeyUse, Profile
from kernel import db
from kernel.clock import unix, utc_now
from tests.browser import Window

PHONE = (360, 740)
# The demo's limited offer: ¥5 off from ¥20, all of it the union's.
OFFER = re.compile("Ten pieces|限量10份")

# A browser that refuses to keep anything, as some do in private windows.
NO_STORAGE = "indexedDB.open = () => { throw new DOMException('refused', 'SecurityError'); };"


class PhoneWindow(Window):
    """A phone at one of the pages; finds things by the words on them, in either language."""

    path = ""

    def __init__(self, chromium, town, **options):
        super().__init__(chromium, town.base_url, **({"size": PHONE} | options))
        self.page.goto(self.path)
        self.sentences = json.loads(self.page.locator("#messages").text_content())

    def say(self, key, **values):
        return self.sentences[key] % values if values else self.sentences[key]

    def button(self, key, **values):
        return self.page.get_by_role("button", name=self.say(key, **values), exact=True)

    def field(self, key):
        return self.page.get_by_label(self.say(key), exact=True)

    def heading(self, key, **values):
        return self.page.get_by_role("heading", name=self.say(key, **values), exact=True)

    def seen(self):
        """Return the codes that an independent reader finds on the screen."""
        picture = Image.open(io.BytesIO(self.page.screenshot()))
        # Of all kinds, it takes a stretch of a large QR code for a bar code now and then.
        return zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)

    def go(self, tab):
        self.page.get_by_role("link", name=self.say(tab), exact=True).click()


class CardWindow(PhoneWindow):
    """A member's phone with /card/ open."""

    path = "/card/"

    def __init__(self, chromium, town, person, **options):
        super().__init__(chromium, town, **options)
        self.person = person
        self.sign_in_code = town.demo["sign_in_code"]
        self.wrong_code = "000000" if self.sign_in_code != "000000" else "111111"

    def ask_for_code(self):
        self.field("phone").fill(self.person["phone"])
        self.button("send_code").click()
        expect(self.heading("enter_code")).to_be_focused()

    def give_code(self, code=None):
        self.field("code").fill(code or self.sign_in_code)
        self.button("sign_in").click()

    def give_name(self, name=None):
        self.field("name").fill(name or self.person["name"])
        self.field("document_tail").fill(self.person["document_tail"])
        self.page.get_by_role("checkbox").check()
        self.button("activate").click()

    def sign_in(self):
        self.ask_for_code()
        self.give_code()
        self.give_name()
        expect(self.code).to_be_visible()
        return self

    @property
    def code(self):
        return self.page.get_by_role("img", name=self.say("code_alt"))

    @property
    def dots(self):
        return self.code.locator(".dots")

    def film(self, *, fresh=False):
        """Return the text of the code on the screen."""
        if fresh:
            before = self.dots.get_attribute("d")
            self.button("new_code").click()
            expect(self.dots).not_to_have_attribute("d", before)
            # The button is below the code: reaching for it may have moved the code away.
            self.page.evaluate("scrollTo(0, 0)")
        expect(self.code).to_be_visible()
        self.settle()
        (found,) = self.seen()
        return found.text


class TillWindow(PhoneWindow):
    """A till with /scan/ open."""

    path = "/scan/"

    def pair(self, code):
        self.field("pairing_code").fill(code)
        self.field("till_name").fill("Front counter")
        self.button("pair").click()
        return self

    def ready_to_sell_alone(self):
        """Wait until this till holds all that it needs without a network."""
        self.go("tab_till")
        expect(self.page.locator(".readiness .chip.yes")).to_be_visible()
        self.go("tab_scan")

    def check(self, text):
        """Type a code as a keyboard scanner does: the text, then Enter."""
        expect(self.field("presentation")).to_be_focused()
        self.field("presentation").fill(text)
        self.field("presentation").press("Enter")

    def choose(self):
        """Go on from the verdict by its focused button, to the demo's limited offer.

        Where that is all there is to choose, the button leads to the amount at once.
        """
        expect(self.page.locator(".verdict .thumb button")).to_be_focused()
        self.page.keyboard.press("Enter")
        expect(self.heading("offers_title").or_(self.field("bill"))).to_be_visible()
        if self.heading("offers_title").is_visible():
            self.page.get_by_role("button", name=OFFER).click()
        expect(self.field("bill")).to_be_focused()

    def sell(self, text, bill, member_pays):
        """Redeem for a code, up to the receipt; return the receipt's number."""
        self.check(text)
        self.choose()
        self.page.keyboard.type(bill)
        self.button("redeem_collect", amount=member_pays).click()
        expect(self.heading("redeemed")).to_be_focused()
        return self.page.locator("dd.code").inner_text()

    @property
    def sales(self):
        return self.page.locator("button.sale")


class Held:
    """Requests to one address that wait until told, so that what is shown meanwhile can be seen."""

    def __init__(self, page, address):
        self.page = page
        self.address = address
        self.routes = []

    def __enter__(self):
        self.page.route(self.address, self._hold)
        return self

    def __exit__(self, *_):
        for route in self.routes:
            route.continue_()
        self.page.unroute(self.address)

    def _hold(self, route):
        self.routes.append(route)


def paper_code(card_number):
    """Return the text on the paper form of a card, as its printer would have issued it."""
    now = utc_now()
    expires_at = now + timedelta(days=30)
    with db.transaction() as session:
        card = session.scalars(select(Card).where(Card.number == card_number)).one()
        signer = current_signer(session, use=KeyUse.PAPER, now=now)
        credential = Credential(
            cti=new_cti(),
            card_id=card.id,
            profile=int(Profile.PAPER),
            kid=signer.kid,
            status_list=60_000,
            status_index=secrets.randbelow(ENTRIES),
            issued_at=now,
            expires_at=expires_at,
        )
        session.add(credential)
        session.flush()
        return issue_static(
            signer,
            profile=Profile.PAPER,
            cti=credential.cti,
            exp=unix(expires_at),
            status_list=credential.status_list,
            status_index=credential.status_index,
        )
