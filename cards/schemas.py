import re
from typing import Any

from marshmallow import ValidationError, fields, validate

from cards.models import AppealState, CardState, PaperLayout, RecordKind
from cards.services import CHOSEN_MAX, LostWhat
from kernel.forms import ShanghaiMoment
from kernel.i18n import N_
from kernel.wire import Moment, Text, Wire
from members.models import MembershipStatus
from merchants.schemas import PublicKeyJwk

_BASE64URL = r"^[A-Za-z0-9_-]+$"
_PROOF_CHARACTERS_MAX = 256
_APPEAL_CHARACTERS_MAX = 500
_FIRST_YEAR = 2026
_LAST_YEAR = 2100


class DeviceResponse(Wire):
    device_id = fields.UUID()
    name = fields.String()
    enrolled_at = Moment()
    may_restore = fields.Boolean(
        metadata={"description": "False: it may be in other hands since the card was lost."}
    )
    credential_issued_at = Moment(
        allow_none=True, metadata={"description": "When it last fetched a credential."}
    )
    credential_expires_at = Moment(
        allow_none=True,
        metadata={"description": "Until when it can show the card offline; null: not at all."},
    )


class AppealRequest(Wire):
    text = Text(
        required=True,
        maximum=_APPEAL_CHARACTERS_MAX,
        metadata={"description": "Why the freeze is wrong. One appeal at a time."},
    )


class AppealResponse(Wire):
    id = fields.UUID()
    state = fields.Enum(AppealState, by_value=True)
    text = fields.String()
    answer = fields.String(allow_none=True, metadata={"description": "What the desk wrote back."})
    created_at = Moment()
    decided_at = Moment(allow_none=True)


class CardResponse(Wire):
    """A member's own card: the only place where its number and the name are whole."""

    card_id = fields.UUID()
    number = fields.String()
    tail = fields.String(metadata={"description": "The last four digits."})
    state = fields.Enum(CardState, by_value=True)
    state_reason = fields.String(
        allow_none=True, metadata={"description": "Why it was frozen, lost or restored."}
    )
    frozen_until = Moment(allow_none=True)
    issued_at = Moment()
    activated_at = Moment(allow_none=True)
    name = fields.String()
    union_name = fields.String()
    standing = fields.Enum(MembershipStatus, by_value=True)
    has_standing = fields.Boolean(metadata={"description": "False: benefits are not usable."})
    devices = fields.List(fields.Nested(DeviceResponse))
    devices_max = fields.Integer()
    confirm_by = Moment(
        allow_none=True,
        metadata={"description": "The membership is to be confirmed by then, or the card expires."},
    )
    number_too_new_until = Moment(
        allow_none=True,
        metadata={"description": "A new phone number waits until then, or for a phone's proof."},
    )
    appeal = fields.Nested(
        AppealResponse,
        allow_none=True,
        metadata={"description": "The newest against the freeze of a frozen card."},
    )
    server_time = Moment(metadata={"description": "To correct the phone's clock by."})


def _proof() -> fields.String:
    return fields.String(
        required=True,
        validate=[
            validate.Length(max=_PROOF_CHARACTERS_MAX),
            validate.Regexp(_BASE64URL, error="Base64url without padding."),
        ],
        metadata={"description": "COSE_Sign1 over the nonce, external_aad `UE1:`, base64url."},
    )


class ChallengeResponse(Wire):
    nonce = fields.String(metadata={"description": "16 bytes in base64url; once, for 120 s."})
    expires_at = Moment()


class DeviceDeviceEnrolmentRequest(Wire):
    name = Text(required=True, maximum=60, metadata={"description": "What to call the phone."})
    public_key = fields.Nested(PublicKeyJwk, required=True)
    enrolment = _proof()


class DeviceNameRequest(Wire):
    name = Text(required=True, maximum=60, metadata={"description": "What to call the phone."})


class RestoreRequest(Wire):
    """The proof of enrolment, made by the key of a phone that has the card."""

    device_id = fields.UUID(
        allow_none=True,
        load_default=None,
        metadata={"description": "null: whichever of the card's phones signed."},
    )
    enrolment = _proof()
    replace = fields.Boolean(
        load_default=False,
        metadata={"description": "True: this phone's key ends too, and the phone enrols anew."},
    )


