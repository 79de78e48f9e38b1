"""The whole sale in one statement that commits by itself: all of it, or nothing.

Almost every sale is captured at once, of a card verified a moment ago, with limits that have room.
Such a sale is read in one statement and written in another: receipt, row, limits, journal and the
card's record. Where any part of it finds no place (the id is taken, a limit is full, the month is
not open yet) the statement fails, so that nothing was written, and `redeem_discount` decides with
its transaction, its locks and its reasons.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from benefits.rules import split_of
from benefits.services import takes_for
from benefits.services.limits import are_plain, taking_parameters, taking_sql
from benefits.services.static_limit import STATIC
from discounts.queries import RedemptionLine, before_sale
from discounts.services.redeem import (
    BOOK,
    RECORD_ALONE,
    Answer,
    RedeemRequest,
    booking,
    decided,
    judged_sale,
    open_verification_of,
    usable_holder,
)
from discounts.services.sale_row import CAPTURED, COLUMNS
from kernel.actors import Till
from kernel.clock import shanghai_date
from kernel.db import NotAtOnce, Statement

_TAKING = taking_sql(only="WHERE EXISTS (SELECT FROM written)")
_DIVISION_BY_ZERO = "22012"


def _whole(booked: str, *, journal: str) -> Statement:
    """Return the statement of a sale; it divides by zero unless every part was written.

    The conditions are evaluated in their order, and a CTE runs when it is first looked at: so locks
    are taken as everywhere, the till's counter, the row, its limits, the period.
    """
    return Statement(
        f"""
        WITH {CAPTURED}, {_TAKING}, {booked}
        SELECT (SELECT receipt_seq FROM written) AS receipt_seq,
            1 / CASE WHEN EXISTS (SELECT FROM written)
                AND (SELECT count(*) FROM taken) = CAST(:take_count AS bigint)
                AND {journal} THEN 1 ELSE 0 END AS is_whole
        """  # noqa: S608 (literals of ours)
    )


WITH_JOURNAL = _whole(BOOK.ctes, journal="EXISTS (SELECT FROM ledger_journal)")
_WITHOUT = _whole(RECORD_ALONE.ctes, journal="true")


def redeem_at_once(
    connection: Connection, *, till: Till, request: RedeemRequest, now: datetime
) -> Answer:
    """Capture a plain sale. Raises CardNotUsable, OfferNotUsable.

    Raises NotAtOnce for what `redeem_discount` has to decide: a hold, a code in the request, an id
    that is known, a coupon, a card on paper, a budget in stripes, a limit without room.
    """
    if not request.capture or request.verification_id is None:
        raise NotAtOnce
    before = before_sale(
        connection,
        redemption_id=request.id,
        verification_id=request.verification_id,
        till=till,
        offer_id=request.offer_id,
        now=now,
    )
    if before.is_known:
        raise NotAtOnce
    verification = open_verification_of(before)
    if verification.assurance == STATIC:
        raise NotAtOnce
    holder = usable_holder(verification, now=now)
    found = judged_sale(before, verification, gross=request.gross_fen, now=now)
    offer = found.offer
    split = split_of(request.gross_fen, offer.terms)
    takes = takes_for(offer.limits, union_fen=split.union_pays_fen, spread=till.terminal_id)
    if offer.needs_coupon or found.full or not are_plain(takes):
        raise NotAtOnce
    sale = decided(
        till=till,
        request=request,
        verification_id=verification.id,
        holder=holder,
        offer=offer,
        split=split,
        now=now,
    )
    line = RedemptionLine(sale, offer.version_number, offer.title_zh, offer.title_en, till.code)
    recorded, posted = booking(line, fund_source=offer.fund_source, now=now)
    facts: dict[str, Any] = {name: getattr(sale, name) for name in COLUMNS}
    facts |= taking_parameters(source_id=sale.id, takes=takes, is_held=False)
    facts |= recorded | posted
    facts |= {"today": shanghai_date(now), "take_count": len(takes)}
    try:
        written = (WITH_JOURNAL if posted else _WITHOUT).first(connection, facts)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _DIVISION_BY_ZERO:
            raise NotAtOnce from error
        raise
    sale.receipt_on, sale.receipt_seq = facts["today"], written.receipt_seq
    return Answer(line, replayed=False)
