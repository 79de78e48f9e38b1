"""What a member says about a purchase: its receipt, a rating, "this was not me"; and the answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from audit.models import AuditEntry
from cards.models import Card, CardState, RecordKind
from cards.queries import records_of_member
from cards.services import add_record
from discounts.errors import (
    AlreadyReported,
    NothingToRate,
    NothingToReport,
    RatingSettled,
    RecordNotFound,
    ReportAnswered,
    ReportNotFound,
)
from discounts.models import RedemptionReport, ReportState
from discounts.queries import comments_of_offer, own_record, report_within, reports_within
from discounts.services import (
    answer_report,
    rate_sale,
    report_sale,
    reverse_redemption,
    void_redemption,
)
from kernel.actors import Actor, ActorKind, Grant, Role
from kernel.ids import new_id
from members.models import Member, Notice, NoticeKind, UnionOrg
from tests.cards.web import code_of, signed_in_member
from tests.make import NOW

WEEK = timedelta(days=7)
ADDRESS = "/api/v1/members/me/records"


@pytest.fixture
def member_id(make):
    return make.card(state=CardState.ACTIVE).member_id


@pytest.fixture
def sale(place, member_id):
    return place.sell(member_id)


@pytest.fixture
def line(session, sale, member_id):
    """The id of the timeline's line of that sale."""
    [found] = records_of_member(session, member_id=member_id, kind=RecordKind.DISCOUNT)
    return found.id


def shown(session, member_id, line):
    session.expire_all()
    return own_record(session, member_id=member_id, record_id=line)


# --- The receipt


def test_a_line_leads_to_its_receipt(session, place, sale, line, member_id):
    found = shown(session, member_id, line)

    assert (found.sale.redemption.id, found.sale.site) == (sale, "甲店")
    assert (found.sale.merchant, found.sale.assurance) == ("演示面馆", "session")


def test_what_was_taken_back_leads_to_the_sale_it_was_of(session, place, sale, line, member_id):
    reverse_redemption(
        session,
        till=place.till,
        redemption_id=sale,
        reversal_id=new_id(),
        amount_fen=10_00,
        reason="退货",
        now=NOW,
    )
    newest = records_of_member(session, member_id=member_id)[0]

    found = shown(session, member_id, newest.id)

    assert newest.id != line
    assert found.sale.redemption.id == sale
    assert [each.amount_fen for each in found.sale.reversals] == [10_00]


def test_somebody_elses_line_is_not_there(session, make, line):
    stranger = make.card(state=CardState.ACTIVE).member_id

    assert own_record(session, member_id=stranger, record_id=line) is None
    with pytest.raises(RecordNotFound):
        rate_sale(session, member_id=stranger, record_id=line, stars=1, comment=None, now=NOW)
    with pytest.raises(RecordNotFound):
        report_sale(session, member_id=stranger, record_id=line, text="不是我", now=NOW)


# --- Ratings


def rate(session, member_id, line, *, stars=4, comment=None, now=NOW):
    rate_sale(session, member_id=member_id, record_id=line, stars=stars, comment=comment, now=now)


def test_a_rating_is_changed_within_a_week_of_the_first(session, line, member_id):
    rate(session, member_id, line, comment="排队久")
    rate(session, member_id, line, stars=5, now=NOW + WEEK - timedelta(seconds=1))

    rating = shown(session, member_id, line).sale.rating
    assert (rating.stars, rating.comment, rating.rated_at) == (5, None, NOW)
    with pytest.raises(RatingSettled):
        rate(session, member_id, line, stars=1, now=NOW + WEEK)


def test_a_purchase_that_was_taken_back_whole_is_not_rated(session, place, sale, line, member_id):
    void_redemption(session, till=place.till, redemption_id=sale, now=NOW)

    with pytest.raises(NothingToRate):
        rate(session, member_id, line)


def test_what_was_written_about_an_offer_names_nobody(session, place, line, member_id):
    rate(session, member_id, line, stars=2, comment="面是凉的")

    [comment] = comments_of_offer(session, offer_id=place.offer_id)

    assert (comment.stars, comment.comment) == (2, "面是凉的")
    assert set(vars(comment)) == {"stars", "comment", "rated_at"}


# --- This was not me


def report(session, member_id, line, *, words="那天我在上班", now=NOW):
    report_sale(session, member_id=member_id, record_id=line, text=words, now=now)


@pytest.fixture
def officer(session, make, member_id):
    """An officer of the register for the member's own union."""
    union = session.get_one(UnionOrg, session.get_one(Member, member_id).union_id)
    account = make.staff(Role.REGISTER_OFFICER, union=union)
    grants = (Grant(Role.REGISTER_OFFICER, union.path),)
    return Actor(ActorKind.STAFF, id=account.id, grants=grants)


