"""Sales as rows, by the models alone: with their scan, receipt and journal, on any day."""

from datetime import timedelta

from sqlalchemy import select

from cards.models import Verification
from discounts.models import Redemption, RedemptionReversal, RedemptionState, ReversalKind
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import FundSource, Journal
from ledger.services import SourceKey, post_reversal
from tests.make import NOW
from tests.make.maker import Maker


class SoldMaker(Maker):
    """What tills sold and took back."""

    def sale(
        self,
        till,
        *,
        union_fen=40_00,
        fund=FundSource.UNION_FUND,
        seq=None,
        at=NOW,
        programme_id=None,
    ):
        """A captured redemption with its scan, receipt and journal."""
        sale = self.redeemed(
            till,
            union_fen=union_fen,
            at=at,
            programme_id=programme_id or new_id(),
            state=RedemptionState.CAPTURED,
            captured_at=at,
            receipt_on=shanghai_date(at),
            receipt_seq=seq or self.next_number(),
        )
        self.journal(
            source_id=sale.id,
            party_id=till.merchant_id,
            amount_fen=Fen(union_fen),
            fund_source=fund,
            programme_id=sale.programme_id,
            occurred_at=at,
            now=at,
        )
        return sale

    def redeemed(self, till, *, union_fen, at, programme_id, **facts):
        """A redemption with its scan, and nothing that follows from it: `facts` say its state."""
        card = self.card()
        scan = self.save(
            Verification(
                terminal_id=till.id,
                card_id=card.id,
                accepted=True,
                assurance="possession",
                created_at=at,
                expires_at=at + timedelta(minutes=10),
            )
        )
        return self.save(
            Redemption(
                id=new_id(),
                terminal_id=till.id,
                site_id=till.site_id,
                merchant_id=till.merchant_id,
                card_id=card.id,
                member_id=card.member_id,
                verification_id=scan.id,
                offer_id=new_id(),
                offer_version_id=new_id(),
                programme_id=programme_id,
                facts_digest=b"facts",
                gross_fen=Fen(union_fen + 20_00),
                member_pays_fen=Fen(20_00),
                merchant_bears_fen=Fen(0),
                union_pays_fen=Fen(union_fen),
                occurred_at=at,
                received_at=at,
                **facts,
            )
        )

    def take_back(self, sale, *, union_fen=10_00, at=NOW):
        """A reversal of a part of `sale`, with its journal."""
        reversal = self.save(
            RedemptionReversal(
                id=new_id(),
                redemption_id=sale.id,
                terminal_id=sale.terminal_id,
                kind=ReversalKind.REVERSAL,
                amount_fen=Fen(union_fen),
                member_fen=Fen(0),
                merchant_fen=Fen(0),
                union_fen=Fen(union_fen),
                reason="退货",
                created_at=at,
            )
        )
        sale.state = RedemptionState.PARTLY_REVERSED
        sale.back_union_fen = Fen(union_fen)
        post_reversal(
            self.session,
            original=SourceKey("redemption", sale.id, "captured"),
            source_type="redemption_reversal",
            source_id=reversal.id,
            kind="reversal",
            amount_fen=Fen(union_fen),
            occurred_at=at,
            now=at,
        )
        return reversal

    def journal_of(self, source):
        query = select(Journal).where(
            Journal.source_id == source.id, Journal.kind.in_(("captured", "reversal"))
        )
        return self.session.scalars(query).one()
