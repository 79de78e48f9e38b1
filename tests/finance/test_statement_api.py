"""A merchant's statements over JSON: what its tills read, agree to and dispute."""

from datetime import timedelta

import pytest

from finance.errors import DisputeTooLate
from finance.models import Dispute
from finance.services import approve_statement, issue_statement
from finance.services.disputes import DISPUTE_LIFE
from kernel.ids import new_id
from tests.finance.test_disputes import answered, confirmed
from tests.finance.test_statements import approver, city, issued, make, maker, opened
from tests.make import NOW

SHARED = (approver, city, make, maker)
LIST = "/api/v1/terminals/me/statements"
TOKEN = "uct_test_statements"


@pytest.fixture
def till(make):
    return make.terminal(token=TOKEN)


@pytest.fixture
def ask(client):
    """Return a function: what the till hears, with the status it expects."""

    def call(method, path, status, *, token=TOKEN, **body):
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        answer = client.open(path, method=method, headers=headers, json=body or None)
        assert answer.status_code == status, answer.text
        return answer

    return call


@pytest.fixture
def statement(session, make, maker, till):
    sale = make.sale(till, union_fen=40_00)
    make.take_back(sale, union_fen=10_00)
    return issued(session, maker)


def disputing(journal_id, **facts):
    return {"id": str(new_id()), "journal_id": str(journal_id), "reason": "少算了一单"} | facts


def test_a_merchant_reads_what_was_issued_to_it(make, ask, statement):
    listed = ask("GET", LIST, 200).json

    [seen] = listed["items"]
    assert (seen["number"], seen["state"]) == (statement.number, "issued")
    assert (seen["starts_on"], seen["last_on"]) == ("2026-11-01", "2026-11-23")
    assert (seen["lines_fen"], seen["payable_fen"]) == (30_00, 30_00)
    make.terminal(token="uct_test_other")
    assert ask("GET", LIST, 200, token="uct_test_other").json["items"] == []
    ask("GET", f"{LIST}/{statement.id}", 404, token="uct_test_other")


def test_an_open_statement_is_not_there_yet(session, make, maker, ask, till):
    make.sale(till)
    [statement] = opened(session, maker)

    assert ask("GET", LIST, 200).json["items"] == []
    ask("GET", f"{LIST}/{statement.id}", 404)
    ask("POST", f"{LIST}/{statement.id}/agreement", 404)


def test_the_sums_and_lines_name_nobody(ask, statement, till):
    answer = ask("GET", f"{LIST}/{statement.id}", 200)

    seen = answer.json
    assert (seen["sales"], seen["gross_fen"], seen["union_pays_fen"]) == (1, 60_00, 40_00)
    assert (seen["taken_back_fen"], seen["payable_in_capitals"]) == (-10_00, "叁拾元整")
    sold, back = seen["items"]
    assert (sold["kind"], sold["amount_fen"], sold["day"]) == ("sale", 40_00, "2026-11-23")
    assert (back["kind"], back["amount_fen"], back["gross_fen"]) == ("taken_back", -10_00, -10_00)
    assert sold["receipt_no"].startswith(till.code)
    assert not any(word in answer.text for word in ("member_id", "card_id", "name_masked"))


def test_lines_and_statements_are_paged_by_an_opaque_cursor(ask, statement):
    first = ask("GET", f"{LIST}/{statement.id}?rows=1", 200).json
    rest = ask("GET", f"{LIST}/{statement.id}?rows=1&cursor={first['next_cursor']}", 200).json

    assert [line["line_no"] for line in first["items"] + rest["items"]] == [1, 2]
    assert rest["next_cursor"] is None
    assert ask("GET", f"{LIST}?rows=1", 200).json["next_cursor"] is None
    for cursor in ("rubbish", "LTE", "w7w"):
        ask("GET", f"{LIST}?cursor={cursor}", 422)


