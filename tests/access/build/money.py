"""Payments, statements, the bank."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from finance.models import (
    EVIDENCE_CONTENT,
    BankLine,
    Discrepancy,
    Dispute,
    DisputeEvidence,
    DisputeState,
    EvidenceMedia,
    Invoice,
    Match,
    StatementLine,
    StatementState,
    WorkKind,
)
from finance.services.payments import (
    confirm_refused,
    declare_refused,
    propose_tiers,
    start_run,
)
from finance.services.works import start_work
from kernel.actors import Role
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Book
from tests.access.build.base import Part
from tests.make import NOW

BUYER = "81440399MC0000100R"
INVOICE_NUMBER = "26442000000000000001"


class Money(Part):
    def payments(self):
        """Batches of the whole city in each state in which something can be done with them."""
        for name, made in (
            ("payment_batch", self.make.prepared_batch),
            ("confirmed_batch", self.make.approved_batch),
            ("sent_batch", self.make.sent_batch),
        ):
            statement = self.make.approved_statement()
            self.world.ids[name] = str(made(only=[statement.id]).id)
        large = self.make.approved_statement(sales=(50_000_00,))
        self.world.ids["large_batch"] = str(self.make.prepared_batch(only=[large.id]).id)
        proposed = propose_tiers(
            self.make.session,
            actor=self.make.staff_actor(Role.FINANCE_MAKER),
            check_from_fen=Fen(1),
            twice_from_fen=Fen(2),
            now=NOW,
        )
        self.world.ids["owed_statement"] = str(self.make.approved_statement().id)
        run = start_run(
            self.make.session,
            actor=self.make.staff_actor(Role.FINANCE_MAKER),
            book=Book.UNION,
            per_batch=1,
            now=NOW,
        )
        self.world.ids["payment_run"] = str(run.id)
        work = start_work(
            self.make.session,
            actor=self.make.staff_actor(Role.FINANCE_MAKER),
            kind=WorkKind.BANK_FILE,
            subject="november",
            asked={"name": "november.csv"},
            now=NOW,
        )
        self.world.ids["work"] = str(work.id)
        self._refusals()
        self.world.ids["payment_tiers"] = str(proposed.id)

    def _refusals(self):
        """A payment that the bank refused on one person's word, and one on that of two."""
        maker, approver = map(self.make.staff_actor, (Role.FINANCE_MAKER, Role.FINANCE_APPROVER))
        for name in ("declared_refusal", "confirmed_refusal"):
            refusal = declare_refused(
                self.session,
                actor=maker,
                payment_id=self.make.sent_payment().id,
                refused_on=NOW.date(),
                reason="户名不符",
                now=NOW,
            )
            self.world.ids[name] = str(refusal.id)
        confirm_refused(self.session, actor=approver, refusal_id=refusal.id, version=1, now=NOW)

    def statements(self):
        """The shop's statements, each of days of its own, so that each step finds one to take."""
        for place, name in enumerate(
            ("open", "issued", "disputed", "answered", "agreed", "invoiced"), 1
        ):
            self._statement(name, NOW.date() + timedelta(days=place))

    def _statement(self, name, day):
        one_day = {"starts_on": day, "ends_on": day + timedelta(days=1)}
        if name == "invoiced":
            one_day["invoice_buyer_uscc"] = BUYER
        statement = self.make.statement(merchant=self.shop, sales=(40_00,), **one_day)
        query = select(StatementLine).where(StatementLine.statement_id == statement.id)
        line = self.session.scalars(query).one()
        self.world.ids |= {
            f"{name}_statement": str(statement.id),
            f"{name}_line": str(line.journal_id),
        }
        if name == "open":
            return
        statement.issued_at, statement.state = self.now, StatementState.ISSUED
        self.session.flush()
        if name in {"disputed", "answered"}:
            statement.state = StatementState.DISPUTED
            dispute = Dispute(
                id=new_id(),
                statement_id=statement.id,
                line_journal_id=line.journal_id,
                raised_by_terminal_id=UUID(self.world.ids["till_id"]),
                reason="少算了一单",
                raised_at=self.now,
            )
            self.make.save(dispute)
            if name == "answered":
                dispute.state, dispute.maker_id = DisputeState.ANSWERED, statement.maker_id
                dispute.answer, dispute.adjustment_fen = "已核对", 0
                self.session.flush()
            self.world.ids[f"{name}_dispute"] = str(dispute.id)
            if name == "disputed":
                self._evidence(dispute)
        if name == "invoiced":
            self._invoice(statement)
        if name == "agreed":
            statement.agreed_at, statement.state = self.now, StatementState.AGREED
            self.session.flush()

    def _evidence(self, dispute):
        row_id = new_id()
        self.make.save(
            DisputeEvidence(
                id=row_id,
                dispute_id=dispute.id,
                media_type=EvidenceMedia.PDF,
                size_bytes=4,
                content_sha256=b"%PDF",
                content_sealed=EVIDENCE_CONTENT.seal(row_id, b"%PDF"),
                manager_id=UUID(self.world.ids["colleague"]),
                added_at=self.now,
            )
        )
        self.world.ids["evidence"] = str(row_id)

    def _invoice(self, statement):
        invoice = self.make.save(
            Invoice(
                statement_id=statement.id,
                number=INVOICE_NUMBER,
                issued_on=statement.starts_on,
                amount_fen=10_00,
                buyer_uscc=BUYER,
                seller_uscc=self.shop.uscc,
                entered_by_manager_id=UUID(self.world.ids["colleague"]),
                entered_at=self.now,
            )
        )
        self.world.ids["invoice"] = str(invoice.id)

    def bank(self):
        sent_at = NOW.replace(day=1)
        matched, unmatched = (self.make.sent_payment(sent_at=sent_at) for _ in range(2))
        self.make.bank_import(
            ("2026-11-05", -matched.amount_fen, matched.reference), ("2026-11-06", -1_00, "转账")
        )
        line = self.session.scalars(select(BankLine).where(BankLine.seq == 2)).one()
        named = select(Discrepancy).where(Discrepancy.bank_line_id == line.id)
        self.own(
            bank_line=line,
            bank_payment=unmatched,
            bank_match=self.session.scalars(select(Match)).one(),
            exception=self.session.scalars(named).one(),
        )
