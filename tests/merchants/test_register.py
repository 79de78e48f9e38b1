import pytest
from sqlalchemy.exc import IntegrityError

from audit.models import AuditEntry
from kernel.actors import SYSTEM
from kernel.clock import shanghai_date
from kernel.refusals import EditConflict
from kernel.states import MoveNotAllowed
from merchants.errors import (
    AccountInvalid,
    AgreementDatesInvalid,
    AgreementNumberTaken,
    AgreementsOverlap,
    MerchantNotActive,
    MerchantNotFound,
    SiteNameTaken,
    UsccInvalid,
    UsccTaken,
)
from merchants.models import (
    MERCHANT_ACCOUNT_HOLDER,
    MERCHANT_ACCOUNT_NUMBER,
    MERCHANT_MOVES,
    AgreementState,
    MerchantKind,
    MerchantState,
    SiteState,
)
from merchants.queries import agreement_in_force
from merchants.services import (
    Account,
    MerchantFacts,
    activate_merchant,
    add_merchant,
    add_site,
    change_merchant,
    close_site,
    draft_agreement,
    end_agreement,
    end_merchant,
    reopen_site,
    sign_agreement,
    suspend_merchant,
)
from tests.make import NOW
from tests.make.merchants import synthetic_uscc
from tests.merchants.conftest import BAOAN, dump

ACCOUNT = Account("6299990000000017", "演示开户人")
TODAY = shanghai_date(NOW)


def facts(**changes):
    defaults = {
        "kind": MerchantKind.MERCHANT,
        "name": "演示餐饮商户02",
        "uscc": synthetic_uscc(9001),
        "category": "餐饮",
        "district": "宝安区",
        "union_id": None,
    }
    return MerchantFacts(**defaults | changes)


def add(session, *, account=ACCOUNT, **changes):
    return add_merchant(session, facts=facts(**changes), account=account, actor=SYSTEM, now=NOW)


def change(session, merchant, *, version=None, account=None, **changes):
    return change_merchant(
        session,
        merchant_id=merchant.id,
        version=merchant.version if version is None else version,
        facts=facts(**changes),
        account=account,
        actor=SYSTEM,
        now=NOW,
    )


def actions(session, object_id):
    entries = session.query(AuditEntry).filter_by(object_id=object_id).order_by(AuditEntry.id)
    return [entry.action for entry in entries]


def test_an_applicant_is_registered_with_a_sealed_account(session):
    merchant = add(session)

    assert merchant.state is MerchantState.APPLIED
    assert merchant.account_masked == "**** **** **** 0017"
    opened = MERCHANT_ACCOUNT_NUMBER.open(merchant.id, merchant.account_number_sealed)
    assert opened == ACCOUNT.number
    holder = MERCHANT_ACCOUNT_HOLDER.open(merchant.id, merchant.account_holder_sealed)
    assert holder == ACCOUNT.holder
    assert actions(session, merchant.id) == ["merchant.added"]


def test_no_table_shows_a_planted_account_or_its_holder(session):
    merchant = add(session)
    add_site(
        session,
        merchant_id=merchant.id,
        name="店",
        address="路",
        district="宝安区",
        actor=SYSTEM,
        now=NOW,
    )

    dumped = dump(session, "merchants", "sites", "audit_entries")
    for planted in (ACCOUNT.number, ACCOUNT.holder):
        assert planted not in dumped
        assert planted.encode().hex() not in dumped


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"uscc": "91440399MA0100501Y"}, UsccInvalid),
        ({"uscc": None}, UsccInvalid),
        ({"account": Account("6299990000000018", "甲")}, AccountInvalid),
    ],
)
def test_bad_facts_are_refused(session, changes, refusal):
    with pytest.raises(refusal):
        add(session, **changes)


def test_a_service_organisation_needs_neither_code_nor_account(session):
    merchant = add(session, kind=MerchantKind.SERVICE_SITE, uscc=None, account=None)

    assert merchant.uscc is None
    assert merchant.account_index is None


def test_a_credit_code_belongs_to_one_merchant(session):
    add(session)

    with pytest.raises(UsccTaken):
        add(session)


def test_half_an_account_is_refused_by_the_database(session, make):
    with pytest.raises(IntegrityError, match="account_whole"):
        make.merchant(account_masked="**** **** **** 0017")


def test_a_change_names_what_changed_and_never_its_values(session):
    merchant = add(session)

    change(session, merchant, name="新名称", account=Account("6200000000000005", "演示开户人"))

    assert merchant.name == "新名称"
    assert merchant.version == 2
    entry = session.query(AuditEntry).filter_by(action="merchant.changed").one()
    assert entry.facts == {"changed": ["name", "account"]}


def test_a_change_of_nothing_is_no_change(session):
    merchant = add(session)

    change(session, merchant, account=ACCOUNT)

    assert merchant.version == 1
    assert actions(session, merchant.id) == ["merchant.added"]


def test_an_edit_of_an_older_version_is_refused(session):
    merchant = add(session)
    change(session, merchant, name="甲")

    with pytest.raises(EditConflict):
        change(session, merchant, version=1, name="乙")
    assert merchant.name == "甲"


