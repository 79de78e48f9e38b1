"""How merchants are settled, by their agreements."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from kernel.bulk import among
from kernel.money import Fen
from merchants.models import Agreement, AgreementState
from merchants.rules import USUAL_TERMS, SettlementTerms


@dataclass(frozen=True)
class MerchantTerms:
    """How one merchant is settled on a day, and since when it is a partner at all.

    `is_over` when its newest agreement no longer counts: nothing more is kept waiting then.
    """

    terms: SettlementTerms = USUAL_TERMS
    partner_since: date | None = None
    is_over: bool = False

    @property
    def min_payout_fen(self) -> Fen:
        return Fen(0) if self.is_over else self.terms.min_payout_fen

    @property
    def held_until(self) -> date | None:
        """Return the first day on which a new merchant is paid; None where nothing is held."""
        if self.partner_since is None or not self.terms.hold_days:
            return None
        return self.partner_since + timedelta(days=self.terms.hold_days)


def settlement_terms(
    session: Session, *, merchant_ids: Collection[UUID], day: date
) -> dict[UUID, MerchantTerms]:
    """Return how each of these merchants is settled on a Shanghai day.

    By the newest agreement that was signed and had begun; one that never signed any is not in it.
    """
    since = func.min(Agreement.starts_on).over(partition_by=Agreement.merchant_id)
    query = (
        select(
            Agreement.merchant_id,
            Agreement.cycle,
            Agreement.confirm_workdays,
            Agreement.min_payout_fen,
            Agreement.hold_days,
            Agreement.invoice_buyer_uscc,
            since,
            Agreement.state,
            Agreement.ends_on,
        )
        .ext(distinct_on(Agreement.merchant_id))
        .where(
            among(Agreement.merchant_id, merchant_ids),
            Agreement.signed_at.is_not(None),
            Agreement.starts_on <= day,
        )
        .order_by(Agreement.merchant_id, Agreement.starts_on.desc(), Agreement.id.desc())
    )
    return {
        merchant_id: MerchantTerms(
            SettlementTerms(cycle, workdays, min_payout_fen, hold_days, buyer),
            partner_since=partner_since,
            is_over=state is not AgreementState.ACTIVE or ends_on <= day,
        )
        for (
            merchant_id,
            cycle,
            workdays,
            min_payout_fen,
            hold_days,
            buyer,
            partner_since,
            state,
            ends_on,
        ) in session.execute(query)
    }
