"""The chain of an amount over HTTP: the API, the pages, and what finds it."""

import pytest

from kernel.actors import Role
from kernel.ids import new_id
from tests.finance.chain import ChainMaker
from tests.finance.traced import settled
from tests.staff.conftest import city, signed_in  # imported as fixtures


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    return make


@pytest.fixture
def desk(make, city, signed_in):  # noqa: F811
    desk = signed_in(make.staff(Role.AUDITOR, union=city))
    desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return desk


def test_the_api_says_the_same(make, desk):
    at = settled(make)

    answer = desk.client.get(f"/api/v1/trace/bank_line/{at.bank_line.id}")

    assert answer.status_code == 200
    body = answer.json
    assert body["at"] == {"kind": "bank_line", "id": str(at.bank_line.id)}
    assert str(at.redemption.id) in {node["id"] for node in body["nodes"]}
    assert (body["rows"], body["next_cursor"]) == (3, None)
    statement = {"kind": "statement", "id": str(at.statement.id)}
    assert statement in [edge["target"] for edge in body["edges"]]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trace/nonsense/{id}", 404),
        ("/trace/statement/{id}", 404),
        ("/trace/statement/12", 404),
        ("/trace/payment/{id}?after=x", 422),
    ],
)
def test_the_api_answers_bad_questions_clearly(make, desk, path, status):
    answer = desk.client.get("/api/v1" + path.format(id=new_id()))

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("address", ["/api/v1/trace/journal/{id}", "/desk/finance/trace"])
def test_a_part_of_the_city_does_not_read_the_books_of_all(make, city, signed_in, address):  # noqa: F811
    district = make.union(parent=city)
    desk = signed_in(make.staff(Role.FINANCE_CHECKER, union=district))

    assert desk.client.get(address.format(id=new_id())).status_code == 403


def test_at_most_two_clicks_from_end_to_end(make, desk):
    at = settled(make)
    trace = "/desk/finance/trace"

    on_scan = desk.client.get(f"{trace}/redemption/{at.redemption.id}").text
    assert f"{trace}/bank_line/{at.bank_line.id}" in on_scan

    on_line = desk.client.get(f"{trace}/bank_line/{at.bank_line.id}").text
    assert f"{trace}/statement/{at.statement.id}" in on_line
    on_statement = desk.client.get(f"{trace}/statement/{at.statement.id}").text
    assert f"{trace}/redemption/{at.redemption.id}" in on_statement
    assert f"{at.till.code}-20261123-0002" in on_statement


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("statement", "/desk/finance/statements/{id}"),
        ("payment_batch", "/desk/finance/payments/{id}"),
        ("bank_line", "/desk/finance/bank/lines/{id}"),
        ("payment", "/desk/finance/payments/{at.payment_batch.id}"),
        ("match", "/desk/finance/bank/lines/{at.bank_line.id}"),
    ],
)
def test_a_thing_leads_to_the_page_where_something_is_done_about_it(make, desk, kind, address):
    at = settled(make)
    id_ = getattr(at, kind).id
    own = address.format(id=id_, at=at)

    text = desk.client.get(f"/desk/finance/trace/{kind}/{id_}").text

    assert f'href="{own}"' in text
    assert desk.client.get(own).status_code == 200


def test_the_page_goes_on_where_it_stopped(make, desk):
    at = settled(make, sales=52, back=False)
    path = f"/desk/finance/trace/statement/{at.statement.id}"

    first = desk.client.get(path).text
    more = first.partition(f'href="{path}?')[2].partition('"')[0]
    rest = desk.client.get(f"{path}?{more}").text

    assert "50 of 52 lines" in first
    assert f"{at.till.code}-20261123-0052" not in first
    assert f"{at.till.code}-20261123-0052" in rest
    assert desk.client.get(f"{path}?cursor=x").status_code == 400


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("{at.till.code}-20261123-0001", "redemption/{at.redemption.id}"),
        ("  {at.payment.reference}  ", "payment/{at.payment.id}"),
        ("{at.bank_line.bank_reference}", "bank_line/{at.bank_line.id}"),
        ("{at.journal.id}", "journal/{at.journal.id}"),
        ("{at.verification.id}", "redemption/{at.redemption.id}"),
    ],
)
def test_one_hit_is_shown_at_once(make, desk, asked, leads_to):
    at = settled(make)

    answer = desk.client.get("/desk/finance/trace", query_string={"q": asked.format(at=at)})

    assert answer.status_code == 302
    assert answer.location == "/desk/finance/trace/" + leads_to.format(at=at)


@pytest.mark.parametrize("asked", ["70", "¥70.00", "70.00", "-70"])
def test_an_amount_finds_statements_payments_and_bank_lines(make, desk, asked):
    at = settled(make)

    text = desk.client.get("/desk/finance/trace", query_string={"q": asked}).text

    for thing in (at.statement, at.payment, at.payment_batch, at.bank_line):
        assert str(thing.id) in text


def test_a_number_finds_the_statement_and_the_batch(make, desk):
    at = settled(make)

    answer = desk.client.get("/desk/finance/trace", query_string={"q": str(at.statement.number)})

    found = answer.location or answer.text
    assert str(at.statement.id) in found


@pytest.mark.parametrize("asked", ["", "%", "K7M2XQ4P-20261399-0001", "9" * 60, "深圳"])
def test_what_finds_nothing_says_what_to_type(desk, asked):
    answer = desk.client.get("/desk/finance/trace", query_string={"q": asked})

    assert answer.status_code == 200
    assert "receipt" in answer.text


def test_too_long_a_question_is_answered(desk):
    answer = desk.client.get("/desk/finance/trace", query_string={"q": "9" * 61})

    assert answer.status_code == 422
    assert "1 to 60 characters" in answer.text
