"""Killed outright under load, over real HTTP, on a durable PostgreSQL of its own.

Every acknowledged sale is there once; one without an answer is asked for again with the same id
until it has one, and is there once or not at all; the limits equal what was sold.
"""

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import requests
from alembic import command
from sqlalchemy import NullPool, create_engine, select, text
from sqlalchemy.orm import Session

from app.cli import alembic_config
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.queries import limit_residuals
from cards.services import publish_trust_list
from cards.services.keys import forget_issuer_keys
from discounts.models import Redemption
from discounts.queries import receipt_gaps
from kernel.actors import SYSTEM
from kernel.clock import from_unix, unix, utc_now
from kernel.ids import new_id
from tests.drive import Till
from tests.faults import Fault, FaultyNetwork
from tests.make.maker import Maker
from tests.races.scene import OFF_FEN, Most, offer_of
from tests.service import Service
from tests.tools.conftest import folder
from tools.postgres import Cluster

pytestmark = pytest.mark.service

NAME = "killed"
SELLERS = 8
SALES = 16  # of each seller
PHONES = 4  # of each seller: a phone shows a new code every second at most
PIECES = 110  # fewer than there are sales: the last ones hear that the limit is full
KILLED_AFTER = 30  # acknowledged sales
DEADLINE_SECONDS = 120


@dataclass
class Sale:
    """One sale as its till knows it; `answer` is the first definite one."""

    id: UUID
    text: str
    tries: int = 0
    answer: requests.Response | None = None

    @property
    def is_sold(self):
        return self.answer is not None and self.answer.status_code == 201

    @property
    def reason(self):
        """Why it is definitely not sold: the refusal's reason, or its code."""
        refusal = self.answer.json()
        return refusal["facts"].get("reason", refusal["code"])


@dataclass
class Market:
    """A service and its database, both of which can be killed, with tills and phones that sell."""

    cluster: Cluster
    service: Service
    engine: object
    tokens: list
    phones: list
    sold: int = 0
    killed_at: threading.Event = field(default_factory=threading.Event)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def database(self):
        return Session(self.engine)

    def sell(self, number, offer_id):
        """Sell all of one seller's, each until there is an answer; return the sales."""
        till = Till(self.service.base_url, token=self.tokens[number])
        phones = self.phones[number * PHONES : (number + 1) * PHONES]
        sales = []
        for place in range(SALES):
            sales.append(self._sell_one(till, phones[place % PHONES], offer_id))
            # A code that was not judged in time sells nothing: its member shows another one.
            while not sales[-1].is_sold and sales[-1].reason == "stale":
                sales.append(self._sell_one(till, phones[place % PHONES], offer_id))
        return sales

    def _sell_one(self, till, phone, offer_id):
        sale = self._shown(phone)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while sale.answer is None and time.monotonic() < deadline:
            sale.tries += 1
            try:
                answer = till.redeem(offer_id, 5_000, redemption_id=sale.id, presentation=sale.text)
            except requests.RequestException:
                Service.process_yield()
                continue
            if answer.status_code >= 500:
                Service.process_yield()
            elif sale.tries > 1 and answer.json().get("facts", {}).get("reason") == "stale":
                # The outage outlasted the code: nothing was sold, and the member shows a new one.
                sale = self._shown(phone)
            else:
                sale.answer = answer
                self._count(sale)
        return sale

    @staticmethod
    def _shown(phone):
        phone.shown_at = max(unix(utc_now()), phone.shown_at + 1)
        return Sale(new_id(), phone.code(now=from_unix(phone.shown_at)))

    def _count(self, sale):
        with self._counting:
            self.sold += sale.is_sold
            if self.sold >= KILLED_AFTER:
                self.killed_at.set()

    def sell_and_kill(self, offer_id, kill):
        """Let all sellers sell; in the middle of it call `kill`. Return every sale."""
        self.sold = 0
        self.killed_at.clear()
        with ThreadPoolExecutor(SELLERS) as pool:
            selling = [pool.submit(self.sell, number, offer_id) for number in range(SELLERS)]
            assert self.killed_at.wait(DEADLINE_SECONDS), self.service.log.read_text()[-4000:]
            kill(self)
            return [sale for done in selling for sale in done.result()]


@pytest.fixture(scope="module")
def market(app, settings_for):
    with folder(0o755) as home, Cluster(home) as cluster:
        cluster.ensure_database(NAME)
        urls = cluster.urls(NAME)
        command.upgrade(alembic_config(urls.owner), "head")
        owner = create_engine(urls.owner, poolclass=NullPool)
        with owner.begin() as connection:
            connection.execute(text("INSERT INTO deployments (id, mode) VALUES (1, 'demo')"))
        settings = replace(settings_for(NAME), database_url=urls.app, database_owner_url=urls.owner)
        # No pool: a connection from before the kill is of no use after it.
        engine = create_engine(urls.app, poolclass=NullPool)
        tokens = [f"uct_test_{new_id()}" for _ in range(SELLERS)]
        with Session(engine) as session, session.begin():
            phones = furnish(session, tokens, base_url=settings.base_url)
        with Service(settings, workers=2, threads=4) as service:
            yield Market(cluster, service, engine, tokens, phones)
    # What the process keeps of the issuer's keys belongs to a database that is gone.
    forget_issuer_keys()


