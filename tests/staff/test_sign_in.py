"""The two steps as services: what is counted, what is kept, what ends."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from audit.models import AuditEntry
from kernel.actors import Role
from kernel.secrets import token_hash
from staff.errors import CodeRefused, SignInExpired, SignInLocked, SignInRefused
from staff.models import AccountState, SessionState, SignInFailures, StaffSession
from staff.queries import staff_by_token
from staff.rules import FAILURE_WINDOW, FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS
from staff.services import (
    begin_sign_in,
    finish_sign_in,
    forget_old_sign_ins,
    sign_out,
    touch_session,
)
from tests.make import NOW
from tests.make.staff import PASSWORD, code_at

ADDRESS = "203.0.113.7"


def give_password(session, username, *, password=PASSWORD, address=ADDRESS, now=NOW):
    return begin_sign_in(
        session,
        username=username,
        password=password,
        address=address,
        browser="Firefox, Linux",
        now=now,
    )


def give_code(session, token, *, code=None, now=NOW):
    return finish_sign_in(session, token=token, code=code or code_at(now), address=ADDRESS, now=now)


def is_refused(outcome):
    return isinstance(outcome, (SignInRefused, CodeRefused))


def signed_in(session, token, now=NOW):
    found = staff_by_token(session.connection(), token_hash(token), now)
    return found.actor if found else None


def test_password_and_code_open_a_session_with_the_roles_of_its_union(session, make, baoan):
    account = make.staff(Role.REGISTER_OFFICER, union=baoan)

    token = give_code(session, give_password(session, account.username.upper()))

    actor = signed_in(session, token)
    assert actor.staff_id == account.id
    assert actor.paths(Role.REGISTER_OFFICER) == ("SZ/SZ-BA",)


def test_the_token_of_the_first_step_opens_nothing(session, make):
    step = give_password(session, make.staff().username)

    assert signed_in(session, step) is None

    give_code(session, step)

    assert signed_in(session, step) is None


def test_a_wrong_password_is_refused_and_audited_without_the_name(session, make):
    account = make.staff()

    assert is_refused(give_password(session, account.username, password="Wrong-Horse-77"))

    entry = session.scalars(select(AuditEntry)).one()
    assert entry.action == "staff.sign_in_refused"
    assert entry.object_id == account.id
    assert entry.facts == {"step": "password"}


def test_a_disabled_account_is_refused_with_the_right_password(session, make):
    account = make.staff(state=AccountState.DISABLED)

    assert is_refused(give_password(session, account.username))


def test_an_account_disabled_between_the_steps_goes_no_further(session, make):
    account = make.staff()
    step = give_password(session, account.username)
    account.state = AccountState.DISABLED
    session.flush()

    with pytest.raises(SignInExpired):
        give_code(session, step)


def test_a_wrong_code_is_refused_and_the_right_one_still_works(session, make):
    step = give_password(session, make.staff().username)

    assert is_refused(give_code(session, step, code="000000"))
    assert isinstance(give_code(session, step), str)


def test_a_code_works_once_for_all_sign_ins(session, make):
    account = make.staff()
    give_code(session, give_password(session, account.username))

    assert is_refused(give_code(session, give_password(session, account.username)))


def test_the_second_step_waits_five_minutes(session, make):
    step = give_password(session, make.staff().username)
    late = NOW + timedelta(minutes=5)

    with pytest.raises(SignInExpired):
        give_code(session, step, now=late)


@pytest.mark.parametrize("exists", [True, False])
def test_the_sixth_try_is_locked_whether_the_name_exists_or_not(session, make, exists):
    username = make.staff().username if exists else "nobody.here"
    answers = [give_password(session, username, password="Wrong-Horse-77") for _ in range(5)]

    assert [*map(is_refused, answers)] == [True] * FAILURES_PER_ACCOUNT
    with pytest.raises(SignInLocked):
        give_password(session, username)


def test_codes_and_passwords_share_their_five_tries(session, make):
    account = make.staff()
    step = give_password(session, account.username)
    for _ in range(3):
        give_code(session, step, code="000000")
    # The right password in between gives back its own try only.
    step = give_password(session, account.username)
    for _ in range(2):
        give_code(session, step, code="000000")

    with pytest.raises(SignInLocked):
        give_code(session, step)


def test_a_lock_opens_after_fifteen_quiet_minutes(session, make):
    account = make.staff()
    for _ in range(5):
        give_password(session, account.username, password="Wrong-Horse-77")
    nearly = NOW + FAILURE_WINDOW - timedelta(seconds=1)

    with pytest.raises(SignInLocked):
        give_password(session, account.username, now=nearly)
    assert isinstance(give_password(session, account.username, now=NOW + FAILURE_WINDOW), str)


def test_an_address_that_tries_many_names_is_locked_for_every_name(session, make):
    for number in range(FAILURES_PER_ADDRESS):
        assert is_refused(give_password(session, f"name{number:03d}"))
    account = make.staff()

    with pytest.raises(SignInLocked):
        give_password(session, account.username)
    assert isinstance(give_password(session, account.username, address="198.51.100.9"), str)


def test_signing_in_forgets_the_failures_of_the_name(session, make):
    account = make.staff()
    for _ in range(4):
        give_password(session, account.username, password="Wrong-Horse-77")

    give_code(session, give_password(session, account.username))

    for _ in range(4):
        assert is_refused(give_password(session, account.username, password="Wrong-Horse-77"))


def test_a_counter_holds_no_name_and_no_address(session, make):
    give_password(session, "typed.by.somebody")

    for row in session.scalars(select(SignInFailures)):
        assert len(row.subject) == 32
        assert b"typed" not in row.subject


def test_a_session_ends_after_thirty_idle_minutes(session, make):
    token = give_code(session, give_password(session, make.staff().username))

    assert signed_in(session, token, NOW + timedelta(minutes=29, seconds=59)) is not None
    assert signed_in(session, token, NOW + timedelta(minutes=30)) is None


def test_use_keeps_a_session_open_but_not_past_twelve_hours(session, make):
    token = give_code(session, give_password(session, make.staff().username))
    moment = NOW
    while moment < NOW + timedelta(hours=12):
        found = staff_by_token(session.connection(), token_hash(token), moment)
        touch_session(
            session.connection(),
            actor=found.actor,
            last_seen_at=found.last_seen_at,
            now=moment,
        )
        moment += timedelta(minutes=20)

    assert signed_in(session, token, NOW + timedelta(hours=12)) is None


def test_use_is_written_once_a_minute(session, make):
    row = make.staff_session(make.staff(), token="t" * 43)
    connection = session.connection()
    actor = signed_in(session, "t" * 43)

    soon, later = NOW + timedelta(seconds=59), NOW + timedelta(seconds=60)
    touch_session(connection, actor=actor, last_seen_at=row.last_seen_at, now=soon)
    session.refresh(row)
    assert row.last_seen_at == NOW

    touch_session(connection, actor=actor, last_seen_at=row.last_seen_at, now=later)
    session.refresh(row)
    assert row.last_seen_at == later


def test_a_role_counts_and_stops_counting_with_the_next_request(session, make, baoan):
    account = make.staff(union=baoan)
    make.staff_session(account, token="t" * 43)

    grant = make.grant(account, Role.CLAIMS_ASSESSOR, baoan)
    assert signed_in(session, "t" * 43).has_role([Role.CLAIMS_ASSESSOR])

    session.delete(grant)
    session.flush()
    assert not signed_in(session, "t" * 43).has_role(list(Role))


@pytest.mark.parametrize("credential", ["password_is_temporary", "totp_is_temporary"])
def test_with_a_temporary_credential_no_role_counts(session, make, baoan, credential):
    account = make.staff(Role.REGISTER_OFFICER, union=baoan, **{credential: True})
    make.staff_session(account, token="t" * 43)

    assert signed_in(session, "t" * 43).grants == ()


def test_signing_out_ends_the_session_once(session, make):
    token = give_code(session, give_password(session, make.staff().username))
    actor = signed_in(session, token)

    sign_out(session, actor=actor, now=NOW)
    sign_out(session, actor=actor, now=NOW)

    assert signed_in(session, token) is None
    ended = select(func.count()).where(AuditEntry.action == "staff.signed_out")
    assert session.scalar(ended) == 1


def test_housekeeping_removes_only_what_counts_no_more(session, make):
    give_password(session, "nobody.here")
    account = make.staff()
    old, fresh = make.staff_session(account), make.staff_session(account, at=NOW)
    old.created_at = old.last_seen_at = NOW - timedelta(days=40)
    old.expires_at = NOW - timedelta(days=31)
    session.flush()

    assert forget_old_sign_ins(session, now=NOW + timedelta(minutes=1)) == 1
    assert forget_old_sign_ins(session, now=NOW + FAILURE_WINDOW) == 2

    left = session.scalars(select(StaffSession.id)).all()
    assert left == [fresh.id]
    assert fresh.state is SessionState.OPEN