def test_a_change_cannot_take_another_merchants_code(session, make):
    other, merchant = make.merchant(), add(session)

    with pytest.raises(UsccTaken):
        change(session, merchant, uscc=other.uscc)


def test_a_merchant_is_suspended_with_a_reason_and_works_again(session):
    merchant = add(session)
    of_it = {"merchant_id": merchant.id, "actor": SYSTEM, "now": NOW}

    activate_merchant(session, **of_it)
    suspend_merchant(session, reason="投诉核查", **of_it)
    assert (merchant.state, merchant.state_reason) == (MerchantState.SUSPENDED, "投诉核查")
    assert not merchant.may_redeem()
    activate_merchant(session, **of_it)
    assert merchant.state_reason is None

    expected = ["added", "activated", "suspended", "activated"]
    assert actions(session, merchant.id) == [f"merchant.{each}" for each in expected]


def test_an_ended_merchant_stays_ended(session, make):
    merchant = make.merchant()
    of_it = {"merchant_id": merchant.id, "actor": SYSTEM, "now": NOW}
    end_merchant(session, reason="退出", **of_it)

    with pytest.raises(MoveNotAllowed):
        activate_merchant(session, **of_it)
    assert MERCHANT_MOVES[MerchantState.ENDED] == frozenset()


def test_nothing_new_is_arranged_with_an_ended_merchant(session, make):
    merchant = make.merchant(state=MerchantState.ENDED)
    place = {"name": "店", "address": "路", "district": "宝安区", "actor": SYSTEM, "now": NOW}

    with pytest.raises(MerchantNotActive):
        add_site(session, merchant_id=merchant.id, **place)
    with pytest.raises(MerchantNotActive):
        draft(session, merchant)


def test_nothing_can_be_done_with_a_merchant_that_is_not_there(session, make):
    stranger = make.site().id

    with pytest.raises(MerchantNotFound):
        activate_merchant(session, merchant_id=stranger, actor=SYSTEM, now=NOW)


def test_a_site_has_its_own_name_within_a_merchant(session, make):
    site = make.site(name="南山店")
    make.site(name="南山店")  # another merchant's
    of_it = {"address": "路", "district": "南山区", "actor": SYSTEM, "now": NOW}

    with pytest.raises(SiteNameTaken):
        add_site(session, merchant_id=site.merchant_id, name="南山店", **of_it)


def test_a_site_closes_and_reopens(session, make, unions):
    merchant = make.merchant(union_id=unions[BAOAN].id)
    site = make.site(merchant_id=merchant.id)

    close_site(session, site_id=site.id, actor=SYSTEM, now=NOW)
    assert site.state is SiteState.CLOSED
    reopen_site(session, site_id=site.id, actor=SYSTEM, now=NOW)

    assert site.state is SiteState.OPEN
    entries = session.query(AuditEntry).filter_by(object_id=site.id).all()
    assert {entry.union_path for entry in entries} == {BAOAN}


def draft(session, merchant, *, number="PH-1", starts_on="2026-01-01", ends_on="2027-01-01"):
    return draft_agreement(
        session,
        merchant_id=merchant.id,
        number=number,
        starts_on=TODAY.fromisoformat(starts_on),
        ends_on=TODAY.fromisoformat(ends_on),
        signed_by="深圳市总工会(演示)",
        actor=SYSTEM,
        now=NOW,
    )


def sign(session, agreement):
    return sign_agreement(session, agreement_id=agreement.id, actor=SYSTEM, now=NOW)


def test_a_signed_agreement_is_in_force_until_the_day_before_it_ends(session, make):
    merchant = make.merchant()
    agreement = draft(session, merchant)

    def in_force(day):
        return agreement_in_force(session, merchant_id=merchant.id, day=TODAY.fromisoformat(day))

    assert in_force("2026-11-23") is None
    sign(session, agreement)
    assert in_force("2026-01-01") is agreement
    assert in_force("2026-12-31") is agreement
    assert in_force("2027-01-01") is None
    assert agreement.is_in_force(TODAY)


def test_two_agreements_of_a_merchant_share_no_day(session, make):
    merchant = make.merchant()
    sign(session, draft(session, merchant))
    sign(
        session,
        draft(session, merchant, number="PH-2", starts_on="2027-01-01", ends_on="2028-01-01"),
    )
    overlapping = draft(session, merchant, number="PH-3", starts_on="2026-12-31")

    with pytest.raises(AgreementsOverlap):
        sign(session, overlapping)


def test_an_ended_agreement_frees_its_days(session, make):
    merchant = make.merchant()
    first = sign(session, draft(session, merchant))

    end_agreement(session, agreement_id=first.id, actor=SYSTEM, now=NOW)
    second = sign(session, draft(session, merchant, number="PH-2"))

    assert first.state is AgreementState.ENDED
    assert agreement_in_force(session, merchant_id=merchant.id, day=TODAY) is second


def test_an_agreement_needs_days_a_number_and_an_active_merchant(session, make):
    merchant = make.merchant(state=MerchantState.APPLIED)

    with pytest.raises(AgreementDatesInvalid):
        draft(session, merchant, ends_on="2026-01-01")
    agreement = draft(session, merchant)
    with pytest.raises(MerchantNotActive):
        sign(session, agreement)
    with pytest.raises(AgreementNumberTaken):
        draft(session, make.merchant())
