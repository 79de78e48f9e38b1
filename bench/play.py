"""The generated quarter: three months sold, stated, paid, matched and closed, with faults planted.

The deeds are the product's services; the sums that they are held against are the generator's.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bench.bank_days import BankDays
from bench.books import Books, Place, Sold, add_deal
from bench.held import Played, differences
from bench.invoice_days import INVOICED, InvoiceDays
from bench.offline_days import SHOPPERS, OfflineDays
from bench.plan import MONTHS, OPENS_AT, SHANGHAI, Generator, next_month
from bench.town import plant_town
from benefits.rules import Terms
from discounts.models import Redemption
from discounts.services import RedeemRequest, redeem_discount, reverse_redemption
from finance.models import (
    Discrepancy,
    DiscrepancyState,
    Dispute,
    Payment,
    PaymentBatch,
    Statement,
    StatementFund,
    StatementLine,
    StatementState,
)
from finance.services import Voice, disputes, payments, statements
from finance.services.closing import ask_to_close, close_period
from finance.services.differences import name_differences
from finance.services.discrepancies import take_on
from finance.services.opening import open_statements
from kernel.actors import Till
from kernel.db import transaction
from kernel.ids import new_id
from kernel.money import BasisPoints, Fen
from ledger.models import Book, FundSource, Journal

REDUCTION = Terms("full_reduction", None, Fen(5000), Fen(4000), None, None, BasisPoints(7500), None)
FIXED = Terms("fixed_price", None, None, None, Fen(3000), Fen(990), BasisPoints(10_000), None)
OPENING_FEN = 900_000_000_00
MEMBERS = 500
DISPUTES = 6
# So many sales in a thousand go through the till's own service, and so many are taken back.
BY_SERVICE, TAKEN_BACK = 20, 10


class Quarter(BankDays, OfflineDays, InvoiceDays):
    """Plays `sales` sales in three months at 60 merchants; `faults` of each code are planted."""

    def __init__(self, *, sales: int, faults: int = 20, merchants: int = 60, seed: int = 6) -> None:
        self._sales, self._faults = sales, faults
        with transaction() as session:
            self.town = plant_town(
                session,
                merchants=merchants,
                sites_each=2,
                members=MEMBERS + SHOPPERS * len(MONTHS),
                opens_at=OPENS_AT,
                invoiced=INVOICED,
            )
            deals = [
                add_deal(session, code=f"Q-{fund}", fund=fund, terms=terms, starts_at=OPENS_AT)
                for fund, terms in ((FundSource.UNION_FUND, REDUCTION), (FundSource.FISCAL, FIXED))
            ]
            self._begin_offline(session, OPENS_AT)
        holders = self.town.holders
        self.made = Generator(self.town.places, holders[:MEMBERS], deals, seed=seed)
        self.shoppers = iter(holders[MEMBERS:])
        self.books = Books()
        self.played = Played()
        self.balance = OPENING_FEN
        self.again: list[Payment] = []  # what the bank sent back, to be paid again

    def play(self) -> Played:
        for number, month in enumerate(MONTHS):
            share = self._sales // 3 if number else self._sales - 2 * (self._sales // 3)
            self._sell(month, share)
            self._take_back(month, share * TAKEN_BACK // 1000)
            after = next_month(month)
            faults = self._faults // 3 + (number < self._faults % 3)
            with transaction() as session:
                self._state(session, month, at(after, hour=1), faults)
            self._offline(after, faults)
            midnight = at(after, days=1, hour=16)
            self._pay(midnight + timedelta(minutes=3))
            self._bank(at(after, days=5), faults, midnight=midnight)
            self._pay(at(after, days=6), only_again=True)
            self._bank(at(after, days=8), 0, midnight=midnight)
            self._dispute_again(at(after, days=9))
            self._bills(month, at(after, days=9), faults)
            with transaction() as session:
                name_differences(session, now=at(after, days=10))
            self._close(month, at(after, days=10))
        self.played.sales = self.made.sums.sales
        for what, found, said in differences(self.made.sums, balance=self.balance):
            self.played.expect(what, found, said)
        return self.played

    # What tills do.

    def _sell(self, month: date, count: int) -> None:
        by_service = max(1, count * BY_SERVICE // 1000)
        self.books.write(self.made.sales(month, count - by_service))
        with transaction() as session:
            for sold in self.made.sales(month, by_service, places=self.town.second):
                self._redeem(session, sold)

    def _redeem(self, session: Session, sold: Sold) -> None:
        """Sell through the till's service; what it makes of the bill is what we made of it."""
        scan = session.execute(
            _SCAN,
            {
                "id": new_id(),
                "terminal_id": sold.place.terminal_id,
                "card_id": sold.holder.card_id,
                "at": sold.at,
            },
        ).scalar_one()
        request = RedeemRequest(
            id=sold.id,
            offer_id=sold.deal.offer_id,
            gross_fen=Fen(sold.member_fen + sold.merchant_fen + sold.union_fen),
            verification_id=scan,
            presentation=None,
            terminal_seq=None,
            occurred_at=sold.at,
            capture=True,
        )
        made = redeem_discount(session, till=_till(sold.place), request=request, now=sold.at)
        sale = made.line.redemption
        self.played.expect(
            f"sale {sold.id}",
            (sale.member_pays_fen, sale.merchant_bears_fen, sale.union_pays_fen),
            (sold.member_fen, sold.merchant_fen, sold.union_fen),
        )

    def _take_back(self, month: date, count: int) -> None:
        day = next_month(month) - timedelta(days=1)
        with transaction() as session:
            for _ in range(count):
                left, amount, union = self.made.take_back(day)
                answer = reverse_redemption(
                    session,
                    till=_till(left.sold.place),
                    redemption_id=left.sold.id,
                    reversal_id=new_id(),
                    amount_fen=Fen(amount),
                    reason="退货",
                    now=at(day, hour=15),
                )
                self.played.expect(f"reversal of {left.sold.id}", answer.reversal.union_fen, union)

    # What finance and merchants do.

    def _state(self, session: Session, month: date, now: datetime, faults: int) -> None:
        after = next_month(month)
        opened = open_statements(
            session, actor=self.town.maker, starts_on=month, ends_on=after, now=now
        )
        self.played.statements += len(opened)
        found = {
            (merchant_id, fund.value): int(fen)
            for merchant_id, fund, fen in session.execute(
                select(Statement.merchant_id, StatementFund.fund_source, StatementFund.lines_fen)
                .join(StatementFund, StatementFund.statement_id == Statement.id)
                .where(Statement.id.in_([each.id for each in opened]))
            )
        }
        stated = {key: fen for key, fen in self.made.sums.of_month(month).items() if fen}
        self.played.expect(f"statements of {month}", found, stated)
        statements.issue_statements(session, actor=self.town.maker, now=now)
        ids = [each.id for each in opened]
        disputed = ids[:DISPUTES]
        for number, statement_id in enumerate(disputed):
            self._dispute(session, statement_id, number, now)
        for statement_id in ids[DISPUTES:]:
            statement = session.get_one(Statement, statement_id)
            statements.agree_statement(
                session, voice=self._voice(statement), statement_id=statement_id, now=now
            )
        self._invoice(session, ids, month, faults, now)
        statements.approve_statements(session, actor=self.town.approver, now=now)

    def _dispute(self, session: Session, statement_id: UUID, number: int, now: datetime) -> None:
        """Let a merchant dispute a line: one gets a yuan more, one a yuan less, one nothing."""
        statement = session.get_one(Statement, statement_id)
        journal = session.scalars(
            select(Journal)
            .join(StatementLine, StatementLine.journal_id == Journal.id)
            .outerjoin(Redemption, Redemption.id == Journal.source_id)
            .where(
                StatementLine.statement_id == statement_id,
                Redemption.back_union_fen == 0,
                ~_disputed(),
            )
            .order_by(StatementLine.line_no)
            .limit(1)
        ).one()
        dispute = disputes.raise_dispute(
            session,
            voice=self._voice(statement),
            dispute_id=new_id(),
            statement_id=statement_id,
            journal_id=journal.id,
            reason="金额不对",
            now=now,
        )
        adjustment = (1_00, -1_00, 0)[number % 3]
        disputes.answer_dispute(
            session,
            actor=self.town.maker,
            version=dispute.version,
            adjustment_fen=Fen(adjustment),
            answer="已核对",
            dispute_id=dispute.id,
            now=now,
        )
        disputes.confirm_dispute(
            session,
            actor=self.town.approver,
            dispute_id=dispute.id,
            version=dispute.version,
            now=now,
        )
        self.made.forget(journal.source_id)
        if adjustment:
            day = (now + SHANGHAI).date()
            self.made.book(statement.merchant_id, journal.fund_source.value, day, adjustment)

    def _dispute_again(self, now: datetime) -> None:
        """Let two merchants dispute a line that was paid already."""
        with transaction() as session:
            paid = session.scalars(
                select(Statement.id)
                .where(Statement.state == StatementState.PAID)
                .order_by(Statement.number.desc())
                .limit(2)
            ).all()
            for number, statement_id in enumerate(paid):
                self._dispute(session, statement_id, number, now)

    def _voice(self, statement: Statement) -> Voice:
        place = next(
            place for place in self.town.second if place.merchant_id == statement.merchant_id
        )
        return Voice(place.merchant_id, terminal_id=place.terminal_id)

    def _pay(self, now: datetime, *, only_again: bool = False) -> None:
        with transaction() as session:
            prepared = payments.prepare_batch(
                session, actor=self.town.maker, book=Book.UNION, now=now
            )
            batch = prepared.batch
            self.played.payments += batch.payments
            if only_again:
                self.played.expect(
                    f"paid again in {now:%Y-%m}",
                    sorted((each.payee_id, each.amount_fen) for each in prepared.payments),
                    sorted((each.payee_id, each.amount_fen) for each in self.again),
                )
                self.again = []
            self._sign(session, batch, now)
            payments.send_batch(
                session, actor=self.town.maker, batch_id=batch.id, version=batch.version, now=now
            )

    def _sign(self, session: Session, batch: PaymentBatch, now: datetime) -> None:
        """Let as many people sign as the batch asks for."""
        signers = [self.town.approver, self.town.second_approver][: batch.approvals]
        if batch.needs_check:
            payments.check_batch(
                session, actor=self.town.checker, batch_id=batch.id, version=batch.version, now=now
            )
        for signer in signers:
            payments.approve_batch(
                session, actor=signer, batch_id=batch.id, version=batch.version, now=now
            )

    # What is true afterwards.

    def _close(self, month: date, now: datetime) -> None:
        name = f"{month:%Y-%m}"
        with transaction() as session:
            ask_to_close(session, actor=self.town.maker, month=name, now=now)
        with transaction() as session:
            self._own_exceptions(session, now)
            close_period(session, actor=self.town.approver, month=name, now=now)

    def _own_exceptions(self, session: Session, now: datetime) -> None:
        """Let somebody look after each exception: a month with one that nobody owns stays open."""
        unowned = session.scalars(
            select(Discrepancy).where(
                Discrepancy.state == DiscrepancyState.OPEN, Discrepancy.owner_id.is_(None)
            )
        ).all()
        for found in unowned:
            take_on(
                session,
                actor=self.town.maker,
                discrepancy_id=found.id,
                version=found.version,
                now=now,
            )


_SCAN = text(
    """
    INSERT INTO verifications (id, terminal_id, card_id, accepted, assurance, challenged,
        created_at, expires_at)
    VALUES (:id, :terminal_id, :card_id, true, 'possession', false, :at,
        CAST(:at AS timestamptz) + interval '10 minutes')
    RETURNING id
    """
)


def at(day: date, *, days: int = 0, hour: int = 2) -> datetime:
    """Return a moment of a Shanghai day: by default ten in the morning there."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) + timedelta(days=days)


def _till(place: Place) -> Till:
    return Till(place.terminal_id, place.site_id, place.merchant_id, "")


def _disputed() -> Any:
    return select(Dispute.id).where(Dispute.line_journal_id == Journal.id).exists()
