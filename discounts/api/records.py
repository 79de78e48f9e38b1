"""JSON endpoints of one record: the receipt, rating it, "this was not me"."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from discounts.api.addresses import receipt_url
from discounts.queries import OwnRecord, OwnSale, receipt_path_of
from discounts.rules import is_rateable, rating_settles_at, receipt_number
from discounts.schemas import RatingRequest, RecordDetail, ReportRequest
from discounts.services import rate_sale, record_of_member, report_sale
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.web import Blueprint, current_actor

api = Blueprint("records_api", __name__, description="Records: a receipt, its rating, reporting it")


@api.get("/members/me/records/<uuid:record_id>")
@api.response(200, RecordDetail)
def show_record(record_id: UUID) -> ResponseReturnValue:
    """Show one line of the timeline, with the whole receipt where it is of a purchase."""
    now = utc_now()
    with transaction() as session:
        found = record_of_member(session, member_id=current_actor().member_id, record_id=record_id)
    return _record(found, now=now)


@api.put("/members/me/records/<uuid:record_id>/rating")
@api.arguments(RatingRequest)
@api.response(200, RecordDetail)
def rate(body: dict[str, Any], record_id: UUID) -> ResponseReturnValue:
    """Rate a purchase; for a week the rating may be changed."""
    now, member_id = utc_now(), current_actor().member_id
    with transaction() as session:
        rate_sale(session, member_id=member_id, record_id=record_id, now=now, **body)
        found = record_of_member(session, member_id=member_id, record_id=record_id)
    return _record(found, now=now)


@api.post("/members/me/records/<uuid:record_id>/report")
@api.arguments(ReportRequest)
@api.response(200, RecordDetail)
def report(body: dict[str, Any], record_id: UUID) -> ResponseReturnValue:
    """Say that a purchase on the card was not the member's; their union answers."""
    now, member_id = utc_now(), current_actor().member_id
    with transaction() as session:
        report_sale(session, member_id=member_id, record_id=record_id, text=body["text"], now=now)
        found = record_of_member(session, member_id=member_id, record_id=record_id)
    return _record(found, now=now)


def _titled(zh: str, en: str) -> str:
    return zh if str(get_locale()).startswith("zh") else en


def _record(found: OwnRecord, *, now: datetime) -> dict[str, Any]:
    line = found.line
    return asdict(line) | {
        "title": _titled(line.title_zh, line.title_en),
        "sale": _sale(found.sale, now=now) if found.sale else None,
    }


def _sale(sale: OwnSale, *, now: datetime) -> dict[str, Any]:
    bought, rating = sale.redemption, sale.rating
    receipt = None
    if bought.receipt_on is not None and bought.receipt_seq is not None:
        receipt = receipt_number(sale.terminal_code, bought.receipt_on, bought.receipt_seq)
    settles_at = rating_settles_at(rating.rated_at) if rating else None
    return {
        "redemption_id": bought.id,
        "state": bought.state,
        "receipt_no": receipt,
        "receipt_url": receipt_url(receipt_path_of(bought, sale.terminal_code)),
        "offer_title": _titled(sale.title_zh, sale.title_en),
        "offer_version": sale.offer_version,
        "merchant": sale.merchant,
        "site": sale.site,
        "address": sale.address,
        "district": sale.district,
        "gross_fen": bought.gross_fen,
        "member_pays_fen": bought.member_pays_fen,
        "merchant_bears_fen": bought.merchant_bears_fen,
        "union_pays_fen": bought.union_pays_fen,
        "left_fen": bought.left_fen,
        "captured_at": bought.captured_at,
        "assurance": sale.assurance,
        "scanned_at": sale.scanned_at,
        "taken_back": sale.reversals,
        "may_rate": is_rateable(bought.state) and (settles_at is None or now < settles_at),
        "rating": rating
        and {
            "stars": rating.stars,
            "comment": rating.comment,
            "rated_at": rating.rated_at,
            "settles_at": settles_at,
        },
        "report": sale.report,
    }
