"""Redeeming: the decision, the limits, the receipt, the posting and the card's record, at once.

Statements of a captured sale, in the order of their locks: the id is looked up; the verification
and the offer are read; the receipt counter is advanced and the row inserted; the limits are taken;
the journal is posted; the card's record is written. No row that every sale would update.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from benefits.errors import OfferNotUsable
from benefits.queries import OfferLine
from benefits.rules import Reason, Split, reason, split_of
from benefits.services import consume_coupon, refusal_of, take_limits, takes_for
from benefits.services.usable import CodeFacts, Usability
from cards.errors import CardNotUsable
from cards.models import CardState, RecordKind
from cards.services.records import add_record
from cards.services.verify import Holder, verify_presentation
from discounts.models import Redemption, RedemptionState
from discounts.queries import OpenVerification, RedemptionLine, open_verification, redemption_line
from discounts.rules import request_digest
from discounts.services.here import usable_here
from kernel.actors import Till
from kernel.clock import shanghai_date
from kernel.db import Statement, TryAgain
from kernel.money import Fen
from kernel.refusals import RequestKeyReused
from ledger.models import Family, FundSource, PartyType, PostingEvent
from ledger.services import post
from members.models import STANDING

HOLD = timedelta(minutes=10)
SOURCE = "redemption"


@dataclass(frozen=True)
class RedeemRequest:
    """What the till asks. Exactly one of `verification_id` and `presentation` is given."""

    id: UUID
    offer_id: UUID
    gross_fen: Fen
    verification_id: UUID | None
    presentation: str | None
    terminal_seq: int | None
    occurred_at: datetime
    capture: bool

    @property
    def digest(self) -> bytes:
        return request_digest(
            offer_id=self.offer_id,
            gross_fen=self.gross_fen,
            capture=self.capture,
            verification_id=self.verification_id,
            presentation=self.presentation,
        )


@dataclass(frozen=True)
class Quote:
    """What a bill would come to; takes nothing. Good until the verification ends."""

    offer: OfferLine
    split: Split
    expires_at: datetime


@dataclass(frozen=True)
class Answer:
    """The redemption as the till hears it; `replayed` when it had been answered before."""

    line: RedemptionLine
    replayed: bool


def redeem_discount(
    session: Session, *, till: Till, request: RedeemRequest, now: datetime
) -> Answer:
    """Give a member an offer on one bill; capture it at once, or hold it for ten minutes.

    The same id and facts hear the first answer, even if the card was frozen since. Raises
    CardNotUsable, OfferNotUsable, LimitReached, RequestKeyReused; and TryAgain when the same id
    was inserted by another request in this moment.
    """
    if _IS_KNOWN.first(session, {"id": request.id}):
        known = session.get_one(Redemption, request.id)
        return _replay(session, till=till, known=known, digest=request.digest)
    verification = _verification(session, till=till, request=request, now=now)
    holder = _holder(verification, now=now)
    offer = _judged(
        session,
        till=till,
        verification=verification,
        holder=holder,
        offer_id=request.offer_id,
        gross=request.gross_fen,
        now=now,
    ).offer
    split = split_of(request.gross_fen, offer.terms)
    redemption = _insert(
        session,
        till=till,
        request=request,
        verification_id=verification.id,
        holder=holder,
        offer=offer,
        split=split,
        now=now,
    )
    consume_coupon(session, coupon_id=offer.coupon_id, redemption_id=redemption.id, now=now)
    takes = takes_for(offer.limits, union_fen=split.union_pays_fen, spread=till.terminal_id)
    take_limits(
        session,
        source_id=redemption.id,
        takes=takes,
        is_held=not request.capture,
        day=shanghai_date(now),
    )
    line = RedemptionLine(
        redemption, offer.version_number, offer.title_zh, offer.title_en, till.code
    )
    if request.capture:
        book_capture(session, line=line, fund_source=offer.fund_source, now=now)
    return Answer(line, replayed=False)


def quote(
    session: Session,
    *,
    till: Till,
    verification_id: UUID,
    offer_id: UUID,
    gross_fen: Fen,
    now: datetime,
) -> Quote:
    """Say who would bear what; takes and keeps nothing.

    Raises what a redemption of this bill would now: CardNotUsable, OfferNotUsable, LimitReached.
    """
    verification = _open(session, till=till, verification_id=verification_id, offer_id=offer_id)
    holder = _holder(verification, now=now)
    judged = _judged(
        session,
        till=till,
        verification=verification,
        holder=holder,
        offer_id=offer_id,
        gross=gross_fen,
        now=now,
    )
    if judged.full:
        raise refusal_of(judged.full[0])
    return Quote(judged.offer, split_of(gross_fen, judged.offer.terms), verification.expires_at)


def book_capture(
    session: Session, *, line: RedemptionLine, fund_source: FundSource, now: datetime
) -> None:
    """Post the union's part and write the card's record. The merchant's part is a memo only.

    The record stands where the service's clock puts it: the till's may be hours off.
    """
    redemption = line.redemption
    if redemption.union_pays_fen:
        post(
            session,
            source_type=SOURCE,
            source_id=redemption.id,
            kind="captured",
            family=Family.DISCOUNT,
            fund_source=fund_source,
            event=PostingEvent.CAPTURED,
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
        title_zh=line.title_zh,
        title_en=line.title_en,
        member_pays_fen=redemption.member_pays_fen,
        merchant_bears_fen=redemption.merchant_bears_fen,
        union_pays_fen=redemption.union_pays_fen,
        occurred_at=redemption.received_at,
        now=now,
    )


def not_usable(found: Reason) -> OfferNotUsable:
    return OfferNotUsable(reason=found.code, **found.facts)


def _replay(session: Session, *, till: Till, known: Redemption, digest: bytes) -> Answer:
    if known.terminal_id != till.terminal_id or known.facts_digest != digest:
        raise RequestKeyReused
    line = redemption_line(session, redemption_id=known.id, merchant_id=till.merchant_id)
    assert line is not None
    return Answer(line, replayed=True)


def _verification(
    session: Session, *, till: Till, request: RedeemRequest, now: datetime
) -> OpenVerification:
    if request.verification_id is not None:
        return _open(
            session,
            till=till,
            verification_id=request.verification_id,
            offer_id=request.offer_id,
        )
    assert request.presentation is not None
    verdict = verify_presentation(
        session,
        terminal_id=till.terminal_id,
        audience=till.code,
        presentation=request.presentation,
        scan_id=request.id,
        now=now,
    )
    return OpenVerification(
        id=verdict.verification_id,
        accepted=verdict.accepted,
        reason=verdict.reason,
        assurance=verdict.assurance or "",
        challenged=verdict.challenged,
        expires_at=verdict.expires_at,
        card_state=CardState.ACTIVE,
        holder=verdict.holder,
        redeemed_at=None,
        stack_groups=(),
    )


def _open(
    session: Session, *, till: Till, verification_id: UUID, offer_id: UUID
) -> OpenVerification:
    found = open_verification(
        session, verification_id=verification_id, terminal_id=till.terminal_id, offer_id=offer_id
    )
    if found is None:
        raise CardNotUsable(reason="verification_unknown")
    return found


def _holder(verification: OpenVerification, *, now: datetime) -> Holder:
    """Return whose card it is, if it can be used now. Raises CardNotUsable."""
    holder = verification.holder
    if holder is None:
        raise CardNotUsable(reason=verification.reason)
    if now >= verification.expires_at:
        raise CardNotUsable(reason="verification_expired")
    if verification.card_state != CardState.ACTIVE:
        raise CardNotUsable(reason=verification.card_state)
    if holder.status not in STANDING:
        raise CardNotUsable(reason="not_a_member")
    return holder


def _judged(
    session: Session,
    *,
    till: Till,
    verification: OpenVerification,
    holder: Holder,
    offer_id: UUID,
    gross: Fen,
    now: datetime,
) -> Usability:
    """Return the offer, judged for this bill. Raises OfferNotUsable; says what limits are full."""
    code = CodeFacts(
        verification.assurance,
        verification.challenged,
        verification.redeemed_at,
        verification.stack_groups,
    )
    found = usable_here(
        session, till=till, holder=holder, code=code, now=now, offer_id=offer_id, gross=gross
    )
    if not found:
        raise not_usable(reason("offer_not_active"))
    if found[0].against:
        raise not_usable(found[0].against[0])
    return found[0]


_IS_KNOWN = Statement("SELECT true FROM redemptions WHERE id = :id")

# The counter's row belongs to one till and one day, so only that till's own sales wait for it.
# Its number is used in the same transaction: a sale that is rolled back leaves no gap.
_COUNTED = """
    WITH counter AS (
        INSERT INTO receipt_counters AS k (terminal_id, receipt_on, last)
        VALUES (:terminal_id, :today, 1)
        ON CONFLICT (terminal_id, receipt_on) DO UPDATE SET last = k.last + 1
        RETURNING last
    )
