"""Managers of merchants: who signs in, and how, and who may end whom."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.actors import SYSTEM, ActorKind
from kernel.db import reading
from kernel.secrets import token_hash
from kernel.states import MoveNotAllowed
from merchants.errors import (
    LastManager,
    ManagerCodeWrong,
    ManagerKnown,
    ManagerPhoneInvalid,
    NoMerchantForPhone,
)
from merchants.models import (
    ManagerSession,
    ManagerState,
    Merchant,
    MerchantManager,
)
from merchants.queries import manager_by_token, merchants_of_phone
from merchants.services import (
    end_manager,
    invite_manager,
)
from tests.make import NOW
from tests.merchants.conftest import dump
from tests.merchants.managing import MINUTE, PHONE, acting, actions, ask, sign_in


def test_a_manager_signs_in_and_an_invited_one_begins_by_it(session, make):
    make.manager(phone=PHONE, state=ManagerState.INVITED, activated_at=None)
    ask(session)

    token = sign_in(session)

    with reading() as connection:
        found = manager_by_token(connection, token_hash=token_hash(token), now=NOW)
    assert found.actor.kind is ActorKind.MANAGER
    assert session.get(MerchantManager, found.actor.id).state is ManagerState.ACTIVE
    assert actions(session) == ["manager.activated", "manager.signed_in"]


def test_a_session_ends_with_its_time_and_with_its_manager(session, make):
    first, second = make.manager(phone=PHONE), None
    second = make.manager(merchant=session.get(Merchant, first.merchant_id))
    ask(session)
    token = sign_in(session)

    with reading() as connection:
        late = NOW + timedelta(days=30)
        assert manager_by_token(connection, token_hash=token_hash(token), now=late) is None
        end_manager(session, manager_id=first.id, actor=acting(second), now=NOW)
        assert manager_by_token(connection, token_hash=token_hash(token), now=NOW) is None
    assert session.scalar(select(ManagerSession.revoked_at)) == NOW


def test_a_wrong_code_counts_and_the_sixth_try_fails_even_with_the_right_one(session, make):
    make.manager(phone=PHONE)
    ask(session)

    wrong = [sign_in(session, code="000000") for _ in range(5)]

    assert all(isinstance(each, ManagerCodeWrong) for each in wrong)
    assert isinstance(sign_in(session), ManagerCodeWrong)


@pytest.mark.parametrize("late", [timedelta(minutes=5), timedelta(days=1)])
def test_a_code_is_good_for_five_minutes_and_once(session, make, late):
    make.manager(phone=PHONE)
    ask(session)

    assert isinstance(sign_in(session, now=NOW + late), ManagerCodeWrong)
    assert isinstance(sign_in(session), str)
    assert isinstance(sign_in(session), ManagerCodeWrong)


def test_codes_go_out_once_a_minute_and_ten_times_a_day_to_anybody(session):
    at_once = [ask(session), ask(session, now=NOW + timedelta(seconds=59))]
    rest = [ask(session, now=NOW + MINUTE * step) for step in range(1, 11)]

    assert at_once == [True, False]
    assert rest == [True] * 9 + [False]


def test_a_phone_of_nobody_hears_so_only_with_the_right_code(session):
    ask(session)

    assert isinstance(sign_in(session, code="999999"), ManagerCodeWrong)
    assert isinstance(sign_in(session), NoMerchantForPhone)


def test_somebody_with_two_merchants_begins_with_the_first(session, make):
    first = make.manager(phone=PHONE)
    make.manager(phone=PHONE, created_at=NOW + MINUTE)
    ask(session)
    token = sign_in(session)

    with reading() as connection:
        found = manager_by_token(connection, token_hash=token_hash(token), now=NOW)
    assert found.actor.id == first.id
    assert len(merchants_of_phone(session, phone_index=first.phone_index)) == 2


# --- Managers


def test_a_manager_is_invited_once_and_nothing_of_them_is_readable(session, make):
    merchant = make.merchant()
    facts = {"merchant_id": merchant.id, "actor": SYSTEM, "now": NOW}

    invited = invite_manager(session, name="慕容店长", phone="154 0009 0002", **facts)

    assert invited.state is ManagerState.INVITED
    with pytest.raises(ManagerKnown), session.begin_nested():
        invite_manager(session, name="另一人", phone="15400090002", **facts)
    with pytest.raises(ManagerPhoneInvalid):
        invite_manager(session, name="另一人", phone="12345", **facts)
    stored = dump(session, "merchant_managers", "audit_entries")
    assert "慕容店长" not in stored
    assert "15400090002" not in stored


def test_the_last_manager_may_not_leave_but_the_desk_may_end_them(session, make):
    manager = make.manager()
    make.manager(merchant=session.get(Merchant, manager.merchant_id), state=ManagerState.INVITED)

    with pytest.raises(LastManager):
        end_manager(session, manager_id=manager.id, actor=acting(manager), now=NOW)
    ended = end_manager(session, manager_id=manager.id, actor=SYSTEM, now=NOW)

    assert ended.state is ManagerState.ENDED
    with pytest.raises(MoveNotAllowed):
        end_manager(session, manager_id=manager.id, actor=SYSTEM, now=NOW)
