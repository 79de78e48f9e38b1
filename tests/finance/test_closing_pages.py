"""The overview and the closing of months over HTTP: who may, what is said, what is refused."""

import json
from datetime import timedelta

import pytest

from finance.errors import ResidualsNotZero
from finance.models import Discrepancy, DiscrepancyCode
from finance.pages.charts import Series, stacked_bars
from finance.pages.closing_words import IDENTITY_WORDS, TERM_WORDS
from finance.queries.closing import certificate
from finance.queries.identities import IDENTITIES
from finance.queries.overview import exceptions_by_age, subsidy_by_day
from finance.queries.residuals import residuals
from finance.services.closing import ask_to_close
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import FundSource
from ledger.services import SourceKey, ensure_period, post_reversal
from tests.finance.chain import ChainMaker
from tests.make import NOW
from tests.staff.conftest import city, signed_in

LONG_OVER = NOW.replace(year=2025)
CLOSE = "/desk/finance/close"


class English:
    """A browser that asks for English; its forms carry the token of the list of months."""

    def __init__(self, desk):
        desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        self.get = desk.client.get
        self._send = desk.send

    def post(self, path):
        return self._send(path, page="/desk/account")


@pytest.fixture
def desk(make, city, signed_in):  # noqa: F811
    """Return a function: the desk of somebody new who holds these roles, for the city."""

    def sit_down(*roles, union=None):
        return English(signed_in(make.staff(*roles, union=union or city)))

    return sit_down


@pytest.fixture
def month(session):
    return ensure_period(session, day=LONG_OVER.date()).month


def test_two_people_close_a_month_at_the_desk(desk, session, month):
    maker, closer = desk(Role.FINANCE_MAKER), desk(Role.FINANCE_APPROVER)

    asked = maker.post(f"{CLOSE}/{month}/ask")
    closed = closer.post(f"{CLOSE}/{month}/close")

    assert (asked.status_code, closed.status_code) == (303, 303)
    page = closer.get(f"{CLOSE}/{month}").text
    assert f"Certificate of {month}" in page
    assert f"Close {month} for good" not in page
    saved = closer.get(f"{CLOSE}/{month}/certificate")
    assert saved.headers["Content-Disposition"] == f"attachment; filename=close-{month}.json"
    assert json.loads(saved.data)["residuals"] == certificate(session, month=month).residuals


@pytest.mark.parametrize("verb", ["ask", "close"])
def test_a_month_that_there_is_not_is_not_found(desk, verb):
    people = desk(Role.FINANCE_MAKER, Role.FINANCE_APPROVER)

    assert people.post(f"{CLOSE}/2025-10/{verb}").status_code == 404
    assert people.post(f"{CLOSE}/x' OR 1=1/{verb}").status_code == 404
    assert people.get(f"{CLOSE}/2025-10").status_code == 404
    assert people.get(f"{CLOSE}/2025-10/certificate").status_code == 404


def test_who_asked_is_told_that_somebody_else_closes(desk, month):
    both = desk(Role.FINANCE_MAKER, Role.FINANCE_APPROVER)
    both.post(f"{CLOSE}/{month}/ask")

    assert "Somebody else closes it: you asked." in both.get(f"{CLOSE}/{month}").text
    refused = both.post(f"{CLOSE}/{month}/close")

    assert refused.status_code == 409
    assert "Somebody else must do this" in refused.text


def test_what_does_not_agree_is_named_where_the_month_is_refused(desk, make, session, month):
    make.chart()
    make.journal(amount_fen=Fen(40_00), now=LONG_OVER, occurred_at=LONG_OVER)
    maker = make.staff_actor(Role.FINANCE_MAKER)
    ask_to_close(session, actor=maker, month=month, now=utc_now())

    refused = desk(Role.FINANCE_APPROVER).post(f"{CLOSE}/{month}/close")

    assert refused.status_code == ResidualsNotZero.status
    assert f"2 of {len(IDENTITIES) + 3} sums do not agree" in refused.text
    assert refused.text.count("Sales and the books") == 2
    assert "A sale was captured and not booked with its amount" in refused.text


def test_a_part_of_the_city_reads_and_closes_nothing(desk, make, city, month):  # noqa: F811
    part = make.union(parent=city)
    officer = desk(Role.FINANCE_MAKER, Role.FINANCE_APPROVER, union=part)

    for path in ("/desk/finance", CLOSE, f"{CLOSE}/{month}"):
        assert officer.get(path).status_code == 403
    assert officer.post(f"{CLOSE}/{month}/ask").status_code == 403


