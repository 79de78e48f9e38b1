"""A month with everything in it, by the models alone: what the residuals are broken in."""

from datetime import date, timedelta

from sqlalchemy import select, text, update

from aid.services import approve_claim, assess_claim
from benefits.models import Limit, LimitTake, LimitUnit
from discounts.models import ReceiptCounter
from finance.models import (
    BankAccount,
    BatchState,
    CloseCertificate,
    Discrepancy,
    DiscrepancyCode,
    DisputeState,
    Statement,
    StatementFund,
    StatementState,
)
from finance.queries.budget_sums import budget_sums
from finance.services.budgets import LineFacts, add_line, approve_change, propose_change
from finance.services.vouchers import write_vouchers
from kernel.actors import Role
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import (
    Account,
    BudgetChangeKind,
    Family,
    FundSource,
    PartyType,
    Payable,
    PayableState,
    PostingEvent,
)
from ledger.services import SourceKey, close_period, lock_period, post, post_reversal
from tests.finance.chain import TODAY, ChainMaker
from tests.make import NOW


class World(ChainMaker):
    """Sales taken back, disputed, stated, carried; claims paid, returned, not yet seen; a fee."""

    def build(self):
        self.chart()
        self.october()
        sales = self.merchants()
        statement = self.statements(sales)
        claims = self.claims()
        return sales | claims | self.bank(statement, claims["payables"])

    def october(self):
        """A month before, closed: what was kept of it is compared with the books."""
        self.journal(book_date=date(2026, 10, 5), party_id=self.merchant().id)
        period = lock_period(self.session, month="2026-10")
        days = {"starts_on": period.starts_on, "ends_on": period.ends_on}
        people = {"maker_id": self.clerk.id, "approver_id": self.approver.id}
        close_period(self.session, period=period, now=NOW, **people)
        write_vouchers(self.session, month="2026-10", **days)
        self.budget(days, people)

    def budget(self, days, people):
        """A line that carries 500 into November, with a certificate of October that says so."""
        account = self.session.scalars(select(Account).where(Account.code == "50301")).one()
        facts = LineFacts(2026, "O1", "文体", "Culture", FundSource.UNION_FUND, account.id)
        maker, approver = (self.staff_actor(f"finance_{duty}") for duty in ("maker", "approver"))
        given = NOW - timedelta(days=40)
        line = add_line(self.session, actor=maker, facts=facts, now=given)
        change = propose_change(
            self.session,
            actor=maker,
            kind=BudgetChangeKind.ALLOCATION,
            line_id=line.id,
            amount_fen=Fen(500_00),
            reason="演示会议",
            now=given,
        )
        approve_change(self.session, actor=approver, change_id=change.id, now=given)
        self.save(
            CloseCertificate(
                month="2026-10",
                residuals={},
                identities={},
                named=[],
                budgets=[each.as_dict() for each in budget_sums(self.session, **days)],
                closed_at=NOW,
                **people,
            )
        )

    def merchants(self):
        self.till, self.other_till = self.terminal(), self.terminal()
        sale, unstated = self.sale(self.till, seq=1), self.sale(self.till, seq=2, union_fen=20_00)
        self.save(ReceiptCounter(terminal_id=self.till.id, receipt_on=TODAY, last=2))
        small = self.sale(self.other_till, seq=1, union_fen=10_00)
        large = self.sale(self.other_till, seq=2, union_fen=25_00)
        self.save(ReceiptCounter(terminal_id=self.other_till.id, receipt_on=TODAY, last=2))
        for unit, taken, returned in ((LimitUnit.FEN, 40_00, 10_00), (LimitUnit.USES, 1, 0)):
            key = {"rule_id": new_id(), "scope_id": new_id(), "win": "total", "stripe": 0}
            take = {"source_id": sale.id, "unit": unit, "is_held": False}
            self.save(LimitTake(quantity=taken, returned=returned, **key, **take))
            self.save(Limit(max=100_00, used=taken - returned, **key))
        self.sales = sale, small, large
        self.taken_back = self.take_back(sale)
        self.small_back = self.take_back(small, union_fen=10_00)
        return {
            "unstated": unstated.id,
            "unstated_journal": self.journal_of(unstated).id,
            "taken_back": self.taken_back.id,
        }

    def statements(self, sales):
        """One statement with an accepted dispute; three of another merchant that carry on."""
        sale, small, large = self.sales
        merchant, other = self.till.merchant_id, self.other_till.merchant_id
        journals = {each.id: self.journal_of(each).id for each in (*self.sales,)}
        back = [self.journal_of(each).id for each in (self.taken_back, self.small_back)]
        # 30 of the sale are left, and the 30 of a second one: 60.
        more = self.sale(self.till, seq=3, union_fen=30_00)
        self.session.execute(
            update(ReceiptCounter).where(ReceiptCounter.terminal_id == self.till.id).values(last=3)
        )
        lines = [journals[sale.id], back[0], self.journal_of(more).id]
        statement = self.stated(merchant, *lines)
        self.accepted(self.disputed(statement, journals[sale.id], self.till), statement)
        self.walk(statement, StatementState.APPROVED)
        days = [date(2026, 11, day) for day in (1, 24, 25, 26)]
        even = self.stated(other, journals[small.id], days=days[0:2])
        below = self.stated(other, back[1], days=days[1:3])
        self.carrying(other, journals[large.id], below, days[2:4])
        sales["even"] = even.id
        return statement

    def accepted(self, dispute, statement):
        """Book 5 more for a disputed line, for two people."""
        approver_id = self.approver.id
        dispute.state, dispute.maker_id = DisputeState.ANSWERED, self.clerk.id
        dispute.answer, dispute.adjustment_fen = "补记", Fen(5_00)
        self.session.flush()
        journal_id = self.journal(
            source_type="adjustment",
            source_id=dispute.id,
            kind="raised",
            party_id=statement.merchant_id,
            amount_fen=Fen(5_00),
            programme_id=self.sales[0].programme_id,
        )
        dispute.state, dispute.journal_id = DisputeState.ACCEPTED, journal_id
        dispute.approver_id, dispute.decided_at = approver_id, NOW
        self.session.flush()
        statement.state, statement.agreed_at = StatementState.AGREED, NOW
        self.session.flush()

    def carrying(self, merchant_id, journal_id, before, days):
        """A statement of 25 that takes over the 10 that the merchant owes from `before`."""
        statement = self.save(
            Statement(
                merchant_id=merchant_id,
                starts_on=days[0],
                ends_on=days[1],
                lines=1,
                lines_fen=Fen(25_00),
                maker_id=self.clerk.id,
                opened_at=NOW,
            )
        )
        self.line_of(statement, journal_id, 25_00)
        self.save(
            StatementFund(
                statement_id=statement.id,
                fund_source=FundSource.UNION_FUND,
                lines_fen=Fen(25_00),
                carried_from_id=before.id,
                carried_in_fen=Fen(-10_00),
                payable_fen=Fen(15_00),
                carried_out_fen=Fen(0),
            )
        )
        self.walk(statement, StatementState.ISSUED)

    def line_of(self, statement, journal_id, fen):
        self.session.execute(
            text(
                "INSERT INTO statement_lines (journal_id, statement_id, line_no, fund_source,"
                " amount_fen) VALUES (:journal, :statement, 1, 'union_fund', :fen)"
            ),
            {"journal": journal_id, "statement": statement.id, "fen": fen},
        )

    def claims(self):
        """Three approved claims of mutual aid; the last is still on its way to the bank."""
        union = self.union()
        assessor, approver = (
            self.staff_actor(role, union=union)
            for role in (Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER)
        )
        payables = []
        for _ in range(3):
            claim = self.aid_claim(self.covered_member(union=union))
            common = {"claim_id": claim.id, "now": NOW}
            assess_claim(
                self.session,
                actor=assessor,
                version=claim.version,
                originals_seen=False,
                **common,
            )
            approve_claim(self.session, actor=approver, version=claim.version, **common)
            query = select(Payable).where(Payable.source_id == claim.id)
            payables.append(self.session.scalars(query).one())
        return {
            "claim": payables[0].source_id,
            "claimed": payables[0].journal_id,
            "other_claim": payables[2].source_id,
            "payables": payables,
        }

    def bank(self, statement, payables):
        """What was sent, and what the bank says of it: paid, paid, paid and returned, a fee."""
        batch, [to_merchant] = self.batch(statement, state=BatchState.SENT)
        _, [paid, returned, _] = self.batch(*payables, state=BatchState.SENT)
        fen = payables[1].amount_fen
        balance, number = 1_000_000_00, 0
        for payment, amount in (
            (to_merchant, -60_00),
            (paid, -paid.amount_fen),
            (returned, -fen),
            (returned, fen),
            (None, -5_00),
        ):
            balance, number = balance + amount, number + 1
            line = self.bank_line(amount, seq=number, balance_fen=Fen(balance))
            if payment is None:
                self.save(
                    Discrepancy(code=DiscrepancyCode.BANK_FEE, bank_line_id=line.id, opened_at=NOW)
                )
            else:
                self.proven(line, payment)
        payables[0].state = PayableState.PAID
        payables[1].state = PayableState.RETURNED
        statement.state = StatementState.PAID
        account = self.session.get_one(BankAccount, self.bank_file.account_id)
        account.closing_fen = Fen(balance)
        self.session.flush()
        return {"batch": batch.id}

    def proven(self, line, payment):
        """Match `line`, and book that money left or came back."""
        match = self.match(line, payment)
        if line.amount_fen > 0:
            post_reversal(
                self.session,
                original=SourceKey("match", self.before.id, "paid"),
                source_type="match",
                source_id=match.id,
                kind="returned",
                amount_fen=line.amount_fen,
                occurred_at=NOW,
                now=NOW,
            )
            return
        is_merchant = payment.payee_type is PartyType.MERCHANT
        post(
            self.session,
            source_type="match",
            source_id=match.id,
            kind="paid",
            family=Family.DISCOUNT if is_merchant else Family.AID,
            fund_source=payment.fund_source,
            event=PostingEvent.PAID,
            amount_fen=Fen(-line.amount_fen),
            party_type=payment.payee_type,
            party_id=payment.payee_id,
            occurred_at=NOW,
            now=NOW,
        )
        self.before = match
