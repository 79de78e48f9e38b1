from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Family, FundSource, PartyType, PostingEvent
from ledger.services import load_defaults, post
from tests.make import NOW
from tests.make.base import BaseMaker


class LedgerMaker(BaseMaker):
    def chart(self):
        """Load the shipped accounts and posting rules, without which nothing can be booked."""
        return load_defaults(self.session)

    def journal(self, **facts):
        """Book a captured discount of 40 yuan; returns the journal's id. Needs `chart()`."""
        defaults = {
            "source_type": "redemption",
            "source_id": new_id(),
            "kind": "captured",
            "family": Family.DISCOUNT,
            "fund_source": FundSource.UNION_FUND,
            "event": PostingEvent.CAPTURED,
            "amount_fen": Fen(40_00),
            "party_type": PartyType.MERCHANT,
            "party_id": new_id(),
            "occurred_at": NOW,
            "now": NOW,
        }
        return post(self.session, **(defaults | facts))
