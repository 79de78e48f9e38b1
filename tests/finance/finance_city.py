"""A city with something on each page of finance, and the address of each of them."""

from datetime import date

from sqlalchemy import select

from finance.errors import BankLinesMissing
from finance.models import (
    BankLine,
    Discrepancy,
    DiscrepancyCode,
    Outcome,
    Payment,
    StatementLine,
    StatementState,
    WorkKind,
    WorkStage,
)
from finance.queries.vouchers import kept_vouchers
from finance.services.closing import ask_to_close, close_period
from finance.services.payments import start_run
from finance.services.performing import answer_of
from finance.services.works import end_work, start_work
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.money import Fen
from kernel.secrets import new_token
from ledger.models import Account, Book, BudgetChangeKind, PostingRule
from ledger.services import ensure_period
from proof.models import ProofLeaf
from proof.services import append_records, make_checkpoint
from tests.finance.invoicing import BUYER, dispute_with_evidence, entered_invoice
from tests.finance.test_budgets import BudgetDesk
from tests.finance.whole_month import World

DESK, MANAGER = "/desk/finance", "/scan/manager/statements"
CERTIFIED, KEPT, OPEN = "2025-10", "2026-10", "2026-11"

PLAIN = [
    "statements",
    "statements/new",
    "statements/disputes",
    "statements/invoices",
    "payments",
    "payments/owed",
    "payments/returned",
    "payment-settings",
    "bank",
    "bank/lines",
    "bank/lines?show=all",
    "bank/matches",
    "channels",
    "exceptions",
    "close",
    "books",
    "ageing",
    "budgets",
    "budgets/new",
    "budgets/changes",
    "budgets/changes/new",
    "chart",
    "chart/new",
    "chart/rules",
    "chart/rules/new",
    "trace",
    "bank-refusals",
    "payout-accounts",
]


