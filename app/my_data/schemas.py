from marshmallow import fields, validate

from kernel.persons import DocumentKind
from kernel.wire import Moment, Text, Wire
from members.models import CorrectionField, CorrectionState, MembershipStatus, TransferState

_TEXT_MAX = 500
_OWN_FIELDS = [field for field in CorrectionField if field is not CorrectionField.SIGN_IN]


class UnionName(Wire):
    code = fields.String()
    name = fields.String()
    district = fields.String(metadata={"description": "The union above it; empty at the top."})


class HeldResponse(Wire):
    category = fields.String()
    title = fields.String()
    what = fields.String()
    purpose = fields.String()
    kept = fields.String(metadata={"description": "For how long, in a sentence."})


class MyData(Wire):
    """What the register holds about the member; document and phone are masked."""

    name = fields.String()
    document_kind = fields.Enum(DocumentKind, by_value=True)
    document_masked = fields.String()
    phone_masked = fields.String(allow_none=True)
    union_code = fields.String()
    union_name = fields.String()
    status = fields.Enum(MembershipStatus, by_value=True)
    has_standing = fields.Boolean()
    joined_on = fields.Date(allow_none=True)
    born_on = fields.Date(allow_none=True)
    education = fields.String(allow_none=True)
    employment = fields.String(allow_none=True)
    real_name_at = Moment(allow_none=True)
    changed_at = Moment()
    held = fields.List(fields.Nested(HeldResponse))


class LookResponse(Wire):
    id = fields.UUID()
    at = Moment()
    office = fields.String(metadata={"description": "The role of who looked, never a name."})
    union = fields.String()
    what = fields.String()
    why = fields.String()


class LookPage(Wire):
    items = fields.List(fields.Nested(LookResponse))
    next_cursor = fields.String(allow_none=True)


class LookQuery(Wire):
    cursor = Text()
    rows = fields.Integer(load_default=20, validate=validate.Range(min=1, max=50))


class CorrectionBody(Wire):
    field = fields.Enum(
        CorrectionField,
        by_value=True,
        required=True,
        validate=validate.OneOf(_OWN_FIELDS),
    )
    text = Text(required=True, maximum=_TEXT_MAX)


class CorrectionResponse(Wire):
    id = fields.UUID()
    field = fields.Enum(CorrectionField, by_value=True)
    text = fields.String(allow_none=True)
    state = fields.Enum(CorrectionState, by_value=True)
    asked_at = Moment()
    decided_at = Moment(allow_none=True)
    answer = fields.String(allow_none=True)


class CorrectionList(Wire):
    items = fields.List(fields.Nested(CorrectionResponse))


class TransferBody(Wire):
    to = Text(required=True, maximum=40, metadata={"description": "The receiving union's code."})
    reason = Text(required=True, maximum=_TEXT_MAX)


class TransferResponse(Wire):
    id = fields.UUID()
    from_name = fields.String()
    to_name = fields.String()
    to_code = fields.String()
    reason = fields.String()
    state = fields.Enum(TransferState, by_value=True)
    asked_at = Moment()
    escalated_at = Moment(allow_none=True)
    decided_at = Moment(allow_none=True)
    answer = fields.String(allow_none=True)


class TransferList(Wire):
    items = fields.List(fields.Nested(TransferResponse))


class UnionQuery(Wire):
    q = Text(minimum=2, maximum=40)


class UnionList(Wire):
    items = fields.List(fields.Nested(UnionName))


class ExportFile(Wire):
    """The file itself; its parts are listed in docs/decisions/0024."""

    format = fields.String()
    made_at = Moment()
    profile = fields.Dict()
    held = fields.List(fields.Dict())
    consents = fields.List(fields.Dict())
    card = fields.Dict(allow_none=True)
    records = fields.List(fields.Dict())
    aid = fields.Dict()
    training = fields.List(fields.Dict())
    coupons = fields.List(fields.Dict())
    draws = fields.List(fields.Dict())
    payout_account = fields.Dict(allow_none=True)
    corrections = fields.List(fields.Dict())
    transfers = fields.List(fields.Dict())
    views = fields.List(fields.Dict())
