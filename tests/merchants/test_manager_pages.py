"""The managers' pages over HTTP: forms, refusals, and what each of them changes."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from kernel.clock import utc_now
from kernel.gateway import LoggedGateway, gateway, use_gateway
from kernel.secrets import demo_code
from members.models import SmsMessage
from merchants.errors import (
    AccountInvalid,
)
from merchants.models import (
    ManagerState,
    Merchant,
    MerchantState,
    Site,
    SiteState,
    Terminal,
)
from merchants.pages import MANAGER_COOKIE
from tests.make import NOW
from tests.make.merchants import synthetic_uscc
from tests.merchants.managing import MINUTE, PHONE, actions, pair

TOKEN_FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')


class Phone:
    """A manager's phone: follows forms as a browser without scripts does."""

    def __init__(self, client):
        self.client = client

    def get(self, path):
        self.page = self.client.get(f"/scan/manager/{path}")
        return self.page

    def send(self, path, *, on, **form):
        token = TOKEN_FIELD.search(self.get(on).text)[1]
        data = {"csrf_token": token} | form
        return self.client.post(f"/scan/manager/{path}", data=data)

    def sign_in(self, phone):
        self.send("sign-in", on="sign-in", phone=phone)
        return self.send("sign-in/code", on="sign-in", phone=phone, code=demo_code(), next="")


@pytest.fixture
def phone(client):
    before = gateway()
    use_gateway(LoggedGateway())
    yield Phone(client)
    use_gateway(before)


def test_a_manager_signs_in_over_http_and_out_again(session, make, phone):
    make.manager(phone=PHONE)

    answer = phone.sign_in("15400090001")

    assert (answer.status_code, answer.location) == (303, "/scan/manager/")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if MANAGER_COOKIE in each)
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/scan/manager/"))
    assert phone.get("").status_code == 200
    assert phone.client.post("/scan/manager/sign-out").status_code == 403
    assert phone.send("sign-out", on="account").status_code == 303
    assert phone.get("").location == "/scan/manager/sign-in?next=/scan/manager/"


def test_known_and_unknown_phones_are_answered_alike(session, make, phone):
    make.manager(phone=PHONE)
    answers = [
        phone.send("sign-in", on="sign-in", phone=number).text.replace(number, "")
        for number in ("15400090001", "15400090009")
    ]
    wrong = [
        phone.send("sign-in/code", on="sign-in", phone=number, code="000001", next="")
        for number in ("15400090001", "15400090009")
    ]

    assert answers[0] == answers[1]
    assert [each.status_code for each in wrong] == [401, 401]
    assert session.scalar(select(func.count()).select_from(SmsMessage)) == 2


def test_unpairing_kills_the_token_at_once_over_http(session, make, phone):
    manager = make.manager(phone=PHONE)
    site = make.site(merchant_id=manager.merchant_id)
    terminal = make.terminal(token="uct_lost", site=site)
    headers = {"Authorization": "Bearer uct_lost"}
    phone.sign_in("15400090001")
    assert phone.client.get("/api/v1/terminals/me", headers=headers).status_code == 200

    answer = phone.send(f"tills/{terminal.id}/unpair", on="tills")

    assert answer.status_code == 303
    assert phone.client.get("/api/v1/terminals/me", headers=headers).status_code == 401
    assert "terminal.unpaired" in actions(session)


def test_a_clerk_is_invited_paired_and_shut_out_when_idle_over_http(session, make, phone):
    manager = make.manager(phone=PHONE)
    site = make.site(merchant_id=manager.merchant_id)
    phone.sign_in("15400090001")
    page = phone.send("clerks", on="clerks", name="司马店员", site_id=str(site.id))
    code = re.search(r'class="secret large">([^<]+)<', page.text)[1]
    till = pair(session, code, now=utc_now())
    headers = {"Authorization": f"Bearer {till.token}"}

    assert "data:image/svg+xml;base64," in page.text
    assert phone.client.get("/api/v1/terminals/me", headers=headers).status_code == 200
    row = session.get_one(Terminal, till.terminal_id)
    row.paired_at = row.last_seen_at = NOW - timedelta(days=400)
    session.flush()
    refused = phone.client.get("/api/v1/terminals/me", headers=headers)
    assert (refused.status_code, refused.json["code"]) == (401, "terminal_idle")


def test_an_application_over_http_names_what_is_wrong_and_is_taken(session, unions, phone):
    form = {
        "name": "演示小馆",
        "uscc": "91440399MA0007001X",
        "category": "餐饮",
        "district": "龙岗区",
        "site_name": "龙岗店",
        "address": "龙岗区演示路3号",
        "manager_name": "慕容店长",
        "phone": "15400090001",
    }
    asked = phone.send("apply/code", on="apply", **form)
    form["code"] = demo_code()
    wrong = phone.send("apply", on="apply", **form)
    account = phone.send("apply", on="apply", **form | {"account_number": "1"})
    taken = phone.send("apply", on="apply", **form | {"uscc": synthetic_uscc(7003)})

    assert (asked.status_code, wrong.status_code) == (200, 422)
    assert 'id="uscc-fault"' in wrong.text
    assert 'id="account_holder-fault"' in account.text
    assert (taken.status_code, taken.location) == (303, "/scan/manager/sign-in")
    assert session.scalar(select(Merchant.state)) is MerchantState.APPLIED
    assert AccountInvalid.status == 422


@pytest.mark.parametrize(
    "path", ["", "sites", "sites/new", "clerks", "tills", "agreements", "managers", "account"]
)
def test_the_pages_open(session, make, phone, path):
    manager = make.manager(phone=PHONE)
    site = make.site(merchant_id=manager.merchant_id)
    make.agreement(merchant_id=manager.merchant_id, number="PH-演示-1")
    make.clerk(site=site, manager=manager)
    make.terminal(site=site)
    make.manager(phone=PHONE, state=ManagerState.INVITED)
    phone.sign_in("15400090001")

    answer = phone.get(path)

    assert answer.status_code == 200
    assert path != "agreements" or "PH-演示-1" in answer.text


def test_a_manager_proposes_changes_and_closes_sites(session, make, phone):
    manager = make.manager(phone=PHONE)
    phone.sign_in("15400090001")
    form = {"name": "二店", "address": "演示路2号", "district": "龙岗区"}

    assert phone.send("sites", on="sites/new", **form).status_code == 303
    assert phone.send("sites", on="sites/new", **form).status_code == 409
    site = session.scalars(select(Site).where(Site.merchant_id == manager.merchant_id)).one()
    changed = phone.send(f"sites/{site.id}", on="sites/new", **form | {"address": "演示路4号"})
    assert changed.status_code == 303
    session.refresh(site)
    assert (site.address, site.state) == ("演示路4号", SiteState.PROPOSED)
    assert phone.send(f"sites/{site.id}/close", on="sites/new").status_code == 303
    session.refresh(site)
    assert site.state is SiteState.CLOSED
    assert actions(session)[-3:] == ["site.proposed", "site.changed", "site.closed"]


def test_managers_invite_and_end_one_another_and_switch_merchants(session, make, phone):
    manager = make.manager(phone=PHONE)
    other = make.manager(phone=PHONE, created_at=NOW + MINUTE)
    phone.sign_in("15400090001")

    invited = phone.send("managers", on="managers", name="二号", phone="15400090005")
    last = phone.send(f"managers/{manager.id}/end", on="managers")
    switched = phone.send(f"account/merchants/{other.id}", on="account")

    assert [invited.status_code, last.status_code, switched.status_code] == [303, 409, 303]
    assert session.get(Merchant, other.merchant_id).name in phone.get("").text
