"""Statements at the desk: opened, looked through, issued, approved; disputes decided."""

import io
import re
from types import SimpleNamespace

import openpyxl
import pytest

from finance.models import Dispute, DisputeState, Statement, StatementState
from finance.queries.statement_lines import lines_of
from finance.services import agree_statement
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id
from merchants.models import Merchant
from tests.finance.test_disputes import raised
from tests.finance.test_statements import at, city, make, till
from tests.make import NOW
from tests.staff.conftest import signed_in

SHARED = (city, make, signed_in, till)
LIST = "/desk/finance/statements"


@pytest.fixture
def desks(make, city, signed_in):
    """A browser for each who may come by, in English."""
    maker, approver = Role.FINANCE_MAKER, Role.FINANCE_APPROVER
    district, elsewhere = make.union(parent=city), make.union(parent=city)

    def open_desk(*roles, union=city):
        desk = signed_in(make.staff(*roles, union=union))
        desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return desk

    return SimpleNamespace(
        district=district,
        maker=open_desk(maker),
        approver=open_desk(approver),
        both=open_desk(maker, approver),
        auditor=open_desk(Role.AUDITOR),
        foreign=open_desk(maker, approver, union=elsewhere),
        clerk=open_desk(Role.REGISTER_OFFICER),
    )


@pytest.fixture
def sale(session, make, desks, till):
    """A sale at a merchant of a district's, booked today by the clock that pages read."""
    session.get_one(Merchant, till.merchant_id).union_id = desks.district.id
    make.agreement(merchant_id=till.merchant_id, number="PH-2026-7777")
    return make.sale(till, union_fen=40_00)


@pytest.fixture
def statement(session, desks, sale):
    return opened_by(session, desks.maker)


def opened_by(session, desk):
    answer = desk.send(LIST, page=f"{LIST}/new", **days())
    assert answer.status_code == 303, answer.text
    return session.query(Statement).one()


def days():
    today = shanghai_date(utc_now())
    return {"starts_on": str(today.replace(day=1)), "last_on": str(today)}


def page_of(statement):
    return f"{LIST}/{statement.id}"


def step(desk, statement, address, **fields):
    """Send a form of the statement's page as the page shows it."""
    page = desk.open(page_of(statement)).text
    form = re.search(rf'action="{LIST}/{address}">(.*?)</form>', page, re.DOTALL)[1]
    version = re.search(r'name="version" value="(\d+)"', form)[1]
    facts = {"version": version} | fields
    return desk.send(f"{LIST}/{address}", page=page_of(statement), **facts)


def says(answer, *sentences):
    return all(sentence in answer.text for sentence in sentences)


def test_an_empty_list_says_what_to_do(desks):
    assert says(
        desks.maker.open(LIST), "There are no statements yet", "Open statements for a period"
    )
    assert says(desks.auditor.open(LIST), "A finance officer opens them for a period")
    assert desks.clerk.open(LIST).status_code == 403
    assert says(desks.maker.open(f"{LIST}/disputes"), "No dispute waits")


def test_who_waits_is_said_before_statements_are_opened(desks, sale):
    assert says(desks.maker.open(LIST), "1 merchant has sales on no statement yet")
    assert says(desks.maker.open(f"{LIST}/new"), "1 merchant waits for a statement today")
    assert desks.auditor.open(f"{LIST}/new").status_code == 403


def test_a_statement_prints_what_it_comes_to(desks, statement, till):
    page = desks.auditor.open(page_of(statement))

    assert says(page, "¥60.00", "¥20.00", "¥40.00", "肆拾元整", "PH-2026-7777", "Being prepared")
    assert says(page, f"{till.code}-20261123-")
    assert 'aria-current="step"' in page.text
    assert "Issue to the merchant" not in page.text


def test_the_same_period_again_is_refused_in_words(make, desks, statement, till):
    nothing = desks.maker.send(LIST, page=f"{LIST}/new", **days())
    make.sale(till)
    again = desks.maker.send(LIST, page=f"{LIST}/new", **days())

    assert (nothing.status_code, again.status_code) == (422, 409)
    assert says(nothing, "There is nothing to state")
    assert says(again, "There is a statement for some of these days")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"starts_on": "2026-11-23", "last_on": "9999-12-31"}, "Give a date such as"),
        ({"starts_on": "2026-11-23", "last_on": "2026-11-01"}, "These days cannot be stated"),
        ({"starts_on": "rubbish", "last_on": "2026-11-01"}, "Give a date such as"),
        ({}, "Fill this in"),
    ],
)
def test_days_that_cannot_be_stated_are_shown_again(desks, fields, sentence):
    answer = desks.maker.send(LIST, page=f"{LIST}/new", **fields)

    assert answer.status_code == 422
    assert says(answer, sentence)


