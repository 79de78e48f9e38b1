from datetime import date
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate, validates_schema

from cards.models import RecordKind
from discounts.models import BorneBy, RecordVerdict, RedemptionState, ReportState
from discounts.queries import GapState, OfflineMatter
from discounts.rules import RECORD_CHARACTERS_MAX
from kernel.forms import YuanField
from kernel.i18n import N_
from kernel.money import BILL_FEN_MAX
from kernel.wire import FenField, Moment, Text, Wire

# Longer than any code can be, and bounded before anything looks at it (card-credential 8.1).
PRESENTATION_CHARACTERS_MAX = 600
_SEQ_MAX = 2**53
BATCH_RECORDS_MAX = 1_000


_PLAIN_SALE = {"id", "verification_id", "offer_id", "gross_fen"}


def _plain_id(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


class VerificationRequest(Wire):
    presentation = fields.String(
        required=True,
        # One more than any code has, so that longer ones are answered as "malformed" by us.
        validate=validate.Length(min=1, max=4_000),
        metadata={"description": "The QR's text: UC1:…, UR1:… or US1:…"},
    )
    id = fields.UUID(load_default=None, metadata={"description": "The scan's own id."})

    @staticmethod
    def plain(data: Any) -> dict[str, Any] | None:
        """Return a plain body as `load` would: see kernel.web.StrictParser."""
        if not isinstance(data, dict) or not data.keys() <= {"presentation", "id"}:
            return None
        shown, scan_id = data.get("presentation"), _plain_id(data.get("id"))
        if not isinstance(shown, str) or not 0 < len(shown) <= PRESENTATION_CHARACTERS_MAX:
            return None
        if scan_id is None and data.get("id") is not None:
            return None
        return {"presentation": shown, "id": scan_id}


class CardSeen(Wire):
    tail = fields.String()
    masked_name = fields.String()
    standing = fields.String()


class OfferSeen(Wire):
    offer_id = fields.UUID()
    title = fields.String()
    kind = fields.String()
    gross_fen = FenField(
        allow_none=True,
        metadata={"description": "The only bill it is for, such as a gift's; null: any."},
    )
    usable = fields.Boolean()
    reason = fields.String(allow_none=True, metadata={"description": "A stable code."})
    reason_text = fields.String(allow_none=True)
    next_step = fields.String(allow_none=True)
    left = fields.Integer(allow_none=True)
    left_unit = fields.String(allow_none=True)


class VerificationResponse(Wire):
    verification_id = fields.UUID()
    accepted = fields.Boolean()
    reason = fields.String(allow_none=True)
    reason_text = fields.String(allow_none=True)
    next_step = fields.String(allow_none=True)
    assurance = fields.String(allow_none=True)
    challenged = fields.Boolean()
    expires_at = Moment()
    card = fields.Nested(CardSeen, allow_none=True)
    offers = fields.List(fields.Nested(OfferSeen))


class QuoteRequest(Wire):
    verification_id = fields.UUID(required=True)
    offer_id = fields.UUID(required=True)
    gross_fen = FenField(required=True, minimum=1)


class QuoteResponse(Wire):
    gross_fen = FenField()
    member_pays_fen = FenField()
    merchant_bears_fen = FenField()
    union_pays_fen = FenField()
    offer_version = fields.Integer()
    expires_at = Moment()


class RedemptionRequest(Wire):
    id = fields.UUID(required=True)
    presentation = fields.String(
        load_default=None, validate=validate.Length(min=1, max=PRESENTATION_CHARACTERS_MAX)
    )
    verification_id = fields.UUID(load_default=None)
    offer_id = fields.UUID(required=True)
    gross_fen = FenField(required=True, minimum=1)
    terminal_seq = fields.Integer(
        strict=True, load_default=None, validate=validate.Range(min=0, max=_SEQ_MAX)
    )
    occurred_at = Moment(load_default=None)
    capture = fields.Boolean(load_default=True)

    @staticmethod
    def plain(data: Any) -> dict[str, Any] | None:
        """Return the sale of a verified card as `load` would: see kernel.web.StrictParser."""
        if not isinstance(data, dict) or data.keys() != _PLAIN_SALE:
            return None
        ids = {name: _plain_id(data[name]) for name in ("id", "verification_id", "offer_id")}
        gross_fen = data["gross_fen"]
        if None in ids.values() or type(gross_fen) is not int or not 0 < gross_fen <= BILL_FEN_MAX:
            return None
        rest = {"presentation": None, "terminal_seq": None, "occurred_at": None, "capture": True}
        return {**ids, "gross_fen": gross_fen, **rest}

    @validates_schema
    def one_way_to_name_the_card(self, data: dict[str, object], **_: object) -> None:
        if (data["presentation"] is None) == (data["verification_id"] is None):
            raise ValidationError(
                "Give either presentation or verification_id.", field_name="verification_id"
            )


class RedemptionResponse(Wire):
    id = fields.UUID()
    state = fields.String()
    receipt_no = fields.String(allow_none=True)
    receipt_url = fields.String(
        allow_none=True, metadata={"description": "Where anybody can check the receipt."}
    )
    offer_id = fields.UUID()
    offer_title = fields.String()
    offer_version = fields.Integer()
    gross_fen = FenField()
    member_pays_fen = FenField()
    merchant_bears_fen = FenField()
    union_pays_fen = FenField()
    left_fen = FenField(metadata={"description": "Of the gross, not taken back yet."})
    occurred_at = Moment()
    received_at = Moment()
    captured_at = Moment(allow_none=True)
    expires_at = Moment(allow_none=True)


class RedemptionPage(Wire):
    items = fields.List(fields.Nested(RedemptionResponse))
    next_cursor = fields.String(allow_none=True)


class RedemptionQuery(Wire):
    cursor = Text()
    day = fields.Date(metadata={"description": "A Shanghai day."})
    rows = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))


