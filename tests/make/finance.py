from datetime import date

from stdnum import luhn

from finance.models import (
    MEMBER_ACCOUNT,
    PayoutAccount,
    Statement,
    StatementFund,
    StatementLine,
    StatementState,
)
from finance.services.payments import (
    approve_batch,
    check_batch,
    prepare_batch,
    send_batch,
)
from kernel.ids import new_id
from kernel.masks import mask_bank_account
from kernel.money import Fen
from kernel.secrets import blind_index
from ledger.models import Book, Family, FundSource, PartyType, PostingEvent
from ledger.services import make_payable
from merchants.models import MERCHANT_ACCOUNT_HOLDER, MERCHANT_ACCOUNT_NUMBER
from merchants.rules import ACCOUNT_FIELD
from tests.make import NOW
from tests.make.ledger import LedgerMaker
from tests.make.members import MemberMaker
from tests.make.merchants import MerchantMaker

# The days of a statement that holds what is booked at NOW, 2026-11-23: [16, 24) November.
STARTS_ON, ENDS_ON = date(2026, 11, 16), date(2026, 11, 24)


def synthetic_account(number):
    """Return a valid account number of nobody: 629999 is no bank's."""
    body = f"629999{number:09d}"
    return body + luhn.calc_check_digit(body)


class PaymentMaker(LedgerMaker, MemberMaker, MerchantMaker):
    """What is owed and to whom, and the payments that were made of it."""

    def payee_merchant(self, *, account=None, holder=None, **facts):
        """A merchant that can be paid: its account is `account`, in its own name."""
        merchant = self.merchant(**facts)
        number = account or synthetic_account(self.next_number())
        merchant.account_number_sealed = MERCHANT_ACCOUNT_NUMBER.seal(merchant.id, number)
        merchant.account_holder_sealed = MERCHANT_ACCOUNT_HOLDER.seal(
            merchant.id, holder or merchant.name
        )
        merchant.account_masked = mask_bank_account(number)
        merchant.account_index = blind_index(ACCOUNT_FIELD, number)
        self.session.flush()
        return merchant

    def payee_member(self, *, account=None, bank_name="演示银行", **facts):
        """A member that can be paid: consented, with an account in its own name."""
        member = self.member(**facts)
        self.consent(member, purpose="payout_account")
        number = account or synthetic_account(self.next_number())
        row_id = new_id()
        self.save(
            PayoutAccount(
                id=row_id,
                member_id=member.id,
                account_sealed=MEMBER_ACCOUNT.seal(row_id, number),
                account_masked=mask_bank_account(number),
                account_index=blind_index("payout_account", number),
                bank_name=bank_name,
                set_at=NOW,
            )
        )
        return member

    def statement(self, *, merchant=None, sales=(40_00, 12_50), **facts):
        """An open statement with a line for each of `sales` of one fund, booked at NOW."""
        self.chart()
        fund = facts.pop("fund_source", FundSource.UNION_FUND)
        merchant = merchant or self.payee_merchant()
        journals = [
            self.journal(party_id=merchant.id, amount_fen=Fen(fen), fund_source=fund)
            for fen in sales
        ]
        defaults = {
            "merchant_id": merchant.id,
            "starts_on": STARTS_ON,
            "ends_on": ENDS_ON,
            "lines": len(sales),
            "lines_fen": Fen(sum(sales)),
            "opened_at": NOW,
        }
        if "maker_id" not in facts:
            defaults["maker_id"] = self.staff("finance_maker").id
        statement = self.save(Statement(**defaults | facts))
        for line_no, (journal_id, fen) in enumerate(zip(journals, sales, strict=True), start=1):
            self.save(
                StatementLine(
                    journal_id=journal_id,
                    statement_id=statement.id,
                    line_no=line_no,
                    fund_source=fund,
                    amount_fen=Fen(fen),
                )
            )
        self.save(
            StatementFund(
                statement_id=statement.id,
                fund_source=fund,
                lines_fen=Fen(sum(sales)),
                payable_fen=Fen(sum(sales)),
                carried_out_fen=Fen(0),
            )
        )
        return statement

    def approved_statement(self, **facts):
        """A statement that its merchant agreed to and a second person approved: it may be paid."""
        statement = self.statement(**facts)
        approver = self.staff("finance_approver")
        for state, moments in (
            (StatementState.ISSUED, {"issued_at": NOW}),
            (StatementState.AGREED, {"agreed_at": NOW}),
            (StatementState.APPROVED, {"approved_at": NOW, "approver_id": approver.id}),
        ):
            statement.state = state
            for name, value in moments.items():
                setattr(statement, name, value)
            self.session.flush()
        return statement

    def payable(self, *, member=None, amount_fen=1_920_00, **facts):
        """An aid claim's payment that is owed to a member."""
        self.chart()
        member = member or self.payee_member()
        defaults = {
            "source_type": "aid_claim",
            "kind": "approved",
            "family": Family.AID,
            "fund_source": FundSource.MUTUAL_AID,
            "event": PostingEvent.APPROVED,
            "party_type": PartyType.MEMBER,
            "party_id": member.id,
            "amount_fen": Fen(amount_fen),
        }
        journal_id = self.journal(**defaults | facts)
        return make_payable(self.session, journal_id=journal_id, now=NOW)

    def prepared_batch(self, *, book=Book.UNION, maker=None, only=None):
        """A batch of all that is owed in the book, as its service prepares it."""
        maker = maker or self.staff_actor("finance_maker")
        return prepare_batch(self.session, actor=maker, book=book, now=NOW, only=only).batch

    def approved_batch(self, **facts):
        """A batch with every signature that its amount asks for."""
        batch = self.prepared_batch(**facts)
        steps = [(check_batch, "finance_checker")] if batch.needs_check else []
        steps += [(approve_batch, "finance_approver")] * batch.approvals
        for step, role in steps:
            step(
                self.session,
                actor=self.staff_actor(role),
                batch_id=batch.id,
                version=batch.version,
                now=NOW,
            )
        return batch

    def sent_batch(self, **facts):
        batch = self.approved_batch(**facts)
        maker = self.staff_actor("finance_maker")
        send_batch(self.session, actor=maker, batch_id=batch.id, version=batch.version, now=NOW)
        return batch
