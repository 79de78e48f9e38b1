"""Sales without a network at the desk: what is seen of them, by whom, and what may be granted."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.demo.offline import seed_offline
from audit.models import AuditEntry
from benefits.rules import Terms
from cards.models import CardState
from cards.services.lifecycle import report_lost_at_desk
from discounts.jobs import forget_old_leases
from discounts.models import Lease, OfflineRecord, Redemption
from discounts.queries import (
    GapState,
    OfflineMatter,
    gaps_within,
    offline_policy,
    offline_risk_within,
    offline_rows_within,
    receipt_gaps,
)
from discounts.services import purge_leases
from kernel.actors import SYSTEM, Role
from kernel.clock import shanghai_date
from ledger.models import Account, Posting
from merchants.queries import MerchantReach
from merchants.services import unpair_terminal
from tests.discounts.offline import HOUR, sold

RECORDS = "/desk/offline"
ENGLISH = {"Accept-Language": "en"}
# Five per cent off, all of it the union's.
PERCENT = Terms("percent", 9500, None, None, None, None, 10_000, None)
EVERYWHERE = MerchantReach(paths=("SZ",))


@pytest.fixture
def shop(shop, baoan):
    """The shop, which the union of Bao'an looks after."""
    shop.merchant.union_id = baoan.id
    return shop


@pytest.fixture
def designer(make, city, signed_in):
    return signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=city))


@pytest.fixture
def district_designer(make, baoan, signed_in):
    return signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=baoan))


@pytest.fixture
def auditor(make, baoan, signed_in):
    return signed_in(make.staff(Role.AUDITOR, union=baoan))


@pytest.fixture
def stranger(make, longgang, signed_in):
    return signed_in(make.staff(Role.PROGRAMME_DESIGNER, union=longgang))


