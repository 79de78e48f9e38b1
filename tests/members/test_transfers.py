"""A member moves to another union, and loses nothing on the way (domain.md 2.2, R06)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.models import AuditEntry
from audit.queries import looks_at_member
from cards.jobs import escalate_transfers
from cards.models import CardRecord
from cards.services.transfers import ask_for_transfer, decide_transfer, escalate_transfer
from kernel.actors import Role
from kernel.db import transaction
from kernel.errors import Refusal
from members.errors import TransferUnderWay
from members.models import Member, MembershipStatus, MembershipTransfer, Notice, TransferState
from tests.make import NOW
from tests.make.maker import Maker
from tests.staff.conftest import signed_in

TRANSFERS = "/api/v1/members/me/transfers"
DESK = "/desk/register/transfers"


@pytest.fixture
def city(make):
    return make.union(code="SZ", name="深圳市总工会")


@pytest.fixture
def home(make, city):
    return make.union(code="SZ-LG", parent=city, name="龙岗区总工会")


@pytest.fixture
def goal(make, city):
    return make.union(code="SZ-BA", parent=city, name="宝安区总工会")


@pytest.fixture
def member(make, home):
    member = make.member(union=home)
    make.member_session(member, token="ucm_mine")
    return member


@pytest.fixture
def call(client, member):
    def request(method, path=TRANSFERS, **options):
        headers = {"Authorization": "Bearer ucm_mine", "Accept-Language": "en"}
        return client.open(path, method=method, headers=headers, **options)

    return request


@pytest.fixture
def officer(make, goal, signed_in):  # noqa: F811
    return signed_in(make.staff(Role.REGISTER_OFFICER, union=goal))


def ask(call, union, reason="换了单位"):
    return call("POST", json={"to": union.code, "reason": reason})


def only(session):
    session.expire_all()
    return session.scalars(select(MembershipTransfer)).one()


def test_who_asks_keeps_their_standing_until_it_is_decided(call, member, goal, session):
    answer = ask(call, goal)

    assert answer.status_code == 201, answer.json
    (item,) = answer.json["items"]
    assert (item["to_name"], item["state"], item["reason"]) == (
        "宝安区总工会",
        "requested",
        "换了单位",
    )
    session.refresh(member)
    assert member.status is MembershipStatus.TRANSFERRING
    assert member.has_standing()
    assert member.union_id != goal.id


@pytest.mark.parametrize(
    ("to", "status", "code"),
    [
        ("SZ-NONE", 422, "union_unknown"),
        ("SZ-LG", 409, "already_in_union"),
        ("", 422, "invalid_request"),
    ],
)
def test_a_union_that_cannot_be_moved_to_is_said(call, to, status, code):
    answer = call("POST", json={"to": to, "reason": "换了单位"})

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_one_open_transfer_a_member_and_it_can_be_taken_back(call, member, goal, city, session):
    ask(call, goal)
    assert ask(call, city).json["code"] == "transfer_under_way"

    assert call("DELETE", f"{TRANSFERS}/open").json["items"][0]["state"] == "withdrawn"

    session.refresh(member)
    assert member.status is MembershipStatus.ACTIVE
    assert call("DELETE", f"{TRANSFERS}/open").json["code"] == "transfer_not_found"
    assert ask(call, city).status_code == 201


def test_the_receiving_officer_takes_the_member_over(call, member, goal, officer, make):
    session = make.session
    card = make.card(member=member)
    ask(call, goal)
    transfer = only(session)
    page = f"{DESK}/{transfer.id}"

    assert "换了单位" in officer.open(page).text
    assert looks_at_member(session, member_id=member.id)[0].action == "transfer.opened"
    answer = officer.send(f"{page}/accept", page=page)

    assert answer.status_code == 303, answer.text
    session.refresh(member)
    assert (member.union_id, member.status) == (goal.id, MembershipStatus.ACTIVE)
    assert only(session).state is TransferState.ACCEPTED
    events = session.scalars(select(CardRecord.event).where(CardRecord.card_id == card.id))
    assert {"requested", "accepted"} <= set(events)
    assert session.scalars(select(Notice.title_en)).all() == ["宝安区总工会 has taken you over"]
    actions = session.scalars(select(AuditEntry.action)).all()
    assert {"transfer.requested", "transfer.accepted"} <= set(actions)


def test_a_refusal_needs_a_sentence_and_leaves_the_membership_as_it_was(
    call, member, goal, officer, session
):
    home_id = member.union_id
    member.status = MembershipStatus.RETAINED
    session.flush()
    ask(call, goal)
    page = f"{DESK}/{only(session).id}"

    assert officer.send(f"{page}/refuse", page=page).status_code == 422
    assert officer.send(f"{page}/refuse", page=page, answer="不在本辖区").status_code == 303

    session.refresh(member)
    assert (member.union_id, member.status) == (home_id, MembershipStatus.RETAINED)
    assert call("GET").json["items"][0]["answer"] == "不在本辖区"
    # No form is left on the page; whoever had it open before hears that it was decided.
    assert "/accept" not in officer.open(page).text


@pytest.fixture
def others(make, home, signed_in):  # noqa: F811
    """The desks of the union that is left, and of one that has nothing to do with it."""
    return [
        signed_in(make.staff(Role.REGISTER_OFFICER, union=union)) for union in (home, make.union())
    ]


def test_the_union_that_is_left_looks_on_and_decides_nothing(call, goal, others, session):
    left, stranger = others
    ask(call, goal)
    page = f"{DESK}/{only(session).id}"

    assert left.open(page).status_code == 200
    assert "换了单位" not in left.open(page).text
    answer = left.send(f"{page}/accept", page="/desk/register/imports")
    assert answer.status_code == 404
    assert stranger.open(page).status_code == 404


def test_after_thirty_days_the_city_has_it_and_benefits_go_on(call, member, goal, session, app):
    ask(call, goal)
    transfer = only(session)
    asked_at = transfer.asked_at
    just = {"transfer_id": transfer.id, "member_id": member.id}

    assert not escalate_transfer(session, **just, now=asked_at + timedelta(days=29))
    transfer.asked_at = asked_at - timedelta(days=31)
    session.flush()
    with app.app_context():
        escalate_transfers(timestamp=0)
        escalate_transfers(timestamp=0)

    assert only(session).state is TransferState.ESCALATED
    session.refresh(member)
    assert member.has_standing()
    assert len(session.scalars(select(Notice)).all()) == 1


def test_whoever_left_the_union_meanwhile_is_not_taken_over(call, member, goal, officer, session):
    ask(call, goal)
    member.status = MembershipStatus.WITHDRAWN
    session.flush()
    page = f"{DESK}/{only(session).id}"

    assert officer.send(f"{page}/accept", page=page).status_code == 409
    assert officer.send(f"{page}/refuse", page=page, answer="已退会").status_code == 303
    session.refresh(member)
    assert member.status is MembershipStatus.WITHDRAWN


def test_unions_are_found_by_name_and_by_code(call, goal, home):
    found = call("GET", "/api/v1/unions?q=宝安").json["items"]
    assert found == [{"code": "SZ-BA", "name": "宝安区总工会", "district": "深圳市总工会"}]
    codes = {each["code"] for each in call("GET", "/api/v1/unions?q=sz-").json["items"]}
    assert codes == {"SZ-BA", "SZ-LG"}
    assert call("GET", "/api/v1/unions?q=x").status_code == 422


def in_threads(*works):
    """Do all of `works` at the same moment, each in a transaction; return refusals and answers."""
    barrier = threading.Barrier(len(works))
    answers = []

    def run(work):
        barrier.wait()
        try:
            with transaction() as session:
                answers.append(work(session))
        except Refusal as refusal:
            answers.append(refusal)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.fixture
def stored(committed):
    """A member and two unions to move to, really committed."""
    with Session(committed, expire_on_commit=False) as session:
        make = Maker(session)
        facts = make.member(), make.union(), make.union(), make.staff_actor(Role.REGISTER_OFFICER)
        session.commit()
    return facts


def asking(member, union):
    return lambda session: ask_for_transfer(
        session, member_id=member.id, union_code=union.code, reason="换了单位", now=NOW
    )


def test_two_requests_at_once_are_one(stored):
    member, first, second, _ = stored

    answers = in_threads(*(asking(member, union) for union in (first, second) * 3))

    kinds = [type(answer) for answer in answers]
    assert kinds.count(MembershipTransfer) == 1
    assert kinds.count(TransferUnderWay) == 5


def test_two_decisions_at_once_are_one(stored):
    member, union, _, actor = stored
    with transaction() as session:
        transfer_id = asking(member, union)(session).id

    def deciding(*, accepts):
        return lambda session: decide_transfer(
            session,
            transfer_id=transfer_id,
            accepts=accepts,
            answer="核对过",
            paths=[union.path],
            actor=actor,
            now=NOW,
        )

    answers = in_threads(*(deciding(accepts=accepts) for accepts in (True, False) * 3))

    decided = [each for each in answers if isinstance(each, MembershipTransfer)]
    assert len(decided) == 1
    with transaction() as session:
        stands = session.get_one(Member, member.id)
        accepted = session.get_one(MembershipTransfer, transfer_id).state is TransferState.ACCEPTED
        assert (stands.union_id == union.id) is accepted
        assert stands.status is MembershipStatus.ACTIVE
