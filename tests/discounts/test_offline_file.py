"""One file with all that can be wrong with it at once: late, shuffled, doubled, gapped."""

import random
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from discounts.models import OfflineRecord, Redemption
from kernel.actors import SYSTEM
from kernel.ids import new_id
from merchants.services import unpair_terminal
from tests.discounts.offline import HOUR, OfflineTill, lose, sold

CAPTURED, REFUSED = "captured", "refused"


@dataclass
class File:
    """Records of one till, each with the verdict that it is to have."""

    records: list = field(default_factory=list)
    expected: dict = field(default_factory=dict)

    def add(self, record, verdict, reason=None, borne_by=None):
        self.records.append(record)
        usual = "limit" if verdict == CAPTURED else "merchant"
        self.expected[record] = (verdict, reason, borne_by or usual)

    def sent(self, rng):
        """Return every record, each third one twice, in any order."""
        doubled = self.records + self.records[::3]
        rng.shuffle(doubled)
        return doubled


@pytest.fixture
def till(shop):
    """A till that had contact four days ago, and again six hours ago."""
    till = shop.till(leased_at=shop.now - 80 * HOUR)
    till.old_lease = till.lease_id
    shop.lease(till, at=shop.now - 6 * HOUR)
    return till


@pytest.fixture
def old_phone(shop):
    card = shop.make.card(issued_at=shop.now - 100 * HOUR)
    return shop.make.phone(card, now=shop.now - 100 * HOUR)


@pytest.fixture
def held_back():
    """Records that the till has and does not send at first: the gaps of the file."""
    return []


@pytest.fixture
def file(shop, till, old_phone, held_back):
    """Sixteen numbers: two missing, thirteen judged for what they are, and three of a forger."""
    file, now = File(), shop.now
    old = {"lease_id": str(till.old_lease)}
    file.add(sold(till, old_phone, now - 73 * HOUR, **old), REFUSED, "too_late")
    file.add(sold(till, old_phone, now - 71 * HOUR, **old), CAPTURED)
    file.add(sold(till, shop.phone(), now - 5 * HOUR), CAPTURED)
    held_back.append(sold(till, shop.phone(), now - 5 * HOUR))
    lost = shop.phone()
    lose(shop, lost, now - 4 * HOUR)
    file.add(sold(till, lost, now - 3 * HOUR), CAPTURED, "lost", "offline_risk")
    elsewhere, twice = shop.till(), shop.phone()
    shop.verdict(elsewhere, sold(elsewhere, twice, now - 3 * HOUR))
    file.add(sold(till, twice, now - 3 * HOUR), REFUSED, "replayed")
    file.add(sold(till, shop.phone(), now - 3 * HOUR, gross_fen=40_00), REFUSED, "below_threshold")
    unknown = str(new_id())
    file.add(
        sold(till, shop.phone(), now - 3 * HOUR, offer_version=unknown), REFUSED, "not_in_lease"
    )
    held_back.append(sold(till, shop.phone(), now - 3 * HOUR))
    file.add(
        till.record(shop.phone().code(now=now - 5 * HOUR), at=now - 2 * HOUR),
        REFUSED,
        "clock_wrong",
    )
    slow = shop.phone()
    file.add(till.record(slow.code(now=now - 2 * HOUR), at=now - 3 * HOUR), CAPTURED)
    file.add(sold(till, slow, now - 2 * HOUR), REFUSED, "already_redeemed")
    file.add(sold(till, shop.phone(), now - 2 * HOUR, lease_id=unknown), REFUSED, "lease_unknown")
    file.add(
        sold(till, shop.phone(), now - 2 * HOUR, presentation="UC1:NOTHING"),
        REFUSED,
        "malformed",
    )
    file.add(sold(till, shop.phone(), now - 7 * HOUR), REFUSED, "outside_lease")
    file.add(sold(till, shop.phone(), now - HOUR), CAPTURED)
    add_forgeries(file, shop, till)
    return file


def add_forgeries(file, shop, till):
    """Add a second record of a number, one that another key signed, and no record at all."""
    again, stranger = OfflineTill(till.key), OfflineTill()
    for forger in (again, stranger):
        forger.lease_id, forger.version_id = till.lease_id, till.version_id
        forger.seq, forger.prev = 2, "A" * 43
    at = shop.now - 2 * HOUR
    file.add(sold(again, shop.phone(), at), REFUSED, "chain_broken")
    file.add(sold(stranger, shop.phone(), at), REFUSED, "record_unsigned")
    file.add("no record", REFUSED, "record_malformed")


def told(verdict):
    return verdict["verdict"], verdict["reason"], verdict["borne_by"]


@pytest.mark.parametrize("seed", range(3))
def test_each_record_of_a_file_has_the_verdict_that_it_is_due(shop, till, file, held_back, seed):
    records = file.sent(random.Random(seed))

    first = shop.send(till, *records)
    again = shop.send(till, *reversed(records))

    found = dict(zip(records, map(told, first["verdicts"]), strict=True))
    assert found == file.expected
    assert again["verdicts"] == first["verdicts"][::-1]
    assert (first["next_seq"], first["gaps"]) == (17, [[4, 4], [9, 9]])
    # Whoever bears it, and whatever speaks against it, is said in words.
    assert all(
        (each["reason"] is None) == (each["reason_text"] is None) == (each["next_step"] is None)
        for each in first["verdicts"]
    )
    captured = [each for each in file.expected.values() if each[0] == CAPTURED]
    assert shop.session.scalar(sales_of(till)) == len(captured)
    kept = select(func.count()).where(OfflineRecord.terminal_id == till.terminal.id)
    assert shop.session.scalar(kept) == len(file.records) - 2
    shop.assert_whole()

    filled = shop.send(till, *held_back)
    assert [told(each) for each in filled["verdicts"]] == [(CAPTURED, None, "limit")] * 2
    assert filled["gaps"] == []
    assert shop.session.scalar(sales_of(till)) == len(captured) + 2
    shop.assert_whole()


def sales_of(till):
    return select(func.count()).where(Redemption.terminal_id == till.terminal.id)


def test_the_file_of_a_stolen_till_is_sent_by_nobody_but_the_merchants_next_one(shop, till):
    before = sold(till, shop.phone(), shop.now - 3 * HOUR)
    unpair_terminal(
        shop.session, terminal_id=till.terminal.id, actor=SYSTEM, now=shop.now - 2 * HOUR
    )
    after = sold(till, shop.phone(), shop.now - HOUR)

    shop.send(till, before, after, status=401)
    assert shop.session.scalar(select(func.count()).select_from(OfflineRecord)) == 0
    found = shop.send(shop.till(), after, before)["verdicts"]

    assert [told(each)[:2] for each in found] == [(REFUSED, "till_unpaired"), (CAPTURED, None)]
    shop.assert_whole()


def test_with_a_stolen_token_and_no_key_nothing_can_be_made_up(shop, till):
    thief = OfflineTill()
    thief.token, thief.lease_id, thief.version_id = till.token, till.lease_id, till.version_id
    made_up = sold(thief, shop.phone(), shop.now - HOUR)

    found = shop.verdict(thief, made_up)

    assert (told(found), found["receipt_no"]) == ((REFUSED, "record_unsigned", "merchant"), None)
    # The till's own next record has its place still.
    own = shop.send(till, sold(till, shop.phone(), shop.now - HOUR + timedelta(minutes=1)))
    assert [told(each)[0] for each in own["verdicts"]] == [CAPTURED]
    assert (own["next_seq"], own["gaps"]) == (2, [])