def test_agreeing_twice_is_agreeing_once(ask, statement):
    first = ask("POST", f"{LIST}/{statement.id}/agreement", 200)
    again = ask("POST", f"{LIST}/{statement.id}/agreement", 200)

    assert first.json == again.json
    assert first.json["state"] == "agreed"
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_line_is_disputed_once_and_the_same_id_hears_the_same(ask, statement):
    path = f"{LIST}/{statement.id}"
    line = ask("GET", path, 200).json["items"][0]
    body = disputing(line["journal_id"])

    first = ask("POST", f"{path}/disputes", 201, **body)
    again = ask("POST", f"{path}/disputes", 201, **body)
    other = ask("POST", f"{path}/disputes", 409, **body | {"reason": "别的"})
    second = ask("POST", f"{path}/disputes", 409, **disputing(line["journal_id"]))

    assert first.json == again.json
    assert first.json["dispute"]["state"] == "open"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.json["code"] == "request_key_reused"
    assert second.json["code"] == "line_already_disputed"
    refused = ask("POST", f"{path}/agreement", 409)
    assert refused.json["code"] == "disputes_undecided"


def test_an_answer_is_read_once_a_second_person_confirmed_it(
    session, ask, statement, maker, approver
):
    path = f"{LIST}/{statement.id}"
    line = ask("GET", path, 200).json["items"][0]
    ask("POST", f"{path}/disputes", 201, **disputing(line["journal_id"]))
    dispute = session.query(Dispute).one()

    answered(session, maker, dispute, fen=5_00)
    waiting = ask("GET", path, 200).json["items"][0]["dispute"]
    confirmed(session, approver, dispute)
    final = ask("GET", path, 200).json

    assert (waiting["state"], waiting["answer"], waiting["adjustment_fen"]) == ("open", None, None)
    decided = final["items"][0]["dispute"]
    assert (decided["state"], decided["adjustment_fen"]) == ("accepted", 5_00)
    assert decided["answer"] == "已核对小票"
    assert final["state"] == "agreed"


def test_a_dispute_after_approval_leaves_the_statement_as_it_is(session, ask, statement, approver):
    path = f"{LIST}/{statement.id}"
    line = ask("GET", path, 200).json["items"][0]
    ask("POST", f"{path}/agreement", 200)
    session.refresh(statement)
    approve_statement(
        session, actor=approver, statement_id=statement.id, version=statement.version, now=NOW
    )

    raised = ask("POST", f"{path}/disputes", 201, **disputing(line["journal_id"]))

    assert raised.json["dispute"]["state"] == "open"
    assert ask("GET", path, 200).json["state"] == "approved"


def test_a_dispute_of_an_old_statement_says_what_to_do(session, make, maker, ask, till):
    make.sale(till)
    [old] = opened(session, maker)
    long_ago = NOW - DISPUTE_LIFE - timedelta(days=2)
    step = {"actor": maker, "statement_id": old.id, "version": old.version}
    issue_statement(session, **step, now=long_ago)
    path = f"{LIST}/{old.id}"
    line = ask("GET", path, 200).json["items"][0]

    refused = ask("POST", f"{path}/disputes", 409, **disputing(line["journal_id"]))

    assert (refused.json["code"], refused.json["title"]) == (
        "dispute_too_late",
        DisputeTooLate.title,
    )
    assert refused.json["facts"] == {"days_max": 90}


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"reason": "x" * 201}, {"id": "1"}, {"more": 1}])
def test_a_request_that_does_not_fit_is_refused_by_field(ask, statement, wrong):
    line = ask("GET", f"{LIST}/{statement.id}", 200).json["items"][0]

    refused = ask(
        "POST", f"{LIST}/{statement.id}/disputes", 422, **disputing(line["journal_id"]) | wrong
    )

    assert list(refused.json["errors"]) == list(wrong)


def test_a_till_reads_until_when_it_may_dispute_and_what_became_of_the_money(ask, statement):
    shown = ask("GET", f"{LIST}/{statement.id}", 200).json

    assert shown["dispute_until"] == "2027-02-21"
    assert (shown["invoices"], shown["payments"], shown["asks_for_invoices"]) == ([], [], False)


def test_a_till_saves_the_statement_as_a_page_to_print(make, ask, statement):
    paper = ask("GET", f"{LIST}/{statement.id}/paper", 200)

    assert paper.data.startswith(b"%PDF-")
    assert f"statement-{statement.number}.pdf" in paper.headers["Content-Disposition"]
    make.terminal(token="uct_test_stranger")
    ask("GET", f"{LIST}/{statement.id}/paper", 404, token="uct_test_stranger")