def shown(desk, path, **query):
    answer = desk.open(path, headers=ENGLISH, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def numbers_listed(desk, **query):
    return [
        int(each) for each in re.findall(r"</span> No. (\d+)</td>", shown(desk, RECORDS, **query))
    ]


# --- Records


def test_records_are_found_by_merchant_till_day_and_verdict(shop, district_designer):
    till = shop.till(leased_at=shop.now - 23 * HOUR)
    lost = shop.phone()
    report_lost_at_desk(
        shop.session, card_id=lost.card.id, reason="丢失", actor=SYSTEM, now=shop.now - 20 * HOUR
    )
    hours_ago = {1: 25, 2: 22, 3: 2, 4: 2}
    phones = {3: lost}
    records = [
        sold(till, phones.get(seq) or shop.phone(), shop.now - hours * HOUR)
        for seq, hours in hours_ago.items()
    ]
    shop.send(till, *records)
    desk = district_designer
    code = till.terminal.code

    assert numbers_listed(desk) == [4, 3, 2, 1]
    assert numbers_listed(desk, matter="refused") == [1]
    assert numbers_listed(desk, matter="offline_risk") == [3]
    assert numbers_listed(desk, till=f" {code.lower()} ") == [4, 3, 2, 1]
    assert numbers_listed(desk, till="NOTHING2") == []
    assert numbers_listed(desk, merchant=shop.merchant.name, matter="within_limits") == [4, 2]
    assert numbers_listed(desk, merchant="%") == []
    day = shanghai_date(shop.now - 22 * HOUR)
    of_that_day = [
        seq for seq, hours in hours_ago.items() if shanghai_date(shop.now - hours * HOUR) == day
    ]
    assert sorted(numbers_listed(desk, day=day.isoformat())) == of_that_day
    assert desk.open(RECORDS, query_string={"day": "yesterday"}).status_code == 422


def test_a_record_says_who_bears_it_and_what_is_around_it(shop, till, district_designer):
    shop.policy(per_sale_fen=10_00)
    shop.lease(till, at=shop.leased_at + HOUR / 2)
    records = [sold(till, shop.phone(), shop.now - 2 * HOUR) for _ in range(3)]
    shop.send(till, records[0], records[2])
    ids = {row.seq: row.id for row in shop.session.scalars(select(OfflineRecord))}

    page = shown(district_designer, f"{RECORDS}/{ids[3]}")

    assert "The programme, within its limits" in page
    assert "Beyond the lease, the merchant" in page
    assert page.count("20.00") >= 1
    assert "No. 2 never came" in page
    assert f'href="{RECORDS}/{ids[1]}"' in page
    assert "-0002" in page
    assert "张" not in page  # every member of these tests is 张小明
    assert numbers_listed(district_designer, matter="over_lease") == [3, 1]


def test_a_code_at_two_tills_names_the_first(shop, till, district_designer, make, longgang):
    other_site = make.site(merchant_id=shop.merchant.id, name="二店")
    other = shop.till(site=other_site)
    phone, at = shop.phone(), shop.now - 2 * HOUR
    code = phone.code(now=at)
    shop.send(other, other.record(code, at=at))
    shop.send(till, till.record(code, at=at))

    assert numbers_listed(district_designer, matter="shown_twice") == [1]
    refused = select(OfflineRecord).where(OfflineRecord.replay_of.is_not(None))
    path = f"{RECORDS}/{shop.session.scalars(refused).one().id}"
    page = shown(district_designer, path)
    assert "二店" in page
    assert other.terminal.code in page

    elsewhere = make.merchant(union_id=longgang.id)
    other.terminal.site_id = make.site(merchant_id=elsewhere.id, name="三店").id
    other.terminal.merchant_id = elsewhere.id
    shop.session.flush()
    page = shown(district_designer, path)
    assert "another union looks after" in page
    assert "三店" not in page


def test_what_does_not_fit_the_chain_says_whose_number_it_has(shop, till, district_designer):
    first = sold(till, shop.phone(), shop.now - 3 * HOUR)
    till.seq, till.prev = 0, ""
    forked = sold(till, shop.phone(), shop.now - 2 * HOUR)
    shop.send(till, first)
    refused = shop.verdict(till, forked)
    holder = shop.session.scalars(select(OfflineRecord.id).where(OfflineRecord.in_chain)).one()

    page = shown(district_designer, f"{RECORDS}/{refused['id']}")

    assert "copied or set back" in page
    assert f'href="{RECORDS}/{holder}"' in page


def test_another_union_sees_nothing_and_the_file_has_what_the_list_has(
    shop, till, stranger, auditor
):
    shop.send(till, sold(till, shop.phone(), shop.now - HOUR))
    record_id = shop.session.scalars(select(OfflineRecord.id)).one()

    assert numbers_listed(stranger) == []
    assert stranger.open(f"{RECORDS}/{record_id}").status_code == 404
    assert numbers_listed(auditor) == [1]
    saved = auditor.open(RECORDS, query_string={"format": "csv"}, headers=ENGLISH).get_data(
        as_text=True
    )
    assert till.terminal.code in saved
    assert "30.00" in saved


def test_the_list_pages_on_where_it_ended(session, shop, till):
    records = [sold(till, shop.phone(), shop.now - HOUR) for _ in range(3)]
    for number, record in enumerate(records):
        shop.send(till, record)
        kept = session.scalars(select(OfflineRecord).where(OfflineRecord.seq == number + 1)).one()
        assert kept.in_chain

    first = offline_rows_within(session, reach=EVERYWHERE, rows=2)
    place = (first[-1].record.received_at, first[-1].record.id)
    rest = offline_rows_within(session, reach=EVERYWHERE, after=place)

    assert [row.record.seq for row in [*first, *rest]] == [3, 2, 1]


# --- Gaps


def missing(session, now, **facts):
    rows = gaps_within(session, reach=EVERYWHERE, now=now, **facts)
    return [(row.first, row.last) for row in rows]


def test_gaps_are_told_until_they_are_filled(session, shop, till, district_designer):
    records = [sold(till, shop.phone(), shop.now - 5 * HOUR) for _ in range(6)]
    shop.send(till, records[1])
    shop.send(till, records[5])
    assert missing(session, shop.now) == [(3, 5), (1, 1)]

    shop.send(till, records[3])
    assert sorted(missing(session, shop.now)) == [(1, 1), (3, 3), (5, 5)]
    page = shown(district_designer, f"{RECORDS}/gaps")
    assert "less than an hour" in page
    assert "it sends what it kept by itself" in page
    assert "Counts if it comes" in page

    shop.send(till, records[0], records[2], records[4])
    assert missing(session, shop.now) == []
    assert "Nothing is missing here" in shown(district_designer, f"{RECORDS}/gaps")


def test_a_gap_is_too_late_once_nothing_in_it_would_count(session, shop, till):
    records = [sold(till, shop.phone(), shop.now - 5 * HOUR) for _ in range(2)]
    shop.send(till, records[1])
    late = shop.now + 68 * HOUR

    assert missing(session, shop.now, state=GapState.COUNTS) == [(1, 1)]
    assert missing(session, late, state=GapState.COUNTS) == []
    assert missing(session, late, state=GapState.TOO_LATE) == [(1, 1)]


def test_a_gap_of_an_unpaired_till_says_to_pair_the_device_again(
    session, shop, till, district_designer, stranger
):
    records = [sold(till, shop.phone(), shop.now - 5 * HOUR) for _ in range(2)]
    shop.send(till, records[1])
    unpair_terminal(session, terminal_id=till.terminal.id, actor=SYSTEM, now=shop.now)

    assert "Pair the same device" in shown(district_designer, f"{RECORDS}/gaps")
    assert "Nothing is missing here" in shown(stranger, f"{RECORDS}/gaps")
    saved = district_designer.open(f"{RECORDS}/gaps", query_string={"format": "csv"})
    assert till.terminal.code in saved.get_data(as_text=True)
    assert re.search(r"Gaps\s*<[^>]*>\s*1\b|1\s*<", shown(district_designer, "/desk/"))


# --- What it costs the programmes


def test_the_risk_of_a_month_is_what_the_books_have(session, shop, till, district_designer):
    lost = [shop.phone() for _ in range(2)]
    for phone in lost:
        report_lost_at_desk(
            session,
            card_id=phone.card.id,
            reason="丢失",
            actor=SYSTEM,
            now=shop.leased_at + HOUR / 2,
        )
    records = [sold(till, phone, shop.now - 2 * HOUR) for phone in [*lost, shop.phone()]]
    shop.send(till, *records)
    starts_on = shanghai_date(shop.now).replace(day=1)
    ends_on = (starts_on + timedelta(days=32)).replace(day=1)

    [line] = offline_risk_within(session, reach=EVERYWHERE, starts_on=starts_on, ends_on=ends_on)

    booked = session.scalar(
        select(func.sum(Posting.debit_fen) - func.sum(Posting.credit_fen))
        .join(Account, Account.id == Posting.account_id)
        .where(Account.code == "50303")
    )
    assert (line.reason, line.sales, line.union_fen) == ("lost", 2, booked)
    page = shown(district_designer, f"{RECORDS}/risk")
    assert "60.00" in page
    assert "Nothing was borne" in shown(district_designer, f"{RECORDS}/risk", month="2026-01")
    assert district_designer.open(f"{RECORDS}/risk?month=1").status_code == 422


# --- What tills may grant

NUMBERS = {
    "per_sale_fen": "120.00",
    "per_day_fen": "2000",
    "per_day_sales": "200",
    "lease_hours": "12",
    "late_hours": "72",
    "card_risk_fen": "100",
}


def test_the_city_sets_what_tills_may_grant_and_the_later_editor_hears_so(session, designer):
    page = f"{RECORDS}/policy"
    version = str(offline_policy(session).version)
    wrong = designer.send(page, **NUMBERS | {"version": version, "lease_hours": "73"})
    saved = designer.send(page, **NUMBERS | {"version": version})
    stale = designer.send(page, **NUMBERS | {"version": version, "per_day_sales": "1"})

    assert (wrong.status_code, saved.status_code, stale.status_code) == (422, 303, 412)
    session.expire_all()
    policy = offline_policy(session)
    assert (policy.per_sale_fen, policy.lease_hours, policy.per_day_sales) == (120_00, 12, 200)
    [entry] = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "offline_policy.changed")
    )
    assert entry.facts["per_sale_fen_before"] == 100_00
    assert "per_day_sales" not in entry.facts


