"""The state machine of money: from a sale to the bank's line and back, in any order.

The deeds are the product's services. What merchants should be owed is counted here again, by adding
and subtracting whole fen deed by deed: no sum of the product's is asked for it.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from discounts.errors import NotReversible
from discounts.models import Redemption
from discounts.services import (
    RedeemRequest,
    redeem_discount,
    reverse_redemption,
    void_redemption,
)
from finance.errors import (
    MatchedByYou,
    NothingToPay,
    PaidAgainMeanwhile,
    PreparedByYou,
    ReturnFirst,
    StatementsOverlap,
)
from finance.models import (
    BankLine,
    BatchState,
    Dispute,
    DisputeState,
    Match,
    Payment,
    PaymentBatch,
    PaymentState,
    Statement,
    StatementLine,
    StatementState,
)
from finance.queries.matching import suggest
from finance.queries.residuals import residuals
from finance.services import disputes, matching, payments, statements
from finance.services.bank_import import import_bank_file
from finance.services.closing import ask_to_close, close_period
from kernel.clock import SHANGHAI
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Book, Journal, PartyType, Period, PeriodState, Posting
from ledger.queries import left_of_journal
from tests.finance.money_town import FIRST_DAY, OPENS_AT
from tests.make.bank import bank_file

DAY = timedelta(days=1)
indexes = st.integers(0, 1_000)
shares = st.integers(1, 100)


class MoneyMachine(RuleBasedStateMachine):
    """`engine` and `town` are set by who runs it. A run's work is never committed.

    `reached` counts, over all runs, the states that rows were left in.
    """

    engine = None
    town = None
    reached = Counter()

    @initialize(rounds=st.integers(0, 2), disputed=st.booleans())
    def begin(self, rounds, disputed):
        self.session = Session(self.engine, expire_on_commit=False)
        self.now = OPENS_AT
        self.stated_until = FIRST_DAY
        self.balance = 5_000_000_00
        self.earned = Counter()  # what each merchant is owed of each fund: ours, not the product's
        self.paid = Counter()
        self.left = {}  # of each sale: (what the union paid, what of the gross is left)
        for _ in range(rounds):
            self.settle(disputed=disputed)

    def settle(self, *, disputed):
        """Go the whole way once, so that what follows begins with money at the bank."""
        for each in range(4):
            self.sell(each, each, each, 60_00 + each)
        self.sleep(1)
        self.open_statements()
        for _ in range(3):
            self.issue(0)
        if disputed:
            self.dispute(0, 0)
            self.answer(0, 1_00)
            self.confirm(0, agrees=True)
        for _ in range(3):
            self.agree(0)
        for _ in range(3):
            self.approve(0)
        self.prepare()
        if disputed:
            self.send(0, goes=False)
            self.prepare()
        self.send(0, goes=True)
        self.bank_pays(0, 100, says=True)
        if disputed:
            self.bank_returns(0, says=True)
        self.sell(1, 1, 0, 70_00)
        self.sell(1, 2, 1, 80_00)
        for share in (40, 100) if disputed else (40,):
            self.take_back(len(self.left) - 1, share)

    def teardown(self):
        if not hasattr(self, "session"):
            return
        for model in (Statement, Dispute, Payment, PaymentBatch, Period, Redemption):
            states = self.session.scalars(select(model.state))
            self.reached.update(f"{model.__tablename__} {state}" for state in states)
        undone = select(func.count()).where(Match.undone_at.is_not(None))
        self.reached["matches undone"] += self.session.scalar(undone)
        self.session.rollback()
        self.session.close()

    # Deeds of a till.

    @rule(till=indexes, card=indexes, offer=indexes, gross=st.integers(50_00, 400_00))
    def sell(self, till, card, offer, gross):
        till = pick(self.town.tills, till)
        offer_id, fund = pick(list(self.town.offers.items()), offer)
        card = pick(self.town.cards, card)
        request = RedeemRequest(
            id=new_id(),
            offer_id=offer_id,
            gross_fen=Fen(gross),
            verification_id=self.scan(till, card),
            presentation=None,
            terminal_seq=None,
            occurred_at=self.now,
            capture=True,
        )
        sale = redeem_discount(self.session, till=till, request=request, now=self.now)
        sold = sale.line.redemption
        assert sold.gross_fen == gross
        self.left[sold.id] = [(till, fund), sold.union_pays_fen, gross]
        self.earned[till.merchant_id, fund] += sold.union_pays_fen

    def scan(self, till, card):
        made = self.session.execute(
            text(
                "INSERT INTO verifications (id, terminal_id, card_id, accepted, assurance,"
                " challenged, created_at, expires_at) VALUES (:id, :terminal_id, :card_id, true,"
                " 'possession', false, :now, :expires_at) RETURNING id"
            ),
            {
                "id": new_id(),
                "terminal_id": till.terminal_id,
                "card_id": card.id,
                "now": self.now,
                "expires_at": self.now + timedelta(minutes=10),
            },
        )
        return made.scalar_one()

    @precondition(lambda self: self.left)
    @rule(which=indexes, share=shares)
    def take_back(self, which, share):
        sale_id = pick(list(self.left), which)
        (till, fund), union_left, left = self.left[sale_id]
        amount = -(-left * share // 100)
        answer = reverse_redemption(
            self.session,
            till=till,
            redemption_id=sale_id,
            reversal_id=new_id(),
            amount_fen=Fen(amount),
            reason="退货",
            now=self.now,
        )
        union = answer.reversal.union_fen
        assert 0 <= union <= min(amount, union_left)
        self.took_back(sale_id, (till.merchant_id, fund), union, amount)

    @precondition(lambda self: self.left)
    @rule(which=indexes)
    def void(self, which):
        sale_id = pick(list(self.left), which)
        (till, fund), union_left, left = self.left[sale_id]
        untouched = self.session.get(Redemption, sale_id).left_fen
        try:
            with self.session.begin_nested():
                void_redemption(self.session, till=till, redemption_id=sale_id, now=self.now)
        except NotReversible:
            return
        assert untouched == left
        self.took_back(sale_id, (till.merchant_id, fund), union_left, left)

    def took_back(self, sale_id, key, union, amount):
        self.earned[key] -= union
        self.left[sale_id][1] -= union
        self.left[sale_id][2] -= amount
        if not self.left[sale_id][2]:
            # The last reversal takes exactly the rest.
            assert not self.left.pop(sale_id)[1]

    # Deeds of finance and of merchants.

    @precondition(lambda self: self.stated_until < self.today)
    @rule()
    def open_statements(self):
        try:
            statements.open_statements(
                self.session,
                actor=self.town.maker,
                starts_on=self.stated_until,
                ends_on=self.today,
                now=self.now,
            )
        except StatementsOverlap:
            return
        self.stated_until = self.today

    @rule(which=indexes)
    def issue(self, which):
        for statement in self.some(which, Statement, StatementState.OPEN):
            statements.issue_statement(
                self.session,
                actor=self.town.maker,
                statement_id=statement.id,
                version=statement.version,
                now=self.now,
            )

    @rule(which=indexes)
    def agree(self, which):
        for statement in self.some(which, Statement, StatementState.ISSUED):
            statements.agree_statement(
                self.session,
                voice=self.voice_of(statement),
                statement_id=statement.id,
                now=self.now,
            )

    @rule(which=indexes, line=indexes)
    def dispute(self, which, line):
        states = (StatementState.ISSUED, StatementState.DISPUTED)
        for statement in self.some(which, Statement, *states):
            free = self.session.scalars(
                select(StatementLine.journal_id)
                .outerjoin(Dispute, Dispute.line_journal_id == StatementLine.journal_id)
                .where(StatementLine.statement_id == statement.id, Dispute.id.is_(None))
                .order_by(StatementLine.line_no)
            ).all()
            if free:
                disputes.raise_dispute(
                    self.session,
                    voice=self.voice_of(statement),
                    dispute_id=new_id(),
                    statement_id=statement.id,
                    journal_id=pick(free, line),
                    reason="金额不对",
                    now=self.now,
                )

    def voice_of(self, statement):
        [till] = [each for each in self.town.tills if each.merchant_id == statement.merchant_id]
        return statements.Voice(till.merchant_id, terminal_id=till.terminal_id)

    @rule(which=indexes, more=st.integers(-100, 50_00))
    def answer(self, which, more):
        """A negative `more` takes so many percent of what is left of the line."""
        for dispute in self.some(which, Dispute, DisputeState.OPEN):
            adjustment = more
            if more < 0:
                left = left_of_journal(self.session, journal_id=dispute.line_journal_id)
                is_reversal = self.session.get(Journal, dispute.line_journal_id).reverses_id
                adjustment = 0 if is_reversal else -(left * -more // 100)
            disputes.answer_dispute(
                self.session,
                actor=self.town.maker,
                dispute_id=dispute.id,
                version=dispute.version,
                adjustment_fen=Fen(adjustment),
                answer="已核对",
                now=self.now,
            )

    @rule(which=indexes, agrees=st.sampled_from([True, True, False]))
    def confirm(self, which, agrees):
        for dispute in self.some(which, Dispute, DisputeState.ANSWERED):
            what = {"dispute_id": dispute.id, "version": dispute.version, "now": self.now}
            with pytest.raises(PreparedByYou), self.session.begin_nested():
                disputes.confirm_dispute(self.session, actor=self.maker_as_approver, **what)
            adjustment = dispute.adjustment_fen
            if not agrees or not self.is_left(dispute, adjustment):
                disputes.send_back_dispute(self.session, actor=self.town.approver, **what)
                continue
            disputes.confirm_dispute(self.session, actor=self.town.approver, **what)
            journal = self.session.get(Journal, dispute.line_journal_id)
            statement = self.session.get(Statement, dispute.statement_id)
            self.earned[statement.merchant_id, journal.fund_source] += adjustment
            self.lowered(journal, adjustment)

    def is_left(self, dispute, adjustment):
        """Say whether a line still has what its answer would take: it may be reversed meanwhile."""
        left = left_of_journal(self.session, journal_id=dispute.line_journal_id)
        return adjustment >= 0 or left >= -adjustment

    def lowered(self, journal, adjustment):
        """A sale whose line was lowered cannot be taken back in full: leave it alone from now."""
        if adjustment < 0:
            self.left.pop(journal.source_id, None)

    @rule(which=indexes)
    def approve(self, which):
        for statement in self.some(which, Statement, StatementState.AGREED):
            what = {"statement_id": statement.id, "version": statement.version, "now": self.now}
            with pytest.raises(PreparedByYou), self.session.begin_nested():
                statements.approve_statement(
                    self.session, actor=self.maker_as_approver, **what
                )
            statements.approve_statement(self.session, actor=self.town.approver, **what)

    @rule()
    def prepare(self):
        try:
            with self.session.begin_nested():
                payments.prepare_batch(
                    self.session, actor=self.town.maker, book=Book.UNION, now=self.now
                )
        except NothingToPay:
            return

    @rule(which=indexes, goes=st.sampled_from([True, True, True, False]))
    def send(self, which, goes):
        for batch in self.some(which, PaymentBatch, BatchState.PREPARED):
            if not goes:
                payments.cancel_batch(
                    self.session,
                    actor=self.town.maker,
                    batch_id=batch.id,
                    version=batch.version,
                    now=self.now,
                )
                continue
            payments.approve_batch(
                self.session,
                actor=self.town.approver,
                batch_id=batch.id,
                version=batch.version,
                now=self.now,
            )
            payments.send_batch(
                self.session,
                actor=self.town.maker,
                batch_id=batch.id,
                version=batch.version,
                now=self.now,
            )

    # What the bank does, and what finance says it is.

    @rule(which=indexes, share=shares, says=st.booleans())
    def bank_pays(self, which, share, says):
        """The bank pays a payment, whole or in part, and may or may not name our reference."""
        for payment in self.some(which, Payment, PaymentState.SENT):
            left = payment.amount_fen - payment.matched_fen
            fen = -(-left * share // 100)
            summary = f"付款 {payment.reference}" if says else "付款"
            self.bank_says(-fen, summary, payment.payee_shown)

    @rule(which=indexes, says=st.booleans())
    def bank_returns(self, which, says):
        for payment in self.some(which, Payment, PaymentState.PAID):
            fen = payment.matched_fen - payment.returned_fen
            summary = f"退汇 {payment.reference}" if says else "退汇"
            self.bank_says(fen, summary, payment.payee_shown)

    @rule(fen=st.sampled_from([-3_50, 50_000_00, 12_34, -8_88]))
    def bank_does_something_else(self, fen):
        self.bank_says(fen, {-3_50: "手续费", 50_000_00: "拨付经费"}.get(fen, "往来"))

    def bank_says(self, fen, summary, name=""):
        content = bank_file(
            (f"{self.today:%Y-%m-%d}", fen, summary, name), opening_fen=self.balance
        )
        self.balance += fen
        for _ in range(2):  # the same file twice is the file once
            import_bank_file(
                self.session, content=content, name="bank.csv", staff_id=None, now=self.now
            )
        self.see_matches()

    @rule(which=indexes)
    def match(self, which):
        lines = self.session.scalars(
            select(BankLine)
            .where(BankLine.matched_fen != BankLine.amount_fen)
            .order_by(BankLine.seq)
            .execution_options(populate_existing=True)
        ).all()
        if not lines:
            return
        line = pick(lines, which)
        for found in suggest(self.session, bank_line_id=line.id)[:1]:
            matching.match(
                self.session,
                actor=self.town.maker,
                bank_line_id=line.id,
                payment_id=found.payment.id,
                amount_fen=found.amount_fen,
                score=found.score,
                reason=found.reason,
                now=self.now,
            )
        self.see_matches()

    @rule(which=indexes)
    def undo(self, which):
        made = self.session.scalars(
            select(Match).where(Match.undone_at.is_(None)).order_by(Match.id)
        ).all()
        if not made:
            return
        undone = pick(made, which)
        what = {"match_id": undone.id, "reason": "误配", "now": self.now}
        if undone.matched_by is not None:
            with pytest.raises(MatchedByYou), self.session.begin_nested():
                matching.undo_match(self.session, actor=self.town.maker, **what)
        try:
            with self.session.begin_nested():
                matching.undo_match(self.session, actor=self.town.checker, **what)
        except (ReturnFirst, PaidAgainMeanwhile):
            return
        self.see_matches()

    def see_matches(self):
        """Count what live matches say was paid, in place of what they said before."""
        rows = self.session.execute(
            select(Payment.payee_id, Payment.fund_source, Match.amount_fen)
            .join(Payment, Payment.id == Match.payment_id)
            .where(Match.undone_at.is_(None))
        )
        self.paid = Counter()
        for payee_id, fund, fen in rows:
            self.paid[payee_id, fund] -= fen

    # Time.

    @rule(days=st.integers(1, 12))
    def sleep(self, days):
        self.now += days * DAY

    @precondition(lambda self: self.open_month() < f"{self.today:%Y-%m}")
    @rule()
    def close(self):
        month = self.open_month()
        ask_to_close(self.session, actor=self.town.maker, month=month, now=self.now)
        with pytest.raises(PreparedByYou), self.session.begin_nested():
            close_period(
                self.session, actor=self.maker_as_approver, month=month, now=self.now
            )
        close_period(self.session, actor=self.town.approver, month=month, now=self.now)

    def open_month(self):
        """Return the first month that is open; the books' first is of the first sale."""
        query = select(func.min(Period.month)).where(Period.state == PeriodState.OPEN)
        return self.session.scalar(query) or f"{self.today:%Y-%m}"

    @property
    def maker_as_approver(self):
        """The maker with the other role too: what is refused is the person."""
        return replace(self.town.maker, grants=self.town.approver.grants)

    @property
    def today(self):
        return self.now.astimezone(SHANGHAI).date()

    def some(self, which, model, *states):
        """Return the one row in these states that `which` falls on, if there is any."""
        rows = self.session.scalars(
            select(model)
            .where(model.state.in_(states))
            .order_by(model.id)
            .execution_options(populate_existing=True)
        ).all()
        return [pick(rows, which)] if rows else []

    # What is always true.

    @invariant()
    def every_residual_is_zero(self):
        if not hasattr(self, "session"):
            return
        self.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        self.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        starts_on = self.today.replace(day=1)
        found = residuals(
            self.session, starts_on=starts_on, ends_on=(starts_on + 32 * DAY).replace(day=1)
        )
        assert found.not_zero == {}

    @invariant()
    def the_books_owe_what_we_counted(self):
        if not hasattr(self, "session"):
            return
        rows = self.session.execute(
            select(
                Posting.party_id,
                Journal.fund_source,
                func.sum(Posting.credit_fen - Posting.debit_fen),
            )
            .join(Journal, Journal.id == Posting.journal_id)
            .where(Posting.party_type == PartyType.MERCHANT)
            .group_by(Posting.party_id, Journal.fund_source)
        )
        owed = {(party_id, fund): int(fen) for party_id, fund, fen in rows if fen}
        counted = {key: self.earned[key] - self.paid[key] for key in self.earned | self.paid}
        assert owed == {key: fen for key, fen in counted.items() if fen}


def pick(rows, which):
    return rows[which % len(rows)]


