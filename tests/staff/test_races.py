"""What two people, or one attacker with many hands, do in the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select

from kernel.actors import SYSTEM, Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from staff.errors import RolesDoNotMix, SignInLocked, SignInRefused, UsernameTaken
from staff.models import StaffGrant
from staff.services import begin_sign_in, create_account, finish_sign_in, grant_role
from tests.make.maker import Maker
from tests.make.staff import PASSWORD, code_at

HANDS = 12


def at_once(*actions):
    """Run the actions in threads that start together; return what each returned or refused."""
    barrier = Barrier(len(actions))

    def run(action):
        barrier.wait()
        try:
            with transaction() as session:
                return action(session)
        except Refusal as refusal:
            return type(refusal)

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def give_password(session, *, username, password, number=0):
    return begin_sign_in(
        session,
        username=username,
        password=password,
        address=f"198.51.100.{number}",
        browser="Firefox, Linux",
        now=utc_now(),
    )


def planted_account():
    with transaction() as session:
        account = Maker(session).staff()
        return account.id, account.username


def test_twelve_wrong_passwords_at_once_are_five_tries(committed):
    _, username = planted_account()

    def guess(number):
        return lambda session: give_password(
            session, username=username, password="Wrong-Horse-77", number=number
        )

    answers = at_once(*(guess(number) for number in range(HANDS)))

    assert [type(answer) for answer in answers].count(SignInRefused) == 5
    assert answers.count(SignInLocked) == HANDS - 5


def test_one_code_given_twice_at_once_opens_one_session(committed):
    _, username = planted_account()
    now = utc_now()
    steps = [
        at_once(lambda session: give_password(session, username=username, password=PASSWORD))[0]
        for _ in range(2)
    ]

    def finish(step):
        return lambda session: finish_sign_in(
            session, token=step, code=code_at(now), address="198.51.100.1", now=now
        )

    answers = at_once(*(finish(step) for step in steps))

    assert len([token for token in answers if isinstance(token, str)]) == 1


def test_two_roles_that_do_not_mix_are_not_both_granted_at_once(committed):
    account_id, _ = planted_account()
    with transaction() as session:
        code = Maker(session).union(code="SZ-RACE").code

    def grant(role):
        return lambda session: grant_role(
            session, actor=SYSTEM, account_id=account_id, role=role, union_code=code, now=utc_now()
        )

    answers = at_once(grant(Role.ADMINISTRATOR), grant(Role.FINANCE_APPROVER))

    assert answers.count(RolesDoNotMix) == 1
    with transaction() as session:
        assert len(session.scalars(select(StaffGrant)).all()) == 1


def test_one_username_chosen_twice_at_once_opens_one_account(committed):
    with transaction() as session:
        code = Maker(session).union(code="SZ-RACE").code

    def create(session):
        made = create_account(
            session,
            actor=SYSTEM,
            username="li.si",
            display_name="登记员 丙",
            union_code=code,
            now=utc_now(),
        )
        return made.account.username

    answers = at_once(*[create] * 4)

    assert answers.count("li.si") == 1
    assert answers.count(UsernameTaken) == 3
