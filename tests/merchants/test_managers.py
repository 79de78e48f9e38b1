"""Managers of merchants: sign-in, applications, clerks, tills that nobody uses."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from audit.models import AuditEntry
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.clock import utc_now
from kernel.db import reading
from kernel.gateway import LoggedGateway, gateway, use_gateway
from kernel.secrets import demo_code, token_hash
from kernel.states import MoveNotAllowed
from members.models import SmsMessage
from merchants.errors import (
    AccountInvalid,
    ApplicationRefused,
    ApplicationsTooMany,
    ApplicationWaiting,
    ClerkNotFound,
    LastManager,
    ManagerCodeWrong,
    ManagerKnown,
    ManagerPhoneInvalid,
    NoMerchantForPhone,
    PairingCodeInvalid,
    TerminalIdle,
    UsccInvalid,
    UsccTaken,
)
from merchants.models import (
    ClerkState,
    ManagerSession,
    ManagerState,
    Merchant,
    MerchantManager,
    MerchantState,
    PairingCode,
    Site,
    SiteState,
    Terminal,
)
from merchants.pages import MANAGER_COOKIE
from merchants.queries import clerks_of, manager_by_token, merchants_of_phone, terminal_by_token
from merchants.services import (
    APPLICATIONS_A_DAY_MAX,
    Application,
    apply_as_merchant,
    approve_merchant,
    clerk_idle_time,
    end_clerk,
    end_idle_clerks,
    end_manager,
    finish_manager_sign_in,
    forget_old_manager_sign_ins,
    invite_clerk,
    invite_manager,
    pair_terminal,
    refuse_application,
    refuse_idle,
    renew_clerk_code,
    start_manager_sign_in,
    touch_terminal,
    unpair_idle_tills,
)
from tests.make import NOW
from tests.make.merchants import new_jwk, synthetic_uscc
from tests.merchants.conftest import dump

PHONE = "+8615400090001"
MINUTE = timedelta(minutes=1)
BROWSER = "Chrome, Android"
TOKEN_FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')


def sign_in(session, *, phone=PHONE, code="123456", now=NOW):
    return finish_manager_sign_in(session, phone=phone, code=code, browser=BROWSER, now=now)


def ask(session, *, phone=PHONE, code="123456", now=NOW):
    return start_manager_sign_in(session, phone=phone, code=code, now=now)


def acting(manager):
    return Actor(ActorKind.MANAGER, id=manager.id, merchant_id=manager.merchant_id)


def actions(session):
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


# --- Signing in


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


# --- Applications


def application(**facts):
    defaults = {
        "name": "演示小馆",
        "uscc": synthetic_uscc(7001),
        "category": "餐饮",
        "district": "龙岗区",
        "site_name": "龙岗店",
        "address": "龙岗区演示路3号",
        "manager_name": "慕容店长",
        "phone": PHONE,
    }
    return Application(**defaults | facts)


def apply(session, *, code="123456", now=NOW, address="192.0.2.7", **facts):
    return apply_as_merchant(
        session, application=application(**facts), code=code, address=address, now=now
    )


def test_an_applicant_waits_and_works_once_approved(session, unions):
    ask(session)
    merchant = apply(session)
    site = session.scalars(select(Site)).one()

    assert (merchant.state, site.state) == (MerchantState.APPLIED, SiteState.PROPOSED)
    assert merchant.union_id == unions["SZ/SZ-LG"].id
    ask(session, now=NOW + MINUTE)
    assert isinstance(sign_in(session, now=NOW + MINUTE), ApplicationWaiting)

    approve_merchant(session, merchant_id=merchant.id, actor=SYSTEM, now=NOW + MINUTE)
    assert isinstance(sign_in(session, now=NOW + MINUTE), str)
    assert session.get(Site, site.id).state is SiteState.OPEN
    assert {"manager.applied", "site.proposed", "merchant.activated", "site.approved"} <= set(
        actions(session)
    )


def test_a_refused_applicant_reads_why_and_may_apply_again(session, unions):
    ask(session)
    first = apply(session)
    refuse_application(session, merchant_id=first.id, reason="缺少许可证", actor=SYSTEM, now=NOW)
    ask(session, now=NOW + MINUTE)
    refusal = sign_in(session, now=NOW + MINUTE)
    again = apply(session, now=NOW + MINUTE, name="演示小馆二", district="宝安区")

    assert isinstance(refusal, ApplicationRefused)
    assert refusal.facts["reason"] == "缺少许可证"
    assert again.id == first.id
    assert (again.state, again.state_reason) == (MerchantState.APPLIED, None)
    assert again.union_id == unions["SZ/SZ-BA"].id
    assert session.scalar(select(func.count()).select_from(Site)) == 1


def test_what_is_wrong_with_an_application_is_said_and_the_code_stays_good(session, make):
    taken = make.merchant()
    ask(session)

    assert isinstance(apply(session, code="000000"), ManagerCodeWrong)
    assert apply(session, uscc="91440399MA0007001X").facts["detail"] == "uscc_checksum"
    assert isinstance(apply(session, uscc="12"), UsccInvalid)
    assert isinstance(apply(session, uscc=taken.uscc), UsccTaken)
    assert isinstance(apply(session), Merchant)
    assert isinstance(apply(session, uscc=synthetic_uscc(7002)), ManagerCodeWrong)


def test_a_network_applies_five_times_a_day(session):
    now = NOW
    for number in range(APPLICATIONS_A_DAY_MAX):
        now += MINUTE
        ask(session, now=now)
        assert isinstance(apply(session, now=now, uscc=synthetic_uscc(7100 + number)), Merchant)
    now += MINUTE
    ask(session, now=now)

    assert isinstance(apply(session, now=now), ApplicationsTooMany)
    assert isinstance(apply(session, now=now, address="198.51.100.9"), Merchant)


# --- Clerks and their tills


@pytest.fixture
def place(make):
    site = make.site()
    return site, make.manager(merchant=make.session.get(Merchant, site.merchant_id))


def invite(session, place, *, name="司马店员", now=NOW):
    site, manager = place
    return invite_clerk(
        session,
        merchant_id=site.merchant_id,
        site_id=site.id,
        name=name,
        actor=acting(manager),
        now=now,
    )


def pair(session, code, *, now=NOW):
    return pair_terminal(
        session,
        pairing_code=code,
        name="收银一号",
        public_key=new_jwk(),
        address="192.0.2.1",
        now=now,
    )


def till_of(session, token):
    with reading() as connection:
        return terminal_by_token(connection, token_hash=token_hash(token))


def test_a_clerk_pairs_by_their_code_and_is_refused_once_ended(session, place):
    invitation = invite(session, place)
    till = pair(session, invitation.code)

    assert till_of(session, till.token).clerk_id == invitation.clerk.id
    assert clerks_of(session, merchant_id=place[0].merchant_id)[0].state is ClerkState.ACTIVE

    end_clerk(session, clerk_id=invitation.clerk.id, actor=acting(place[1]), now=NOW + MINUTE)
    assert till_of(session, till.token) is None
    with pytest.raises(ClerkNotFound):
        renew_clerk_code(
            session, clerk_id=invitation.clerk.id, actor=acting(place[1]), now=NOW + MINUTE
        )
    assert "司马店员" not in dump(session, "clerks", "audit_entries", "terminals")


def test_a_form_sent_twice_makes_one_clerk_whose_newest_code_pairs(session, place):
    first = invite(session, place)
    second = invite(session, place, now=NOW + MINUTE)

    assert first.clerk.id == second.clerk.id
    later = NOW + 2 * MINUTE
    assert isinstance(pair(session, first.code, now=later), PairingCodeInvalid)
    assert not isinstance(pair(session, second.code, now=later), PairingCodeInvalid)


def test_the_code_of_an_ended_clerk_pairs_nothing(session, place):
    invitation = invite(session, place)
    end_clerk(session, clerk_id=invitation.clerk.id, actor=acting(place[1]), now=NOW)

    assert session.scalar(select(PairingCode.manager_id)) == place[1].id
    assert isinstance(pair(session, invitation.code), PairingCodeInvalid)


def test_a_clerks_till_is_shut_out_when_idle_and_not_before(session, place):
    till = pair(session, invite(session, place).code)
    idle = clerk_idle_time()

    refuse_idle(till_of(session, till.token), now=NOW + idle)
    with pytest.raises(TerminalIdle):
        refuse_idle(till_of(session, till.token), now=NOW + idle + MINUTE)

    with reading() as connection:
        seen_at = NOW + timedelta(days=20)
        touch_terminal(connection, actor=till_of(session, till.token), now=seen_at)
    refuse_idle(till_of(session, till.token), now=NOW + idle + MINUTE)
    assert unpair_idle_tills(session, now=seen_at + idle) == 0
    assert unpair_idle_tills(session, now=seen_at + idle + MINUTE) == 1
    assert end_idle_clerks(session, now=seen_at + idle + MINUTE) == 1
    assert till_of(session, till.token) is None


def test_a_till_paired_at_the_desk_has_no_such_end(session, make):
    make.terminal(token="uct_desk")
    late = NOW + 10 * clerk_idle_time()

    refuse_idle(till_of(session, "uct_desk"), now=late)
    assert unpair_idle_tills(session, now=late) == 0
    assert session.scalar(select(Terminal.unpaired_at)) is None


def test_what_is_over_is_forgotten(session, make):
    make.manager(phone=PHONE)
    ask(session)
    sign_in(session)

    assert forget_old_manager_sign_ins(session, now=NOW + timedelta(days=1)) == 0
    assert forget_old_manager_sign_ins(session, now=NOW + timedelta(days=61)) == 2


# --- Over HTTP


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
