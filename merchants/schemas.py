from datetime import date, timedelta
from typing import Any

from marshmallow import (
    ValidationError,
    fields,
    post_load,
    validate,
    validates,
    validates_schema,
)

from kernel.forms import YuanField
from kernel.i18n import N_
from kernel.text import Refused
from kernel.uscc import normal_uscc, read_uscc
from kernel.wire import Moment, Text, Wire
from merchants.models import (
    MerchantKind,
    MerchantState,
    Occupation,
    SanctionAppealState,
    SanctionKind,
    SettlementCycle,
)
from merchants.rules import USUAL_TERMS, SettlementTerms

_COORDINATE = validate.Regexp(r"^[A-Za-z0-9_-]{43}$", error="32 bytes in base64url.")


class PublicKeyJwk(Wire):
    """A P-256 public key as browsers export it (RFC 7517, 7518). A private part is refused."""

    kty = fields.String(required=True, validate=validate.Equal("EC"))
    crv = fields.String(required=True, validate=validate.Equal("P-256"))
    x = fields.String(required=True, validate=_COORDINATE)
    y = fields.String(required=True, validate=_COORDINATE)
    # What WebCrypto adds; none of it is relied upon.
    alg = Text(maximum=20)
    ext = fields.Boolean()
    key_ops = fields.List(Text(maximum=20), validate=validate.Length(max=8))
    kid = Text(maximum=100)
    use = Text(maximum=20)


class PairRequest(Wire):
    pairing_code = Text(
        required=True,
        maximum=40,
        metadata={"description": "Ten characters from the desk; dashes and case do not matter."},
    )
    name = Text(required=True, maximum=60, metadata={"description": "What the clerk calls it."})
    public_key = fields.Nested(PublicKeyJwk, required=True)


class PairResponse(Wire):
    terminal_id = fields.UUID()
    code = fields.String(metadata={"description": "Eight characters: the `aud` of a challenge."})
    token = fields.String(metadata={"description": "Shown this once: `Authorization: Bearer …`."})
    merchant = fields.String()
    site = fields.String()
    kind = fields.Enum(MerchantKind, by_value=True)
    root_key = fields.Nested(
        PublicKeyJwk, metadata={"description": "Verifies the trust list of the cards' issuers."}
    )


class TerminalResponse(Wire):
    terminal_id = fields.UUID()
    code = fields.String()
    name = fields.String()
    merchant = fields.String()
    site = fields.String()
    kind = fields.Enum(MerchantKind, by_value=True)
    may_redeem = fields.Boolean(
        metadata={"description": "False while the merchant is suspended: the till may only look."}
    )
    seq = fields.Integer(metadata={"description": "The last `terminal_seq` the service took."})
    paired_at = Moment()


# --- Forms of the desk

# Nobody signs for another century; a typed year of 20266 is a slip.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
_ONE_DAY = timedelta(days=1)


class MerchantQuery(Wire):
    text = Text()
    kind = fields.Enum(MerchantKind, by_value=True)
    state = fields.Enum(MerchantState, by_value=True)
    district = Text(maximum=40)
    category = Text(maximum=40)


def refuse_half_an_account(data: dict[str, Any]) -> None:
    """Refuse half an account, beside the half that is missing."""
    for name, other in (
        ("account_number", "account_holder"),
        ("account_holder", "account_number"),
    ):
        if data.get(other) and not data.get(name):
            raise ValidationError(N_("Give both the account and its holder."), name)


def bank_code(**options: Any) -> fields.String:
    """Return the field of a branch's number in the national clearing system (联行号)."""
    return fields.String(
        validate=validate.Regexp(r"^[0-9]{12}$", error=N_("A bank's code has 12 digits.")),
        **options,
    )


class NewMerchantForm(Wire):
    kind = fields.Enum(MerchantKind, by_value=True, required=True)
    name = Text(required=True)
    uscc = Text(maximum=40, load_default=None)
    category = Text(required=True, maximum=40)
    district = Text(required=True, maximum=40)
    union_code = Text(maximum=40, load_default=None)
    account_number = Text(maximum=40, load_default=None)
    account_holder = Text(load_default=None)
    account_bank = Text(maximum=60, load_default=None)
    account_bank_code = bank_code(load_default=None)

    @validates_schema
    def account_is_whole(self, data: dict[str, Any], **_: Any) -> None:
        refuse_half_an_account(data)


class EditMerchantForm(NewMerchantForm):
    version = fields.Integer(required=True)


class ReasonForm(Wire):
    reason = Text(required=True)


class SiteForm(Wire):
    name = Text(required=True)
    address = Text(required=True)
    district = Text(required=True, maximum=40)