class CredentialResponse(Wire):
    device_id = fields.UUID()
    credential = fields.String(metadata={"description": "The untagged issuer CWT in base64url."})
    expires_at = Moment()
    root_key = fields.Nested(
        PublicKeyJwk, metadata={"description": "Verifies the trust list, by the phone itself."}
    )


class SliceResponse(Wire):
    text = fields.String(metadata={"description": "A `US1:` text to show as a QR code, once."})
    expires_at = Moment()


class LostRequest(Wire):
    what = fields.Enum(LostWhat, by_value=True, required=True)
    device_id = fields.UUID(
        allow_none=True,
        load_default=None,
        metadata={"description": "The phone in your hand, if the card is on it; others are lost."},
    )


class LostElsewhereRequest(Wire):
    phone = Text(required=True, maximum=40, metadata={"description": "As the union has it."})
    name = Text(required=True, maximum=100)
    document_tail = Text(required=True, maximum=4, metadata={"description": "The last four."})


class LostElsewhereResponse(Wire):
    ok = fields.Boolean(metadata={"description": "Always true: whatever was found is not told."})


class LostResponse(Wire):
    card_id = fields.UUID()
    state = fields.Enum(CardState, by_value=True)


class RecordQuery(Wire):
    cursor = Text()
    rows = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))
    kind = fields.Enum(RecordKind, by_value=True)
    year = fields.Integer(
        validate=validate.Range(min=_FIRST_YEAR, max=_LAST_YEAR),
        metadata={"description": "The Shanghai year of `totals`; this one by default."},
    )


class RecordResponse(Wire):
    id = fields.UUID()
    occurred_at = Moment()
    kind = fields.Enum(RecordKind, by_value=True)
    event = fields.String()
    title = fields.String(metadata={"description": "In the caller's language."})
    source_type = fields.String()
    source_id = fields.UUID()
    gross_fen = fields.Integer(metadata={"description": "Negative where something is taken back."})
    member_pays_fen = fields.Integer()
    merchant_bears_fen = fields.Integer()
    union_pays_fen = fields.Integer()


class TotalsResponse(Wire):
    year = fields.Integer()
    gross_fen = fields.Integer()
    member_pays_fen = fields.Integer()
    merchant_bears_fen = fields.Integer()
    union_pays_fen = fields.Integer()


class RecordPage(Wire):
    items = fields.List(fields.Nested(RecordResponse))
    next_cursor = fields.String(allow_none=True)
    totals = fields.Nested(TotalsResponse)


class TerminalChallengeResponse(Wire):
    aud = fields.String(metadata={"description": "The till's own code."})
    nonce = fields.String(metadata={"description": "8 bytes in base64url; once, for 120 s."})
    expires_at = Moment()


class CardNumber(fields.String):
    """A whole card number, typed with or without its gaps."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        number = "".join(super()._deserialize(value, attr, data, **kwargs).split())
        if not re.fullmatch(r"[0-9]{16}", number):
            raise ValidationError(N_("A card number has 16 digits."))
        return number


class CardFilter(Wire):
    number = CardNumber()
    union_code = Text(maximum=40)
    state = fields.Enum(CardState, by_value=True)


class ReasonForm(Wire):
    reason = Text(required=True)


class MembershipForm(ReasonForm):
    to = fields.Enum(MembershipStatus, by_value=True, required=True)


class FreezeForm(ReasonForm):
    until = ShanghaiMoment(required=True)


class BatchForm(Wire):
    union_code = Text(required=True, maximum=40)


class PaperBatchForm(BatchForm):
    layout = fields.Enum(PaperLayout, by_value=True, required=True)


class PaperCardForm(Wire):
    """For one person; the two ticks are the officer's word."""

    layout = fields.Enum(PaperLayout, by_value=True, required=True)
    document_seen = fields.Boolean(load_default=False)
    consent_signed = fields.Boolean(load_default=False)


class PaperChosenForm(PaperCardForm):
    union_code = Text(required=True, maximum=40)
    card_id = fields.List(
        fields.UUID(), load_default=list, validate=validate.Length(max=CHOSEN_MAX)
    )


class PaperQuery(Wire):
    union_code = Text(maximum=40)
