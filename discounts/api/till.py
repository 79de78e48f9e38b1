"""JSON endpoints of the till: verify, quote, redeem, and what comes after."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from flask.typing import ResponseReturnValue
from flask_babel import get_babel, gettext

from benefits.rules import REASONS, Reason, only_gross, reason
from benefits.services.usable import Usability
from cards.rules import REFUSAL_SENTENCES
from discounts.api.addresses import receipt_url
from discounts.errors import NotReversible, RedemptionNotFound, TillSuspended
from discounts.queries import (
    RedemptionLine,
    receipt_path_of,
    redemption_line,
    redemption_lines,
)
from discounts.rules import REVERSAL_SENTENCES, receipt_number
from discounts.schemas import (
    QuoteRequest,
    QuoteResponse,
    RedemptionPage,
    RedemptionQuery,
    RedemptionRequest,
    RedemptionResponse,
    ReversalRequest,
    ReversalResponse,
    VerificationRequest,
    VerificationResponse,
)
from discounts.services import (
    Answer,
    RedeemRequest,
    ScanAnswer,
    capture_redemption,
    note_refusal,
    quote,
    redeem_at_once,
    redeem_discount,
    reverse_redemption,
    scan_at_once,
    scan_card,
    void_redemption,
)
from kernel.actors import Till
from kernel.clock import shanghai_day, utc_now
from kernel.db import NotAtOnce, reading, transaction
from kernel.errors import Refusal
from kernel.money import Fen, yuan
from kernel.web import (
    REPLAYED_HEADER,
    Blueprint,
    current_actor,
    decode_id_cursor,
    encode_cursor,
    in_wire_form,
)

api = Blueprint("discounts_api", __name__, description="Tills: verify a card, redeem an offer")


class _Scan(TypedDict):
    till: Till
    presentation: str
    scan_id: UUID | None
    now: datetime


@api.post("/verifications")
@api.arguments(VerificationRequest)
@api.response(200, VerificationResponse)
def verify(body: dict[str, Any]) -> ResponseReturnValue:
    """Judge a scanned code and say what is usable here. A refused card is an answer, no error."""
    till, now = current_actor().till, utc_now()
    scan: _Scan = {
        "till": till,
        "presentation": body["presentation"],
        "scan_id": body["id"],
        "now": now,
    }
    try:
        with reading() as connection:
            answer = scan_at_once(connection, **scan)
    except NotAtOnce:
        with transaction() as session:
            answer = scan_card(session, **scan)
    return in_wire_form(_verification(answer))


@api.post("/quotes")
@api.arguments(QuoteRequest)
@api.response(200, QuoteResponse)
def make_quote(body: dict[str, Any]) -> ResponseReturnValue:
    """Say who would bear what of a bill; takes nothing."""
    till = _working_till()
    try:
        with transaction() as session:
            found = quote(session, till=till, now=utc_now(), **body)
    except Refusal as refusal:
        raise _explained(refusal) from None
    return {
        "gross_fen": found.split.gross_fen,
        "member_pays_fen": found.split.member_pays_fen,
        "merchant_bears_fen": found.split.merchant_bears_fen,
        "union_pays_fen": found.split.union_pays_fen,
        "offer_version": found.offer.version_number,
        "expires_at": found.expires_at,
    }


@api.post("/redemptions")
@api.arguments(RedemptionRequest)
@api.response(201, RedemptionResponse)
def redeem(body: dict[str, Any]) -> ResponseReturnValue:
    """Redeem an offer: captured at once, or held for ten minutes with `capture: false`."""
    till = _working_till()
    now = utc_now()
    body["occurred_at"] = body["occurred_at"] or now
    request = RedeemRequest(**body)
    try:
        answer = _redeemed(till=till, request=request, now=now)
    except Refusal as refusal:
        with transaction() as session:
            note_refusal(
                session,
                terminal_id=till.terminal_id,
                redemption_id=request.id,
                refusal=refusal,
                now=now,
            )
        raise _explained(refusal) from None
    # Committed: only now may the till show a green tick.
    content = in_wire_form(_redemption(answer.line))
    return content, 201, _replayed(replayed=answer.replayed)


def _redeemed(*, till: Till, request: RedeemRequest, now: datetime) -> Answer:
    try:
        with reading() as connection:
            return redeem_at_once(connection, till=till, request=request, now=now)
    except NotAtOnce:
        with transaction() as session:
            return redeem_discount(session, till=till, request=request, now=now)


@api.post("/redemptions/<uuid:redemption_id>/capture")
@api.response(200, RedemptionResponse)
def capture(redemption_id: UUID) -> ResponseReturnValue:
    """Turn a hold into a sale."""
    with transaction() as session:
        answer = capture_redemption(
            session, till=current_actor().till, redemption_id=redemption_id, now=utc_now()
        )
    return _redemption(answer.line), 200, _replayed(replayed=answer.replayed)


@api.post("/redemptions/<uuid:redemption_id>/void")
@api.response(200, RedemptionResponse)
def void(redemption_id: UUID) -> ResponseReturnValue:
    """Take a hold, or a whole sale of today, back at the till that made it."""
    till = current_actor().till
    try:
        with transaction() as session:
            answer = void_redemption(session, till=till, redemption_id=redemption_id, now=utc_now())
    except Refusal as refusal:
        raise _explained(refusal) from None
    return _redemption(answer.line), 200, _replayed(replayed=answer.replayed)


@api.post("/redemptions/<uuid:redemption_id>/reversals")
@api.arguments(ReversalRequest)
@api.response(201, ReversalResponse)
def reverse(body: dict[str, Any], redemption_id: UUID) -> ResponseReturnValue:
    """Take a part or the rest of a sale back, later and with a reason."""
    till = current_actor().till
    try:
        with transaction() as session:
            answer = reverse_redemption(
                session,
                till=till,
                redemption_id=redemption_id,
                reversal_id=body["id"],
                amount_fen=body["amount_fen"],
                reason=body["reason"],
                now=utc_now(),
            )
    except Refusal as refusal:
        raise _explained(refusal) from None
    reversal, redemption = answer.reversal, answer.line.redemption
    content = {
        "id": reversal.id,
        "redemption_id": redemption.id,
        "amount_fen": reversal.amount_fen,
        "member_fen": reversal.member_fen,
        "merchant_fen": reversal.merchant_fen,
        "union_fen": reversal.union_fen,
        "state": redemption.state.value,
        "left_fen": redemption.left_fen,
    }
    return content, 201, _replayed(replayed=answer.replayed)


@api.get("/redemptions")
@api.arguments(RedemptionQuery, location="query")
@api.response(200, RedemptionPage)
def list_redemptions(query: dict[str, Any]) -> ResponseReturnValue:
    """List this till's own sales, newest first."""
    with transaction() as session:
        lines = redemption_lines(
            session,
            terminal_id=current_actor().till.terminal_id,
            day=shanghai_day(query["day"]) if "day" in query else None,
            after=decode_id_cursor(query["cursor"]) if "cursor" in query else None,
            rows=query["rows"],
        )
    more = len(lines) == query["rows"]
    return {
        "items": [_redemption(line) for line in lines],
        "next_cursor": encode_cursor(str(lines[-1].redemption.id)) if more else None,
    }


