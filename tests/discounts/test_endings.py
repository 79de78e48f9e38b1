"""Who used a benefit lately hears that it ends: in time, once, and nobody else."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.registry import JOBS
from bench.programmes import running_programme
from benefits.models import OfferState, ProgrammeState
from benefits.queries import versions_of
from benefits.rules import Terms
from benefits.services import add_offer
from discounts.jobs import tell_members_of_endings
from discounts.models import Redemption, RedemptionState
from discounts.services import tell_of_endings
from kernel.actors import SYSTEM
from kernel.ids import new_id
from kernel.money import BasisPoints, Fen
from ledger.models import Family, FundSource
from members.models import MembershipStatus, Notice, NoticeKind, SmsMessage
from tests.finance.chain import ChainMaker
from tests.make import NOW

DAY = timedelta(days=1)
REDUCTION = Terms(
    "full_reduction", None, Fen(20_00), Fen(5_00), None, None, BasisPoints(10_000), None
)


@pytest.fixture
def make(session):
    return ChainMaker(session)


def running(session, *, ends_on=None):
    return running_programme(
        session,
        code=f"ENDS-{ends_on}",
        name_zh="早餐优惠(演示)",
        name_en="Breakfast (demo)",
        family=Family.DISCOUNT,
        fund_source=FundSource.UNION_FUND,
        starts_on=date(2026, 1, 1),
        ends_on=ends_on,
        eligibility=[],
        now=NOW,
    )


@pytest.fixture
def programme(session):
    return running(session)


@pytest.fixture
def offer(session, make, programme):
    """Return a function: an offer of the programme that ends at `valid_to`."""

    def add(valid_to=None, of=programme, **facts):
        return add_offer(
            session,
            actor=SYSTEM,
            programme_id=of.id,
            merchant_id=None,
            title_zh="满20减5",
            title_en="5 off from 20",
            terms=REDUCTION,
            assurances=["possession"],
            valid_from=NOW - 100 * DAY,
            valid_to=valid_to,
            now=NOW,
            **facts,
        )

    return add


@pytest.fixture
def used(make):
    """Return a function: a member who used an offer so many days ago."""
    make.chart()
    till = make.terminal()

    def use(offer, *, days_ago=10, state=RedemptionState.CAPTURED, card=None, **member):
        card = card or make.card(member=make.member(**member))
        sale = make.sale(till)
        facts = {
            each.name: getattr(sale, each.name)
            for each in Redemption.__table__.columns
            if each.name not in {"verification_id", "id"}
        }
        make.save(
            Redemption(
                **facts
                | {
                    "id": new_id(),
                    "verification_id": sale.verification_id,
                    "offer_id": offer.id,
                    "card_id": card.id,
                    "member_id": card.member_id,
                    "received_at": NOW - days_ago * DAY,
                    "state": state,
                    "expires_at": NOW,
                    "receipt_seq": make.next_number(),
                }
            )
        )
        return card

    return use


def told(session):
    return session.scalars(select(Notice).order_by(Notice.id)).all()


def test_the_worker_knows_the_job(session):
    assert tell_members_of_endings in JOBS
    tell_members_of_endings(timestamp=0)
    assert told(session) == []


def test_who_used_it_lately_hears_once_and_by_no_text_message(session, offer, used):
    ending = offer(NOW + 2 * DAY)
    card = used(ending)
    used(ending, card=card, days_ago=1)

    assert tell_of_endings(session, now=NOW) == 1
    assert tell_of_endings(session, now=NOW + DAY) == 0

    (notice,) = told(session)
    assert (notice.member_id, notice.kind) == (card.member_id, NoticeKind.BENEFIT)
    assert notice.title_zh == "您用过的优惠即将结束：满20减5，最后一天 2026-11-25"
    assert notice.title_en == "A benefit you use ends soon: 5 off from 20, last day 2026-11-25"
    assert (notice.place, notice.created_at, notice.read_at) == ("benefits", NOW, None)
    assert (notice.id.version, notice.id.variant) == (7, "specified in RFC 4122")
    assert notice.id.int >> 80 == int(NOW.timestamp() * 1000)
    assert session.scalars(select(SmsMessage)).all() == []


def test_it_is_said_only_in_the_last_three_days_and_not_after(session, offer, used):
    used(offer(NOW + 3 * DAY + timedelta(seconds=1)))
    used(offer(NOW))
    used(offer(None))
    assert tell_of_endings(session, now=NOW) == 0

    last_moment = offer(NOW + 3 * DAY)
    used(last_moment)
    assert tell_of_endings(session, now=NOW) == 1


def test_a_programme_that_ends_takes_its_offers_with_it(session, offer, used):
    # Runs on [starts_on, ends_on): the 25th is its last day.
    used(offer(of=running(session, ends_on=date(2026, 11, 26))))

    assert tell_of_endings(session, now=NOW) == 1
    assert told(session)[0].title_en.endswith("last day 2026-11-25")


def test_an_end_that_moved_is_told_again(session, offer, used):
    ending = offer(NOW + 3 * DAY)
    used(ending)
    [version] = versions_of(session, offer_id=ending.id)
    for valid_to in (NOW + 3 * DAY, NOW + 2 * DAY):
        version.valid_to = valid_to
        session.flush()
        assert tell_of_endings(session, now=NOW) == 1


def test_nobody_else_is_told(session, programme, offer, used, make):
    ending = offer(NOW + DAY)
    used(ending, days_ago=91)
    used(ending, state=RedemptionState.HELD)
    used(ending, state=RedemptionState.REVERSED)
    used(ending, status=MembershipStatus.WITHDRAWN)
    used(offer(NOW + 30 * DAY))
    make.member()
    assert tell_of_endings(session, now=NOW) == 0

    used(ending, status=MembershipStatus.RETAINED)
    ending.state = OfferState.ENDED
    session.flush()
    assert tell_of_endings(session, now=NOW) == 0
    ending.state = OfferState.ACTIVE
    programme.state = ProgrammeState.PAUSED
    session.flush()
    assert tell_of_endings(session, now=NOW) == 0
    programme.state = ProgrammeState.RUNNING
    session.flush()
    assert tell_of_endings(session, now=NOW) == 1


def test_many_are_told_some_at_a_time(session, offer, used):
    ending = offer(NOW + DAY)
    for _ in range(5):
        used(ending)

    assert [tell_of_endings(session, now=NOW, rows=2) for _ in range(4)] == [2, 2, 1, 0]
    assert len({each.member_id for each in told(session)}) == 5
