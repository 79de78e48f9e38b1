"""Where a member is paid to: given by phone or at a desk, sealed, shown by its last four digits."""

import pytest
from sqlalchemy import select

from audit.models import AuditEntry
from finance.errors import PayoutAccountInvalid, PayoutConsentMissing
from finance.models import MEMBER_ACCOUNT, PayoutAccount
from finance.queries.payout_accounts import find_payees, payee_within, payout_account_of
from finance.services.payout_accounts import set_payout_account
from kernel.actors import Actor, ActorKind, Role
from kernel.ids import new_id
from tests.make import NOW
from tests.make.finance import synthetic_account
from tests.staff.conftest import baoan, city, longgang, signed_in

NUMBER = "6299990000000017"
PATH = "/api/v1/members/me/payout-account"
DESK = "/desk/finance/payout-accounts"


def as_member(member):
    return Actor(ActorKind.MEMBER, id=member.id)


def keep(session, member, *, number=NUMBER, bank_name="演示银行", actor=None):
    return set_payout_account(
        session,
        actor=actor or as_member(member),
        member_id=member.id,
        account_number=number,
        bank_name=bank_name,
        now=NOW,
    )


@pytest.fixture
def member(make):
    member = make.member()
    make.consent(member, purpose="payout_account")
    return member


def test_an_account_is_sealed_and_read_by_its_last_digits(session, member):
    account = keep(session, member, number=" 6299 9900 ０000 0017")

    assert account.account_masked == "**** **** **** 0017"
    assert MEMBER_ACCOUNT.open(account.id, account.account_sealed) == NUMBER
    assert NUMBER.encode() not in account.account_sealed
    assert (account.set_by_staff_id, account.version) == (None, 1)


def test_another_account_replaces_it_and_the_same_changes_nothing(session, member):
    keep(session, member)
    again = keep(session, member)
    assert again.version == 1
    other = keep(session, member, number=synthetic_account(3))

    assert (other.id, other.version) == (again.id, 2)
    assert session.query(PayoutAccount).count() == 1
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "payout_account.set"))
    assert [(entry.member_id, entry.facts) for entry in entries] == [
        (member.id, {"version": 1}),
        (member.id, {"version": 2}),
    ]


@pytest.mark.parametrize(
    ("number", "detail"),
    [
        ("6299990000000018", "account_checksum"),
        ("62123456789002", "account_length"),
        ("4299990000000017", "account_prefix"),
        ("62999900000000x7", "account_characters"),
        (" ", "account_missing"),
    ],
)
def test_what_is_no_account_is_refused(session, member, number, detail):
    with pytest.raises(PayoutAccountInvalid) as refused:
        keep(session, member, number=number)

    assert refused.value.facts == {"detail": detail}


def test_without_consent_no_account_is_kept_not_even_at_the_desk(session, make):
    member = make.member()

    for actor in (as_member(member), make.staff_actor("register_officer")):
        with pytest.raises(PayoutConsentMissing) as refused:
            keep(session, member, actor=actor)
        assert refused.value.facts == {"consents": [{"purpose": "payout_account", "version": 1}]}


def test_an_officer_finds_a_member_by_what_is_theirs_and_only_their_own(session, make):
    union, elsewhere = make.union(), make.union()
    member = make.covered_member(union=union, name="欧阳小明")
    claim = make.aid_claim(member)
    keep(session, member, actor=make.staff_actor("register_officer", union=union))

    for typed in ("欧阳小明", str(claim.id)[-8:].upper()):
        (found,) = find_payees(session, paths=[union.path], typed=typed)
        assert (found.member_id, found.account_masked) == (member.id, "**** **** **** 0017")
        assert find_payees(session, paths=[elsewhere.path], typed=typed) == []
    assert find_payees(session, paths=[union.path], typed="欧阳") == []
    assert payee_within(session, paths=[elsewhere.path], member_id=member.id) is None


@pytest.fixture
def call(client, make, member):
    token = f"ucm_{new_id()}"
    make.member_session(member, token=token)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return lambda method, **options: client.open(PATH, method=method, headers=headers, **options)


def test_a_member_gives_and_reads_their_account(call):
    assert call("GET").json["code"] == "payout_account_not_found"
    body = {"account_number": NUMBER, "bank_name": "演示银行"}

    kept = call("PUT", json=body)

    assert kept.status_code == 200
    assert kept.json["account_masked"] == "**** **** **** 0017"
    assert kept.json["set_at_desk"] is False
    assert NUMBER not in kept.text
    assert call("GET").json == kept.json == call("PUT", json=body).json


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"account_number": "6299990000000018", "bank_name": "演示银行"}, "payout_account_invalid"),
        ({"account_number": NUMBER}, "invalid_request"),
        ({"account_number": NUMBER, "bank_name": "银" * 61}, "invalid_request"),
        ({"account_number": NUMBER, "bank_name": "演示银行", "more": 1}, "invalid_request"),
    ],
)
def test_what_cannot_be_an_account_is_answered_clearly(call, body, code):
    answer = call("PUT", json=body)

    assert (answer.status_code, answer.json["code"]) == (422, code)


@pytest.fixture
def officer(make, signed_in, baoan):  # noqa: F811
    desk = signed_in(make.staff(Role.REGISTER_OFFICER, union=baoan))
    desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return desk


def test_an_officer_enters_an_account_at_the_desk(make, session, officer, baoan):  # noqa: F811
    member = make.member(union=baoan, name="欧阳小明")
    make.consent(member, purpose="payout_account")
    path = f"{DESK}/{member.id}"
    assert "none yet" in officer.open(DESK, query_string={"text": "欧阳小明"}).text
    saved = officer.open(DESK, query_string={"text": "欧阳小明", "format": "csv"}).text
    assert saved.splitlines()[0].endswith("Member,Union,Bank,Account")
    assert "欧*" in saved
    assert "欧阳小明" not in saved
    wrong_number = "6299990000000018"

    wrong = officer.send(path, account_number=wrong_number, bank_name="演示银行")
    kept = officer.send(path, account_number=NUMBER, bank_name="演示银行")

    assert wrong.status_code == 422
    assert "The last digit does not fit" in wrong.text
    assert wrong_number not in wrong.text
    assert "演示银行" in wrong.text
    assert kept.status_code == 303
    shown = officer.open(path).text
    assert "**** **** **** 0017" in shown
    assert NUMBER not in shown
    account = payout_account_of(session, member_id=member.id)
    assert account.set_by_staff_id is not None


def test_a_member_elsewhere_or_without_consent_is_not_paid_by_this_desk(
    make,
    officer,
    baoan,  # noqa: F811
    longgang,  # noqa: F811
):
    stranger = make.member(union=longgang)
    silent = make.member(union=baoan)
    fields = {"account_number": NUMBER, "bank_name": "演示银行"}

    assert officer.open(f"{DESK}/{stranger.id}").status_code == 404
    assert officer.send(f"{DESK}/{stranger.id}", page=DESK, **fields).status_code == 404
    refused = officer.send(f"{DESK}/{silent.id}", **fields)
    assert refused.status_code == 409
    assert "must agree" in refused.text
    assert "Nobody you look after" in officer.open(DESK, query_string={"text": "张小明x"}).text