class AgreementForm(Wire):
    """What is typed is the last day of the agreement, which is how people say it."""

    number = Text(required=True, maximum=60)
    starts_on = fields.Date(required=True, validate=validate.Range(_FIRST_DAY, _LAST_DAY))
    last_on = fields.Date(required=True, validate=validate.Range(_FIRST_DAY, _LAST_DAY))
    signed_by = Text(required=True)
    cycle = fields.Enum(SettlementCycle, by_value=True, load_default=USUAL_TERMS.cycle)
    confirm_workdays = fields.Integer(
        load_default=USUAL_TERMS.confirm_workdays, validate=validate.Range(1, 30)
    )
    min_payout = YuanField(load_default=USUAL_TERMS.min_payout_fen)
    hold_days = fields.Integer(load_default=USUAL_TERMS.hold_days, validate=validate.Range(0, 90))
    invoice_buyer_uscc = Text(maximum=64)

    @validates("invoice_buyer_uscc")
    def must_be_a_code(self, value: str, **_: Any) -> None:
        if isinstance(read_uscc(value), Refused):
            raise ValidationError(N_("This is no valid unified social credit code."))

    @post_load
    def as_the_service_takes_them(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the days as [starts_on, ends_on), and the terms of settlement in one."""
        buyer = data.pop("invoice_buyer_uscc", None)
        terms = SettlementTerms(
            cycle=data.pop("cycle"),
            confirm_workdays=data.pop("confirm_workdays"),
            min_payout_fen=data.pop("min_payout"),
            hold_days=data.pop("hold_days"),
            invoice_buyer_uscc=normal_uscc(buyer) if buyer else None,
        )
        return data | {"ends_on": data.pop("last_on") + _ONE_DAY, "terms": terms}


# --- Forms of a merchant's managers

_PHONE_CHARACTERS_MAX = 40
_SIX_DIGITS = validate.Regexp(r"^[0-9]{6}$", error=N_("A code has six digits."))


class ManagerPhoneForm(Wire):
    phone = Text(required=True, maximum=_PHONE_CHARACTERS_MAX)
    next = Text(load_default="")


class ManagerCodeForm(ManagerPhoneForm):
    code = fields.String(required=True, validate=_SIX_DIGITS)


class ManagerForm(Wire):
    name = Text(required=True, maximum=60)
    phone = Text(required=True, maximum=_PHONE_CHARACTERS_MAX)


class ClerkForm(Wire):
    name = Text(required=True, maximum=60)
    site_id = fields.UUID(required=True)


class ApplicationForm(Wire):
    """`code` is empty while the applicant asks for one."""

    name = Text(required=True)
    uscc = Text(required=True, maximum=40)
    category = Text(required=True, maximum=40)
    district = Text(required=True, maximum=40)
    site_name = Text(required=True)
    address = Text(required=True)
    account_number = Text(maximum=40, load_default=None)
    account_holder = Text(load_default=None)
    account_bank = Text(maximum=60, load_default=None)
    account_bank_code = bank_code(load_default=None)
    manager_name = Text(required=True, maximum=60)
    phone = Text(required=True, maximum=_PHONE_CHARACTERS_MAX)
    code = fields.String(load_default=None, validate=_SIX_DIGITS)

    @validates_schema
    def account_is_whole(self, data: dict[str, Any], **_: Any) -> None:
        refuse_half_an_account(data)


# --- Measures against a merchant, and appeals


class SanctionAppealRequest(Wire):
    id = fields.UUID(required=True, metadata={"description": "Made by the device; kept."})
    sanction_id = fields.UUID(required=True)
    text = Text(required=True, minimum=2)


class SanctionAppealSaid(Wire):
    id = fields.UUID()
    sanction_id = fields.UUID()
    text = fields.String()
    made_at = Moment()
    state = fields.Enum(SanctionAppealState, by_value=True)
    answer = fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)


class SanctionSaid(Wire):
    sanction_id = fields.UUID()
    kind = fields.Enum(SanctionKind, by_value=True)
    kind_text = fields.String(metadata={"description": "In the caller's language."})
    reason = fields.String()
    set_at = Moment()
    lifted_at = Moment(allow_none=True)
    lift_reason = fields.String(allow_none=True)
    appeals = fields.List(fields.Nested(SanctionAppealSaid))


class SanctionList(Wire):
    items = fields.List(fields.Nested(SanctionSaid))


class SanctionForm(Wire):
    kind = fields.Enum(SanctionKind, by_value=True, required=True)
    reason = Text(required=True, minimum=2)


class LiftForm(Wire):
    version = fields.Integer(required=True)
    reason = Text(required=True, minimum=2)


class AppealQuery(Wire):
    state = fields.Enum(SanctionAppealState, by_value=True)


class AppealAnswerForm(Wire):
    grant = fields.Boolean(required=True)
    answer = Text(required=True, minimum=2)


class OwnAppealForm(Wire):
    """An appeal typed on the merchant's own page; `id` came with the page, so twice is once."""

    id = fields.UUID(required=True)
    text = Text(required=True, minimum=2)


class VisitRequest(Wire):
    id = fields.UUID(required=True, metadata={"description": "The till's; sent again with it."})
    occupation = fields.Enum(Occupation, by_value=True, required=True)


class VisitCount(Wire):
    occupation = fields.Enum(Occupation, by_value=True)
    title = fields.String(metadata={"description": "In the caller's language."})
    count = fields.Integer()


class VisitsOfToday(Wire):
    """How many came to the till's site today, in Shanghai; nothing says who."""

    day = fields.Date()
    total = fields.Integer()
    items = fields.List(fields.Nested(VisitCount))
