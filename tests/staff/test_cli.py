import json

import pytest

from kernel.actors import Role
from kernel.clock import utc_now
from staff.models import AccountState
from staff.queries import account_by_username, roles_of
from tests.make.staff import code_at


@pytest.fixture
def run(app, session):
    return lambda *arguments: app.test_cli_runner().invoke(args=["staff", *arguments])


@pytest.fixture
def added(run, baoan):
    done = run("add", "zhao.liu", "--name", "管理员 戊", "--union", "SZ-BA", "--json")
    return json.loads(done.output)


def test_an_added_account_signs_in_with_what_was_printed(added, desk):
    assert desk.give_password("zhao.liu", added["password"]).status_code == 303
    code = code_at(utc_now(), secret=added["totp_secret"])
    assert desk.give_code(code).status_code == 303


def test_without_json_the_credentials_are_lines_to_read(run, baoan):
    done = run("add", "zhao.liu", "--name", "管理员 戊", "--union", "SZ-BA", "--temporary")

    assert "Username:      zhao.liu" in done.output
    assert "shown this once" in done.output


def test_a_role_is_granted_and_revoked(run, added, session):
    account = account_by_username(session, username="zhao.liu")

    assert run("grant", "zhao.liu", "administrator", "SZ-BA").exit_code == 0
    assert roles_of(session, account_id=account.id) == [Role.ADMINISTRATOR]
    assert run("revoke", "zhao.liu", "administrator", "SZ-BA").exit_code == 0
    assert roles_of(session, account_id=account.id) == []


def test_an_account_is_disabled_and_reset(run, added, session):
    assert run("disable", "zhao.liu").exit_code == 0
    done = run("reset", "zhao.liu", "--json")

    account = account_by_username(session, username="zhao.liu")
    session.refresh(account)
    assert account.state is AccountState.DISABLED
    assert account.is_provisional
    assert json.loads(done.output)["password"] != added["password"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "zhao.liu", "--name", "管理员", "--union", "SZ-BA"),
        ("add", "x y", "--name", "管理员", "--union", "SZ-BA"),
        ("grant", "nobody", "auditor", "SZ-BA"),
        ("grant", "zhao.liu", "auditor", "NOWHERE"),
        ("revoke", "zhao.liu", "auditor", "SZ-BA"),
        ("disable", "nobody"),
    ],
)
def test_a_refusal_is_one_sentence(run, added, arguments):
    done = run(*arguments)

    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert done.output.count("\n") == 1