@api.get("/redemptions/<uuid:redemption_id>")
@api.response(200, RedemptionResponse)
def show_redemption(redemption_id: UUID) -> ResponseReturnValue:
    """Show one sale of this merchant's tills."""
    with transaction() as session:
        line = redemption_line(
            session, redemption_id=redemption_id, merchant_id=current_actor().till.merchant_id
        )
    if line is None:
        raise RedemptionNotFound
    return _redemption(line)


def _explained(refusal: Refusal) -> Refusal:
    """Return the refusal with what is the case and what to do, in the caller's language."""
    facts = refusal.facts
    code = str(facts.get("reason"))
    if code in REASONS:
        known = {name: value for name, value in facts.items() if name != "reason"}
        found = reason(code, **known)
        refusal.facts = facts | {
            "reason_text": str(gettext(found.text)),
            "next_step": _next_step(found),
        }
    if isinstance(refusal, NotReversible) and code in REVERSAL_SENTENCES:
        text, next_step = REVERSAL_SENTENCES[code]
        refusal.facts = facts | {"reason_text": gettext(text), "next_step": gettext(next_step)}
    return refusal


def _working_till() -> Till:
    """Return the caller's till. Raises TillSuspended: a suspended merchant's may look only."""
    actor = current_actor()
    if actor.is_suspended:
        raise TillSuspended
    return actor.till