def furnish(session, tokens, *, base_url):
    """Write what sellers need: keys, a chart, a till each, and members with their phones."""
    make, now = Maker(session), utc_now()
    make.issuer_keys(now=now - timedelta(hours=1))
    publish_trust_list(session, base_url=base_url, actor=SYSTEM, now=now)
    make.chart()
    merchant = make.merchant()
    make.agreement(merchant_id=merchant.id)
    site = make.site(merchant_id=merchant.id)
    for token in tokens:
        make.terminal(token=token, site=site)
    phones = [make.phone(make.card(), now=now) for _ in range(SELLERS * PHONES)]
    for phone in phones:
        phone.shown_at = 0
    return phones


def limited_offer(session, *, pieces):
    most = Most(LimitScope.PROGRAMME, LimitWindow.TOTAL, LimitUnit.FEN, stripes=4, uses=pieces)
    return offer_of(session, [most], assurances=["possession"])


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_the_workers(market):
    workers = children_of(market.service.process.pid)
    assert len(workers) == market.service.workers
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


def kill_a_backend(market):
    """PostgreSQL ends all of its own then, and recovers by itself."""
    with market.engine.connect() as connection:
        pid = connection.execute(
            text(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'union-card'"
                " ORDER BY (state = 'active') DESC LIMIT 1"
            )
        ).scalar_one()
    os.kill(pid, signal.SIGKILL)


def kill_postgresql(market):
    os.kill(market.cluster.pid, signal.SIGKILL)
    while market.cluster.is_running():
        Service.process_yield()
    assert market.cluster.revive()


@pytest.mark.parametrize("kill", [kill_the_workers, kill_a_backend, kill_postgresql])
def test_no_sale_is_lost_and_none_made_twice(market, kill):
    with market.database() as session, session.begin():
        offer_id = limited_offer(session, pieces=PIECES)

    sales = market.sell_and_kill(offer_id, kill)

    assert any(sale.tries > 1 for sale in sales), "nobody noticed the kill"
    sold = {str(sale.id): sale.answer.json() for sale in sales if sale.is_sold}
    refused = Counter(sale.reason for sale in sales if not sale.is_sold)
    assert refused["limit_reached"] == SELLERS * SALES - PIECES
    assert refused.keys() <= {"limit_reached", "stale"}
    assert len(sold) == PIECES
    with market.database() as session:
        query = select(Redemption).where(Redemption.offer_id == offer_id)
        kept = {str(sale.id): sale for sale in session.scalars(query)}
        assert kept.keys() == sold.keys()
        assert all(
            sold[sale_id]["receipt_no"].endswith(f"-{sale.receipt_seq:04d}")
            for sale_id, sale in kept.items()
        )
        assert_whole(session)


def assert_whole(session):
    """Limits, receipts, books and records agree with all the sales that there are."""
    assert limit_residuals(session) == []
    assert receipt_gaps(session) == []
    sales, owed, unbalanced, records, used, held = session.execute(
        text(
            """
            SELECT (SELECT count(*) FROM redemptions WHERE state = 'captured'),
                (SELECT sum(credit_fen) FROM postings WHERE party_type = 'merchant'),
                (SELECT sum(debit_fen) - sum(credit_fen) FROM postings),
                (SELECT count(*) FROM card_records WHERE kind = 'discount'),
                (SELECT sum(used) FROM limits), (SELECT sum(held) FROM limits)
            """
        )
    ).one()
    assert unbalanced == 0
    assert (records, owed, used, held) == (sales, sales * OFF_FEN, sales * OFF_FEN, 0)


def test_a_service_killed_between_commit_and_answer_tells_it_when_it_is_back(market):
    with market.database() as session, session.begin():
        offer_id = limited_offer(session, pieces=10)
    sale_id, phone = new_id(), market.phones[0]
    phone.shown_at = max(unix(utc_now()), phone.shown_at + 1)
    shown = phone.code(now=from_unix(phone.shown_at))
    service = market.service

    with FaultyNetwork(service.port) as network, ThreadPoolExecutor(1) as pool:
        far = Till(network.url, token=market.tokens[0])
        with network.failing(Fault.ANSWER_KEPT):
            asked = pool.submit(
                far.redeem, offer_id, 5_000, redemption_id=sale_id, presentation=shown
            )
            assert network.carried_out.wait(DEADLINE_SECONDS)
            kill_the_workers(market)
            os.kill(service.process.pid, signal.SIGKILL)
            service.process.wait()
        with pytest.raises(requests.RequestException):
            asked.result()
        service.start()
        again = far.redeem(offer_id, 5_000, redemption_id=sale_id, presentation=shown)

    assert again.status_code == 201, again.text
    assert again.headers["Idempotency-Replayed"] == "true"
    with market.database() as session:
        assert str(session.get_one(Redemption, sale_id).id) == again.json()["id"]
        assert_whole(session)
