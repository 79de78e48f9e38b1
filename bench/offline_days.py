"""The sales of the quarter's tills without a network: sent in days later, some of them too late.

At the end of each month two tills lose the network. What they sold is booked on the day on which it
is sent, in the next month. Who bears what of a sale is worked out here, apart from the product.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from app.demo.offline import DemoPhone, OfflineTill, Shown, send_records
from bench.books import Deal, Holder, Place, Sold
from bench.held import Played
from bench.plan import LIST_FEN, OFF_FEN, PRICE_FEN, SHANGHAI, Generator
from bench.town import Town
from cards.models import Card
from cards.services import ensure_issuer_keys, publish_trust_list
from cards.services.lifecycle import report_lost_at_desk
from discounts.models import OfflineRecord, Redemption
from discounts.services import change_offline_policy
from kernel.actors import SYSTEM
from kernel.clock import unix
from kernel.db import transaction
from merchants.models import Site

SHOPPERS = 3  # a month: two phones, and one whose card is lost
LEFT_OVER = 10  # honest sales of each till, and as many as the second one's lease grants
_BASE = "http://127.0.0.1:8000"
_PER_SALE_FEN = 25_00  # less than the union's part of the first deal, more than that of the second
_RISK_FEN = 1_000_00
_GRANTED = 1_000
_LARGE_FEN = 60_00
_HOUR = timedelta(hours=1)
_PLACES = (-1, 8)  # of `second`: the first till's merchant has a channel, the other one has none
Parts = tuple[int, int, int]  # the member's, the merchant's, the union's
FIXED: Parts = (PRICE_FEN, 0, LIST_FEN - PRICE_FEN)
CUT: Parts = (_LARGE_FEN - OFF_FEN, OFF_FEN - _PER_SALE_FEN, _PER_SALE_FEN)


@dataclass(frozen=True)
class Said:
    """A record, and what is to become of it: nothing is paid where `parts` is None."""

    jws: str
    at: datetime
    holder: Holder
    deal: Deal
    parts: Parts | None
    reason: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class Shopper:
    holder: Holder
    phone: DemoPhone

    def shows(self, since: datetime, times: int) -> list[Shown]:
        """Return codes, one a second."""
        return [self.phone.shows(unix(since) + second) for second in range(times)]


class OfflineDays:
    """A part of Quarter, which keeps what is named here."""

    made: Generator
    played: Played
    town: Town
    shoppers: Iterator[Holder]  # who buys at no other till
    tills: list[OfflineTill]

    def _begin_offline(self, session: Session, now: datetime) -> None:
        ensure_issuer_keys(session, base_url=_BASE, actor=SYSTEM, now=now)
        places = [self.town.second[place] for place in _PLACES]
        sites = [session.get_one(Site, place.site_id) for place in places]
        self.tills = [OfflineTill(session, site, now=now) for site in sites]

    def _offline(self, after: date, faults: int) -> None:
        """Let the month's leftovers come in on the second day of the next month."""
        last = datetime(after.year, after.month, after.day, tzinfo=UTC) - SHANGHAI
        noon = last - 12 * _HOUR
        early = noon - timedelta(days=5)
        holders = [next(self.shoppers) for _ in range(SHOPPERS)]
        till, other = self.tills
        with transaction() as session:
            publish_trust_list(session, base_url=_BASE, actor=SYSTEM, now=early)
            cards = [session.get_one(Card, holder.card_id) for holder in holders]
            phones = [DemoPhone(session, card, now=early) for card in cards]
            self._grant(session, LEFT_OVER, other, now=early)
        shoppers = [Shopper(*each) for each in zip(holders, phones, strict=True)]
        sold = [
            self._say(other, shoppers[1], shown, None, reason="too_late", code="external_only")
            for shown in shoppers[1].shows(early + 8 * _HOUR, faults)
        ]
        with transaction() as session:
            self._grant(session, LEFT_OVER, other, now=noon)
            self._grant(session, _GRANTED, till, now=noon)
            # After the tills' last contact: they cannot know.
            report_lost_at_desk(
                session, card_id=cards[2].id, reason="钱包丢了", actor=SYSTEM, now=noon + _HOUR
            )
        evening = noon + 8 * _HOUR
        shown = shoppers[0].shows(evening, LEFT_OVER)
        first = list(self._at_the_first(till, shoppers, shown, evening + _HOUR, faults))
        sold += self._at_the_other(other, shoppers, shown, evening + _HOUR, faults)
        sent_at = last + timedelta(days=1, hours=10)
        self._come_in(till, first, sent_at)
        self._come_in(other, sold, sent_at)

    def _at_the_first(
        self,
        till: OfflineTill,
        shoppers: Sequence[Shopper],
        shown: Sequence[Shown],
        later: datetime,
        faults: int,
    ) -> Iterator[Said]:
        """Sell what counts; to a lost card; and more than the lease grants of one sale."""
        honest, _, lost = shoppers
        for each in shown:
            yield self._say(till, honest, each, FIXED)
        for each in lost.shows(later, faults):
            code = "ineligible_at_time"
            yield self._say(till, lost, each, FIXED, reason="lost", code=code)
        for each in honest.shows(later, faults - faults // 2):
            yield self._say(till, honest, each, CUT, reason="lease_cut", code="over_cap")

    def _at_the_other(
        self,
        till: OfflineTill,
        shoppers: Sequence[Shopper],
        shown: Sequence[Shown],
        later: datetime,
        faults: int,
    ) -> Iterator[Said]:
        """Sell for codes that were shown at the first; what counts; and one sale too many."""
        for each in shown[:faults]:
            yield self._say(till, shoppers[0], each, None, reason="replayed", code="duplicate")
        for place, each in enumerate(shoppers[1].shows(later, LEFT_OVER + faults // 2)):
            if place < LEFT_OVER:
                yield self._say(till, shoppers[1], each, FIXED)
            else:
                refused = {"reason": "over_lease", "code": "over_cap"}
                yield self._say(till, shoppers[1], each, None, **refused)

    def _say(
        self,
        till: OfflineTill,
        shopper: Shopper,
        shown: Shown,
        parts: Parts | None,
        *,
        reason: str | None = None,
        code: str | None = None,
    ) -> Said:
        large, small = self.made.deals
        deal, gross = (large, _LARGE_FEN) if parts == CUT else (small, LIST_FEN)
        jws = till.sells(shown, deal.version_id, gross)
        return Said(jws, shown.at, shopper.holder, deal, parts, reason, code)

    def _grant(self, session: Session, sales: int, till: OfflineTill, *, now: datetime) -> None:
        change_offline_policy(
            session,
            actor=SYSTEM,
            now=now,
            per_sale_fen=_PER_SALE_FEN,
            per_day_fen=_GRANTED * _PER_SALE_FEN,
            per_day_sales=sales,
            card_risk_fen=_RISK_FEN,
        )
        till.lease(session, now=now)

    def _come_in(self, till: OfflineTill, sold: Sequence[Said], now: datetime) -> None:
        kept = send_records(till.place, [each.jws for each in sold], now=now)
        place = Place(till.place.terminal_id, till.place.site_id, till.place.merchant_id)
        with transaction() as session:
            for each, record in zip(sold, kept, strict=True):
                self._compare(session, each, record)
                if each.code is not None:
                    self.made.sums.planted[each.code, record.id.hex] += 1
                    self.played.planted[f"offline {each.code}"] += 1
                if each.parts is not None:
                    sale = Sold(record.id, each.at, place, each.holder, each.deal, *each.parts)
                    self.made.count(sale, booked_on=(now + SHANGHAI).date())
                    self.played.late += 1

    def _compare(self, session: Session, said: Said, record: OfflineRecord) -> None:
        """See that the verdict on a record is the one that was meant."""
        sale = session.get(Redemption, record.id)
        parts = (
            (sale.member_pays_fen, sale.merchant_bears_fen, sale.union_pays_fen) if sale else None
        )
        found = record.reason, parts
        self.played.expect(f"record {record.seq} of a till", found, (said.reason, said.parts))
