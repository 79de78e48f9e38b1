from merchants.models import MerchantState
from tests.make import NOW

ME = "/api/v1/terminals/me"


def signed_in(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_till_hears_what_it_is(client, make):
    terminal = make.terminal(token="uct_mine")

    answer = client.get(ME, headers=signed_in("uct_mine"))

    assert answer.status_code == 200
    assert answer.json["terminal_id"] == str(terminal.id)
    assert answer.json["code"] == terminal.code
    assert answer.json["kind"] == "merchant"
    assert answer.json["may_redeem"] is True
    assert "token_hash" not in answer.json


def test_asking_is_a_sign_of_life(client, make, session):
    terminal = make.terminal(token="uct_mine")

    client.get(ME, headers=signed_in("uct_mine"))

    session.refresh(terminal)
    assert terminal.last_seen_at > NOW


def test_a_suspended_merchants_till_may_only_look(client, make):
    merchant = make.merchant(state=MerchantState.SUSPENDED)
    make.terminal(site=make.site(merchant_id=merchant.id), token="uct_mine")

    answer = client.get(ME, headers=signed_in("uct_mine"))

    assert answer.status_code == 200
    assert answer.json["may_redeem"] is False


def test_an_unpaired_till_and_a_stranger_are_refused_alike(client, make):
    make.terminal(token="uct_gone", unpaired_at=NOW)

    answers = [
        client.get(ME, headers=headers)
        for headers in ({}, signed_in("uct_gone"), signed_in("uct_other"), signed_in("x" * 500))
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json["code"] for answer in answers} == {"not_signed_in"}
    assert {answer.content_type for answer in answers} == {"application/problem+json"}


def test_two_tills_of_one_site_hear_of_themselves_only(client, make):
    site = make.site()
    first, second = (make.terminal(site=site, token=f"uct_{name}") for name in "ab")

    heard = [client.get(ME, headers=signed_in(f"uct_{name}")).json["code"] for name in "ab"]

    assert heard == [first.code, second.code]
