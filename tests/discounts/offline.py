"""Tills without a network: one as its own page is, with key and chain, and a shop of them."""

import hashlib
import json
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select

from bench.programmes import running_programme
from benefits.models import LimitScope, LimitUnit, LimitWindow, OfferVersion
from benefits.queries import limit_residuals
from benefits.rules import Terms
from benefits.services import LimitFacts, add_limit, add_offer
from cards.models import CardRecord
from cards.services import publish_trust_list
from cards.services.lifecycle import report_lost_at_desk
from discounts.models import Redemption
from discounts.queries import receipt_gaps
from discounts.services import change_offline_policy, grant_lease
from finance.queries.residuals import residuals
from kernel.actors import SYSTEM, Till
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id
from kernel.jws import base64url, write_jws
from ledger.models import Family, FundSource, Posting
from tests.make.cards import BASE_URL


class OfflineTill:
    """Signs records one after the other; `token` is what it calls the service with."""

    def __init__(self, key=None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.token = f"uct_test_{new_id()}"
        self.seq, self.prev = 0, ""
        self.lease_id = self.version_id = None

    def record(self, shown, *, at, **said):
        """Return the next record of the chain, of a code shown `at` that moment of its clock."""
        self.seq += 1
        facts = {
            "id": str(new_id()),
            "seq": self.seq,
            "prev": self.prev,
            "presentation": shown,
            "offer_version": str(self.version_id),
            "gross_fen": 60_00,
            "occurred_at": at.isoformat(),
            "lease_id": str(self.lease_id),
        }
        text = self.signed(facts | said)
        self.prev = base64url(hashlib.sha256(text.encode()).digest())
        return text

    def signed(self, facts):
        return write_jws(self.key, json.dumps(facts).encode())


# 40 off from 50, three quarters the union's: of 60 the member pays 20, the union 30.
REDUCTION = Terms("full_reduction", None, 5000, 4000, None, None, 7500, None)
HOUR = timedelta(hours=1)


class Shop:
    """A merchant with one offer and tills that have had a lease since six hours ago."""

    def __init__(self, session, make, client):
        self.session, self.make, self.client = session, make, client
        self.now = utc_now()
        self.leased_at = self.now - 6 * HOUR
        make.issuer_keys(now=self.now - 30 * 24 * HOUR)
        # As every day since: what was signed yesterday is verified by the list of today.
        publish_trust_list(session, base_url=BASE_URL, actor=SYSTEM, now=self.now)
        make.chart()
        self.merchant = make.merchant()
        make.agreement(merchant_id=self.merchant.id)
        self.site = make.site(merchant_id=self.merchant.id)
        programme = running_programme(
            session,
            code="OFFLINE",
            name_zh="普惠(演示)",
            name_en="Offers (demo)",
            family=Family.DISCOUNT,
            fund_source=FundSource.UNION_FUND,
            starts_on=(self.now - 30 * 24 * HOUR).date(),
            ends_on=None,
            eligibility=[],
            now=self.now - 30 * 24 * HOUR,
        )
        self.programme = programme
        self.offer = self.add_offer()

    def add_offer(self, **facts):
        begun = self.now - 20 * 24 * HOUR
        given = {
            "title_zh": "满50减40",
            "title_en": "40 off from 50",
            "terms": REDUCTION,
            "assurances": ["possession", "session"],
            "valid_from": begun,
            "now": begun,
        }
        return add_offer(
            self.session,
            actor=SYSTEM,
            programme_id=self.programme.id,
            merchant_id=self.merchant.id,
            **given | facts,
        )

    def limit(self, maximum, scope=LimitScope.MEMBER):
        facts = LimitFacts(scope, LimitWindow.DAY, LimitUnit.USES, maximum)
        add_limit(
            self.session,
            actor=SYSTEM,
            programme_id=self.programme.id,
            facts=facts,
            now=self.leased_at - HOUR,
        )

    def policy(self, **wanted):
        change_offline_policy(self.session, actor=SYSTEM, now=self.leased_at, **wanted)

    def till(self, *, site=None, leased_at=None):
        till = OfflineTill()
        terminal = self.make.terminal(token=till.token, site=site or self.site, key=till.key)
        till.terminal = terminal
        till.place = Till(terminal.id, terminal.site_id, terminal.merchant_id, terminal.code)
        self.lease(till, at=leased_at or self.leased_at)
        return till

    def lease(self, till, *, at):
        granted = grant_lease(self.session, till=till.place, now=at)
        till.lease_id = granted.lease.id
        version = select(OfferVersion.id).where(OfferVersion.offer_id == self.offer.id)
        till.version_id = self.session.scalars(version).one()
        return granted

    def phone(self):
        card = self.make.card(issued_at=self.leased_at - 24 * HOUR)
        phone = self.make.phone(card, now=self.leased_at - 24 * HOUR)
        phone.card = card
        return phone

    def send(self, till, *records, status=200):
        answer = self.client.post(
            "/api/v1/redemptions/batch",
            json={"records": list(records)},
            headers={"Authorization": f"Bearer {till.token}", "Accept-Language": "en"},
        )
        assert answer.status_code == status, answer.json
        self.session.expire_all()
        return answer.json

    def verdict(self, till, record):
        [found] = self.send(till, record)["verdicts"]
        return found

    def assert_whole(self):
        """Limits, receipts and books agree with the sales, and every residual is 0."""
        assert limit_residuals(self.session) == []
        assert receipt_gaps(self.session) == []
        both = select(func.sum(Posting.debit_fen), func.sum(Posting.credit_fen))
        debit, credit = self.session.execute(both).one()
        assert debit == credit
        records = select(func.count()).select_from(CardRecord).where(CardRecord.kind == "discount")
        sales = select(func.count()).select_from(Redemption)
        assert self.session.scalar(records) == self.session.scalar(sales)
        starts_on = shanghai_date(self.now).replace(day=1)
        ends_on = (starts_on + timedelta(days=32)).replace(day=1)
        assert residuals(self.session, starts_on=starts_on, ends_on=ends_on).not_zero == {}


def sold(till, phone, at, **said):
    """Return a record of a code shown at `at`, when the till's clock was right."""
    return till.record(phone.code(now=at), at=at, **said)


def lose(shop, phone, at):
    report_lost_at_desk(shop.session, card_id=phone.card.id, reason="挂失", actor=SYSTEM, now=at)
