"""What is set up: versions never two in force, stale edits refused, limits that count at once."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from audit.models import AuditEntry
from benefits.errors import (
    FundPaysNoDiscounts,
    OfferNotFound,
    OfferTermsWrong,
    OfferVersionHasNoTime,
    OfferVersionInThePast,
    OfferVersionsOverlap,
    ProgrammeCodeTaken,
    ProgrammeNotFound,
    ProgrammeTakesNoOffers,
)
from benefits.models import (
    OfferState,
    OfferVersion,
    Programme,
    ProgrammeState,
)
from benefits.queries import Scopes, offers_at, versions_of
from benefits.services import (
    ProgrammeFacts,
    VersionFacts,
    add_version,
    check_terms,
    draft_discount_programme,
    end_offer,
    move_programme,
)
from kernel.actors import SYSTEM
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.refusals import EditConflict
from kernel.states import MoveNotAllowed
from ledger.models import Family, FundSource
from merchants.errors import MerchantNotActive, MerchantNotFound
from merchants.models import MerchantState
from tests.benefits.conftest import daily, fixed, gift, percent, reduction
from tests.make import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def offer(plans, merchant):
    """An offer in force since an hour, without an end."""
    return plans.offer(merchant=merchant, valid_from=NOW - HOUR)


def put(session, offer, *, version=None, terms=None, start=NOW, end=None, now=NOW):
    return add_version(
        session,
        actor=SYSTEM,
        offer_id=offer.id,
        version=offer.version if version is None else version,
        facts=VersionFacts(terms or percent(), ["session"], start, end),
        now=now,
    )


def at_till(session, merchant, *, now=NOW, till=None):
    ids = [merchant.id, new_id(), till or new_id(), new_id()]
    return offers_at(session, scopes=Scopes(*ids), now=now)


# --- Versions


def test_new_terms_end_those_before_at_the_same_moment(session, merchant, offer):
    put(session, offer, start=NOW + HOUR)

    first, second = versions_of(session, offer_id=offer.id)
    assert (first.number, second.number) == (1, 2)
    assert first.valid_to == second.valid_from == NOW + HOUR
    for moment, number in ((NOW, 1), (NOW + HOUR - timedelta(seconds=1), 1), (NOW + HOUR, 2)):
        assert [o.version_number for o in at_till(session, merchant, now=moment)] == [number]


def test_terms_that_would_overlap_later_ones_are_refused_and_change_nothing(session, offer):
    put(session, offer, start=NOW + 2 * HOUR)

    savepoint = session.begin_nested()
    with pytest.raises(OfferVersionsOverlap):
        put(session, offer, start=NOW + HOUR)
    savepoint.rollback()

    session.expire_all()
    ends = [each.valid_to for each in versions_of(session, offer_id=offer.id)]
    assert ends == [NOW + 2 * HOUR, None]


def test_terms_fit_before_later_ones_if_they_end_in_time(session, merchant, offer):
    put(session, offer, start=NOW + 2 * HOUR)
    put(session, offer, start=NOW, end=NOW + HOUR)

    in_force = [at_till(session, merchant, now=NOW + each * HOUR / 2) for each in range(5)]
    assert [[o.version_number for o in each] for each in in_force] == [[3], [3], [], [], [2]]


def test_the_database_itself_allows_no_two_versions_in_force(session, offer):
    version = versions_of(session, offer_id=offer.id)[0]
    twin = OfferVersion(
        offer_id=offer.id,
        number=2,
        kind=version.kind,
        threshold_fen=1,
        reduction_fen=1,
        union_share_bp=0,
        assurances=["session"],
        valid_from=NOW,
        created_at=NOW,
    )
    session.add(twin)
    with pytest.raises(IntegrityError, match="ex_offer_versions_in_force"):
        session.flush()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE offer_versions SET union_share_bp = 10001",
        "UPDATE offer_versions SET threshold_fen = reduction_fen - 1",
        "UPDATE offer_versions SET valid_to = valid_from",
        "UPDATE offer_versions SET union_max_fen = -1",
    ],
)
def test_the_database_refuses_terms_that_make_no_offer(session, offer, statement):
    with pytest.raises(IntegrityError):
        session.execute(text(statement))


def test_an_editor_who_saw_an_older_offer_is_refused(session, offer):
    seen = offer.version
    put(session, offer)

    with pytest.raises(EditConflict):
        put(session, offer, version=seen, start=NOW + HOUR)
    with pytest.raises(EditConflict):
        end_offer(session, actor=SYSTEM, offer_id=offer.id, version=seen, now=NOW)
    assert len(versions_of(session, offer_id=offer.id)) == 2


def test_terms_never_begin_in_the_past_or_end_before_they_begin(session, offer):
    with pytest.raises(OfferVersionInThePast):
        put(session, offer, start=NOW - timedelta(seconds=1))
    with pytest.raises(OfferVersionHasNoTime):
        put(session, offer, start=NOW + HOUR, end=NOW + HOUR)


def test_an_ended_offer_takes_no_new_terms_and_is_at_no_till(session, merchant, offer):
    end_offer(session, actor=SYSTEM, offer_id=offer.id, version=offer.version, now=NOW)

    assert offer.state is OfferState.ENDED
    assert at_till(session, merchant) == []
    with pytest.raises(MoveNotAllowed):
        put(session, offer)
    with pytest.raises(MoveNotAllowed):
        end_offer(session, actor=SYSTEM, offer_id=offer.id, version=offer.version, now=NOW)


def test_an_offer_that_is_not_there_is_not_found(session):
    with pytest.raises(OfferNotFound):
        end_offer(session, actor=SYSTEM, offer_id=new_id(), version=1, now=NOW)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (percent(10_000), "member_rate_bp"),
        (percent(None), "member_rate_bp"),
        (percent(share=10_001), "union_share_bp"),
        (percent(most=-1), "union_max_fen"),
        (reduction(39_99, 40_00), "threshold_fen"),
        (reduction(None, 40_00), "threshold_fen"),
        (reduction(50_00, 0), "reduction_fen"),
        (fixed(9_90, 9_90), "list_fen"),
        (fixed(30_00, -1), "member_fen"),
        (fixed(None, 9_90), "list_fen"),
        (daily(4_99, 5_00), "threshold_fen"),
        (daily(20_00, 0), "reduction_fen"),
        (gift(0), "list_fen"),
        (gift(50_00, most=40_00), "union_max_fen"),
    ],
)
def test_terms_that_make_no_offer_name_their_field(terms, field):
    with pytest.raises(OfferTermsWrong) as refused:
        check_terms(terms)
    assert refused.value.facts["field"] == field


def test_an_offer_belongs_to_a_discount_programme_and_a_merchant_in_business(make, plans):
    training = plans.programme(family=Family.TRAINING)
    gone = make.merchant(state=MerchantState.ENDED)

    with pytest.raises(ProgrammeTakesNoOffers):
        plans.offer(programme=training)
    with pytest.raises(MerchantNotActive):
        plans.offer(merchant=gone)
    with pytest.raises(ProgrammeNotFound):
        plans.offer(programme=Programme(id=new_id()))
    with pytest.raises(MerchantNotFound):
        plans.offer(programme=plans.programme(), merchant=type(gone)(id=new_id()))


# --- Programmes


def facts(**changes):
    defaults = {
        "code": "PH-NEW",
        "name_zh": "新",
        "name_en": "New",
        "family": Family.DISCOUNT,
        "fund_source": FundSource.UNION_FUND,
        "starts_on": shanghai_date(NOW),
        "ends_on": None,
        "eligibility": [],
    }
    return ProgrammeFacts(**defaults | changes)


def draft(session, **changes):
    return draft_discount_programme(session, actor=SYSTEM, facts=facts(**changes), now=NOW)


def test_a_fund_without_an_account_for_it_pays_no_discounts(session, make):
    make.chart()

    with pytest.raises(FundPaysNoDiscounts):
        draft(session, fund_source=FundSource.MUTUAL_AID)


def test_a_code_is_given_once(session, make):
    make.chart()
    draft(session)

    with pytest.raises(ProgrammeCodeTaken):
        draft(session, name_zh="另一个")


def move(session, programme, target, version=None):
    return move_programme(
        session,
        actor=SYSTEM,
        programme_id=programme.id,
        target=target,
        version=programme.version if version is None else version,
        now=NOW,
    )


def test_a_programme_is_paused_resumed_and_ended_by_who_saw_it_as_it_is(session, plans):
    programme = plans.programme()

    for target in (ProgrammeState.PAUSED, ProgrammeState.RUNNING, ProgrammeState.ENDED):
        assert move(session, programme, target).state is target
    with pytest.raises(MoveNotAllowed):
        move(session, programme, ProgrammeState.RUNNING)
    with pytest.raises(EditConflict):
        move(session, programme, ProgrammeState.RUNNING, version=1)
    with pytest.raises(ProgrammeNotFound):
        move(session, Programme(id=new_id(), version=1), ProgrammeState.ENDED)


def test_what_was_set_up_stands_in_the_trail_of_the_merchants_union(session, make, plans, unions):
    baoan = unions["SZ/SZ-BA"]
    offer = plans.offer(merchant=make.merchant(union_id=baoan.id), valid_from=NOW)
    end_offer(session, actor=SYSTEM, offer_id=offer.id, version=offer.version, now=NOW)

    entries = session.query(AuditEntry).filter_by(object_id=offer.id)
    trail = entries.order_by(AuditEntry.id).all()
    assert [(each.action, each.union_path) for each in trail] == [
        ("offer.version_added", baoan.path),
        ("offer.ended", baoan.path),
    ]
