"""Businesses that ask to become merchants."""

from sqlalchemy import func, select

from kernel.actors import SYSTEM
from merchants.errors import (
    ApplicationRefused,
    ApplicationsTooMany,
    ApplicationWaiting,
    ManagerCodeWrong,
    UsccInvalid,
    UsccTaken,
)
from merchants.models import (
    Merchant,
    MerchantState,
    Site,
    SiteState,
)
from merchants.services import (
    APPLICATIONS_A_DAY_MAX,
    approve_merchant,
    refuse_application,
)
from tests.make import NOW
from tests.make.merchants import synthetic_uscc
from tests.merchants.managing import MINUTE, actions, apply, ask, sign_in


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
