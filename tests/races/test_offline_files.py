"""Files of sales without a network, sent twice at once over HTTP; one code at two tills."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bench.programmes import running_programme
from benefits.models import OfferVersion
from benefits.queries import limit_residuals
from benefits.rules import Terms
from benefits.services import add_offer
from discounts.queries import receipt_gaps
from discounts.services import change_offline_policy
from kernel.actors import SYSTEM
from kernel.clock import from_unix, unix, utc_now
from kernel.db import transaction
from ledger.models import Family, FundSource
from tests.discounts.offline import OfflineTill
from tests.drive import answered
from tests.town import at_once

OFF_FEN = 500
PHONES = 10
CODES = 50  # of each phone, one a second
CHUNK = 100
GAP_EVERY = 50

pytestmark = pytest.mark.service


@pytest.fixture
def version_id(town):
    """An offer everywhere that a till may grant without a network; a day of any size."""
    now = utc_now()
    with transaction() as session:
        programme = running_programme(
            session,
            code="RACE-OFFLINE",
            name_zh="断网竞速",
            name_en="Offline race",
            family=Family.DISCOUNT,
            fund_source=FundSource.UNION_FUND,
            starts_on=now.date() - timedelta(days=2),
            ends_on=None,
            eligibility=[],
            now=now - timedelta(days=1),
        )
        offer = add_offer(
            session,
            actor=SYSTEM,
            programme_id=programme.id,
            merchant_id=None,
            title_zh="满20减5",
            title_en="5 off from 20",
            terms=Terms("full_reduction", None, 2000, OFF_FEN, None, None, 10_000, None),
            assurances=["possession"],
            valid_from=now - timedelta(hours=1),
            now=now - timedelta(hours=2),
        )
        change_offline_policy(
            session, actor=SYSTEM, now=now, per_day_sales=10_000, per_day_fen=10_000_00
        )
        query = select(OfferVersion.id).where(OfferVersion.offer_id == offer.id)
        return session.scalars(query).one()


def offline(till, version_id):
    """Return the paired till as it is without a network, with a lease."""
    alone = OfflineTill(till.key)
    alone.lease_id = answered(till.get("/terminals/me/lease"), 200)["lease_id"]
    alone.version_id = version_id
    return alone


def sent(till, records):
    return answered(till.post("/redemptions/batch", records=records), 200)["verdicts"]


def gaps_of(till):
    return answered(till.get("/terminals/me/offline-records"), 200)["gaps"]


def assert_whole(*, sales):
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM redemptions")) == sales
        assert limit_residuals(session) == []
        assert receipt_gaps(session) == []
        unbalanced = session.scalar(text("SELECT sum(debit_fen) - sum(credit_fen) FROM postings"))
        assert unbalanced == 0
        owed = text("SELECT sum(credit_fen) FROM postings WHERE party_type = 'merchant'")
        assert session.scalar(owed) == sales * OFF_FEN


def test_five_hundred_records_sent_twice_at_once_shuffled_and_gapped_count_once(town, version_id):
    phones, till = town.phones(PHONES), town.till()
    alone, now = offline(till, version_id), unix(utc_now())
    records = [
        alone.record(phone.show(iat=now - ago), at=from_unix(now - ago))
        for ago in range(CODES)
        for phone in phones
    ]
    missing = records[GAP_EVERY - 1 :: GAP_EVERY]
    sent_first = [record for record in records if record not in set(missing)]
    files = [sent_first.copy(), sent_first.copy()]
    for number, file in enumerate(files):
        random.Random(number).shuffle(file)

    def upload(file):
        verdicts = []
        for start in range(0, len(file), CHUNK):
            verdicts += sent(till, file[start : start + CHUNK])
        return sorted((each["seq"], each["receipt_no"], each["verdict"]) for each in verdicts)

    first, second = at_once([lambda file=file: upload(file) for file in files])

    assert first == second
    gaps = list(range(GAP_EVERY, len(records) + 1, GAP_EVERY))
    assert sorted([*gaps, *(seq for seq, _, _ in first)]) == list(range(1, len(records) + 1))
    assert Counter(verdict for _, _, verdict in first) == {"captured": len(sent_first)}
    # The last number is missing too: nobody can know of it yet.
    assert gaps_of(till) == [[seq, seq] for seq in gaps[:-1]]
    assert_whole(sales=len(sent_first))

    late = at_once([lambda: sent(till, missing), lambda: sent(till, missing[::-1])])
    assert late[0] == late[1][::-1]
    assert {each["verdict"] for each in late[0]} == {"captured"}
    assert gaps_of(till) == []
    assert_whole(sales=len(records))


def test_codes_shown_at_two_tills_are_sold_once_whoever_uploads_first(town, version_id):
    phone, tills = town.phone(), [town.till(0), town.till(1)]
    alone, now = [offline(till, version_id) for till in tills], unix(utc_now())
    codes = [(phone.show(iat=now - ago), from_unix(now - ago)) for ago in range(30)]

    records = [
        (till, each.record(code, at=at))
        for code, at in codes
        for till, each in zip(tills, alone, strict=True)
    ]

    answers = at_once([lambda till=till, one=one: sent(till, [one]) for till, one in records])

    verdicts = Counter((each["verdict"], each["reason"]) for [each] in answers)
    assert verdicts == {("captured", None): len(codes), ("refused", "replayed"): len(codes)}
    assert_whole(sales=len(codes))