class ReversalRequest(Wire):
    id = fields.UUID(required=True)
    amount_fen = FenField(required=True, minimum=1)
    reason = Text(required=True)


class ReversalResponse(Wire):
    id = fields.UUID()
    redemption_id = fields.UUID()
    amount_fen = FenField()
    member_fen = FenField()
    merchant_fen = FenField()
    union_fen = FenField()
    state = fields.String()
    left_fen = FenField()


# --- Sales without a network


class PublicKey(Wire):
    kty = fields.String()
    crv = fields.String()
    x = fields.String()
    y = fields.String()


class LeaseResponse(Wire):
    lease = fields.String(metadata={"description": "Compact JWS (ES256) of what may be granted."})
    lease_id = fields.UUID()
    key = fields.Nested(PublicKey, metadata={"description": "The JWK that verifies `lease`."})
    expires_at = Moment()


class BatchRequest(Wire):
    records = fields.List(
        fields.String(validate=validate.Length(min=1, max=RECORD_CHARACTERS_MAX)),
        required=True,
        validate=validate.Length(min=1, max=BATCH_RECORDS_MAX),
        metadata={"description": "Compact JWS (ES256) by the till's key, in any order."},
    )


class RecordSeen(Wire):
    """`id` and `seq` are null where a record could not be read."""

    id = fields.UUID(allow_none=True)
    seq = fields.Integer(allow_none=True)
    verdict = fields.Enum(RecordVerdict, by_value=True)
    reason = fields.String(allow_none=True, metadata={"description": "A stable code."})
    reason_text = fields.String(allow_none=True)
    next_step = fields.String(allow_none=True)
    receipt_no = fields.String(allow_none=True)
    gross_fen = FenField(allow_none=True)
    member_pays_fen = FenField(allow_none=True)
    merchant_bears_fen = FenField(allow_none=True)
    union_pays_fen = FenField(allow_none=True)
    borne_by = fields.Enum(
        BorneBy, by_value=True, allow_none=True, metadata={"description": "The union's part."}
    )


class BatchResponse(Wire):
    verdicts = fields.List(fields.Nested(RecordSeen))
    next_seq = fields.Integer(metadata={"description": "Of this till's next record."})
    gaps = fields.List(
        fields.List(fields.Integer()),
        metadata={"description": "Numbers of this till that never came: [first, last]."},
    )


class OfflineRecordSeen(RecordSeen):
    offer_title = fields.String()
    occurred_at = Moment(metadata={"description": "By the till's clock."})
    signed_at = Moment(allow_none=True, metadata={"description": "By the member's phone."})
    received_at = Moment()
    after_gap = fields.Boolean()