def _replayed(*, replayed: bool) -> dict[str, str]:
    return {REPLAYED_HEADER: "true"} if replayed else {}


def _titled(zh: str, en: str) -> str:
    return zh if is_chinese() else en


def is_chinese() -> bool:
    """Say whether to answer in Chinese; spares making Babel's Locale of its name."""
    selected = get_babel().locale_selector
    assert selected is not None
    return str(selected()).startswith("zh")


def _verification(answer: ScanAnswer) -> dict[str, Any]:
    verdict = answer.verdict
    holder = verdict.holder
    text, next_step = REFUSAL_SENTENCES.get(verdict.reason or "", (None, None))
    chinese = is_chinese()
    return {
        "verification_id": verdict.verification_id,
        "accepted": verdict.accepted,
        "reason": verdict.reason,
        "reason_text": gettext(text) if text else None,
        "next_step": gettext(next_step) if next_step else None,
        "assurance": verdict.assurance,
        "challenged": verdict.challenged,
        "expires_at": verdict.expires_at,
        "card": {
            "tail": holder.number_tail,
            "masked_name": holder.name_masked,
            "standing": holder.status.value,
        }
        if holder
        else None,
        "offers": [_offer(each, chinese=chinese) for each in answer.offers],
    }


def _offer(each: Usability, *, chinese: bool) -> dict[str, Any]:
    first = each.reasons[0] if each.reasons else None
    return {
        "offer_id": each.offer.offer_id,
        "title": each.offer.title_zh if chinese else each.offer.title_en,
        "kind": each.offer.terms.kind,
        "gross_fen": only_gross(each.offer.terms),
        "usable": each.usable,
        "reason": first.code if first else None,
        "reason_text": gettext(first.text) if first else None,
        "next_step": _next_step(first) if first else None,
        "left": each.left,
        "left_unit": each.left_unit,
    }


def _next_step(reason: Reason) -> str:
    facts = dict(reason.facts)
    for name, value in reason.facts.items():
        if name.endswith("_fen") and isinstance(value, int):
            facts[f"{name.removesuffix('_fen')}_yuan"] = yuan(Fen(value))
    return str(gettext(reason.next_step, **facts))


def _redemption(line: RedemptionLine) -> dict[str, Any]:
    sale = line.redemption
    receipt = None
    if sale.receipt_on is not None and sale.receipt_seq is not None:
        receipt = receipt_number(line.terminal_code, sale.receipt_on, sale.receipt_seq)
    return {
        "id": sale.id,
        "state": sale.state.value,
        "receipt_no": receipt,
        "receipt_url": receipt_url(receipt_path_of(sale, line.terminal_code)),
        "offer_id": sale.offer_id,
        "offer_title": _titled(line.title_zh, line.title_en),
        "offer_version": line.offer_version,
        "gross_fen": sale.gross_fen,
        "member_pays_fen": sale.member_pays_fen,
        "merchant_bears_fen": sale.merchant_bears_fen,
        "union_pays_fen": sale.union_pays_fen,
        "left_fen": sale.left_fen,
        "occurred_at": sale.occurred_at,
        "received_at": sale.received_at,
        "captured_at": sale.captured_at,
        "expires_at": sale.expires_at,
    }
