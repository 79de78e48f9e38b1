"""The system's Chromium, as the browser tests drive it, and the checks they share."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from staff.pages import DESK_COOKIE
from tools.browser import NAMES

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "pwa" / "node_modules" / "axe-core" / "axe.min.js"
# The tutorials' pictures are made with SHOTS_DIR=docs/tutorial/images.
SHOTS = Path(os.environ.get("SHOTS_DIR", ROOT / "test-results"))
# Nothing a browser does by itself may leave the machine.
_QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests; each test opens its own window, which shares nothing."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "the browser tests need Chromium: ./dev test installs it where it can"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_QUIET)
        yield browser
        browser.close()


_SETTLED = """() => new Promise(done => {
  let height = 0, frames = 0;
  const look = () => {
    const now = document.body.scrollHeight;
    frames = now === height ? frames + 1 : 0;
    height = now;
    if (frames === 20) done(); else requestAnimationFrame(look);
  };
  look();
})"""


# What reaches furthest to the right of a page that scrolls sideways; null where none does.
_WIDE = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return null;
  const right = each => each.getBoundingClientRect().right;
  const furthest = [...document.body.querySelectorAll("*")]
    .filter(each => !each.closest(".table-frame"))
    .reduce((most, each) => right(each) >= right(most) ? each : most);
  return furthest.outerHTML.slice(0, 300);
}"""


class Window:
    """A browser window: `page` to drive, and what went wrong in it while it was driven."""

    def __init__(self, chromium, base_url, *, language="en", size=(1280, 860), **options):
        width, height = size
        self.context = chromium.new_context(
            base_url=base_url,
            locale=language,
            viewport={"width": width, "height": height},
            **options,
        )
        self.context.set_default_timeout(10_000)
        self.base_url = base_url
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, message):
        # A refused form answers 4xx, which the console calls an error; that is no fault of a page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def sign_in_at_desk(self, token):
        """Carry the cookie of a signed-in officer."""
        cookie = {"name": DESK_COOKIE, "value": token, "url": self.base_url}
        self.context.add_cookies([cookie])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def follow(self, control):
        """Press a control that leads to another page, and wait until that page is there.

        Without it, what looks at the page next may be looking while it is being replaced.
        """
        with self.page.expect_navigation():
            control.click()

    def settle(self):
        """Wait until the page has kept its height for a while: what was asked for is drawn.

        Whatever arrives later moves what is being looked at.
        """
        self.page.evaluate(_SETTLED)

    def shoot(self, name):
        """Keep a picture of the page for whoever reads the test's results."""
        SHOTS.mkdir(exist_ok=True, parents=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def faults(self, *, more_arrives=True):
        """Return what is wrong with this page for people: axe's findings, sideways scrolling.

        A phone's page is looked at from its end, so that the tabs below cover nothing: what they
        cover can be scrolled to. Where no script brings more, a page that has loaded is all there.
        """
        if more_arrives:
            self.settle()
        if self.page.locator("nav.tabs").count():
            self.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        self.page.evaluate(AXE.read_text() + "\n;0")
        found = self.page.evaluate(
            "rules => axe.run({runOnly: rules}).then(r => r.violations.map(v =>"
            " `${v.id}: ${v.nodes[0].html}`))",
            _RULES,
        )
        wide = self.page.evaluate(_WIDE)
        if wide is not None:
            found.append(f"the page scrolls sideways: {wide}")
        return found
