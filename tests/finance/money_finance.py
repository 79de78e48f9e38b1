"""What finance, merchants and the bank do in the machine of money."""

from collections import Counter

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import select

from finance.errors import (
    DisputesUndecided,
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
from finance.services import disputes, matching, payments, statements
from finance.services.bank_import import import_bank_file
from finance.services.opening import open_statements
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Book, Journal
from ledger.queries import left_of_journal
from tests.finance.money_deeds import indexes, pick, shares
from tests.make.bank import bank_file


class FinanceDeeds(RuleBasedStateMachine):
    """Used together with TillDeeds. Counts in `earned`, `paid` and `balance` what is done."""

    @precondition(lambda self: self.stated_until < self.today)
    @rule()
    def open_statements(self):
        try:
            open_statements(
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
        # Also one that was agreed, approved or paid: the answer goes to the next one.
        states = set(StatementState) - {StatementState.OPEN}
        for statement in self.some(which, Statement, *states):
            free = self.session.scalars(
                select(StatementLine.journal_id)
                .outerjoin(Dispute, Dispute.line_journal_id == StatementLine.journal_id)
                .where(StatementLine.statement_id == statement.id, Dispute.id.is_(None))
                .order_by(StatementLine.line_no)
            ).all()
            if free and disputes.takes_disputes(statement, now=self.now):
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
            try:
                with self.session.begin_nested():
                    statements.approve_statement(self.session, actor=self.town.approver, **what)
            except DisputesUndecided:
                continue

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
