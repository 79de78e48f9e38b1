"""The daily limit of a card shown on paper: a copy of it would draw on the same few yuan.

The maximum is the cards' own policy, read at each use; the counter is a row of `limits` that the
same one statement takes with all others (docs/decisions/0020). Only uses of paper read it.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benefits.models import Limit, LimitScope, LimitUnit, LimitWindow
from benefits.queries import LimitLine, OfferLine
from benefits.rules import STATIC_DAILY_RULE, window_key
from cards.queries import card_policy

STATIC = "static"  # the assurance of a paper card: docs/reference/card-credential.md


def static_limit(session: Session, *, card_id: UUID, day: date) -> LimitLine:
    """Return what the union still pays for this card on paper on a Shanghai day, in fen."""
    win = window_key(LimitWindow.DAY, day)
    taken = select(func.coalesce(func.sum(Limit.held + Limit.used), 0)).where(
        Limit.rule_id == STATIC_DAILY_RULE, Limit.scope_id == card_id, Limit.win == win
    )
    return LimitLine(
        rule_id=STATIC_DAILY_RULE,
        scope=LimitScope.MEMBER,
        scope_id=card_id,
        window=LimitWindow.DAY,
        win=win,
        unit=LimitUnit.FEN,
        maximum=card_policy(session).static_daily_fen,
        stripes=1,
        taken=int(session.scalar(taken) or 0),
    )


def with_static_limit(offer: OfferLine, line: LimitLine) -> OfferLine:
    """Return the offer as it is for a card on paper, where the union bears any of it.

    Where policy lets the union pay nothing at all on paper, it needs another code.
    """
    if not offer.terms.union_share_bp:
        return offer
    if not line.maximum:
        return replace(offer, assurances=tuple({*offer.assurances} - {STATIC}))
    return replace(offer, limits=(*offer.limits, line))
