"""A membership moves, and the card with it at once."""

import pytest
from sqlalchemy import select

from audit.models import AuditEntry
from cards.errors import ReasonMissing
from cards.models import CardState
from cards.services import apply_for_card, freeze_card, move_membership
from kernel.actors import SYSTEM, Role
from kernel.clock import utc_now
from kernel.states import MoveNotAllowed
from members.errors import MemberNotFound
from members.models import Member, MembershipStatus, Notice, NoticeKind
from tests.cards.test_api import enrol
from tests.cards.test_lifecycle import WEEK
from tests.make import NOW


@pytest.fixture
def issued(make):
    make.issuer_keys()
    return make.card()


@pytest.fixture
def person(session, issued):
    return session.get_one(Member, issued.member_id)


def moved(session, person, to, *, reason="本人申请"):
    return move_membership(
        session, member_id=person.id, to=to, reason=reason, actor=SYSTEM, now=NOW
    )


@pytest.mark.parametrize(
    "to", [MembershipStatus.WITHDRAWN, MembershipStatus.EXPELLED, MembershipStatus.DECEASED]
)
def test_whoever_leaves_has_no_card_in_the_same_transaction(session, issued, person, to):
    moved(session, person, to)

    assert person.status is to
    assert (issued.state, issued.state_reason) == (CardState.CANCELLED, "本人申请")
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "member.membership_moved")
    ).one()
    assert entry.facts == {"before": "active", "after": to.value}


@pytest.mark.parametrize("to", [MembershipStatus.RETAINED, MembershipStatus.TRANSFERRING])
def test_whoever_stays_keeps_the_card(session, make, issued, person, to):
    phone = make.phone(issued)

    moved(session, person, to)

    assert issued.state is CardState.ACTIVE
    assert phone.credential


def test_a_frozen_card_ends_too(session, issued, person):
    freeze_card(session, card_id=issued.id, reason="核查", until=NOW + WEEK, actor=SYSTEM, now=NOW)

    moved(session, person, MembershipStatus.WITHDRAWN)

    assert issued.state is CardState.CANCELLED


def test_whoever_comes_back_applies_for_a_new_card(session, issued, person):
    moved(session, person, MembershipStatus.WITHDRAWN)
    moved(session, person, MembershipStatus.ACTIVE, reason="重新入会")

    card, is_new = apply_for_card(session, member_id=person.id, now=NOW)

    assert is_new
    assert card.number != issued.number
    told = select(Notice.title_en).where(Notice.kind == NoticeKind.MEMBERSHIP)
    assert session.scalars(told).all() == [
        "Your membership has ended",
        "Your membership is active",
    ]


def test_what_cannot_follow_is_refused(session, make, person):
    moved(session, person, MembershipStatus.EXPELLED)

    with pytest.raises(MoveNotAllowed):
        moved(session, person, MembershipStatus.ACTIVE)
    with pytest.raises(ReasonMissing):
        moved(session, person, MembershipStatus.DECEASED, reason=" ")
    with pytest.raises(MemberNotFound):
        move_membership(
            session,
            member_id=make.card().id,
            to=MembershipStatus.ACTIVE,
            reason="查无此人",
            actor=SYSTEM,
            now=NOW,
        )


@pytest.fixture
def officer(make, baoan, signed_in):
    return signed_in(make.staff(Role.REGISTER_OFFICER, union=baoan))


def test_the_desk_moves_a_membership(session, make, baoan, longgang, officer):
    card = make.card(member=make.member(union=baoan))
    page = f"/desk/cards/members/{card.member_id}"
    assert officer.open(page).status_code == 200

    unsaid = officer.send(page, to="retained", reason="")
    assert (unsaid.status_code, 'id="reason-fault"' in unsaid.text) == (422, True)
    wrong = officer.send(page, to="transferring", reason="调动")
    assert (wrong.status_code, 'id="to-fault"' in wrong.text) == (422, True)
    assert officer.send(page, to="retained", reason="退休").status_code == 303
    session.expire_all()
    assert session.get_one(Member, card.member_id).status is MembershipStatus.RETAINED
    assert session.get_one(type(card), card.id).state is CardState.ISSUED
    assert officer.send(page, to="withdrawn", reason="申请").status_code == 303
    session.expire_all()
    assert session.get_one(type(card), card.id).state is CardState.CANCELLED

    foreign = make.member(union=longgang)
    for answer in (
        officer.open(f"/desk/cards/members/{foreign.id}"),
        officer.send(f"/desk/cards/members/{foreign.id}", page=page, to="retained", reason="x"),
    ):
        assert answer.status_code == 404


def test_a_member_without_a_card_has_a_page_too(make, baoan, officer):
    page = officer.open(f"/desk/cards/members/{make.member(union=baoan).id}")

    assert page.status_code == 200


def test_the_next_scan_hears_of_a_loss_and_of_a_roster(client, session, card, member, till):
    """Nothing is kept between two scans: what is true at the scan counts."""
    phone, _ = enrol(client, member)
    _, at_till = till

    def scan():
        answer = client.post(
            "/api/v1/verifications",
            json={"presentation": phone.code(now=utc_now())},
            headers=at_till,
        )
        return answer.json["accepted"], answer.json["reason"]

    assert scan() == (True, None)
    # As a roster import leaves it, before any job has looked.
    session.get_one(Member, card.member_id).status = MembershipStatus.WITHDRAWN
    session.flush()
    assert scan() == (False, "not_a_member")
    session.get_one(Member, card.member_id).status = MembershipStatus.ACTIVE
    session.flush()
    client.post("/api/v1/cards/me/lost", json={"what": "all"}, headers=member)
    assert scan() == (False, "lost")