def answer(session, officer, report_id, *, words="已核实,是本人家属", now=NOW):
    answer_report(
        session,
        actor=officer,
        report_id=report_id,
        paths=officer.paths(Role.REGISTER_OFFICER),
        answer=words,
        now=now,
    )


def test_a_report_said_twice_is_one_and_its_words_stay(session, line, member_id):
    report(session, member_id, line)
    report(session, member_id, line, now=NOW + WEEK)

    with pytest.raises(AlreadyReported):
        report(session, member_id, line, words="别的话")
    said = shown(session, member_id, line).sale.report
    assert (said.text, said.reported_at, said.state) == ("那天我在上班", NOW, ReportState.OPEN)


def test_only_a_purchase_can_be_reported(session, member_id):
    card = session.scalars(select(Card).where(Card.member_id == member_id)).one()
    card_line = add_record(
        session,
        card_id=card.id,
        kind=RecordKind.CARD,
        event="issued",
        source_type="card",
        source_id=card.id,
        title_zh="卡已签发",
        title_en="Card issued",
        occurred_at=NOW,
        now=NOW,
    )

    with pytest.raises(NothingToReport):
        report(session, member_id, card_line)
    with pytest.raises(NothingToRate):
        rate(session, member_id, card_line)


def test_the_answer_reaches_the_member_and_the_audit(session, officer, line, member_id):
    report(session, member_id, line)
    [waiting] = reports_within(session, paths=officer.paths(Role.REGISTER_OFFICER))

    answer(session, officer, waiting.report.id)

    said = shown(session, member_id, line).sale.report
    assert (said.state, said.answer) == (ReportState.ANSWERED, "已核实,是本人家属")
    notice = session.scalars(select(Notice).where(Notice.member_id == member_id)).one()
    assert (notice.kind, notice.place) == (NoticeKind.CARD_STATE, "records")
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "redemption.report_answered")
    ).one()
    assert (entry.member_id, entry.actor_id) == (member_id, officer.id)
    with pytest.raises(ReportAnswered):
        answer(session, officer, waiting.report.id, words="另一个答复")


def test_a_report_is_not_there_for_another_unions_officer(session, make, line, member_id):
    report(session, member_id, line)
    report_id = session.scalars(select(RedemptionReport.id)).one()
    elsewhere = make.union().path

    assert reports_within(session, paths=(elsewhere,)) == []
    assert reports_within(session, paths=()) == []
    with pytest.raises(ReportNotFound):
        report_within(session, report_id=report_id, paths=(elsewhere,))


def test_the_application_cannot_unsay_what_was_said(session, line, member_id):
    report(session, member_id, line)
    rate(session, member_id, line)

    for statement in (
        "UPDATE redemption_reports SET text = 'x'",
        "DELETE FROM redemption_reports",
        "DELETE FROM redemption_ratings",
        "UPDATE redemption_ratings SET rated_at = now()",
    ):
        with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
            session.execute(text(statement))


# --- Over HTTP


@pytest.fixture
def headers(make, session, member_id):
    return signed_in_member(make, session, member_id) | {"Accept-Language": "en"}


def test_the_receipt_over_http(client, headers, line, sale):
    body = client.get(f"{ADDRESS}/{line}", headers=headers).json

    assert body["title"] == "40 off from 50"
    receipt = body["sale"]
    assert receipt["redemption_id"] == str(sale)
    assert receipt["receipt_no"].endswith("-0001")
    parts = ("gross_fen", "member_pays_fen", "merchant_bears_fen", "union_pays_fen")
    assert [receipt[part] for part in parts] == [60_00, 20_00, 10_00, 30_00]
    assert (receipt["may_rate"], receipt["rating"], receipt["report"]) == (True, None, None)
    assert code_of(client.get(f"{ADDRESS}/{new_id()}", headers=headers), 404) == "record_not_found"


def test_rating_over_http(client, headers, line):
    address = f"{ADDRESS}/{line}/rating"

    first = client.put(address, json={"stars": 2, "comment": "凉"}, headers=headers).json
    second = client.put(address, json={"stars": 5}, headers=headers).json

    assert first["sale"]["rating"]["stars"] == 2
    assert (second["sale"]["rating"]["stars"], second["sale"]["rating"]["comment"]) == (5, None)
    for wrong in ({}, {"stars": 0}, {"stars": 6}, {"stars": 2.5}, {"stars": 3, "comment": "a\nb"}):
        assert client.put(address, json=wrong, headers=headers).status_code == 422


def test_reporting_over_http(client, headers, line):
    address = f"{ADDRESS}/{line}/report"

    said = client.post(address, json={"text": "不是我"}, headers=headers).json["sale"]["report"]
    other = client.post(address, json={"text": "别的话"}, headers=headers)

    assert (said["text"], said["state"], said["answer"]) == ("不是我", "open", None)
    assert code_of(other, 409) == "already_reported"
    assert client.post(address, json={"text": ""}, headers=headers).status_code == 422
