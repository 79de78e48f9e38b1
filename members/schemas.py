from typing import Any

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from kernel.persons import DocumentKind
from kernel.wire import Moment, Text, Wire
from members.models import CorrectionState, MembershipStatus, NoticeKind, TransferState

_PHONE_CHARACTERS_MAX = 40
_CODE_DIGITS = 6


class ConsentGiven(Wire):
    purpose = Text(required=True, maximum=40)
    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))


class ConsentsRequest(Wire):
    consents = fields.List(
        fields.Nested(ConsentGiven), required=True, validate=validate.Length(min=1, max=10)
    )


class ConsentResponse(Wire):
    purpose = fields.String()
    version = fields.Integer(metadata={"description": "Of the text in force."})
    title = fields.String()
    text = fields.String()
    given_at = Moment(allow_none=True, metadata={"description": "Null: not agreed to."})


class ConsentList(Wire):
    items = fields.List(fields.Nested(ConsentResponse))


class CodeRequest(Wire):
    phone = Text(required=True, maximum=_PHONE_CHARACTERS_MAX)


class SignInRequest(Wire):
    phone = Text(required=True, maximum=_PHONE_CHARACTERS_MAX)
    code = fields.String(
        required=True, validate=validate.Regexp(rf"^[0-9]{{{_CODE_DIGITS}}}$", error="Six digits.")
    )
    name = Text(maximum=100, load_default=None)
    document_tail = Text(maximum=4, minimum=4, load_default=None)
    consents = fields.List(
        fields.Nested(ConsentGiven), load_default=list, validate=validate.Length(max=10)
    )


class SignInCorrectionRequest(Wire):
    phone = Text(required=True, maximum=_PHONE_CHARACTERS_MAX)
    code = fields.String(
        required=True, validate=validate.Regexp(rf"^[0-9]{{{_CODE_DIGITS}}}$", error="Six digits.")
    )
    name = Text(required=True, maximum=100)
    document_tail = Text(required=True, maximum=4, minimum=4)
    text = Text(required=True, maximum=500)


class SignedIn(Wire):
    token = fields.String(metadata={"description": "Send as `Authorization: Bearer …`."})
    expires_at = Moment()


class Accepted(Wire):
    """The same whether or not anything was sent."""

    ok = fields.Boolean()


class NoticeQuery(Wire):
    cursor = Text()
    rows = fields.Integer(load_default=20, validate=validate.Range(min=1, max=100))


class NoticeResponse(Wire):
    id = fields.UUID()
    kind = fields.Enum(NoticeKind, by_value=True)
    title = fields.String()
    place = fields.String(
        allow_none=True, metadata={"description": "Where the member's page leads from it."}
    )
    created_at = Moment()
    read_at = Moment(allow_none=True, metadata={"description": "Null: not read yet."})


class NoticePage(Wire):
    items = fields.List(fields.Nested(NoticeResponse))
    next_cursor = fields.String(allow_none=True)
    unread = fields.Integer(metadata={"description": "Of all notices; 100 means 100 or more."})


class NoticesRead(Wire):
    """Which notices were read: these, or everything up to the newest that was shown."""

    ids = fields.List(fields.UUID(), validate=validate.Length(min=1, max=100))
    up_to = fields.UUID(metadata={"description": "This notice and every older one."})

    @validates_schema
    def one_way(self, data: dict[str, Any], **_: Any) -> None:
        if len(data) != 1:
            raise ValidationError("Say either ids or up_to.")


class UnreadCount(Wire):
    unread = fields.Integer(metadata={"description": "100 means 100 or more."})


class MemberResponse(Wire):
    id = fields.UUID()
    name_masked = fields.String()
    union_code = fields.String()
    union_name = fields.String()
    status = fields.String()
    has_phone = fields.Boolean()
    real_name_at = Moment(allow_none=True)


class MemberPage(Wire):
    items = fields.List(fields.Nested(MemberResponse))
    next_cursor = fields.String(allow_none=True)


class MemberQuery(Wire):
    cursor = Text()
    union_code = Text(maximum=40)
    rows = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))


class MemberFilter(Wire):
    """What the desk's list is narrowed to."""

    text = Text(maximum=60)
    union_code = Text(maximum=40)
    status = fields.Enum(MembershipStatus, by_value=True)


class CorrectionFilter(Wire):
    state = fields.Enum(CorrectionState, by_value=True)


class CorrectionSearch(Wire):
    """Whole values by which the member is found that a correction is about."""

    text = Text(maximum=60)


class CorrectionAnswerForm(Wire):
    decision = fields.Enum(CorrectionState, by_value=True, required=True)
    answer = Text(required=True, maximum=200)

    @validates("decision")
    def is_a_decision(self, value: CorrectionState, **_: Any) -> None:
        if value is CorrectionState.OPEN:
            raise ValidationError("Choose one.")


class RegisterForm(Wire):
    """What is right; what is left empty stays."""

    correction_id = fields.UUID(load_default=None)
    name = Text(maximum=100, load_default=None)
    document_kind = fields.Enum(DocumentKind, by_value=True, load_default=None)
    document = Text(maximum=64, load_default=None)
    phone = Text(maximum=40, load_default=None)
    drops_phone = fields.Boolean(load_default=False)


class CorrectionOfMember(Wire):
    """Which request led to the form."""

    correction_id = fields.UUID(load_default=None)


class TransferFilter(Wire):
    state = fields.Enum(TransferState, by_value=True)


class TransferDecisionForm(Wire):
    answer = Text(maximum=200, load_default="")


class RevealForm(Wire):
    purpose = Text(required=True, maximum=200)
