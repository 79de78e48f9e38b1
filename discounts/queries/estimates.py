"""What a proposed offer would have cost, had it been every sale of the last thirty days."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benefits.rules import Terms, split_of
from discounts.models import Redemption, RedemptionState
from kernel.money import Fen
from merchants.models import Terminal

ESTIMATE_DAYS = 30
_STANDING = (RedemptionState.CAPTURED, RedemptionState.PARTLY_REVERSED)


@dataclass(frozen=True)
class Estimate:
    """The bills of members at a merchant on the days [starts_on, ends_on), under other terms."""

    starts_on: date
    last_on: date
    sales: int
    gross_fen: Fen
    reduced: int  # of the sales, those from which something would have come off
    member_saves_fen: Fen
    merchant_fen: Fen
    union_fen: Fen


def estimate_of(session: Session, *, merchant_id: UUID, terms: Terms, today: date) -> Estimate:
    """Return what `terms` would have come to over a merchant's sales of the thirty days before.

    Sales that were taken back as a whole are left out. Nobody knows the bills of those who did not
    show a card, so a first offer has nothing to go by.
    """
    starts_on = today - timedelta(days=ESTIMATE_DAYS)
    bills = session.execute(
        select(Redemption.gross_fen, func.count())
        .join(Terminal, Terminal.id == Redemption.terminal_id)
        .where(
            Terminal.merchant_id == merchant_id,
            Redemption.receipt_on >= starts_on,
            Redemption.receipt_on < today,
            Redemption.state.in_(_STANDING),
        )
        .group_by(Redemption.gross_fen)
    )
    sales = gross = reduced = merchant = union = 0
    for bill, count in bills:
        split = split_of(bill, terms)
        sales += count
        gross += bill * count
        merchant += split.merchant_bears_fen * count
        union += split.union_pays_fen * count
        if split.member_pays_fen < bill:
            reduced += count
    return Estimate(
        starts_on=starts_on,
        last_on=today - timedelta(days=1),
        sales=sales,
        gross_fen=Fen(gross),
        reduced=reduced,
        member_saves_fen=Fen(merchant + union),
        merchant_fen=Fen(merchant),
        union_fen=Fen(union),
    )
