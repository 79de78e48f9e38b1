"""Managers in real commits and real threads: a double tap is one, and guesses are counted."""

from sqlalchemy import func, select

from kernel.actors import Actor, ActorKind
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.secrets import blind_index
from merchants.errors import LastManager, ManagerCodeWrong, ManagerKnown
from merchants.models import (
    Clerk,
    ManagerCode,
    ManagerSession,
    ManagerState,
    MerchantManager,
)
from merchants.services import (
    MANAGER_PHONE_FIELD,
    end_manager,
    finish_manager_sign_in,
    invite_clerk,
    invite_manager,
    start_manager_sign_in,
)
from tests.make import NOW
from tests.make.maker import Maker
from tests.merchants.test_races import at_once

PHONE = "+8615400090001"
CODE = "123456"


def acting(manager):
    return Actor(ActorKind.MANAGER, id=manager.id, merchant_id=manager.merchant_id)


def count(session, *of):
    return session.scalar(select(func.count()).select_from(*of))


def sign_in(code):
    with transaction() as session:
        return finish_manager_sign_in(session, phone=PHONE, code=code, browser="Chrome", now=NOW)


def planted(**facts):
    with transaction() as session:
        manager = Maker(session).manager(phone=PHONE, **facts)
        start_manager_sign_in(session, phone=PHONE, code=CODE, now=NOW)
    return manager


def test_of_eight_askings_at_once_one_code_is_sent(committed):
    def ask(_):
        with transaction() as session:
            return start_manager_sign_in(session, phone=PHONE, code=CODE, now=NOW)

    assert sorted(at_once(8, ask)) == [False] * 7 + [True]


def test_one_code_opens_one_session_and_activates_once(committed):
    manager = planted(state=ManagerState.INVITED, activated_at=None)

    answers = at_once(8, lambda _: sign_in(CODE))

    assert sum(isinstance(answer, ManagerCodeWrong) for answer in answers) == 7
    with transaction() as session:
        assert count(session, ManagerSession) == 1
        assert session.get_one(MerchantManager, manager.id).state is ManagerState.ACTIVE


def test_twelve_guesses_at_once_have_five_tries(committed):
    planted()

    answers = at_once(12, lambda number: sign_in(f"{number:06}"))

    assert all(isinstance(answer, ManagerCodeWrong) for answer in answers)
    with transaction() as session:
        row = session.get_one(ManagerCode, blind_index(MANAGER_PHONE_FIELD, PHONE))
        assert row.tries == 5
    assert isinstance(sign_in(CODE), ManagerCodeWrong)


def test_eight_invitations_of_one_phone_make_one_manager(committed):
    with transaction() as session:
        manager = Maker(session).manager()

    def invite(_):
        try:
            with transaction() as session:
                facts = {"name": "二号店长", "phone": PHONE, "now": NOW}
                invite_manager(
                    session, merchant_id=manager.merchant_id, actor=acting(manager), **facts
                )
        except ManagerKnown as refusal:
            return refusal
        return None

    answers = at_once(8, invite)

    assert sum(isinstance(answer, Refusal) for answer in answers) == 7
    with transaction() as session:
        assert count(session, MerchantManager) == 2


def test_a_form_that_is_sent_eight_times_at_once_makes_one_clerk(committed):
    with transaction() as session:
        make = Maker(session)
        manager = make.manager()
        site = make.site(merchant_id=manager.merchant_id)

    def invite(_):
        with transaction() as session:
            facts = {"merchant_id": site.merchant_id, "site_id": site.id, "name": "司马店员"}
            return invite_clerk(session, actor=acting(manager), now=NOW, **facts).clerk.id

    answers = at_once(8, invite)

    assert len(set(answers)) == 1
    with transaction() as session:
        assert count(session, Clerk) == 1


def test_two_managers_who_end_each_other_leave_one(committed):
    with transaction() as session:
        make = Maker(session)
        merchants = [make.merchant() for _ in range(8)]
        pairs = [[make.manager(merchant=each) for _ in range(2)] for each in merchants]

    def end_the_other(number):
        pair, mine = pairs[number // 2], number % 2
        try:
            with transaction() as session:
                end_manager(
                    session, manager_id=pair[1 - mine].id, actor=acting(pair[mine]), now=NOW
                )
        except LastManager as refusal:
            return refusal
        return None

    answers = at_once(2 * len(pairs), end_the_other)

    assert sum(isinstance(answer, LastManager) for answer in answers) == len(pairs)
    with transaction() as session:
        active = select(MerchantManager.merchant_id).where(
            MerchantManager.state == ManagerState.ACTIVE
        )
        assert len(set(session.scalars(active))) == len(pairs)
