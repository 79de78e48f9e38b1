"""Booking a sale without a network: within the limits where they hold, else as a risk.

The merchant has given the discount away, so the question is only who bears the union's part: the
programme within its limits; the programme as the risk of selling without a network, for what the
till could not know; the merchant, beyond the lease.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from benefits.errors import LimitReached
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.queries import LimitLine, OfferLine, Scopes, offers_at
from benefits.rules import bill_reason, split_of, window_key
from benefits.services import take_limits, takes_for
from benefits.services.limits import Take
from benefits.services.usable import standing_reasons
from cards.models import RecordKind
from cards.services.offline import SeenOffline
from cards.services.records import add_record
from discounts.models import BorneBy, Lease, Redemption, RedemptionState
from discounts.queries import SoldTerms, granted_on, offline_policy
from discounts.rules import request_digest, union_room
from discounts.services.here import member_facts
from discounts.services.offline.reading import SentRecord
from discounts.services.redeem import SOURCE
from kernel.clock import shanghai_date
from kernel.db import Statement, TryAgain
from kernel.money import Fen
from ledger.models import Family, PartyType, PostingEvent
from ledger.services import post
from merchants.models import Terminal

# The rule of what programmes bear of one card in a month for sales without a network: no row of
# limit_rules, since a policy says how much, but a row of `limits` like any other.
OFFLINE_RISK_RULE = UUID("0190a000-0000-7000-8000-000000000002")


@dataclass(frozen=True)
class OfflineSale:
    """A sale whose presentation holds, at the moment its phone signed."""

    sent: SentRecord
    terminal: Terminal
    lease: Lease
    seen: SeenOffline
    sold: SoldTerms
    moment: datetime


@dataclass(frozen=True)
class Booked:
    """The sale that a record became. `reason` is what the till could not know, if anything.

    `cut_fen` of the union's part were beyond the lease and went to the merchant.
    """

    redemption: Redemption
    borne_by: BorneBy
    reason: str | None
    cut_fen: Fen
    sold_on: date


def book_sale(
    session: Session, *, sale: OfflineSale, risk: str | None, now: datetime
) -> Booked | str:
    """Write the sale with its limits, receipt, posting and record; or return why there is none.

    `risk` is what is known to speak against it that the till could not know. The limits are those
    of the day on which it was sold. Raises TryAgain, PostingRuleMissing, PeriodClosed.
    """
    below = bill_reason(sale.sent.sale.gross_fen, sale.sold.terms)
    if below is not None:
        return below.code
    if _redeemed_before(session, sale):
        return "already_redeemed"
    day = shanghai_date(sale.moment)
    split = split_of(sale.sent.sale.gross_fen, sale.sold.terms)
    granted = granted_on(session, terminal_id=sale.terminal.id, day=day)
    union_fen = union_room(
        split.union_pays_fen,
        per_sale_fen=sale.lease.per_sale_fen,
        per_day_fen=sale.lease.per_day_fen,
        day_fen=granted.union_fen,
    )
    is_over = granted.sales >= sale.lease.per_day_sales
    if is_over or (split.union_pays_fen and not union_fen):
        return "over_lease"
    offer = _offer_then(session, sale)
    risk = risk or _unforeseen(offer, sale)
    if risk is None:
        assert offer is not None
        takes = takes_for(offer.limits, union_fen=union_fen, spread=sale.terminal.id)
        risk = None if _taken(session, sale, takes, day=day) else "limit_reached"
    if risk is not None and union_fen:
        takes = [_risk_take(session, sale, union_fen=union_fen, day=day)]
        if not _taken(session, sale, takes, day=day):
            return "risk_used_up"
    cut_fen = Fen(split.union_pays_fen - union_fen)
    redemption = _insert(session, sale=sale, union_fen=union_fen, now=now)
    _book(session, sale=sale, redemption=redemption, is_risk=risk is not None, now=now)
    borne_by = BorneBy.LIMIT if risk is None else BorneBy.OFFLINE_RISK
    return Booked(redemption, borne_by, risk or ("lease_cut" if cut_fen else None), cut_fen, day)


def _redeemed_before(session: Session, sale: OfflineSale) -> bool:
    """Say whether this scan has redeemed the offer: a scan carries one redemption per offer."""
    query = select(Redemption.id).where(
        Redemption.verification_id == sale.seen.verification_id,
        Redemption.offer_id == sale.sold.offer_id,
    )
    return session.scalar(query) is not None


def _offer_then(session: Session, sale: OfflineSale) -> OfferLine | None:
    """Return the offer as of the sale, with the limits of that day, if its terms were those."""
    terminal = sale.terminal
    member_id = sale.seen.holder.member_id
    scopes = Scopes(terminal.merchant_id, terminal.site_id, terminal.id, member_id)
    offers = offers_at(session, scopes=scopes, now=sale.moment, offer_id=sale.sold.offer_id)
    same = [offer for offer in offers if offer.version_id == sale.sent.sale.offer_version]
    return same[0] if same else None


def _unforeseen(offer: OfferLine | None, sale: OfflineSale) -> str | None:
    """Return what spoke against the offer or the person at that moment; the till has no list."""
    if offer is None:
        return "offer_not_active"
    against = standing_reasons(offer, member_facts(sale.seen.holder), now=sale.moment)
    return against[0].code if against else None


def _risk_take(session: Session, sale: OfflineSale, *, union_fen: int, day: date) -> Take:
    """Return what a sale takes of the risk that is borne for one card in a month."""
    maximum = offline_policy(session).card_risk_fen
    line = LimitLine(
        rule_id=OFFLINE_RISK_RULE,
        scope=LimitScope.MEMBER,
        scope_id=sale.seen.holder.card_id,
        window=LimitWindow.MONTH,
        win=window_key(LimitWindow.MONTH, day),
        unit=LimitUnit.FEN,
        maximum=maximum,
        stripes=1,
        taken=0,
    )
    return Take(line, stripe=0, maximum=maximum, quantity=union_fen)


def _taken(session: Session, sale: OfflineSale, takes: list[Take], *, day: date) -> bool:
    """Take all of `takes` or none. Locks the limit rows in the order of their keys."""
    savepoint = session.begin_nested()
    try:
        take_limits(session, source_id=sale.sent.sale.id, takes=takes, is_held=False, day=day)
    except LimitReached:
        savepoint.rollback()
        return False
    savepoint.commit()
    return True


# Its number is used in the same transaction: a sale that is rolled back leaves no gap.
_NEXT_RECEIPT = Statement(
    """
    INSERT INTO receipt_counters AS k (terminal_id, receipt_on, last) VALUES (:terminal_id, :day, 1)
    ON CONFLICT (terminal_id, receipt_on) DO UPDATE SET last = k.last + 1
    RETURNING last
    """
)


def _insert(session: Session, *, sale: OfflineSale, union_fen: Fen, now: datetime) -> Redemption:
    """Write the row with its receipt, which is of today. Raises TryAgain if the id is taken.

    `occurred_at` is the moment that the phone signed; what the till's clock said is the record's.
    """
    said, sold, terminal = sale.sent.sale, sale.sold, sale.terminal
    split = split_of(said.gross_fen, sold.terms)
    today = shanghai_date(now)
    facts = {
        "id": said.id,
        "terminal_id": terminal.id,
        "site_id": terminal.site_id,
        "merchant_id": terminal.merchant_id,
        "card_id": sale.seen.holder.card_id,
        "member_id": sale.seen.holder.member_id,
        "verification_id": sale.seen.verification_id,
        "offer_id": sold.offer_id,
        "offer_version_id": said.offer_version,
        "programme_id": sold.programme_id,
        "facts_digest": request_digest(
            offer_id=sold.offer_id,
            gross_fen=said.gross_fen,
            capture=True,
            verification_id=None,
            presentation=said.presentation,
        ),
        "terminal_seq": said.seq,
        "gross_fen": said.gross_fen,
        "member_pays_fen": split.member_pays_fen,
        # What the lease does not cover stays with the merchant: the member has paid and gone.
        "merchant_bears_fen": split.merchant_bears_fen + split.union_pays_fen - union_fen,
        "union_pays_fen": union_fen,
        "occurred_at": sale.moment,
        "received_at": now,
        "state": RedemptionState.CAPTURED,
        "captured_at": now,
        "receipt_on": today,
        "receipt_seq": _NEXT_RECEIPT.first(
            session, {"terminal_id": terminal.id, "day": today}
        ).last,
        "back_member_fen": Fen(0),
        "back_merchant_fen": Fen(0),
        "back_union_fen": Fen(0),
    }
    written = session.scalar(
        insert(Redemption).values(facts).on_conflict_do_nothing().returning(Redemption.id)
    )
    if written is None:
        # The id, or this scan's use of the offer, was taken online while we were deciding.
        raise TryAgain
    return session.get_one(Redemption, said.id)


def _book(
    session: Session, *, sale: OfflineSale, redemption: Redemption, is_risk: bool, now: datetime
) -> None:
    """Post the union's part, which is owed to the merchant either way, and write the record.

    The kind is that of every capture, so that a void or a reversal mirrors whatever was booked.
    """
    if redemption.union_pays_fen:
        post(
            session,
            source_type=SOURCE,
            source_id=redemption.id,
            kind="captured",
            family=Family.DISCOUNT,
            fund_source=sale.sold.fund_source,
            event=PostingEvent.OFFLINE_RISK if is_risk else PostingEvent.CAPTURED,
            amount_fen=redemption.union_pays_fen,
            party_type=PartyType.MERCHANT,
            party_id=redemption.merchant_id,
            programme_id=redemption.programme_id,
            occurred_at=redemption.occurred_at,
            now=now,
        )
    add_record(
        session,
        card_id=redemption.card_id,
        kind=RecordKind.DISCOUNT,
        event="captured",
        source_type=SOURCE,
        source_id=redemption.id,
        title_zh=sale.sold.title_zh,
        title_en=sale.sold.title_en,
        member_pays_fen=redemption.member_pays_fen,
        merchant_bears_fen=redemption.merchant_bears_fen,
        union_pays_fen=redemption.union_pays_fen,
        occurred_at=redemption.occurred_at,
        now=now,
    )
