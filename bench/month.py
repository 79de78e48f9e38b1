"""`./dev bench month`: a million sales of a month, stated for every merchant at once and closed.

The floor is a bare GROUP BY over the same rows: what a statement comes to, without writing a line.
One merchant of the town makes a tenth of all sales: its statement is saved in every format.
"""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import text

from bench.books import Books, Deal, Place, Sold, add_deal
from bench.closing import closed
from bench.fresh import fresh_database
from bench.saved import saved
from bench.town import Town, plant_town
from bench.work import took
from benefits.rules import Terms
from finance.models import Statement
from finance.services.opening import open_statements
from finance.services.statements import issue_statements
from kernel.db import transaction
from kernel.ids import new_id
from kernel.money import BasisPoints, Fen
from ledger.models import FundSource

SALES = 1_000_000
MERCHANTS, SITES_EACH, MEMBERS = 4_000, 2, 2_000
# The sales of two merchants: one with a very long statement, one whose is as long as a few pages.
CHAIN_EVERY, WARM_UP_EVERY = 10, 100
OPENS_AT = datetime(2026, 9, 30, 16, tzinfo=UTC)
STARTS_ON, ENDS_ON = date(2026, 10, 1), date(2026, 11, 1)
_REDUCTION = Terms(
    "full_reduction", None, Fen(5000), Fen(4000), None, None, BasisPoints(7500), None
)
_FLOOR = text(
    """
    SELECT p.party_id, j.fund_source, count(*), sum(p.credit_fen - p.debit_fen)
    FROM journals j JOIN postings p ON p.journal_id = j.id AND p.party_type = 'merchant'
    WHERE j.source_type IN ('redemption', 'redemption_reversal', 'adjustment')
        AND j.book_date < :ends_on
    GROUP BY p.party_id, j.fund_source
    """
)


def month(sales: int = SALES) -> list[dict[str, Any]]:
    with fresh_database("month") as owner:
        with transaction() as session:
            town = plant_town(
                session,
                merchants=MERCHANTS,
                sites_each=SITES_EACH,
                members=MEMBERS,
                opens_at=OPENS_AT,
            )
            deal = add_deal(
                session,
                code="MONTH",
                fund=FundSource.UNION_FUND,
                terms=_REDUCTION,
                starts_at=OPENS_AT,
            )
        started = time.perf_counter()
        Books().write(_sales(sales, town, deal))
        written = time.perf_counter() - started
        # Let the planner know the tables, as autovacuum does in the course of a month.
        with owner.connect() as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
        now = OPENS_AT + timedelta(days=32)
        facts, opened = _stated(town, sales, now=now)
        large, second, *_ = sorted(opened, key=lambda each: each.lines, reverse=True)
        return [
            {
                "case": "month",
                "sales": sales,
                "sites": len(town.places),
                "write_seconds": round(written, 1),
                **facts,
            },
            closed(town, starts_on=STARTS_ON, ends_on=ENDS_ON, now=now),
            saved(large.id, lines=large.lines, warm_up=second.id),
        ]


def _sales(count: int, town: Town, deal: Deal) -> Iterator[Sold]:
    random = Random(6)
    step = timedelta(days=30) / count
    for number in range(count):
        gross = random.randrange(50_00, 400_00)
        place: Place = random.choice(town.places)
        if number % CHAIN_EVERY == 0:
            place = town.places[0]
        elif number % WARM_UP_EVERY == 1:
            place = town.places[SITES_EACH]
        yield Sold(
            new_id(),
            OPENS_AT + number * step,
            place,
            random.choice(town.holders),
            deal,
            member_fen=gross - 40_00,
            merchant_fen=10_00,
            union_fen=30_00,
        )


def _stated(town: Town, sales: int, *, now: datetime) -> tuple[dict[str, Any], list[Statement]]:
    rows, floor = min((took(_group_by) for _ in range(3)), key=lambda each: each[1].seconds)

    def build() -> list[Statement]:
        with transaction() as session:
            return open_statements(
                session, actor=town.maker, starts_on=STARTS_ON, ends_on=ENDS_ON, now=now
            )

    def issue() -> int:
        with transaction() as session:
            return issue_statements(session, actor=town.maker, now=now)

    opened, built = took(build)
    issued, shown = took(issue)
    lines = sum(each.lines for each in opened)
    return {
        "statements": len(opened),
        "lost": abs(lines - sales) + abs(len(rows) - len(opened)) + abs(issued - len(opened)),
        "group_by_seconds": floor.seconds,
        "statements_seconds": built.seconds,
        "ratio": {"group_by": round(built.seconds / floor.seconds, 2)},
        "group_by_cpu": floor.cpu_seconds,
        "statements_cpu": built.cpu_seconds,
        "cpu_ratio": {"group_by": round(built.cpu_seconds / floor.cpu_seconds, 2)},
        "issue_seconds": shown.seconds,
    }, opened


def _group_by() -> list[Any]:
    with transaction() as session:
        return list(session.execute(_FLOOR, {"ends_on": ENDS_ON}).all())
