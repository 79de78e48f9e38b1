"""The member's page kept on the phone: opens without a service, and is renewed without a loss."""

import shutil
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from app.sentences import CARD
from tests.browser import Window
from tests.journeys.phones import PHONE

STORED = """async () => {
  const {active} = await navigator.serviceWorker.ready;
  if (active.state === "activated") return;
  await new Promise(done => active.addEventListener("statechange", done, {once: true}));
}"""
KEEP_A_KEY = """async () => {
  const key = await crypto.subtle.generateKey(
    {name: "ECDSA", namedCurve: "P-256"}, false, ["sign", "verify"]);
  const opened = indexedDB.open("of-this-test", 1);
  await new Promise(done => {
    opened.onupgradeneeded = () => opened.result.createObjectStore("kept");
    opened.onsuccess = done;
  });
  const put = opened.result.transaction("kept", "readwrite").objectStore("kept").put(key, "key");
  await new Promise(done => { put.onsuccess = done; });
  opened.result.close();
}"""
KEY_KEPT = """async () => {
  const opened = indexedDB.open("of-this-test", 1);
  await new Promise(done => { opened.onsuccess = done; });
  const got = opened.result.transaction("kept").objectStore("kept").get("key");
  await new Promise(done => { got.onsuccess = done; });
  return got.result?.privateKey.extractable;
}"""


class Site:
    """The application of this process over HTTP; its static files are a copy that may change."""

    def __init__(self, app, static):
        self.static = static
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.base_url = f"http://127.0.0.1:{self.server.port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def publish(self, mark):
        """Put a newer build in place: its style differs, and so does its version."""
        with (self.static / "wallet.css").open("a") as style:
            style.write(f'\n:root {{ --build: "{mark}"; }}\n')
        worker = self.static / "apps" / "card-worker.js"
        worker.write_text(worker.read_text().replace('version:"', f'version:"{mark}'))


@pytest.fixture
def site(app, tmp_path, monkeypatch):
    static = tmp_path / "static"
    shutil.copytree(Path(app.static_folder), static)
    monkeypatch.setattr(app, "static_folder", str(static))
    with Site(app, static) as site:
        yield site


@pytest.fixture
def window(chromium, site):
    with Window(chromium, site.base_url, size=PHONE) as window:
        window.page.goto("/card/")
        window.page.evaluate(STORED)
        yield window


def test_the_page_opens_without_the_service_in_either_language(window, site):
    page = window.page
    site.stop()

    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert window.faults() == []

    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.goto("/card/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert window.complaints == []


def test_a_newer_page_waits_until_the_member_takes_it_and_loses_nothing(window, site):
    page = window.page
    page.reload()  # from what is stored: from here on the worker serves
    page.evaluate(KEEP_A_KEY)
    site.publish("newer")

    page.evaluate("navigator.serviceWorker.ready.then(registration => registration.update())")
    expect(page.get_by_text("A newer version of this page is ready.")).to_be_visible()
    assert build_of(page) == ""

    window.follow(page.get_by_role("button", name="Load it now"))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert build_of(page) == '"newer"'
    assert page.evaluate(KEY_KEPT) is False
    stores = page.evaluate("caches.keys()")
    assert len([name for name in stores if name.startswith("card-") and "notes" not in name]) == 1


def build_of(page):
    style = "getComputedStyle(document.documentElement).getPropertyValue('--build')"
    return page.evaluate(style)


def test_the_page_says_how_it_becomes_an_app(client):
    with client.get("/card/") as answer:
        assert b'rel="manifest"' in answer.data
    with client.get("/card/manifest.webmanifest?language=zh_Hans_CN") as answer:
        manifest = answer.get_json(force=True)
    assert (manifest["lang"], manifest["display"]) == ("zh-CN", "standalone")
    assert (manifest["start_url"], manifest["scope"]) == ("/card/", "/card/")
    for icon in manifest["icons"]:
        with client.get(icon["src"]) as answer:
            assert answer.content_type == "image/png"
            side = int(icon["sizes"].split("x")[0])
            assert int.from_bytes(answer.data[16:20]) == side  # the width in a PNG's header


def test_the_worker_is_new_when_the_sentences_are(client, monkeypatch):
    def worker():
        with client.get("/card/sw.js") as answer:
            assert answer.headers["Cache-Control"] == "no-cache"
            return answer.data

    before = worker()
    assert worker() == before
    monkeypatch.setitem(CARD, "sign_in", "Come in")
    assert worker() != before
