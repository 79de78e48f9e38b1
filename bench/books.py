"""Sales of a time that is over, written set by set: what a till writes, of thousands at once.

For benches that need a month or a quarter of them. The rows are those of `redeem_discount`: the
scan, the sale with its receipt, what it took of its limit, its journal and the card's record. They
are written as the service's own role, past every guard of the database.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.programmes import running_programme
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.queries import versions_of
from benefits.rules import Terms
from benefits.services import LimitFacts, add_limit, add_offer
from kernel.actors import SYSTEM
from kernel.clock import shanghai_date
from kernel.db import transaction
from kernel.ids import new_id
from ledger.models import Family, FundSource
from ledger.services import ensure_period

CHUNK = 10_000
BUDGET_FEN = 1_000_000_000_00


@dataclass(frozen=True)
class Place:
    """Where somebody sells: a till of a site of a merchant."""

    terminal_id: UUID
    site_id: UUID
    merchant_id: UUID


@dataclass(frozen=True)
class Holder:
    """Who buys: a card and whose it is."""

    card_id: UUID
    member_id: UUID


@dataclass(frozen=True)
class Deal:
    """What is offered, of whose money, and the programme's budget that it draws on."""

    offer_id: UUID
    version_id: UUID
    programme_id: UUID
    fund: FundSource
    rule_id: UUID


@dataclass(frozen=True, slots=True)
class Sold:
    """One sale and who bears what of it, as whoever made it up says."""

    id: UUID
    at: datetime
    place: Place
    holder: Holder
    deal: Deal
    member_fen: int
    merchant_fen: int
    union_fen: int


def add_deal(
    session: Session, *, code: str, fund: FundSource, terms: Terms, starts_at: datetime
) -> Deal:
    """Offer something at every merchant, with a budget that no bench uses up."""
    programme = running_programme(
        session,
        code=code,
        name_zh="普惠(演示)",
        name_en="Offers (demo)",
        family=Family.DISCOUNT,
        fund_source=fund,
        starts_on=shanghai_date(starts_at),
        ends_on=None,
        eligibility=[],
        now=starts_at,
    )
    offer = add_offer(
        session,
        actor=SYSTEM,
        programme_id=programme.id,
        merchant_id=None,
        title_zh="普惠",
        title_en="An offer",
        terms=terms,
        assurances=["possession", "session"],
        valid_from=starts_at,
        now=starts_at,
    )
    facts = LimitFacts(LimitScope.PROGRAMME, LimitWindow.TOTAL, LimitUnit.FEN, BUDGET_FEN)
    rule = add_limit(session, actor=SYSTEM, programme_id=programme.id, facts=facts, now=starts_at)
    [version] = versions_of(session, offer_id=offer.id)
    return Deal(offer.id, version.id, programme.id, fund, rule.id)


class Books:
    """Writes sales in the order in which they happened, and numbers each till's receipts."""

    def __init__(self) -> None:
        self._receipts: Counter[tuple[UUID, date]] = Counter()
        self._months: set[str] = set()

    def write(self, sales: Iterable[Sold]) -> int:
        """Write sales, each CHUNK a transaction of its own; return how many."""
        count = 0
        rest = iter(sales)
        while chunk := list(islice(rest, CHUNK)):
            with transaction() as session:
                self._write(session, chunk)
            count += len(chunk)
        return count

    def _write(self, session: Session, sales: list[Sold]) -> None:
        days = [shanghai_date(sale.at) for sale in sales]
        for day in set(days):
            if f"{day:%Y-%m}" not in self._months:
                ensure_period(session, day=day)
                self._months.add(f"{day:%Y-%m}")
        numbers = []
        for sale, day in zip(sales, days, strict=True):
            self._receipts[sale.place.terminal_id, day] += 1
            numbers.append(self._receipts[sale.place.terminal_id, day])
        session.execute(
            _WRITE,
            {
                "ids": [sale.id for sale in sales],
                "scans": [new_id() for _ in sales],
                "journals": [new_id() for _ in sales],
                "records": [new_id() for _ in sales],
                "terminals": [sale.place.terminal_id for sale in sales],
                "sites": [sale.place.site_id for sale in sales],
                "merchants": [sale.place.merchant_id for sale in sales],
                "cards": [sale.holder.card_id for sale in sales],
                "members": [sale.holder.member_id for sale in sales],
                "offers": [sale.deal.offer_id for sale in sales],
                "versions": [sale.deal.version_id for sale in sales],
                "programmes": [sale.deal.programme_id for sale in sales],
                "funds": [sale.deal.fund.value for sale in sales],
                "rules": [sale.deal.rule_id for sale in sales],
                "moments": [sale.at for sale in sales],
                "days": days,
                "numbers": numbers,
                "member_fen": [sale.member_fen for sale in sales],
                "merchant_fen": [sale.merchant_fen for sale in sales],
                "union_fen": [sale.union_fen for sale in sales],
                "maximum": BUDGET_FEN,
            },
        )


