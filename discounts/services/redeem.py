"""Redeeming: the decision, the limits, the receipt, the posting and the card's record, at once.

Three statements of a captured sale, in the order of their locks: the id, the verification and the
offer are read; the receipt counter is advanced, the row inserted and the limits taken (sale_row);
the journal is posted with the card's record. No row that every sale would update.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from benefits.errors import OfferNotUsable
from benefits.queries import OfferLine
from benefits.rules import Reason, Split, reason, split_of
from benefits.services import consume_coupon, refusal_of, takes_for
from benefits.services.static_limit import STATIC
from benefits.services.usable import CodeFacts, Usability
from cards.errors import CardNotUsable
from cards.models import CardState, RecordKind
from cards.services.records import RECORD, record_insert_values, record_parameters
from cards.services.verify import Holder, verify_presentation
from discounts.models import Redemption, RedemptionState
from discounts.queries import (
    BeforeSale,
    OpenVerification,
    RedemptionLine,
    before_sale,
    redemption_line,
)
from discounts.rules import request_digest
from discounts.services.here import judged, usable_here
from discounts.services.sale_row import write_sale
from kernel.actors import Till
from kernel.clock import shanghai_date
from kernel.db import Statement
from kernel.money import Fen
from kernel.refusals import RequestKeyReused
from ledger.models import Family, FundSource, PartyType, PostingEvent
from ledger.services import POSTING, post_merged, posting_parameters
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
    before = before_sale(
        session,
        redemption_id=request.id,
        verification_id=request.verification_id,
        till=till,
        offer_id=request.offer_id,
        now=now,
    )
    if before.is_known:
        known = session.get_one(Redemption, request.id)
        return _replay(session, till=till, known=known, digest=request.digest)
    if request.presentation is None:
        verification = open_verification_of(before)
    else:
        verification = _shown(session, till=till, request=request, now=now)
    holder = usable_holder(verification, now=now)
    ask = Asked(request.offer_id, request.gross_fen)
    offer = _judged(session, before, verification, till=till, holder=holder, ask=ask, now=now).offer
    split = split_of(request.gross_fen, offer.terms)
    takes = takes_for(offer.limits, union_fen=split.union_pays_fen, spread=till.terminal_id)
    redemption = decided(
        till=till,
        request=request,
        verification_id=verification.id,
        holder=holder,
        offer=offer,
        split=split,
        now=now,
    )
    write_sale(session, redemption=redemption, takes=takes, day=shanghai_date(now))
    consume_coupon(session, coupon_id=offer.coupon_id, redemption_id=redemption.id, now=now)
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
    before = before_sale(
        session,
        redemption_id=None,
        verification_id=verification_id,
        till=till,
        offer_id=offer_id,
        now=now,
    )
    verification = open_verification_of(before)
    holder = usable_holder(verification, now=now)
    ask = Asked(offer_id, gross_fen)
    found = _judged(session, before, verification, till=till, holder=holder, ask=ask, now=now)
    if found.full:
        raise refusal_of(found.full[0])
    return Quote(found.offer, split_of(gross_fen, found.offer.terms), verification.expires_at)


def book_capture(
    session: Session, *, line: RedemptionLine, fund_source: FundSource, now: datetime
) -> None:
    """Post the union's part and write the card's record. The merchant's part is a memo only.

    The record stands where the service's clock puts it: the till's may be hours off.
    """
    recorded, posted = booking(line, fund_source=fund_source, now=now)
    if posted:
        post_merged(session, statement=BOOK, parameters=posted | recorded)
    else:
        RECORD_ALONE.all(session, recorded)


def booking(
    line: RedemptionLine, *, fund_source: FundSource, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what RECORD and POSTING ask for; the latter is empty where the union pays nothing."""
    redemption = line.redemption
    values = record_insert_values(
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
    if not redemption.union_pays_fen:
        return record_parameters(values), {}
    return record_parameters(values), posting_parameters(
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


BOOK = Statement(select(POSTING.journal.c.id).add_cte(POSTING.lines, RECORD))
RECORD_ALONE = Statement(select(literal(1)).add_cte(RECORD))


def not_usable(found: Reason) -> OfferNotUsable:
    return OfferNotUsable(reason=found.code, **found.facts)


def _replay(session: Session, *, till: Till, known: Redemption, digest: bytes) -> Answer:
    if known.terminal_id != till.terminal_id or known.facts_digest != digest:
        raise RequestKeyReused
    line = redemption_line(session, redemption_id=known.id, merchant_id=till.merchant_id)
    assert line is not None
    return Answer(line, replayed=True)


def _shown(
    session: Session, *, till: Till, request: RedeemRequest, now: datetime
) -> OpenVerification:
    """Verify the code that the request itself carries."""
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


def open_verification_of(before: BeforeSale) -> OpenVerification:
    if before.verification is None:
        raise CardNotUsable(reason="verification_unknown")
    return before.verification


def usable_holder(verification: OpenVerification, *, now: datetime) -> Holder:
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


@dataclass(frozen=True)
class Asked:
    """The offer and the bill that somebody asks about."""

    offer_id: UUID
    gross_fen: Fen


def judged_sale(
    before: BeforeSale, verification: OpenVerification, *, gross: Fen, now: datetime
) -> Usability:
    """Return the offer that was read with the verification, judged for this bill.

    Raises OfferNotUsable; says what limits are full.
    """
    assert verification.holder is not None
    offers = [before.offer] if before.offer is not None else []
    code = _code(verification)
    found = judged(offers, holder=verification.holder, code=code, now=now, gross=gross)
    return _first(found)


def _judged(
    session: Session,
    before: BeforeSale,
    verification: OpenVerification,
    *,
    till: Till,
    holder: Holder,
    ask: Asked,
    now: datetime,
) -> Usability:
    """Do the same for any code: one on paper has a limit more, one just shown nothing read yet."""
    if before.verification is not None and verification.assurance != STATIC:
        return judged_sale(before, verification, gross=ask.gross_fen, now=now)
    found = usable_here(
        session,
        till=till,
        holder=holder,
        code=_code(verification),
        now=now,
        offer_id=ask.offer_id,
        gross=ask.gross_fen,
    )
    return _first(found)


def _code(verification: OpenVerification) -> CodeFacts:
    return CodeFacts(
        verification.assurance,
        verification.challenged,
        verification.redeemed_at,
        verification.stack_groups,
    )


def _first(found: Sequence[Usability]) -> Usability:
    if not found:
        raise not_usable(reason("offer_not_active"))
    if found[0].against:
        raise not_usable(found[0].against[0])
    return found[0]


def decided(
    *,
    till: Till,
    request: RedeemRequest,
    verification_id: UUID,
    holder: Holder,
    offer: OfferLine,
    split: Split,
    now: datetime,
) -> Redemption:
    """Return the row that is to be written, without its receipt."""
    return Redemption(
        id=request.id,
        terminal_id=till.terminal_id,
        site_id=till.site_id,
        merchant_id=till.merchant_id,
        card_id=holder.card_id,
        member_id=holder.member_id,
        verification_id=verification_id,
        offer_id=offer.offer_id,
        offer_version_id=offer.version_id,
        programme_id=offer.programme_id,
        stack_group=offer.conditions.stack_group,
        facts_digest=request.digest,
        terminal_seq=request.terminal_seq,
        gross_fen=split.gross_fen,
        member_pays_fen=split.member_pays_fen,
        merchant_bears_fen=split.merchant_bears_fen,
        union_pays_fen=split.union_pays_fen,
        occurred_at=request.occurred_at,
        received_at=now,
        state=RedemptionState.CAPTURED if request.capture else RedemptionState.HELD,
        expires_at=None if request.capture else now + HOLD,
        captured_at=now if request.capture else None,
        back_member_fen=Fen(0),
        back_merchant_fen=Fen(0),
        back_union_fen=Fen(0),
    )
