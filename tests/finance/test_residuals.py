"""Each identity of the close certificate, broken by one fact: exactly its residual speaks."""

import re
from datetime import date

import pytest
from sqlalchemy import create_engine, select, text, update
from sqlalchemy.orm import Session

from aid.services import approve_claim, assess_claim
from benefits.models import Limit, LimitTake, LimitUnit
from discounts.models import ReceiptCounter
from finance.models import (
    BankAccount,
    BatchState,
    Discrepancy,
    DiscrepancyCode,
    Dispute,
    DisputeState,
    Statement,
    StatementFund,
    StatementState,
)
from finance.queries import residuals
from finance.queries.closing import named_exceptions
from finance.queries.identities import IDENTITIES
from finance.services.vouchers import write_vouchers
from kernel.actors import Role
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import (
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

NOVEMBER = {"starts_on": date(2026, 11, 1), "ends_on": date(2026, 12, 1)}

# residual: (what it then is, the one fact that is changed). Fen, or a count.
BREAKS = {
    "debits_minus_credits_fen": (
        1,
        (
            "UPDATE postings SET debit_fen = debit_fen + 1 WHERE journal_id = :claimed"
            " AND debit_fen > 0"
        ),
    ),
    "redemptions_fen": (
        2 * 20_00,
        "UPDATE journals SET source_id = gen_random_uuid() WHERE source_id = :unstated",
    ),
    "reversals_fen": (
        2 * 10_00,
        "UPDATE journals SET source_id = gen_random_uuid() WHERE source_id = :taken_back",
    ),
    "adjustments_fen": (
        2 * 5_00,
        "UPDATE journals SET source_id = gen_random_uuid() WHERE source_type = 'adjustment'",
    ),
    "programme_costs_fen": (
        2 * 20_00,
        "UPDATE journals SET programme_id = gen_random_uuid() WHERE source_id = :unstated",
    ),
    "balances_fen": (
        1,
        (
            "UPDATE period_balances SET closing_fen = closing_fen + 1,"
            " opening_fen = opening_fen + 1 WHERE closing_fen > 0"
        ),
    ),
    "vouchers_fen": (1, "UPDATE voucher_lines SET debit_fen = 4001 WHERE debit_fen = 4000"),
    "awards_fen": (1, "UPDATE aid_claims SET benefit_fen = benefit_fen + 1 WHERE id = :claim"),
    "payables_fen": (
        2 * 1_920_00,
        "UPDATE payables SET journal_id = :unstated_journal WHERE source_id = :claim",
    ),
    "programmes_fen": (
        7,
        (
            "UPDATE limit_takes SET returned = returned + 7 WHERE unit = 'fen';"
            " UPDATE limits SET used = used - 7 WHERE used > 1"
        ),
    ),
    "uses": (
        1,
        (
            "UPDATE limit_takes SET returned = 1 WHERE unit = 'uses';"
            " UPDATE limits SET used = 0 WHERE used = 1"
        ),
    ),
    "merchants_fen": (
        2 * 20_00,
        "UPDATE redemptions SET merchant_id = gen_random_uuid() WHERE id = :unstated",
    ),
    "statements_fen": (
        2 * 40_00,
        "UPDATE statement_lines SET fund_source = 'dues' WHERE amount_fen = 4000",
    ),
    "carried_fen": (
        10_00,
        "UPDATE statement_funds SET carried_from_id = :even WHERE carried_from_id IS NOT NULL",
    ),
    "payments_fen": (1_920_00, "UPDATE payables SET state = 'owed' WHERE source_id = :other_claim"),
    "sent_fen": (3, "UPDATE payment_batches SET total_fen = total_fen + 3 WHERE id = :batch"),
    "bank_balance_fen": (4, "UPDATE bank_accounts SET closing_fen = closing_fen + 4"),
    "bank_chain": (2, "UPDATE bank_lines SET seq = 0 WHERE seq = 5"),
    "bank_exceptions_fen": (
        5_00,
        "UPDATE discrepancies SET state = 'resolved', resolved_at = now()",
    ),
    "bank_ledger_fen": (
        60_00,
        (
            "UPDATE postings SET account_id = (SELECT id FROM accounts WHERE code = '135')"
            " WHERE credit_fen = 6000 AND party_id IS NULL"
        ),
    ),
    "merchants_owed_fen": (
        2 * 60_00,
        (
            "UPDATE postings SET party_id = gen_random_uuid() WHERE debit_fen = 6000"
            " AND party_type = 'merchant'"
        ),
    ),
    "members_owed_fen": (
        2 * 1_920_00,
        (
            "UPDATE payments SET payee_id = gen_random_uuid() WHERE amount_fen = 192000"
            " AND state = 'paid'"
        ),
    ),
    "limits": (1, "UPDATE limits SET used = used - 1 WHERE used > 1"),
    "receipt_gaps": (1, "UPDATE receipt_counters SET last = last + 1 WHERE last = 3"),
}


@pytest.fixture(scope="module")
def books(app, databases):
    """A month with everything in it; yields its database's name and the ids of what is broken."""
    name = databases.copy()
    engine = create_engine(databases.urls.app.format(name=name))
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            ids = World(session).build()
    finally:
        engine.dispose()
    return name, ids


@pytest.fixture
def owner(databases, books):
    """A session as the owner, to whom no trigger is sacred; what it does vanishes."""
    engine = create_engine(databases.urls.owner.format(name=books[0]))
    with Session(engine) as session:
        yield session
        session.rollback()
    engine.dispose()


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


def test_a_whole_month_comes_to_nothing_and_both_sides_are_something(owner):
    found = residuals(owner, **NOVEMBER)

    assert found.as_dict() == dict.fromkeys(BREAKS, 0)
    assert found.all_zero
    sides = {each.name: (each.left_sum, each.right_sum) for each in found.checked}
    assert [name for name, (left, right) in sides.items() if left != right or not left] == []
    kept = found.identities()
    assert kept["merchants_fen"]["left"] == {
        "captured": 125_00,
        "taken_back": -20_00,
        "adjusted": 5_00,
    }
    assert kept["merchants_fen"]["right"] == {"stated": 85_00, "not_yet_stated": 25_00}
    assert kept["sent_fen"]["right"]["not_yet_seen"] > 0


def test_no_identity_goes_without_a_fact_that_breaks_it():
    assert {each.name for each in IDENTITIES} <= set(BREAKS)


@pytest.mark.parametrize("name", BREAKS)
def test_one_broken_fact_makes_exactly_its_residual_speak(owner, books, name):
    wanted, change = BREAKS[name]
    owner.execute(text("SET LOCAL lock_timeout = '2s'"))
    for table in re.findall(r"UPDATE (\w+)", change):
        owner.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    for statement in change.split(";"):
        given = {key: value for key, value in books[1].items() if f":{key}" in statement}
        assert owner.execute(text(statement), given).rowcount > 0

    assert residuals(owner, **NOVEMBER).not_zero == {name: wanted}


def test_what_a_person_explained_is_named_too(owner, books):
    owner.execute(text("ALTER TABLE discrepancies DISABLE TRIGGER USER"))
    owner.execute(
        text(
            "UPDATE discrepancies SET state = 'resolved', resolved_at = now(), note = '手续费',"
            " owner_id = (SELECT id FROM staff_accounts LIMIT 1)"
        )
    )

    found = residuals(owner, **NOVEMBER)

    assert found.all_zero
    assert found.identities()["bank_exceptions_fen"]["right"] == {
        "open_exceptions": 0,
        "explained": 5_00,
    }


def test_another_month_is_not_asked_about_this_one(owner, books):
    owner.execute(text("ALTER TABLE journals DISABLE TRIGGER USER"))
    owner.execute(text(BREAKS["redemptions_fen"][1]), {"unstated": books[1]["unstated"]})

    december = {"starts_on": date(2026, 12, 1), "ends_on": date(2027, 1, 1)}
    assert residuals(owner, **december).all_zero


def test_what_stays_open_is_named_with_its_amount_and_age(owner):
    named = [(each.code, each.subject_type, each.amount_fen) for each in named_exceptions(owner)]

    assert sorted(named) == [
        ("bank_fee", "bank_line", 5_00),
        ("sent_not_seen", "payment_batch", 1_920_00),
    ]
    assert all(each.age(NOW).days == 0 for each in named_exceptions(owner))