def test_a_district_and_an_auditor_read_it_only(session, district_designer, auditor):
    for desk in (district_designer, auditor):
        page = shown(desk, f"{RECORDS}/policy")
        assert "¥100.00" in page
        assert "Save" not in page
        sent = desk.send(f"{RECORDS}/policy", page="/desk/account", **NUMBERS | {"version": "1"})
        assert sent.status_code == 403
    assert offline_policy(session).lease_hours == 24


# --- What is forgotten


def test_a_lease_that_granted_nothing_is_forgotten_a_month_after_its_end(session, shop, till):
    shop.send(till, sold(till, shop.phone(), shop.now - HOUR))
    idle = shop.till()

    before = purge_leases(session, now=shop.leased_at + timedelta(days=31))
    gone = purge_leases(session, now=shop.leased_at + timedelta(days=31, minutes=1))

    assert (before, gone) == (0, 1)
    assert session.scalars(select(Lease.id)).one() == till.lease_id
    assert session.get(Lease, idle.lease_id) is None


def test_the_job_forgets_what_is_old_and_leaves_the_rest(session, shop, till):
    shop.till(leased_at=shop.now - timedelta(days=32))

    forget_old_leases(timestamp=0)

    assert session.scalars(select(Lease.id)).all() == [till.lease_id]


# --- The demo


def test_the_demo_has_one_of_each(session, make, shop):
    for number in (1, 2):
        merchant = make.merchant(name=f"演示超市{number}")
        make.agreement(merchant_id=merchant.id)
        make.site(merchant_id=merchant.id)
        shop.merchant = merchant
        shop.add_offer(terms=PERCENT)
    for _ in range(3):
        # As imported: nobody has signed in, and the city knows them by name, document and phone.
        make.card(member=make.member(real_name_at=None), state=CardState.ISSUED)

    seed_offline(now=shop.now)
    seed_offline(now=shop.now)

    found = {
        matter: len(offline_rows_within(session, reach=EVERYWHERE, matter=matter))
        for matter in OfflineMatter
    }
    assert found == {
        "within_limits": 2,
        "offline_risk": 1,
        "over_lease": 1,
        "shown_twice": 1,
        "refused": 1,
        "waiting": 0,
    }
    assert missing(session, shop.now) == [(3, 3)]
    assert receipt_gaps(session) == []
    assert session.scalar(select(func.count()).select_from(Redemption)) == 3
    shop.assert_whole()
