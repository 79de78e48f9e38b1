"""What administrators do, within their reach and never about themselves."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from audit.models import AuditEntry
from kernel.actors import SYSTEM, Role
from kernel.db import violated_constraint
from kernel.ids import new_id
from kernel.refusals import EditConflict
from kernel.secrets import token_hash
from kernel.states import MoveNotAllowed
from staff import services
from staff.errors import (
    AccountNotFound,
    GrantNotFound,
    NotYourOwnAccount,
    RolesDoNotMix,
    UnionOutOfReach,
    UsernameTaken,
    UsernameUnusable,
)
from staff.models import TOTP_SECRET, AccountState, StaffGrant
from staff.queries import accounts_within, grants_of, staff_by_token
from staff.rules import password_matches
from tests.make import NOW


@pytest.fixture
def admin(make, baoan):
    return make.staff_actor(Role.ADMINISTRATOR, union=baoan)


def create(session, actor, **facts):
    defaults = {"username": "li.si", "display_name": "登记员 丙", "union_code": "SZ-BA"}
    return services.create_account(session, actor=actor, now=NOW, **defaults | facts)


def grant(session, actor, account, role=Role.REGISTER_OFFICER, union_code="SZ-BA"):
    return services.grant_role(
        session, actor=actor, account_id=account.id, role=role, union_code=union_code, now=NOW
    )


def last_action(session):
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()


def test_a_new_account_has_temporary_credentials_that_work(session, admin):
    made = create(session, admin, username=" Li.Si ")

    account = made.account
    assert account.username == "li.si"
    assert account.is_provisional
    assert account.created_by == admin.id
    assert password_matches(account.password_hash, made.password)
    assert TOTP_SECRET.open(account.id, account.totp_secret_sealed) == made.totp_secret


def test_neither_secret_is_stored_readable(session, admin):
    made = create(session, admin)

    assert made.totp_secret.encode() not in made.account.totp_secret_sealed
    assert made.password not in made.account.password_hash


def test_opening_an_account_is_audited_for_its_union(session, admin):
    account = create(session, admin).account

    entry = last_action(session)
    assert (entry.action, entry.object_id) == ("staff.account_created", account.id)
    assert entry.union_path == "SZ/SZ-BA"


@pytest.mark.parametrize("name", ["ab", "9lives", "li si", "李四", "a" * 41, "li;si", ""])
def test_an_unusable_username_is_refused(session, admin, name):
    with pytest.raises(UsernameUnusable):
        create(session, admin, username=name)


def test_a_username_is_taken_once(session, admin):
    create(session, admin)

    with pytest.raises(UsernameTaken):
        create(session, admin, username="LI.SI")


@pytest.mark.parametrize("code", ["SZ-LG", "SZ", "NOWHERE"])
def test_an_account_is_opened_within_reach_only(session, admin, longgang, code):
    with pytest.raises(UnionOutOfReach):
        create(session, admin, union_code=code)


def test_a_role_is_granted_once_and_audited(session, admin):
    account = create(session, admin).account

    first = grant(session, admin, account)

    assert grant(session, admin, account) is first
    entry = last_action(session)
    assert entry.action == "staff.role_granted"
    assert entry.facts == {"role": "register_officer", "union_code": "SZ-BA"}
    assert first.granted_by == admin.id


@pytest.mark.parametrize("code", ["SZ-LG", "SZ"])
def test_a_role_is_granted_within_reach_only(session, admin, longgang, code):
    account = create(session, admin).account

    with pytest.raises(UnionOutOfReach):
        grant(session, admin, account, union_code=code)


def test_an_administrator_holds_no_business_role(session, admin):
    account = create(session, admin).account
    grant(session, admin, account)

    with pytest.raises(RolesDoNotMix):
        grant(session, admin, account, role=Role.ADMINISTRATOR)


def test_nobody_grants_to_themselves(session, make, admin):
    own = session.get(type(create(session, admin).account), admin.id)

    with pytest.raises(NotYourOwnAccount):
        grant(session, admin, own)


def test_the_database_lets_nobody_grant_to_themselves(session, make, city):
    account = make.staff(union=city)
    session.add(
        StaffGrant(
            staff_id=account.id,
            role=Role.AUDITOR,
            union_id=city.id,
            granted_by=account.id,
            granted_at=NOW,
        )
    )

    with pytest.raises(IntegrityError) as refused:
        session.flush()
    assert violated_constraint(refused.value) == "ck_staff_grants_not_to_oneself"


def test_an_account_of_another_union_is_not_found(session, make, admin, longgang):
    account = make.staff(union=longgang)

    with pytest.raises(AccountNotFound):
        grant(session, admin, account)
    with pytest.raises(AccountNotFound):
        services.disable_account(session, actor=admin, account_id=account.id, version=1, now=NOW)


def test_an_account_that_reaches_further_is_not_found(session, make, admin, city, baoan):
    """Resetting the credentials of a colleague with a city role would lend it to whoever resets."""
    account = make.staff(union=baoan)
    make.grant(account, Role.AUDITOR, city)

    with pytest.raises(AccountNotFound):
        services.reset_credentials(session, actor=admin, account_id=account.id, version=1, now=NOW)


def test_an_unknown_account_is_not_found(session, admin):
    with pytest.raises(AccountNotFound):
        services.disable_account(session, actor=admin, account_id=new_id(), version=1, now=NOW)


def test_the_command_line_reaches_every_account(session, make, longgang):
    account = make.staff(union=longgang)

    granted = grant(session, SYSTEM, account, union_code="SZ-LG")

    assert granted.granted_by is None


def test_a_role_is_taken_back(session, admin):
    account = create(session, admin).account
    granted = grant(session, admin, account)

    services.revoke_grant(session, actor=admin, account_id=account.id, grant_id=granted.id, now=NOW)

    assert grants_of(session, account_id=account.id) == []
    assert last_action(session).action == "staff.role_revoked"


def test_a_role_of_somebody_else_is_not_taken_back(session, make, admin, baoan):
    account, other = create(session, admin).account, make.staff(union=baoan)
    granted = make.grant(other, Role.AUDITOR, baoan)

    with pytest.raises(GrantNotFound):
        services.revoke_grant(
            session, actor=admin, account_id=account.id, grant_id=granted.id, now=NOW
        )


def test_disabling_ends_every_session(session, make, admin, baoan):
    account = make.staff(union=baoan)
    make.staff_session(account, token="t" * 43)

    services.disable_account(session, actor=admin, account_id=account.id, version=1, now=NOW)

    assert account.state is AccountState.DISABLED
    assert staff_by_token(session.connection(), token_hash("t" * 43), NOW) is None


def test_enabling_does_not_bring_sessions_back(session, make, admin, baoan):
    account = make.staff(union=baoan)
    make.staff_session(account, token="t" * 43)
    services.disable_account(session, actor=admin, account_id=account.id, version=1, now=NOW)

    services.enable_account(session, actor=admin, account_id=account.id, version=2, now=NOW)

    assert account.state is AccountState.ACTIVE
    assert staff_by_token(session.connection(), token_hash("t" * 43), NOW) is None


def test_a_disabled_account_is_not_disabled_again(session, make, admin, baoan):
    account = make.staff(union=baoan, state=AccountState.DISABLED)

    with pytest.raises(MoveNotAllowed):
        services.disable_account(session, actor=admin, account_id=account.id, version=1, now=NOW)


def test_an_edit_of_an_older_version_is_refused(session, make, admin, baoan):
    account = make.staff(union=baoan)
    facts = {"display_name": "改名", "union_code": "SZ-BA", "version": 1}
    services.rename_account(session, actor=admin, account_id=account.id, now=NOW, **facts)

    with pytest.raises(EditConflict):
        services.rename_account(session, actor=admin, account_id=account.id, now=NOW, **facts)
    with pytest.raises(EditConflict):
        services.disable_account(session, actor=admin, account_id=account.id, version=1, now=NOW)


def test_new_credentials_replace_the_old_and_end_sessions(session, make, admin, baoan):
    account = make.staff(union=baoan, totp_last_step=7)
    make.staff_session(account, token="t" * 43)
    before = account.password_hash

    made = services.reset_credentials(
        session, actor=admin, account_id=account.id, version=1, now=NOW
    )

    assert account.password_hash != before
    assert account.is_provisional
    assert account.totp_last_step is None
    assert TOTP_SECRET.open(account.id, account.totp_secret_sealed) == made.totp_secret
    assert staff_by_token(session.connection(), token_hash("t" * 43), NOW) is None


def test_the_list_holds_what_is_in_reach_and_fits_the_filter(session, make, admin, city, baoan):
    make.staff(Role.AUDITOR, union=city, username="of.the.city")
    make.staff(Role.AUDITOR, union=baoan, username="reads.baoan")
    make.staff(union=baoan, username="left.us", state=AccountState.DISABLED)

    def names(**filters):
        paths = ("SZ/SZ-BA",)
        lines = accounts_within(session, paths=paths, limit=10, **filters)
        return {line.username for line in lines} - {"staff001", "staff002", "staff003"}

    assert names() == {"reads.baoan", "left.us"}
    assert names(role=Role.AUDITOR) == {"reads.baoan"}
    assert names(state=AccountState.DISABLED) == {"left.us"}
    assert names(search="READS") == {"reads.baoan"}
    assert names(search="100%") == set()
    assert names(after="m") == {"reads.baoan"}
