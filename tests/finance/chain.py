"""Rows of the chain from a scan to a bank line, by the models alone: no service of finance runs.

Each is walked through its states in order, so that the database's own guards see every step.
"""

import hashlib
from datetime import date, timedelta
from functools import cached_property

from sqlalchemy import select

from benefits.models import Programme
from cards.models import Verification
from discounts.models import Redemption, RedemptionReversal, RedemptionState, ReversalKind
from finance.models import (
    BankAccount,
    BankFile,
    BankLine,
    BatchState,
    Dispute,
    Match,
    Payment,
    PaymentBatch,
    PaymentState,
    Statement,
    StatementFund,
    StatementLine,
    StatementState,
)
from finance.rules.references import new_reference
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import (
    Book,
    Family,
    FundSource,
    Journal,
    PartyType,
    Payable,
    PayableState,
    Posting,
    PostingEvent,
)
from ledger.services import SourceKey, make_payable, post_reversal
from tests.finance.sold import SoldMaker
from tests.make import NOW
from tests.make.maker import Maker

TODAY = date(2026, 11, 23)
DAYS = (date(2026, 11, 1), date(2026, 11, 24))
_STATEMENT_PATH = [
    StatementState.OPEN,
    StatementState.ISSUED,
    StatementState.AGREED,
    StatementState.APPROVED,
    StatementState.PAID,
]
_BATCH_PATH = [BatchState.PREPARED, BatchState.APPROVED, BatchState.SENT]


