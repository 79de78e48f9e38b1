"""A budget of two lines with a programme each, sold under in the months before NOW."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from benefits.models import Programme
from discounts.models import ReceiptCounter, RedemptionState
from finance.queries.closing import certificate
from finance.services.budgets import (
    LineFacts,
    add_line,
    approve_change,
    assign_programme,
    propose_change,
)
from finance.services.closing import ask_to_close, close_period
from kernel.clock import shanghai_date
from kernel.money import Fen
from ledger.models import Account, BudgetChangeKind, Family, FundSource
from tests.finance.chain import ChainMaker

ALLOCATION, VIREMENT, RELEASE = BudgetChangeKind
AUGUST, SEPTEMBER, OCTOBER = (datetime(2026, month, 10, 4, tzinfo=UTC) for month in (8, 9, 10))
LATER = datetime(2026, 11, 5, 4, tzinfo=UTC)


def days_of_month(month):
    first = date.fromisoformat(f"{month}-01")
    return {"starts_on": first, "ends_on": (first + timedelta(days=31)).replace(day=1)}


class Year(ChainMaker):
    """Two lines of one fund, each with a programme, and two people of finance."""

    def open(self):
        self.chart()
        self.actors = self.staff_actor("finance_maker"), self.staff_actor("finance_approver")
        self.till = self.terminal()
        self.bears = {}
        self.first, self.second = (self._line(code) for code in ("A1", "A2"))
        return self

    def _line(self, code):
        account = self.session.scalars(select(Account).where(Account.code == "50301")).one()
        facts = LineFacts(2026, code, "文体", "Culture", FundSource.UNION_FUND, account.id)
        line = add_line(self.session, actor=self.actors[0], facts=facts, now=AUGUST)
        self.bears[line.id] = self.programme(code=f"P-{code}").id
        key = {"line_id": line.id, "programme_id": self.bears[line.id]}
        assign_programme(self.session, actor=self.actors[0], now=AUGUST, **key)
        return line

    def programme(self, *, code):
        """A programme of a name of its own, whose costs a budget line may bear."""
        return self.save(
            Programme(
                code=code,
                name_zh="预算(演示)",
                name_en="Budget (demo)",
                family=Family.DISCOUNT,
                fund_source=FundSource.UNION_FUND,
                starts_on=date(2026, 1, 1),
                created_at=AUGUST,
            )
        )

    def change(self, kind, fen, *, line, at, to=None):
        change = propose_change(
            self.session,
            actor=self.actors[0],
            kind=kind,
            line_id=line.id,
            to_line_id=to.id if to else None,
            amount_fen=Fen(fen),
            reason="演示会议",
            now=at,
        )
        approve_change(self.session, actor=self.actors[1], change_id=change.id, now=at)

    def sell(self, line, fen, *, at):
        day = shanghai_date(at)
        counter = self.session.get(ReceiptCounter, (self.till.id, day))
        if counter is None:
            counter = self.save(ReceiptCounter(terminal_id=self.till.id, receipt_on=day, last=0))
        counter.last += 1
        facts = {"seq": counter.last, "at": at, "programme_id": self.bears[line.id]}
        return self.sale(self.till, union_fen=fen, **facts)

    def hold(self, line, fen, *, at):
        return self.redeemed(
            self.till,
            union_fen=fen,
            at=at,
            programme_id=self.bears[line.id],
            state=RedemptionState.HELD,
            expires_at=at + timedelta(minutes=10),
        )

    def close(self, month, *, now=LATER):
        """Close a month for two people; return its budget lines by code."""
        ask_to_close(self.session, actor=self.actors[0], month=month, now=now)
        close_period(self.session, actor=self.actors[1], month=month, now=now)
        return {line["code"]: line for line in certificate(self.session, month=month).budgets}

    def three_months(self):
        """An allocation, a virement, a release, sales on both lines, one partly taken back."""
        first, second = self.first, self.second
        self.change(ALLOCATION, 1_000_00, line=first, at=AUGUST)
        sale = self.sell(first, 40_00, at=AUGUST)
        self.sell(second, 15_00, at=AUGUST)
        self.change(VIREMENT, 300_00, line=first, to=second, at=SEPTEMBER)
        self.sell(first, 25_00, at=SEPTEMBER)
        self.take_back(sale, union_fen=10_00, at=SEPTEMBER)
        self.change(RELEASE, 200_00, line=second, at=OCTOBER)
        self.sell(second, 5_00, at=OCTOBER)