def test_an_auditor_reads_and_is_asked_for_nothing(desk, month):
    auditor = desk(Role.AUDITOR)

    assert "What waits for you" not in auditor.get("/desk/finance").text
    assert "Ask for" not in auditor.get(f"{CLOSE}/{month}").text
    assert auditor.post(f"{CLOSE}/{month}/ask").status_code == 403


def test_an_empty_overview_says_what_to_do(desk):
    page = desk(Role.FINANCE_MAKER).get("/desk/finance").text

    for sentence in ("No month is open.", "Nothing was booked", "Everything is explained."):
        assert sentence in page
    assert "What waits for you" in page


def test_the_overview_draws_what_the_books_say_and_no_script(desk, make):
    make.chart()
    make.journal(amount_fen=Fen(1_234_50), now=utc_now(), occurred_at=utc_now())

    page = desk(Role.FINANCE_APPROVER).get("/desk/finance").text

    drawing = page[page.index('<svg xmlns="http://www.w3.org/2000/svg" class="chart"') :]
    drawing = drawing[: drawing.index("</svg>")]
    assert "A 1,234" in drawing
    assert "<style" not in drawing
    assert "<script" not in drawing
    assert "¥1,234.50" in page
    assert f"2 of {len(IDENTITIES) + 3} do not agree" in page


def test_subsidy_of_a_day_is_less_what_was_taken_back(make, session):
    make.chart()
    sale, other = new_id(), new_id()
    make.journal(source_id=sale, amount_fen=Fen(40_00))
    make.journal(source_id=other, amount_fen=Fen(7_00), fund_source=FundSource.DUES)
    tomorrow = NOW + timedelta(days=1)
    post_reversal(
        session,
        original=SourceKey("redemption", sale, "captured"),
        source_type="redemption_reversal",
        source_id=new_id(),
        kind="reversal",
        amount_fen=Fen(15_00),
        occurred_at=tomorrow,
        now=tomorrow,
    )

    sums = subsidy_by_day(session, first=NOW.date(), end=NOW.date() + timedelta(days=2))

    assert [(each.day, each.amount_fen) for each in sums] == [
        (NOW.date(), 47_00),
        (tomorrow.date(), -15_00),
    ]


@pytest.mark.parametrize(
    ("language", "said"), [("zh-CN", ["A 99,999", "A 90.1万"]), ("en", ["A 99,999", "A 900.6k"])]
)
def test_a_large_amount_fits_its_mark(app, language, said):
    amounts = [99_999_00, 900_555_00]
    with app.test_request_context(headers={"Accept-Language": language}):
        drawn = stacked_bars("x", columns=["1", "2"], series=[Series("x", "A", amounts)])

    assert [text for text in said if f">{text}<" not in drawn] == []


def test_names_are_text_in_a_drawing_whatever_they_hold():
    drawn = stacked_bars("<b>&", columns=["<i>"], series=[Series("x", "<A>", [100])])

    assert "<b>" not in drawn
    assert "<i>" not in drawn
    assert "<A>" not in drawn
    assert 'aria-label="&lt;b&gt;&amp;"' in drawn


def test_every_identity_and_every_term_has_its_words(session):
    found = residuals(session, starts_on=NOW.date().replace(day=1), ends_on=NOW.date())

    assert {each.name for each in found.checked} == set(IDENTITY_WORDS)
    assert {name for each in found.checked for name in (*each.left, *each.right)} == set(TERM_WORDS)
    assert len({each.name for each in IDENTITIES}) == len(IDENTITIES)


def test_without_exceptions_there_is_no_age(session):
    assert exceptions_by_age(session, now=NOW) == []


def test_an_exception_about_a_sale_counts_with_the_amount_it_was_named_with(session):
    make = ChainMaker(session)
    make.chart()
    sale = make.sale(make.terminal(), seq=1)
    named = {"code": DiscrepancyCode.PLATFORM_ONLY, "opened_at": NOW}
    make.save(Discrepancy(redemption_id=sale.id, amount_fen=Fen(-3_00), **named))

    [found] = exceptions_by_age(session, now=NOW)

    assert (found.code, found.count, found.amount_fen) == ("platform_only", 1, 3_00)