class ChainMaker(SoldMaker):
    """Used instead of `Maker` where a test needs statements, payments or bank lines."""

    @cached_property
    def clerk(self):
        return self.staff("finance_maker")

    @cached_property
    def approver(self):
        return self.staff("finance_approver")

    def stated(self, merchant_id, *journal_ids, state=StatementState.ISSUED, days=DAYS):
        """A statement of these journals, walked to `state`; each fund comes to its lines."""
        lines = [self._booked(merchant_id, journal_id) for journal_id in journal_ids]
        statement = self.save(
            Statement(
                merchant_id=merchant_id,
                starts_on=days[0],
                ends_on=days[1],
                lines=len(lines),
                lines_fen=Fen(sum(fen for _, _, fen in lines)),
                maker_id=self.clerk.id,
                opened_at=NOW,
            )
        )
        funds = dict.fromkeys((fund for _, fund, _ in lines), 0)
        for number, (journal_id, fund, fen) in enumerate(lines, 1):
            funds[fund] += fen
            self.session.add(
                StatementLine(
                    journal_id=journal_id,
                    statement_id=statement.id,
                    line_no=number,
                    fund_source=fund,
                    amount_fen=Fen(fen),
                )
            )
        for fund, fen in funds.items():
            self.session.add(
                StatementFund(
                    statement_id=statement.id,
                    fund_source=fund,
                    lines_fen=Fen(fen),
                    payable_fen=Fen(max(fen, 0)),
                    carried_out_fen=Fen(min(fen, 0)),
                )
            )
        self.session.flush()
        return self.walk(statement, state)

    def carrying_on(self, before, journal_id, *, days):
        """An open statement of one line that carries in what `before` carried out."""
        fund = self.session.get_one(StatementFund, (before.id, FundSource.UNION_FUND))
        _, _, fen = self._booked(before.merchant_id, journal_id)
        statement = self.save(
            Statement(
                merchant_id=before.merchant_id,
                starts_on=days[0],
                ends_on=days[1],
                lines=1,
                lines_fen=Fen(fen),
                maker_id=self.clerk.id,
                opened_at=NOW,
            )
        )
        self.save(
            StatementLine(
                journal_id=journal_id,
                statement_id=statement.id,
                line_no=1,
                fund_source=fund.fund_source,
                amount_fen=Fen(fen),
            )
        )
        self.save(
            StatementFund(
                statement_id=statement.id,
                fund_source=fund.fund_source,
                lines_fen=Fen(fen),
                carried_from_id=before.id,
                carried_in_fen=fund.carried_out_fen,
                payable_fen=Fen(fen + fund.carried_out_fen),
                carried_out_fen=Fen(0),
            )
        )
        return statement

    def _booked(self, merchant_id, journal_id):
        query = (
            select(Journal.fund_source, Posting.credit_fen - Posting.debit_fen)
            .join(Posting, Posting.journal_id == Journal.id)
            .where(Journal.id == journal_id, Posting.party_id == merchant_id)
        )
        return journal_id, *self.session.execute(query).one()

    def walk(self, statement, state):
        """Move a statement on to `state`, step by step."""
        approver_id = self.approver.id
        way = _STATEMENT_PATH if state in _STATEMENT_PATH else [*_STATEMENT_PATH[:2], state]
        for step in way[way.index(statement.state) + 1 : way.index(state) + 1]:
            statement.state = step
            statement.issued_at = statement.issued_at or NOW
            if step is StatementState.AGREED:
                statement.agreed_at = NOW
            if step is StatementState.APPROVED:
                statement.approver_id, statement.approved_at = approver_id, NOW
            self.session.flush()
        return statement

    def disputed(self, statement, journal_id, till):
        """A dispute about one line of an issued statement."""
        dispute = self.save(
            Dispute(
                id=new_id(),
                statement_id=statement.id,
                line_journal_id=journal_id,
                raised_by_terminal_id=till.id,
                reason="金额不对",
                raised_at=NOW,
            )
        )
        statement.state = StatementState.DISPUTED
        self.session.flush()
        return dispute

    def owed_to_a_member(self, *, source_id=None, source_type="aid_claim", fen=500_00):
        """A payable of mutual-aid money."""
        journal_id = self.journal(
            source_type=source_type,
            source_id=source_id or new_id(),
            kind="approved",
            family=Family.AID,
            event=PostingEvent.APPROVED,
            fund_source=FundSource.MUTUAL_AID,
            party_type=PartyType.MEMBER,
            party_id=self.member().id,
            amount_fen=Fen(fen),
        )
        return make_payable(self.session, journal_id=journal_id, now=NOW)

    def batch(self, *owed, state=BatchState.PREPARED):
        """A batch that pays these, walked to `state`, and its payments.

        Payables are paid whole, of a statement what its union fund comes to.
        """
        batch = self.save(
            PaymentBatch(
                book=Book.MUTUAL_AID if isinstance(owed[0], Payable) else Book.UNION,
                payments=len(owed),
                total_fen=Fen(sum(map(self._owed_fen, owed))),
                maker_id=self.clerk.id,
                prepared_at=NOW,
            )
        )
        payments = [self.save(self._payment(batch, thing)) for thing in owed]
        approver_id = self.approver.id
        for step in _BATCH_PATH[1 : _BATCH_PATH.index(state) + 1]:
            batch.state = step
            if step is BatchState.APPROVED:
                batch.approver_id, batch.approved_at = approver_id, NOW
            if step is BatchState.SENT:
                batch.sent_at, batch.file_sha256 = NOW, hashlib.sha256(b"file").digest()
            self.session.flush()
        if state is BatchState.SENT:
            for payment in payments:
                payment.state = PaymentState.SENT
            for payable in (thing for thing in owed if isinstance(thing, Payable)):
                payable.state = PayableState.PAYING
            self.session.flush()
        return batch, payments

    def _owed_fen(self, thing):
        if isinstance(thing, Payable):
            return thing.amount_fen
        key = (thing.id, FundSource.UNION_FUND)
        return self.session.get_one(StatementFund, key).payable_fen

    def _payment(self, batch, thing):
        is_payable = isinstance(thing, Payable)
        fund = thing.fund_source if is_payable else FundSource.UNION_FUND
        return Payment(
            reference=new_reference(),
            batch_id=batch.id,
            statement_id=None if is_payable else thing.id,
            payable_id=thing.id if is_payable else None,
            attempt=1,
            fund_source=fund,
            amount_fen=self._owed_fen(thing),
            payee_type=thing.payee_type if is_payable else PartyType.MERCHANT,
            payee_id=thing.payee_id if is_payable else thing.merchant_id,
            payee_name_sealed=b"sealed",
            payee_account_sealed=b"sealed",
            payee_shown="张**" if is_payable else "演示商户",
            account_masked="**** **** **** 0017",
        )

    @cached_property
    def bank_file(self):
        account = self.save(
            BankAccount(
                number="4403990000000001",
                opening_fen=Fen(1_000_000_00),
                closing_fen=Fen(1_000_000_00),
                known_since=NOW,
            )
        )
        return self.save(
            BankFile(
                account_id=account.id,
                name="bank.csv",
                sha256=hashlib.sha256(b"bank").digest(),
                profile="test",
                lines=9,
                new=9,
                imported_at=NOW,
            )
        )

    def bank_line(self, fen, **facts):
        """A line of the bank's statement: negative left the account."""
        number = self.next_number()
        defaults = {
            "account_id": self.bank_file.account_id,
            "file_id": self.bank_file.id,
            "seq": number,
            "booked_on": TODAY,
            "amount_fen": Fen(fen),
            "balance_fen": Fen(1_000_000_00 + number),
            "occurrence": 1,
            "summary": "转账",
        }
        return self.save(BankLine(**defaults | facts))

    def match(self, line, payment, *, fen=None):
        """Say that `line` is about `payment`, for `fen` or for the whole line.

        Whoever paid in full is marked paid, as is the statement or payable.
        """
        match = self.save(
            Match(
                bank_line_id=line.id,
                payment_id=payment.id,
                amount_fen=Fen(line.amount_fen if fen is None else fen),
                reason="test",
                matched_by=self.clerk.id,
                matched_at=NOW,
            )
        )
        self.session.refresh(line)
        self.session.refresh(payment)
        if payment.matched_fen == payment.amount_fen and not payment.returned_fen:
            payment.state = PaymentState.PAID
        if payment.returned_fen == payment.amount_fen:
            payment.state = PaymentState.RETURNED
        self.session.flush()
        return match