_WRITE = text(
    """
    WITH s AS MATERIALIZED (
        SELECT *, member_fen + merchant_fen + union_fen AS gross_fen
        FROM unnest(CAST(:ids AS uuid[]), CAST(:scans AS uuid[]), CAST(:journals AS uuid[]),
            CAST(:records AS uuid[]), CAST(:terminals AS uuid[]), CAST(:sites AS uuid[]),
            CAST(:merchants AS uuid[]), CAST(:cards AS uuid[]), CAST(:members AS uuid[]),
            CAST(:offers AS uuid[]), CAST(:versions AS uuid[]), CAST(:programmes AS uuid[]),
            CAST(:funds AS text[]), CAST(:rules AS uuid[]), CAST(:moments AS timestamptz[]),
            CAST(:days AS date[]), CAST(:numbers AS int[]), CAST(:member_fen AS bigint[]),
            CAST(:merchant_fen AS bigint[]), CAST(:union_fen AS bigint[]))
            AS u (id, scan_id, journal_id, record_id, terminal_id, site_id, merchant_id, card_id,
                member_id, offer_id, version_id, programme_id, fund, rule_id, at, day, number,
                member_fen, merchant_fen, union_fen)
    ), scans AS (
        INSERT INTO verifications (id, terminal_id, card_id, accepted, assurance, challenged,
            created_at, expires_at)
        SELECT scan_id, terminal_id, card_id, true, 'possession', false, at,
            at + interval '10 minutes' FROM s
    ), counters AS (
        INSERT INTO receipt_counters AS k (terminal_id, receipt_on, last)
        SELECT terminal_id, day, max(number) FROM s GROUP BY terminal_id, day
        ON CONFLICT (terminal_id, receipt_on) DO UPDATE SET last = excluded.last
    ), sales AS (
        INSERT INTO redemptions (id, terminal_id, site_id, merchant_id, card_id, member_id,
            verification_id, offer_id, offer_version_id, programme_id, facts_digest, gross_fen,
            member_pays_fen, merchant_bears_fen, union_pays_fen, occurred_at, received_at, state,
            captured_at, receipt_on, receipt_seq, back_member_fen, back_merchant_fen,
            back_union_fen)
        SELECT id, terminal_id, site_id, merchant_id, card_id, member_id, scan_id, offer_id,
            version_id, programme_id, uuid_send(id), gross_fen, member_fen, merchant_fen,
            union_fen, at, at, 'captured', at, day, number, 0, 0, 0
        FROM s
    ), drawn AS (
        INSERT INTO limits AS l (rule_id, scope_id, win, stripe, max, held, used)
        SELECT rule_id, programme_id, 'total', 0, :maximum, 0, sum(union_fen) FROM s
        GROUP BY rule_id, programme_id
        ON CONFLICT (rule_id, scope_id, win, stripe) DO UPDATE SET used = l.used + excluded.used
    ), takes AS (
        INSERT INTO limit_takes (source_id, rule_id, scope_id, win, stripe, unit, quantity,
            returned, is_held)
        SELECT id, rule_id, programme_id, 'total', 0, 'fen', union_fen, 0, false FROM s
        WHERE union_fen > 0
    ), booked AS (
        INSERT INTO journals (id, source_type, source_id, kind, book, fund_source, programme_id,
            book_date, occurred_at, received_at)
        SELECT s.journal_id, 'redemption', s.id, 'captured', r.book, r.fund_source, s.programme_id,
            s.day, s.at, s.at
        FROM s JOIN posting_rules r ON r.family = 'discount' AND r.event = 'captured'
            AND r.fund_source = s.fund AND r.is_active
        WHERE s.union_fen > 0
        RETURNING id
    ), lines AS (
        INSERT INTO postings (journal_id, line_no, account_id, debit_fen, credit_fen, party_type,
            party_id)
        SELECT b.id, side.line_no,
            CASE side.line_no WHEN 1 THEN r.debit_account_id ELSE r.credit_account_id END,
            CASE side.line_no WHEN 1 THEN s.union_fen ELSE 0 END,
            CASE side.line_no WHEN 2 THEN s.union_fen ELSE 0 END,
            CASE side.line_no WHEN 2 THEN 'merchant' END,
            CASE side.line_no WHEN 2 THEN s.merchant_id END
        FROM booked b JOIN s ON s.journal_id = b.id
            JOIN posting_rules r ON r.family = 'discount' AND r.event = 'captured'
                AND r.fund_source = s.fund AND r.is_active
            CROSS JOIN (VALUES (1), (2)) AS side (line_no)
    )
    INSERT INTO card_records (id, card_id, occurred_at, recorded_at, kind, event, source_type,
        source_id, title_zh, title_en, gross_fen, member_pays_fen, merchant_bears_fen,
        union_pays_fen)
    SELECT record_id, card_id, at, at, 'discount', 'captured', 'redemption', id, '普惠',
        'An offer', gross_fen, member_fen, merchant_fen, union_fen
    FROM s
    """
)
