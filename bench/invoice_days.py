"""The invoices of merchants that are asked for them; some fall short of their statement."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.held import Played
from bench.plan import Generator
from bench.town import BUYER, Town
from finance.models import Invoice, Statement
from finance.services import Voice, accept_invoice, enter_invoice
from finance.services.differences import name_differences
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.money import Fen

# Of the merchants of a town, by number: more than there are faults in a month.
INVOICED = range(20, 30)
_SHORT_FEN = 1_00


class InvoiceDays:
    """A part of Quarter, which keeps what is named here."""

    made: Generator
    played: Played
    town: Town

    def _invoice(
        self, session: Session, ids: Sequence[UUID], month: date, faults: int, now: datetime
    ) -> None:
        """Enter what each merchant is asked for, but a yuan less of so many; accept the others.

        One of the others sends its invoice in two parts, and is looked at between them.
        """
        asked = session.scalars(
            select(Statement)
            .where(Statement.id.in_(ids), Statement.invoice_buyer_uscc.is_not(None))
            .order_by(Statement.number)
        ).all()
        right = []
        for place, statement in enumerate(asked):
            owed = self._owed_for(statement.merchant_id, month)
            if place < faults:
                short = self._enter(session, statement, owed - _SHORT_FEN, now)
                self.made.sums.planted["invoice_mismatch", short.number] += 1
                self.played.planted["invoice invoice_mismatch"] += 1
            elif place == faults:
                right.append(self._enter(session, statement, owed // 2, now))
                name_differences(session, now=now)
                right.append(self._enter(session, statement, owed - owed // 2, now))
            else:
                right.append(self._enter(session, statement, owed, now))
        name_differences(session, now=now)
        for invoice in right:
            accept_invoice(
                session,
                actor=self.town.checker,
                invoice_id=invoice.id,
                version=invoice.version,
                now=now,
            )

    def _owed_for(self, merchant_id: UUID, month: date) -> int:
        """Return what a statement comes to: what is owed of each fund, none of which is set off."""
        sums = self.made.sums.of_month(month)
        return sum(fen for (who, _), fen in sums.items() if who == merchant_id and fen > 0)

    def _enter(self, session: Session, statement: Statement, amount: int, now: datetime) -> Invoice:
        manager_id = self.town.managers[statement.merchant_id]
        return enter_invoice(
            session,
            voice=Voice(statement.merchant_id, manager_id=manager_id),
            invoice_id=new_id(),
            statement_id=statement.id,
            number=f"{self.made.random.randrange(10**20):020d}",
            issued_on=shanghai_date(now),
            amount_fen=Fen(amount),
            buyer_uscc=BUYER,
            now=now,
        )
