from hashlib import sha256

from finance.models import (
    PAYEE_ACCOUNT,
    PAYEE_NAME,
    BatchState,
    Payment,
    PaymentBatch,
    PaymentState,
)
from finance.rules.references import new_reference
from finance.services.bank_import import import_bank_file
from kernel.ids import new_id
from kernel.money import Fen, yuan
from ledger.models import Book, FundSource, PartyType, PayableState
from tests.make import NOW
from tests.make.finance import PaymentMaker, synthetic_account

ACCOUNT = "6299990000000017"


def bank_file(*lines, opening_fen=200_000_00, account=ACCOUNT):
    """Return a file of the two-column layout: each line (day, fen, summary[, counterparty]).

    `day` may have a clock's time behind it.
    """
    rows = [
        f"账号,{account},户名,深圳市职工服务中心(演示),币种,CNY",
        "交易日期,交易时间,借方发生额,贷方发生额,余额,对方户名,对方账号,摘要,交易流水号",
    ]
    balance = opening_fen
    for moment, fen, summary, *who in lines:
        day, _, clock = moment.partition(" ")
        balance += fen
        paid, came = (yuan(Fen(-fen)), "") if fen < 0 else ("", yuan(Fen(fen)))
        name = who[0] if who else ""
        clock = clock or "10:15:00"
        rows.append(f'{day},{clock},"{paid}","{came}","{yuan(Fen(balance))}",{name},,{summary},')
    return "\r\n".join(rows).encode("utf-8-sig")


class BankMaker(PaymentMaker):
    """Payments that are at the bank, and what the bank says of them."""

    def sent_payment(self, *, statement=None, payable=None, sent_at=NOW, **facts):
        """A payment that was sent: of an approved statement of 52.50, unless it is told of what."""
        if statement is None and payable is None:
            statement = self.approved_statement()
        if statement is not None:
            owed = {
                "statement_id": statement.id,
                "fund_source": FundSource.UNION_FUND,
                "amount_fen": statement.lines_fen,
                "payee_type": PartyType.MERCHANT,
                "payee_id": statement.merchant_id,
            }
        else:
            owed = {
                "payable_id": payable.id,
                "fund_source": payable.fund_source,
                "amount_fen": payable.amount_fen,
                "payee_type": payable.payee_type,
                "payee_id": payable.payee_id,
            }
        id_ = new_id()
        name = facts.pop("payee", "演示影院商户11")
        account = facts.pop("account", synthetic_account(self.next_number()))
        batch = self.save(
            PaymentBatch(
                book=Book.MUTUAL_AID
                if owed["fund_source"] is FundSource.MUTUAL_AID
                else Book.UNION,
                payments=1,
                total_fen=owed["amount_fen"],
                maker_id=self.staff("finance_maker").id,
                prepared_at=sent_at,
            )
        )
        defaults = {
            "id": id_,
            "reference": new_reference(),
            "batch_id": batch.id,
            "attempt": 1,
            "payee_name_sealed": PAYEE_NAME.seal(id_, name),
            "payee_account_sealed": PAYEE_ACCOUNT.seal(id_, account),
            "payee_shown": name,
            "account_masked": f"629999****{account[-4:]}",
        }
        payment = self.save(Payment(**defaults | owed | facts))
        batch.approver_id = self.staff("finance_approver").id
        batch.state, batch.approved_at = BatchState.APPROVED, sent_at
        self.session.flush()
        batch.state, batch.sent_at = BatchState.SENT, sent_at
        batch.file_sha256 = sha256(payment.reference.encode()).digest()
        payment.state = PaymentState.SENT
        if payable is not None:
            payable.state = PayableState.PAYING
        self.session.flush()
        return payment

    def bank_import(self, *lines, now=NOW, **facts):
        """Take in a bank file with these lines; see `bank_file`."""
        content = bank_file(*lines, **facts)
        return import_bank_file(
            self.session, content=content, name="bank.csv", staff_id=None, now=now
        )