class FinanceCity(World):
    """`found` maps the name of a page to its address; `desk` and `phone` are cookies."""

    def found(self):
        self.city = self.union(code="SZ", name="深圳市总工会(演示)")
        self._certificate()
        ids = self.build()
        pages = (
            self._plain() | self._statement() | self._payments() | self._budget() | self._books()
        )
        pages |= self._works()
        sale, batch = ids["unstated"], ids["batch"]
        pages |= {
            "trace of a sale": f"{DESK}/trace/redemption/{sale}",
            "trace of a batch": f"{DESK}/trace/payment_batch/{batch}",
            "trace, found": f"{DESK}/trace?q=60.00",
            "batch": f"{DESK}/payments/{batch}",
        }
        self._sign_in()
        return pages | self._log()

    def _sign_in(self):
        roles = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
        self.desk, self.phone = new_token(), new_token()
        self.staff_session(self.staff(*roles, union=self.city), token=self.desk, at=utc_now())
        self.manager_session(self.owner, token=self.phone, at=utc_now())

    def _certificate(self):
        """A month in which nothing was booked, closed by two people through the services."""
        self.chart()
        ensure_period(self.session, day=date.fromisoformat(f"{CERTIFIED}-05"))
        asking = self.staff_actor(Role.FINANCE_MAKER, union=self.city)
        closing = self.staff_actor(Role.FINANCE_APPROVER, union=self.city)
        facts = {"month": CERTIFIED, "now": utc_now()}
        ask_to_close(self.session, actor=asking, **facts)
        close_period(self.session, actor=closing, **facts)

    def _plain(self):
        """Pages whose address names nothing."""
        pages = {name: f"{DESK}/{name}" for name in PLAIN} | {"overview": DESK}
        return pages | {"what must hold": "/desk/proof", "the log": "/desk/proof/log"}

    def _statement(self):
        """A statement with a dispute and an invoice, at the desk and on its manager's phone."""
        merchant = self.payee_merchant(name="演示餐饮商户02", union_id=self.city.id)
        self.owner = self.manager(merchant=merchant)
        self.agreement(merchant_id=merchant.id, invoice_buyer_uscc=BUYER)
        terms = {"invoice_buyer_uscc": BUYER, "min_payout_fen": Fen(100)}
        statement = self.statement(merchant=merchant, sales=(40_00, 12_50), **terms)
        statement.issued_at, statement.confirm_by = utc_now(), utc_now().date()
        statement.state = StatementState.ISSUED
        self.session.flush()
        query = select(StatementLine.journal_id).where(StatementLine.statement_id == statement.id)
        journal_id = self.session.scalars(query.order_by(StatementLine.line_no)).first()
        theirs = {"statement": statement, "manager": self.owner}
        dispute_with_evidence(self, journal_id=journal_id, **theirs)
        entered_invoice(self, merchant=merchant, **theirs)
        return {
            "statement": f"{DESK}/statements/{statement.id}",
            "my statements": MANAGER,
            "my statement": f"{MANAGER}/{statement.id}",
            "my line": f"{MANAGER}/{statement.id}/lines/{journal_id}",
            "my invoice": f"{MANAGER}/{statement.id}/invoices/new",
        }

    def _payments(self):
        """Something that can be paid, something that cannot, and a run that is going on."""
        self.approved_statement(merchant=self.payee_merchant(name="演示书店商户05"))
        member = self.payee_member(union=self.city, name="欧阳小明")
        self.payable(member=member, amount_fen=1_920_00)
        without = self.member(union=self.city, name="张小明")
        self.consent(without, purpose="payout_account")
        self.payable(member=without, amount_fen=450_00)
        preparer = self.staff_actor(Role.FINANCE_MAKER, union=self.city)
        facts = {"book": Book.MUTUAL_AID, "per_batch": 100, "now": utc_now()}
        run = start_run(self.session, actor=preparer, **facts)
        waiting = self.prepared_batch()
        return {
            "waiting batch": f"{DESK}/payments/{waiting.id}",
            "run": f"{DESK}/payment-runs/{run.id}",
            "payee": f"{DESK}/payout-accounts/{member.id}",
        }

    def _works(self):
        """A bank file that is worked on, and one that was refused."""
        maker = self.staff_actor(Role.FINANCE_MAKER, union=self.city)
        facts = {"actor": maker, "kind": WorkKind.BANK_FILE, "now": utc_now()}
        going_on, refused = (
            start_work(self.session, subject=name, asked={"name": name}, **facts)
            for name in ("演示银行十一月流水", "演示银行十月流水")
        )
        going_on.stage, going_on.done, going_on.total = WorkStage.MATCH, 30_000, 98_000
        refusal = BankLinesMissing(expected="200.00", found="180.00")
        ended = {"outcome": Outcome.REFUSED, "answer": answer_of(refusal), "now": utc_now()}
        end_work(self.session, work_id=refused.id, **ended)
        return {
            "works": f"{DESK}/works",
            "work": f"{DESK}/works/{going_on.id}",
            "refused work": f"{DESK}/works/{refused.id}",
        }

    def _budget(self):
        desk = BudgetDesk(self)
        line, other = desk.line("C1", holding=900_000_00), desk.line("C2", holding=50_00)
        desk.propose(BudgetChangeKind.VIREMENT, line, 100_000_00, to=other)
        rule_id = self.session.scalars(select(PostingRule.id)).first()
        return {
            "budget line": f"{DESK}/budgets/{line.id}",
            "account of the chart": f"{DESK}/chart/{desk.account('50202').id}",
            "posting rule": f"{DESK}/chart/rules/{rule_id}",
        }

    def _books(self):
        fee = self.session.scalars(select(BankLine).where(BankLine.amount_fen == -5_00)).one()
        payment_id = self.session.scalars(select(Payment.id).order_by(Payment.id)).first()
        paid = self.session.scalars(select(BankLine).where(BankLine.amount_fen == -60_00)).one()
        named = self.session.scalars(select(Discrepancy)).first()
        kind = {"code": DiscrepancyCode.PLATFORM_ONLY, "opened_at": utc_now()}
        sold = self.save(Discrepancy(redemption_id=self.sales[0].id, amount_fen=Fen(-3_00), **kind))
        bank = self.session.scalars(select(Account.id).where(Account.code == "102")).one()
        [voucher, *_] = kept_vouchers(self.session, month=KEPT)
        return {
            "payment": f"{DESK}/bank-refusals/payments/{payment_id}",
            "bank line": f"{DESK}/bank/lines/{fee.id}",
            "matched line": f"{DESK}/bank/lines/{paid.id}",
            "exception": f"{DESK}/exceptions/{named.id}",
            "exception of a sale": f"{DESK}/exceptions/{sold.id}",
            "certificate": f"{DESK}/close/{CERTIFIED}",
            "open month": f"{DESK}/close/{OPEN}",
            "account": f"{DESK}/books/{bank}?month={OPEN}",
            "vouchers": f"{DESK}/vouchers/{KEPT}",
            "vouchers to come": f"{DESK}/vouchers/{OPEN}",
            "voucher": f"{DESK}/vouchers/one/{voucher.id}",
        }

    def _log(self):
        append_records(self.session, now=utc_now(), all_of_them=True)
        make_checkpoint(self.session, now=utc_now())
        leaf = self.session.scalars(select(ProofLeaf).order_by(ProofLeaf.seq)).first()
        return {"record": f"/desk/proof/records/{leaf.kind}/{leaf.record_key}"}