class OfflineRecordPage(Wire):
    items = fields.List(fields.Nested(OfflineRecordSeen))
    next_cursor = fields.String(allow_none=True)
    next_seq = fields.Integer()
    gaps = fields.List(fields.List(fields.Integer()))


class OfflineRecordQuery(Wire):
    cursor = Text()
    rows = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))


# --- A member's own records


class RatingRequest(Wire):
    stars = fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=5))
    comment = Text(load_default=None, allow_none=True)


class ReportRequest(Wire):
    text = Text(required=True, minimum=2)


class RatingSaid(Wire):
    stars = fields.Integer()
    comment = fields.String(allow_none=True)
    rated_at = Moment()
    settles_at = Moment(metadata={"description": "From here on it is not changed any more."})


class ReportSaid(Wire):
    text = fields.String()
    state = fields.Enum(ReportState, by_value=True)
    reported_at = Moment()
    answer = fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)


class TakenBack(Wire):
    amount_fen = FenField()
    member_fen = FenField()
    merchant_fen = FenField()
    union_fen = FenField()
    created_at = Moment()


class SaleDetail(Wire):
    redemption_id = fields.UUID()
    state = fields.Enum(RedemptionState, by_value=True)
    receipt_no = fields.String(allow_none=True)
    receipt_url = fields.String(
        allow_none=True, metadata={"description": "Where anybody can check the receipt."}
    )
    offer_title = fields.String()
    offer_version = fields.Integer()
    merchant = fields.String()
    site = fields.String()
    address = fields.String()
    district = fields.String()
    gross_fen = FenField()
    member_pays_fen = FenField()
    merchant_bears_fen = FenField()
    union_pays_fen = FenField()
    left_fen = FenField(metadata={"description": "Of the gross, not taken back yet."})
    captured_at = Moment(allow_none=True)
    assurance = fields.String(
        allow_none=True, metadata={"description": "How the card was shown: possession, …"}
    )
    scanned_at = Moment()
    taken_back = fields.List(fields.Nested(TakenBack))
    may_rate = fields.Boolean()
    rating = fields.Nested(RatingSaid, allow_none=True)
    report = fields.Nested(ReportSaid, allow_none=True)


class RecordDetail(Wire):
    id = fields.UUID()
    occurred_at = Moment()
    kind = fields.Enum(RecordKind, by_value=True)
    event = fields.String()
    title = fields.String(metadata={"description": "In the caller's language."})
    gross_fen = fields.Integer(metadata={"description": "Negative where something is taken back."})
    member_pays_fen = fields.Integer()
    merchant_bears_fen = fields.Integer()
    union_pays_fen = fields.Integer()
    sale = fields.Nested(SaleDetail, allow_none=True)


# --- The desk's


class ReportQuery(Wire):
    state = fields.Enum(ReportState, by_value=True)


class AnswerForm(Wire):
    answer = Text(required=True, minimum=2)


class OfflineQuery(Wire):
    merchant = Text(maximum=100)
    till = Text(maximum=20)
    day = fields.Date()
    matter = fields.Enum(OfflineMatter, by_value=True)


class GapQuery(Wire):
    merchant = Text(maximum=100)
    state = fields.Enum(GapState, by_value=True)


class MonthQuery(Wire):
    """A month such as 2026-11, as its first day."""

    month = fields.Date(format="%Y-%m", validate=validate.Range(date(2000, 1, 1), date(2100, 1, 1)))


_HOURS = validate.Range(1, 72)


class OfflinePolicyForm(Wire):
    version = fields.Integer(required=True)
    per_sale_fen = YuanField(required=True)
    per_day_fen = YuanField(required=True)
    per_day_sales = fields.Integer(required=True, validate=validate.Range(0, 10_000))
    lease_hours = fields.Integer(required=True, validate=_HOURS)
    late_hours = fields.Integer(required=True, validate=_HOURS)
    card_risk_fen = YuanField(required=True)


# --- A merchant's managers


_FIRST_DAY = date(2000, 1, 1)


class DayQuery(Wire):
    """A day up to `last`, which is today."""

    day = fields.Date()

    def __init__(self, *, last: date, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.last = last

    @validates_schema
    def not_to_come(self, data: dict[str, Any], **_: Any) -> None:
        day = data.get("day")
        if day is not None and not _FIRST_DAY <= day <= self.last:
            raise ValidationError(N_("Choose today or a day before it."), "day")
