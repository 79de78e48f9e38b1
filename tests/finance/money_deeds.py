"""What a till, a member and time do in the machine of money."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import func, select, text

from discounts.errors import NotReversible
from discounts.models import Redemption
from discounts.services import (
    RedeemRequest,
    redeem_discount,
    reverse_redemption,
    void_redemption,
)
from finance.errors import PreparedByYou
from finance.models import Discrepancy, DiscrepancyState
from finance.services.closing import ask_to_close, close_period
from finance.services.discrepancies import take_on
from kernel.clock import SHANGHAI
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Period, PeriodState

DAY = timedelta(days=1)
indexes = st.integers(0, 1_000)
shares = st.integers(1, 100)


class TillDeeds(RuleBasedStateMachine):
    """Counts in `earned`, `left` and `now` what is done."""

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

    @rule(days=st.integers(1, 12))
    def sleep(self, days):
        self.now += days * DAY

    @precondition(lambda self: self.open_month() < f"{self.today:%Y-%m}")
    @rule()
    def close(self):
        month = self.open_month()
        ask_to_close(self.session, actor=self.town.maker, month=month, now=self.now)
        with pytest.raises(PreparedByYou), self.session.begin_nested():
            close_period(self.session, actor=self.maker_as_approver, month=month, now=self.now)
        unowned = select(Discrepancy).where(
            Discrepancy.state == DiscrepancyState.OPEN, Discrepancy.owner_id.is_(None)
        )
        for found in self.session.scalars(unowned.execution_options(populate_existing=True)).all():
            take_on(
                self.session,
                actor=self.town.maker,
                discrepancy_id=found.id,
                version=found.version,
                now=self.now,
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


def pick(rows, which):
    return rows[which % len(rows)]
