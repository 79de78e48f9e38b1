"""The generated quarter: three months sold, stated, paid, matched and closed, with faults planted.

The deeds are the product's services; the sums that they are held against are the generator's.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.demo.day.bank import Movement, statement_file
from bench.books import Books, Place, Sold, add_deal
from bench.plan import MONTHS, OPENS_AT, SHANGHAI, Generator, next_month
from bench.town import plant_town
from benefits.rules import Terms
from discounts.models import Redemption
from discounts.services import RedeemRequest, redeem_discount, reverse_redemption
from finance.models import (
    BankAccount,
    BankLine,
    Discrepancy,
    DiscrepancyState,
    Dispute,
    Payment,
    PaymentState,
    Statement,
    StatementFund,
    StatementLine,
    StatementState,
)
from finance.queries.residuals import residuals
from finance.services import Voice, disputes, payments, statements
from finance.services.bank_import import import_bank_file
from finance.services.closing import ask_to_close, close_period
from finance.services.discrepancies import take_on
from finance.services.opening import open_statements
from kernel.actors import Till
from kernel.db import transaction
from kernel.ids import new_id
from kernel.money import BasisPoints, Fen
from ledger.models import Book, FundSource, Journal, PartyType, Posting

REDUCTION = Terms("full_reduction", None, Fen(5000), Fen(4000), None, None, BasisPoints(7500), None)
FIXED = Terms("fixed_price", None, None, None, Fen(3000), Fen(990), BasisPoints(10_000), None)
OPENING_FEN = 900_000_000_00
MEMBERS = 500
DISPUTES = 6
RETURNS = 3
# So many sales in a thousand go through the till's own service, and so many are taken back.
BY_SERVICE, TAKEN_BACK = 20, 10
# What is planted each month, about payments and about nothing that we know.
_OF_PAYMENTS = ("platform_only", "amount_mismatch", "duplicate")
_OF_NOTHING = {
    "external_only": (-7_77, "往来款"),
    "refund_unpaired": (6_66, "退汇"),
    "bank_fee": (-3_50, "手续费"),
    "allocation": (50_000_00, "拨付普惠经费"),
}


@dataclass
class Played:
    """What came of a quarter; every list is empty, or says what is wrong."""

    sales: int = 0
    statements: int = 0
    payments: int = 0
    bank_lines: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, said: object) -> None:
        if found != said:
            self.wrong.append(f"{what}: the product says {found!r}, the generator {said!r}")


class Quarter:
    """Plays `sales` sales in three months at 60 merchants; `faults` of each code are planted."""

    def __init__(self, *, sales: int, faults: int = 20, merchants: int = 60, seed: int = 6) -> None:
        self._sales, self._faults = sales, faults
        with transaction() as session:
            self.town = plant_town(
                session, merchants=merchants, sites_each=2, members=MEMBERS, opens_at=OPENS_AT
            )
            deals = [
                add_deal(session, code=f"Q-{fund}", fund=fund, terms=terms, starts_at=OPENS_AT)
                for fund, terms in ((FundSource.UNION_FUND, REDUCTION), (FundSource.FISCAL, FIXED))
            ]
        self.made = Generator(self.town.places, self.town.holders, deals, seed=seed)
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
            with transaction() as session:
                self._state(session, month, at(after, hour=1))
            self._pay(month, after)
            faults = self._faults // 3 + (number < self._faults % 3)
            self._bank(at(after, days=5), faults)
            self._pay(month, after, days=6, only_again=True)
            self._bank(at(after, days=8), 0)
            self._dispute_again(at(after, days=9))
            self._close(month, at(after, days=10))
        self._check()
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

    def _state(self, session: Session, month: date, now: datetime) -> None:
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

    def _pay(self, month: date, after: date, *, days: int = 2, only_again: bool = False) -> None:
        now = at(after, days=days)
        with transaction() as session:
            prepared = payments.prepare_batch(
                session, actor=self.town.maker, book=Book.UNION, now=now
            )
            batch = prepared.batch
            self.played.payments += batch.payments
            if only_again:
                self.played.expect(
                    f"paid again in {after:%Y-%m}",
                    sorted((each.payee_id, each.amount_fen) for each in prepared.payments),
                    sorted((each.payee_id, each.amount_fen) for each in self.again),
                )
                self.again = []
            payments.approve_batch(
                session, actor=self.town.approver, batch_id=batch.id, version=batch.version, now=now
            )
            payments.send_batch(
                session, actor=self.town.maker, batch_id=batch.id, version=batch.version, now=now
            )

    # What the bank does.

    def _bank(self, now: datetime, faults: int) -> None:
        with transaction() as session:
            sent = session.scalars(
                select(Payment)
                .where(
                    Payment.state == PaymentState.SENT,
                    Payment.reference.not_in(self._known_faults()),
                )
                .order_by(Payment.id)
            ).all()
        movements = self._movements(sent, faults, sends_back=bool(faults))
        content = statement_file(movements, opening_fen=Fen(self.balance), now=now)
        later = statement_file(
            movements, opening_fen=Fen(self.balance), now=now + timedelta(minutes=1)
        )
        self.balance += sum(each.amount_fen for each in movements)
        self.played.bank_lines += len(movements)
        # The file, the file again, and its lines in another file: taken in once.
        for take, (file, new) in enumerate(((content, len(movements)), (content, 0), (later, 0))):
            with transaction() as session:
                taken = import_bank_file(
                    session, content=file, name=f"bank-{take}.csv", staff_id=None, now=now
                )
                self.played.expect(f"new lines of {now:%Y-%m-%d}, {take}", taken.new, new)

    def _known_faults(self) -> list[str]:
        return [about for _, about in self.made.sums.planted]

    def _movements(
        self, sent: Sequence[Payment], faults: int, *, sends_back: bool
    ) -> list[Movement]:
        """Pay what was sent, with faults: each about a payment of its own."""
        shuffled = self.made.random.sample(list(sent), len(sent))
        bad = {
            payment.id: code
            for place, code in enumerate(_OF_PAYMENTS)
            for payment in shuffled[place * faults : (place + 1) * faults]
        }
        back = {each.id for each in shuffled[len(_OF_PAYMENTS) * faults :][: RETURNS * sends_back]}
        movements: list[Movement] = []
        for payment in sent:
            code = bad.get(payment.id)
            if code is not None:
                self._plant(code, payment.reference)
            movements += self._lines_of(payment, code, comes_back=payment.id in back)
        for code, (fen, words) in _OF_NOTHING.items():
            for number in range(faults):
                about = f"{words} {self.balance + number}"
                self._plant(code, about)
                movements.append(Movement(Fen(fen), about))
        return movements

    def _lines_of(
        self, payment: Payment, code: str | None, *, comes_back: bool
    ) -> Iterable[Movement]:
        whole, words = payment.amount_fen, f"惠企付款 {payment.reference}"
        key = payment.payee_id, payment.fund_source.value
        if code == "platform_only":
            return
        if code == "amount_mismatch":
            yield Movement(Fen(1 - whole), words)
            return
        self.made.sums.paid[key] += whole
        yield Movement(Fen(-whole), words)
        if code == "duplicate":
            yield Movement(Fen(-whole), words)
        if comes_back:
            self.made.sums.paid[key] -= whole
            self.again.append(payment)
            yield Movement(whole, f"退汇 {payment.reference}")

    def _plant(self, code: str, about: str) -> None:
        self.made.sums.planted[code, about] += 1
        self.played.planted[code] += 1

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

    def _check(self) -> None:
        sums = self.made.sums
        self.played.sales = sums.sales
        with transaction() as session:
            self.played.expect(
                "sales and their bills",
                _numbers(
                    session,
                    select(func.count(), func.sum(Redemption.gross_fen)).select_from(Redemption),
                ),
                [sums.sales, sums.gross_fen],
            )
            self.played.expect("owed to merchants", _owed(session), sums.owed())
            self.played.expect(
                "the bank's balance",
                _numbers(session, select(BankAccount.closing_fen)),
                [self.balance],
            )
            found_exceptions = _exceptions(session)
            self.played.expect("not found", sums.planted - found_exceptions, Counter())
            self.played.expect("flagged for nothing", found_exceptions - sums.planted, Counter())
            for month in (*MONTHS, next_month(MONTHS[-1])):
                found = residuals(session, starts_on=month, ends_on=next_month(month))
                self.played.expect(f"residuals of {month:%Y-%m}", found.not_zero, {})


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


def _numbers(session: Session, query: Any) -> list[int]:
    return [int(number) for number in session.execute(query).one()]


def _owed(session: Session) -> dict[tuple[UUID, str], int]:
    rows = session.execute(
        select(
            Posting.party_id,
            Journal.fund_source,
            func.sum(Posting.credit_fen - Posting.debit_fen),
        )
        .join(Journal, Journal.id == Posting.journal_id)
        .where(Posting.party_type == PartyType.MERCHANT)
        .group_by(Posting.party_id, Journal.fund_source)
    )
    return {(who, fund.value): int(fen) for who, fund, fen in rows if who is not None and fen}


def _exceptions(session: Session) -> Counter[tuple[str, str]]:
    """Return each open exception with its code and what tells what it is about."""
    rows = session.execute(
        select(Discrepancy.code, Payment.reference, BankLine.reference, BankLine.summary)
        .outerjoin(Payment, Payment.id == Discrepancy.payment_id)
        .outerjoin(BankLine, BankLine.id == Discrepancy.bank_line_id)
        .where(Discrepancy.state == DiscrepancyState.OPEN)
    )
    return Counter((code.value, ours or named or said) for code, ours, named, said in rows)