def test_the_list_is_filtered_and_saved(session, desks, statement, till):
    name = session.get_one(Merchant, till.merchant_id).name
    saved = desks.auditor.open(f"{LIST}?format=xlsx")
    [_, row] = openpyxl.load_workbook(io.BytesIO(saved.data)).active.iter_rows(values_only=True)

    assert says(desks.auditor.open(f"{LIST}?merchant={name}&state=open"), "¥40.00")
    assert says(desks.auditor.open(f"{LIST}?state=paid"), "No statement fits this filter")
    assert desks.auditor.open(f"{LIST}?state=rubbish").status_code == 422
    assert desks.auditor.open(f"{LIST}?cursor=rubbish").status_code == 400
    assert (row[1], row[5], row[6]) == (name, 40, 40)
    lines = desks.auditor.open(f"{page_of(statement)}?format=csv").data.decode("utf-8-sig")
    assert "60.00,20.00,0.00,40.00" in lines


def test_a_statement_goes_from_hand_to_hand(session, desks, statement, till):
    issued = step(desks.maker, statement, f"{statement.id}/issue")
    session.refresh(statement)
    waits = desks.approver.open(page_of(statement))
    agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW)

    approved = step(desks.approver, statement, f"{statement.id}/approve")

    session.refresh(statement)
    assert (issued.status_code, approved.status_code) == (303, 303)
    assert says(waits, "The merchant's turn")
    assert "Approve ¥" not in waits.text
    assert statement.state is StatementState.APPROVED
    assert says(desks.auditor.open(page_of(statement)), "Approved by", f"at till {till.code}")


def test_a_stale_page_is_refused_and_shown_again(session, desks, statement):
    step(desks.maker, statement, f"{statement.id}/issue")

    again = desks.maker.send(f"{page_of(statement)}/issue", page=page_of(statement), version="1")

    assert again.status_code == 412
    assert says(again, "Somebody changed this since you opened it")


def test_who_opened_it_reads_that_somebody_else_approves(session, desks, sale, till):
    statement = opened_by(session, desks.both)
    step(desks.both, statement, f"{statement.id}/issue")
    agree_statement(session, voice=at(till), statement_id=statement.id, now=NOW)

    page = desks.both.open(page_of(statement))
    forced = desks.both.send(
        f"{page_of(statement)}/approve", page=page_of(statement), version=statement.version
    )

    assert says(page, "You opened it, so somebody else approves it")
    assert forced.status_code == 409
    assert says(forced, "Somebody else must do this")


def test_strangers_find_nothing(desks, statement):
    assert desks.foreign.open(page_of(statement)).status_code == 404
    for verb in ("issue", "approve"):
        answer = desks.foreign.send(f"{page_of(statement)}/{verb}", page=LIST, version="1")
        assert answer.status_code == 404
    for verb in ("answer", "confirm", "send-back"):
        answer = desks.maker.send(f"{LIST}/disputes/{new_id()}/{verb}", page=LIST, version="1")
        assert answer.status_code in {403, 404}


@pytest.fixture
def dispute(session, desks, statement, till):
    step(desks.maker, statement, f"{statement.id}/issue")
    session.refresh(statement)
    [line] = lines_of(session, statement_id=statement.id, rows=5)
    return raised(session, till, statement, line, now=utc_now())


def test_a_dispute_is_answered_and_confirmed(session, desks, statement, dispute):
    waiting = desks.maker.open(f"{LIST}/disputes")
    fields = {"verdict": "more", "amount": "5.00", "answer": "已核对小票"}
    answered = step(desks.maker, statement, f"disputes/{dispute.id}/answer", **fields)
    seen = desks.approver.open(page_of(statement))
    back = step(desks.approver, statement, f"disputes/{dispute.id}/send-back")
    step(desks.maker, statement, f"disputes/{dispute.id}/answer", **fields)
    confirmed = step(desks.approver, statement, f"disputes/{dispute.id}/confirm")

    session.refresh(dispute)
    assert says(waiting, "少算了一单", "since today")
    assert [each.status_code for each in (answered, back, confirmed)] == [303, 303, 303]
    assert says(seen, "The merchant gets ¥5.00 more", "已核对小票")
    assert (dispute.state, dispute.adjustment_fen) == (DisputeState.ACCEPTED, 5_00)
    session.refresh(statement)
    assert statement.state is StatementState.AGREED


WRONG_ANSWERS = [
    ({"verdict": "more", "answer": "好"}, 422, "Say by how much the line changes"),
    ({"verdict": "stands", "amount": "1", "answer": "好"}, 422, "has no amount"),
    ({"verdict": "less", "amount": "40.01", "answer": "好"}, 409, "by what is left of it"),
    ({"verdict": "less", "amount": "x", "answer": "好"}, 422, "Give an amount in yuan"),
    ({"verdict": "rubbish", "answer": "好"}, 422, "Choose one of the list"),
    ({"verdict": "stands"}, 422, "Fill this in"),
]


@pytest.mark.parametrize("wrong", WRONG_ANSWERS)
def test_an_answer_that_does_not_add_up_is_shown_again(session, desks, dispute, wrong):
    fields, status, sentence = wrong
    statement = session.get_one(Statement, dispute.statement_id)

    answer = step(desks.maker, statement, f"disputes/{dispute.id}/answer", **fields)

    assert answer.status_code == status
    assert says(answer, sentence)
    assert session.get_one(Dispute, dispute.id).state is DisputeState.OPEN
