"""Password, second factor and sessions of one's own."""

import pytest

from kernel.secrets import token_hash
from staff import services
from staff.errors import (
    CodeRefused,
    NoFactorPending,
    PasswordNamesYou,
    PasswordNotNew,
    PasswordTooLong,
    PasswordTooPlain,
    PasswordTooShort,
    PasswordWrong,
    SessionNotFound,
    SignInLocked,
)
from staff.models import TOTP_SECRET, StaffAccount
from staff.queries import open_sessions, staff_by_token
from staff.rules import password_matches, totp_code, totp_step
from tests.make import NOW
from tests.make.staff import PASSWORD

NEW = "Another-Horse-8"


@pytest.fixture
def actor(make):
    return make.staff_actor()


@pytest.fixture
def account(session, actor):
    return session.get(StaffAccount, actor.id)


def change(session, actor, *, current=PASSWORD, new=NEW):
    return services.change_password(
        session,
        actor=actor,
        current_password=current,
        new_password=new,
        address="203.0.113.7",
        now=NOW,
    )


def confirm(session, actor, code):
    return services.confirm_second_factor(
        session, actor=actor, code=code, address="203.0.113.7", now=NOW
    )


def test_a_new_password_replaces_the_old_and_ends_other_sessions(session, make, actor, account):
    account.password_is_temporary = True
    make.staff_session(account, token="o" * 43)

    assert change(session, actor) is None

    assert password_matches(account.password_hash, NEW)
    assert not account.password_is_temporary
    assert staff_by_token(session.connection(), token_hash("o" * 43), NOW) is None
    kept = open_sessions(session, account_id=account.id, now=NOW)
    assert [row.id for row in kept] == [actor.session_id]


def test_a_wrong_present_password_counts_as_a_failed_sign_in(session, actor, account):
    for _ in range(5):
        assert isinstance(change(session, actor, current="Wrong-Horse-77"), PasswordWrong)

    with pytest.raises(SignInLocked):
        change(session, actor)
    assert password_matches(account.password_hash, PASSWORD)


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        ("Short-Horse", PasswordTooShort),
        ("Aa1-" * 33, PasswordTooLong),
        ("plain horse ok", PasswordTooPlain),
        (PASSWORD, PasswordNotNew),
    ],
)
def test_an_unusable_new_password_says_why(session, actor, account, new, refusal):
    with pytest.raises(refusal):
        change(session, actor, new=new)
    assert password_matches(account.password_hash, PASSWORD)


def test_a_password_does_not_name_its_owner(session, actor, account):
    with pytest.raises(PasswordNamesYou):
        change(session, actor, new=f"{account.username.upper()}-Horse-8")


def test_a_second_factor_counts_once_it_is_confirmed(session, actor, account):
    account.totp_is_temporary = True
    services.begin_second_factor(session, actor=actor, now=NOW)
    secret = services.pending_second_factor(session, actor=actor)
    before = TOTP_SECRET.open(account.id, account.totp_secret_sealed)

    assert isinstance(confirm(session, actor, "000000"), CodeRefused)
    assert TOTP_SECRET.open(account.id, account.totp_secret_sealed) == before

    assert confirm(session, actor, totp_code(secret, step=totp_step(NOW))) is None
    assert TOTP_SECRET.open(account.id, account.totp_secret_sealed) == secret
    assert not account.totp_is_temporary
    assert account.totp_last_step == totp_step(NOW)
    assert services.pending_second_factor(session, actor=actor) is None


def test_nothing_is_confirmed_that_was_not_begun(session, actor):
    with pytest.raises(NoFactorPending):
        confirm(session, actor, "000000")


def test_one_session_of_my_own_is_ended(session, make, actor, account):
    other = make.staff_session(account, token="o" * 43)

    services.end_session(session, actor=actor, session_id=other.id, now=NOW)

    assert staff_by_token(session.connection(), token_hash("o" * 43), NOW) is None
    with pytest.raises(SessionNotFound):
        services.end_session(session, actor=actor, session_id=other.id, now=NOW)


def test_a_session_of_somebody_else_is_not_found(session, make, actor):
    foreign = make.staff_session(make.staff())

    with pytest.raises(SessionNotFound):
        services.end_session(session, actor=actor, session_id=foreign.id, now=NOW)


def test_all_other_sessions_are_ended_at_once(session, make, actor, account):
    make.staff_session(account)
    make.staff_session(account)
    foreign = make.staff_session(make.staff())

    assert services.end_other_sessions(session, actor=actor, now=NOW) == 2

    kept = open_sessions(session, account_id=account.id, now=NOW)
    assert [row.id for row in kept] == [actor.session_id]
    session.refresh(foreign)
    assert foreign.ended_at is None
