"""A member's phone number becomes another: what its sign-ins may do at first."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from cards.errors import EnrolmentRefused, NumberTooNew
from cards.models import Device
from cards.queries import live_devices
from cards.services import change_policy, issue_slice, retire_device, start_enrolment
from kernel.actors import SYSTEM
from kernel.persons import Mode
from members.errors import PhoneTaken, RealNameRequired
from members.models import Member, Notice, NoticeKind
from members.services import (
    FileMemory,
    apply_batch,
    change_phone,
    confirm_phone,
    finish_sign_in,
    judge_lines,
    known_unions,
    lines_of,
    start_sign_in,
)
from tests.cards.test_devices import enrol
from tests.make import NOW

NEW = "+8615400009999"
DAY = timedelta(hours=24)


@pytest.fixture
def card(make):
    make.issuer_keys()
    return make.card()


@pytest.fixture
def member(session, card):
    return session.get_one(Member, card.member_id)


@pytest.fixture
def phone(make, card):
    return make.phone(card)


@pytest.fixture
def moved(session, make, member, phone):
    """The number is another, and somebody has signed in with it and proven name and document."""
    change_phone(session, member_id=member.id, phone=NEW, actor=SYSTEM, now=NOW)
    member.real_name_at = NOW
    session.flush()
    return make.member_session(member)


def live(session, card):
    return [line.device_id for line in live_devices(session, card_id=card.id, now=NOW)]


def test_every_sign_in_ends_and_the_new_number_proves_who_it_is(session, make, card, member, phone):
    before = make.member_session(member)

    change_phone(session, member_id=member.id, phone=NEW, actor=SYSTEM, now=NOW)

    assert before.revoked_at == NOW
    start_sign_in(session, phone=NEW, code="123456", now=NOW)
    heard = finish_sign_in(
        session,
        phone=NEW,
        code="123456",
        name=None,
        document_tail=None,
        consents={},
        now=NOW,
    )
    assert isinstance(heard, RealNameRequired)


def test_the_new_number_shows_nothing_adds_nothing_removes_nothing(
    session, card, member, phone, moved
):
    with pytest.raises(NumberTooNew) as refused:
        issue_slice(session, member_id=member.id, now=NOW)
    assert refused.value.facts == {"until": (NOW + DAY).isoformat()}
    with pytest.raises(NumberTooNew):
        enrol(session, card, moved)
    with pytest.raises(NumberTooNew):
        retire_device(session, member_id=member.id, device_id=phone.device_id, now=NOW)
    assert live(session, card) == [phone.device_id]


def test_after_a_day_it_is_a_number_like_any_other(session, card, moved):
    second_before = NOW + DAY - timedelta(seconds=1)
    with pytest.raises(NumberTooNew):
        enrol(session, card, moved, now=second_before)

    enrol(session, card, moved, now=NOW + DAY)

    assert len(live(session, card)) == 2


def test_a_phone_of_the_card_confirms_it_by_its_key(session, card, moved, phone):
    enrol(session, card, moved, phone)

    other = enrol(session, card, moved)

    assert live(session, card) == [phone.device_id, other.device_id]


def test_a_failed_proof_confirms_nothing(session, card, member, moved, phone):
    start_enrolment(session, session_id=moved.id, now=NOW)

    with pytest.raises(EnrolmentRefused), session.begin_nested():
        enrol(session, card, moved, phone, proof="AAAA")

    session.refresh(member)
    assert member.phone_changed_at == NOW


def test_a_desk_confirms_it(session, card, member, moved):
    assert confirm_phone(session, member_id=member.id, actor=SYSTEM, now=NOW)
    assert not confirm_phone(session, member_id=member.id, actor=SYSTEM, now=NOW)

    assert enrol(session, card, moved).device_id


def test_a_card_on_no_phone_has_nobody_to_ask(session, card, moved, phone):
    session.get_one(Device, phone.device_id).retired_at = NOW
    session.flush()

    assert enrol(session, card, moved).device_id


def test_policy_says_how_long(session, card, moved):
    change_policy(session, phone_cooldown_hours=0, actor=SYSTEM, now=NOW)

    assert issue_slice(session, member_id=card.member_id, now=NOW).text


def test_the_same_number_again_changes_nothing(session, make, member, phone):
    change_phone(session, member_id=member.id, phone=NEW, actor=SYSTEM, now=NOW)
    confirm_phone(session, member_id=member.id, actor=SYSTEM, now=NOW)
    signed_in = make.member_session(member)

    change_phone(session, member_id=member.id, phone=NEW, actor=SYSTEM, now=NOW + DAY)

    assert signed_in.revoked_at is None
    assert member.phone_changed_at is None


def test_a_number_that_another_member_has_is_refused_in_words(session, make, member):
    other = make.member()
    change_phone(session, member_id=other.id, phone=NEW, actor=SYSTEM, now=NOW)

    with pytest.raises(PhoneTaken):
        change_phone(session, member_id=member.id, phone=NEW, actor=SYSTEM, now=NOW)


def test_a_roster_with_another_number_does_the_same(session, make):
    union = make.union(code="SZ-R1")

    def take(phone):
        roster = (
            "姓名,证件类型,证件号码,手机号码,性别,工会组织代码,入会日期\n"
            f"演示员,居民身份证,440399199003070022,{phone},女,SZ-R1,2020-01-01\n"
        )
        memory = FileMemory()
        codes = known_unions(session)
        judged = judge_lines(
            lines_of(roster.encode()),
            memory=memory,
            today=date(2026, 11, 24),
            mode=Mode.DEMO,
            union_codes=codes,
        )
        apply_batch(
            session,
            batch=list(judged),
            memory=memory,
            unions=codes,
            paths=[union.path],
            write=True,
            now=NOW,
        )

    take("15400007001")
    member = session.scalars(select(Member).where(Member.union_id == union.id)).one()
    signed_in = make.member_session(member)
    assert member.phone_changed_at is None

    take("15400007001")
    assert signed_in.revoked_at is None
    take("15400007002")

    session.refresh(member)
    assert (signed_in.revoked_at, member.phone_changed_at) == (NOW, NOW)


def test_a_further_phone_is_told_and_the_first_is_not(session, make, card, phone):
    query = select(Notice.title_en).where(Notice.kind == NoticeKind.DEVICE_ADDED)
    assert session.scalars(query).all() == []

    make.phone(card, name="备用机")

    assert session.scalars(query).all() == ["Your card was put on another phone: 备用机"]
