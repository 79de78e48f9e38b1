"""What mutual aid takes and answers: the phone's JSON, and the desk's forms."""

from typing import Any

from marshmallow import fields, validate

from aid.models import AidClaimState, AidRejectReason
from kernel.wire import Moment, Text, Wire

# A stay in hospital can cost far more than anything at a till.
_PAPER_FEN_MAX = 100_000_000
_DAYS_MAX = 366
_LINES_MAX = 20
_DOCUMENTS_MAX = 20
_NUMBER_CHARACTERS_MAX = 60
_WORD = r"^[a-z][a-z_]{1,39}$"


class PaperFen(fields.Integer):
    """Whole fen from 0 to 1,000,000 yuan; a fraction or a number in quotes is refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            strict=True,
            validate=validate.Range(min=0, max=_PAPER_FEN_MAX),
            metadata={"description": "Money in fen (100 fen = 1 yuan)."},
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class Days(fields.Integer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=0, max=_DAYS_MAX), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class AmountsRequest(Wire):
    """What one paper says."""

    pool_paid_fen = PaperFen(required=True)
    self_paid_fen = PaperFen(required=True)
    days = Days(required=True)


class LineRequest(AmountsRequest):
    invoice_no = Text(required=True, maximum=_NUMBER_CHARACTERS_MAX)
    hospital = Text(required=True, maximum=100)
    admission_no = Text(required=True, maximum=_NUMBER_CHARACTERS_MAX)


def _lines(schema: type[Wire]) -> fields.List[Any]:
    return fields.List(
        fields.Nested(schema), required=True, validate=validate.Length(min=1, max=_LINES_MAX)
    )


def _document_ids() -> fields.List[Any]:
    return fields.List(
        fields.UUID(),
        load_default=list,
        validate=validate.Length(max=_DOCUMENTS_MAX),
        metadata={"description": "Ids that POST /aid/documents gave."},
    )


class ClaimRequestBody(Wire):
    id = fields.UUID(required=True, metadata={"description": "Made by the phone, kept for retry."})
    scheme = Text(required=True, maximum=40)
    event_type = Text(required=True, maximum=40)
    event_date = fields.Date(required=True)
    lines = _lines(LineRequest)
    documents = _document_ids()


class ResubmissionBody(Wire):
    lines = _lines(LineRequest)
    documents = _document_ids()


class SimulationBody(Wire):
    scheme = Text(required=True, maximum=40)
    event_type = Text(required=True, maximum=40)
    event_date = fields.Date(required=True)
    lines = _lines(AmountsRequest)


class StepResponse(Wire):
    rule = fields.String()
    article = fields.String(metadata={"description": "Of the scheme's version."})
    article_text = fields.String(allow_none=True)
    amount_fen = PaperFen()
    zh = fields.String()
    en = fields.String()
    line = fields.Integer(allow_none=True, metadata={"description": "Paper, counted from 1."})


class ReasonResponse(Wire):
    code = fields.String()
    text = fields.String()
    next_step = fields.String()


class SimulationResponse(Wire):
    covered = fields.Boolean()
    reasons = fields.List(fields.Nested(ReasonResponse))
    steps = fields.List(fields.Nested(StepResponse))
    benefit_fen = PaperFen()


class LineResponse(Wire):
    invoice_no = fields.String()
    hospital = fields.String()
    admission_no = fields.String()
    pool_paid_fen = PaperFen()
    self_paid_fen = PaperFen()
    days = Days()


class PaperResponse(Wire):
    id = fields.UUID()
    kind = fields.String()
    media_type = fields.String()
    size_bytes = fields.Integer()


class PaperKindResponse(Wire):
    kind = fields.String()
    title = fields.String()


class DecisionResponse(Wire):
    kind = fields.String()
    at = Moment()
    note = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    papers = fields.List(fields.String())


class ClaimResponse(Wire):
    id = fields.UUID()
    state = fields.String()
    scheme = fields.String()
    scheme_name = fields.String()
    event_type = fields.String()
    event_title = fields.String()
    event_date = fields.Date()
    submitted_at = Moment()
    waiting_since = Moment(metadata={"description": "Since when it is the turn of who acts next."})
    steps = fields.List(fields.Nested(StepResponse))
    benefit_fen = PaperFen()
    lines = fields.List(fields.Nested(LineResponse))
    documents = fields.List(fields.Nested(PaperResponse))
    paper_kinds = fields.List(
        fields.Nested(PaperKindResponse), metadata={"description": "All that the scheme asks for."}
    )
    missing_papers = fields.List(fields.Nested(PaperKindResponse))
    decisions = fields.List(fields.Nested(DecisionResponse))


class ClaimItem(Wire):
    id = fields.UUID()
    state = fields.String()
    scheme = fields.String()
    scheme_name = fields.String()
    event_date = fields.Date()
    benefit_fen = PaperFen()
    submitted_at = Moment()
    waiting_since = Moment(metadata={"description": "Since when it is the turn of who acts next."})


class ClaimPage(Wire):
    items = fields.List(fields.Nested(ClaimItem))
    next_cursor = fields.String(allow_none=True)


class ClaimQuery(Wire):
    cursor = Text()
    rows = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))


class EventResponse(Wire):
    event_type = fields.String()
    title = fields.String()
    waiting_days = fields.Integer()
    covered = fields.Boolean(metadata={"description": "If it happened today."})
    reasons = fields.List(fields.Nested(ReasonResponse))


class ArticleResponse(Wire):
    article = fields.String()
    text = fields.String()


class CoverResponse(Wire):
    starts_on = fields.Date()
    ends_on = fields.Date(metadata={"description": "The day after the last."})
    shares = fields.Integer()
    left = fields.Integer(
        allow_none=True, metadata={"description": "Claims left in this period; null: no limit."}
    )


class SchemeResponse(Wire):
    scheme = fields.String()
    name = fields.String()
    covered = fields.Boolean(metadata={"description": "For some event, if it happened today."})
    cover = fields.Nested(CoverResponse, allow_none=True)
    filing_days = fields.Integer(
        allow_none=True,
        metadata={"description": "Days after an event in which it may be claimed; null: no limit."},
    )
    events = fields.List(fields.Nested(EventResponse))
    papers = fields.List(fields.Nested(PaperKindResponse))
    articles = fields.List(fields.Nested(ArticleResponse))


class SchemeList(Wire):
    items = fields.List(fields.Nested(SchemeResponse))


class PaperForm(Wire):
    kind = fields.String(required=True, validate=validate.Regexp(_WORD))


class PaperFile(Wire):
    file = fields.Raw(
        required=True,
        metadata={
            "type": "string",
            "format": "binary",
            "description": "PDF, JPEG or PNG of at most 5 MB.",
        },
    )


# --- The desk's forms


ANY_STATE = "any"


class QueueFilter(Wire):
    """Without a state, the claims on which it is the reader's turn."""

    state = fields.String(validate=validate.OneOf([ANY_STATE, *AidClaimState]))
    scheme = Text(maximum=40)


class ApproveForm(Wire):
    version = fields.Integer(required=True)


class AssessForm(ApproveForm):
    originals_seen = fields.Boolean(load_default=False)


class ReturnForm(Wire):
    version = fields.Integer(required=True)
    papers = fields.List(
        fields.String(validate=validate.Regexp(_WORD)),
        load_default=list,
        validate=validate.Length(max=_DOCUMENTS_MAX),
    )
    note = Text(required=True, maximum=200)


class RejectForm(Wire):
    version = fields.Integer(required=True)
    reason = fields.Enum(AidRejectReason, by_value=True, required=True)
    note = Text(required=True, maximum=200)
