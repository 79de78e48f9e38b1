"""The state machine of money: from a sale to the bank's line and back, in any order.

The deeds are the product's services. What merchants should be owed is counted here again, by adding
and subtracting whole fen deed by deed: no sum of the product's is asked for it.
"""

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from discounts.models import Redemption
from finance.models import Dispute, Match, Payment, PaymentBatch, Statement
from finance.queries.residuals import residuals
from ledger.models import Journal, PartyType, Period, Posting
from tests.finance.money_deeds import DAY, TillDeeds
from tests.finance.money_finance import FinanceDeeds
from tests.finance.money_town import FIRST_DAY, OPENS_AT


class MoneyMachine(FinanceDeeds, TillDeeds):
    """`engine` and `town` are set by who runs it. A run's work is never committed.

    `reached` counts, over all runs, the states that rows were left in.
    """

    engine = None
    town = None
    reached = Counter()

    @initialize(rounds=st.lists(st.booleans(), min_size=1, max_size=3))
    def begin(self, rounds):
        self.session = Session(self.engine, expire_on_commit=False)
        self.now = OPENS_AT
        self.stated_until = FIRST_DAY
        self.balance = 5_000_000_00
        self.earned = Counter()  # what each merchant is owed of each fund: ours, not the product's
        self.paid = Counter()
        self.left = {}  # of each sale: (what the union paid, what of the gross is left)
        for disputed in rounds:
            self.settle(disputed=disputed)

    def settle(self, *, disputed):
        """Go the whole way once, so that what follows begins with money at the bank.

        Where a line is disputed, a batch is given up, the bank sends a payment back, a month ends,
        and the next statements are with their merchants.
        """
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
        else:
            self.undo(0)
            self.match(0)
            self.sell(0, 0, 0, 90_00)
            self.void(len(self.left) - 1)
        self.sell(1, 1, 0, 70_00)
        self.sell(1, 2, 1, 80_00)
        for share in (40, 100) if disputed else (40,):
            self.take_back(len(self.left) - 1, share)
        if disputed:
            self.sleep(31)
            self.close()
            self.open_statements()
            self.issue(0)
            self.issue(0)
            self.dispute(0, 0)

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
