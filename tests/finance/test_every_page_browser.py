"""Each page of finance in a real browser: fit for everybody, in one language, nothing hidden."""

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from merchants.pages import MANAGER_COOKIE
from tests.browser import Window
from tests.finance.finance_city import FinanceCity
from tests.service import Service
from tests.test_translations import Reader, left_in_english

pytestmark = pytest.mark.browser

# Answers that are no page: files, and how far long work is.
FILES = {
    "finance_statements_pages.paper",
    "finance_statements_pages.evidence",
    "finance_payments_pages.bank_file",
    "finance_payment_runs_pages.progress",
    "finance_works_pages.progress",
    "finance_closing_pages.save_certificate",
    "finance_vouchers_pages.voucher_file",
    "merchants_manager.statement_paper",
    "proof_pages.save_proof",
}
# A name of the program's where a word belongs.
RAW = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|^[a-z]{2,}$|%\(")
# Columns that a reader of a wide screen would have to look for.
_HIDDEN = """() => [...document.querySelectorAll(".table-frame")]
  .filter(each => each.scrollWidth > each.clientWidth)
  .map(each => `${each.getAttribute("aria-label")}: ${each.scrollWidth} of ${each.clientWidth}`)
"""


@pytest.fixture(scope="module")
def world(databases, app, settings_for):
    name = databases.copy()
    own = create_engine(databases.urls.app.format(name=name))
    with Session(own, expire_on_commit=False) as session, session.begin():
        city = FinanceCity(session)
        pages = city.found()
    own.dispose()
    with Service(settings_for(name)) as service:
        yield SimpleNamespace(base_url=service.base_url, city=city, pages=pages)
    databases.drop(name)


@pytest.fixture
def window_of(chromium, world):
    """Return a function: a window of somebody who works on all of finance, and on a statement."""
    windows = []

    def open_window(**options):
        window = Window(chromium, world.base_url, **options)
        window.sign_in_at_desk(world.city.desk)
        cookie = {"name": MANAGER_COOKIE, "value": world.city.phone, "url": world.base_url}
        window.context.add_cookies([cookie])
        windows.append(window)
        return window

    yield open_window
    for window in windows:
        window.context.close()


def is_raw(text):
    """Say whether a name shows; a record of the log is shown as it was hashed."""
    return RAW.search(text) is not None and not text.startswith("{")


def _file_of(name, how):
    return f"every-{re.sub('[^a-z]+', '-', name)}-{how}"


def test_no_page_of_finance_is_left_out(app, world):
    adapter = app.url_map.bind("localhost")
    visited = set()
    for address in world.pages.values():
        try:
            endpoint, _ = adapter.match(address.split("?")[0])
        except HTTPException:
            pytest.fail(f"there is no page at {address}")
        visited.add(endpoint)
    there_are = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods
        and app.view_functions[rule.endpoint].__module__.startswith(
            ("finance.pages", "proof.pages")
        )
    }

    assert visited == there_are - FILES


def test_on_a_phone_in_chinese_by_night(world, window_of):
    window = window_of(language="zh-CN", size=(320, 640), color_scheme="dark")
    seen = {}
    for name, address in world.pages.items():
        answer = window.page.goto(address)
        window.shoot(_file_of(name, "zh"))
        texts = Reader(window.page.content()).texts
        raw = [text for text in texts if is_raw(text)]
        seen[name] = window.faults(more_arrives=False) + left_in_english(texts) + raw
        assert answer.status == 200, (name, answer.status)

    assert {name: found for name, found in seen.items() if found} == {}
    assert window.complaints == []


def test_on_a_wide_screen_in_english_with_every_column_in_sight(world, window_of):
    window = window_of(language="en", size=(1280, 860))
    seen = {}
    for name, address in world.pages.items():
        window.page.goto(address)
        window.shoot(_file_of(name, "en"))
        texts = Reader(window.page.content()).texts
        raw = [text for text in texts if is_raw(text) and not re.fullmatch("[a-z]+", text)]
        seen[name] = window.page.evaluate(_HIDDEN) + raw

    assert {name: found for name, found in seen.items() if found} == {}
    assert window.complaints == []