"""
_COLUMNS = """
    INSERT INTO redemptions (id, terminal_id, site_id, merchant_id, card_id, member_id,
        verification_id, offer_id, offer_version_id, programme_id, stack_group, facts_digest,
        terminal_seq,
        gross_fen, member_pays_fen, merchant_bears_fen, union_pays_fen, occurred_at, received_at,
        state, expires_at, captured_at, receipt_on, receipt_seq, back_member_fen,
        back_merchant_fen, back_union_fen)
    SELECT :id, :terminal_id, :site_id, :merchant_id, :card_id, :member_id, :verification_id,
        :offer_id, :offer_version_id, :programme_id, :stack_group, :facts_digest, :terminal_seq,
        :gross_fen,
        :member_pays_fen, :merchant_bears_fen, :union_pays_fen, :occurred_at, :received_at,
        :state, CAST(:expires_at AS timestamptz), CAST(:captured_at AS timestamptz),
"""
_ONCE = " ON CONFLICT DO NOTHING RETURNING receipt_seq"
_INSERT_CAPTURED = Statement(
    f"{_COUNTED} {_COLUMNS} CAST(:today AS date), counter.last, 0, 0, 0 FROM counter {_ONCE}"
)
_INSERT_HELD = Statement(f"{_COLUMNS} NULL, NULL, 0, 0, 0 {_ONCE}")


def _insert(
    session: Session,
    *,
    till: Till,
    request: RedeemRequest,
    verification_id: UUID,
    holder: Holder,
    offer: OfferLine,
    split: Split,
    now: datetime,
) -> Redemption:
    """Write the row, and with it the receipt of a capture. Raises TryAgain if the id is taken."""
    facts: dict[str, Any] = {
        "id": request.id,
        "terminal_id": till.terminal_id,
        "site_id": till.site_id,
        "merchant_id": till.merchant_id,
        "card_id": holder.card_id,
        "member_id": holder.member_id,
        "verification_id": verification_id,
        "offer_id": offer.offer_id,
        "offer_version_id": offer.version_id,
        "programme_id": offer.programme_id,
        "stack_group": offer.conditions.stack_group,
        "facts_digest": request.digest,
        "terminal_seq": request.terminal_seq,
        "gross_fen": split.gross_fen,
        "member_pays_fen": split.member_pays_fen,
        "merchant_bears_fen": split.merchant_bears_fen,
        "union_pays_fen": split.union_pays_fen,
        "occurred_at": request.occurred_at,
        "received_at": now,
        "state": RedemptionState.CAPTURED if request.capture else RedemptionState.HELD,
        "expires_at": None if request.capture else now + HOLD,
        "captured_at": now if request.capture else None,
    }
    today = shanghai_date(now)
    insert = _INSERT_CAPTURED if request.capture else _INSERT_HELD
    written = insert.first(session, {**facts, "state": facts["state"].value, "today": today})
    if written is None:
        # The id, or this verification's use of the offer or of its group, was taken while we
        # were deciding.
        raise TryAgain
    return Redemption(
        **facts,
        receipt_on=today if request.capture else None,
        receipt_seq=written.receipt_seq,
        back_member_fen=Fen(0),
        back_merchant_fen=Fen(0),
        back_union_fen=Fen(0),
    )
