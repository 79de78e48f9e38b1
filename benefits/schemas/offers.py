"""The desk's forms for programmes, limits and offers, and what a member hears of benefits."""

import re
from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from benefits.models import (
    Instrument,
    LimitScope,
    LimitUnit,
    LimitWindow,
    OfferKind,
    OfferState,
)
from benefits.rules import AGE_MAX
from benefits.schemas.conditions import ConditionsForm, check_hours
from cards.uc1.terms import Assurance
from kernel.forms import ShanghaiMoment, YuanField
from kernel.i18n import N_
from kernel.money import WHOLE_BP, BasisPoints, Fen, parse_yuan
from kernel.persons import EmploymentStatus, HardshipLevel
from kernel.wire import Moment, Text, Wire
from ledger.models import FundSource
from members.models import MembershipStatus

# Nobody plans for another century; a typed year of 20266 is a slip.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
_ONE_DAY = timedelta(days=1)
_DAYS_MAX = 36_500
# Ten million yuan a day for a hundred years, and far below what a column holds.
BUDGET_FEN_MAX = Fen(100_000_000_000)
USES_MAX = 1_000_000_000
_ONE_FEN = Fen(1)
_SAMPLE_BILL = "60.00"

_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?", re.ASCII)
_CODE = r"^[A-Z0-9][A-Z0-9-]*$"
_OCCASION = r"[a-z][a-z0-9_]*"


class PercentField(fields.Field[BasisPoints]):
    """A percentage typed with at most two decimals, read as basis points, from 0 to `maximum`."""

    default_error_messages = {
        "invalid": N_("Give a percentage such as 12.5."),
        "range": N_("This percentage is too large."),
    }

    def __init__(self, *, maximum: int = WHOLE_BP, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.maximum = maximum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> BasisPoints:
        # Works on the digits, as money does: 87.35 * 100 is 8734.999… in binary.
        match = _PERCENT.fullmatch(str(value).strip().removesuffix("%").rstrip())
        if match is None:
            raise self.make_error("invalid")
        rate = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
        if rate > self.maximum:
            raise self.make_error("range")
        return BasisPoints(rate)


class VersionForm(Wire):
    """A form about something that others may change meanwhile."""

    version = fields.Integer(required=True)


# --- Programmes


class ProgrammeForm(Wire):
    """A new discount programme. Its last day is typed, which is how people say it."""

    code = Text(
        required=True,
        maximum=40,
    )
    name_zh = Text(required=True)
    name_en = Text(required=True)
    fund_source = fields.Enum(FundSource, by_value=True, required=True)
    occasion = Text(required=True, maximum=40)
    instrument = fields.Enum(Instrument, by_value=True, required=True)
    member_year_fen = YuanField(load_default=None, minimum=_ONE_FEN)
    starts_on = fields.Date(required=True, validate=validate.Range(_FIRST_DAY, _LAST_DAY))
    last_on = fields.Date(load_default=None, validate=validate.Range(_FIRST_DAY, _LAST_DAY))
    union_code = Text(maximum=40, load_default=None)
    statuses = fields.List(fields.Enum(MembershipStatus, by_value=True), load_default=list)
    joined_within_days = fields.Integer(
        load_default=None, validate=validate.Range(min=1, max=_DAYS_MAX)
    )
    joined_for_days = fields.Integer(
        load_default=None, validate=validate.Range(min=1, max=_DAYS_MAX)
    )
    age_from = fields.Integer(load_default=None, validate=validate.Range(min=0, max=AGE_MAX))
    age_to = fields.Integer(load_default=None, validate=validate.Range(min=0, max=AGE_MAX))
    employment = fields.List(fields.Enum(EmploymentStatus, by_value=True), load_default=list)
    hardship = fields.List(fields.Enum(HardshipLevel, by_value=True), load_default=list)

    @validates_schema
    def parts_fit_together(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse rules that nobody could meet, beside the later of the two fields."""
        if not re.match(_CODE, data["code"]):
            raise ValidationError(N_("Use capital letters, digits and hyphens."), "code")
        if data["last_on"] is not None and data["last_on"] < data["starts_on"]:
            raise ValidationError(N_("The last day is before the first."), "last_on")
        within, settled = data["joined_within_days"], data["joined_for_days"]
        if within is not None and settled is not None and settled > within:
            raise ValidationError(N_("Nobody joined so long ago and so lately."), "joined_for_days")
        if None not in (data["age_from"], data["age_to"]) and data["age_from"] > data["age_to"]:
            raise ValidationError(N_("The upper age is below the lower one."), "age_to")

    @post_load
    def half_open(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the days as the service takes them: [starts_on, ends_on)."""
        last_on = data.pop("last_on")
        return data | {"ends_on": None if last_on is None else last_on + _ONE_DAY}


class EditProgrammeForm(ProgrammeForm):
    """A draft written down anew."""

    version = fields.Integer(required=True)


class SendBackForm(VersionForm):
    reason = Text(required=True)


class SpendRuleForm(Wire):
    """What is to count for an occasion; without a ceiling, as much as its programmes say."""

    occasion = Text(required=True, maximum=40)
    name_zh = Text(required=True, maximum=100)
    name_en = Text(required=True, maximum=100)
    ceiling_fen = YuanField(load_default=None, minimum=_ONE_FEN)
    instruments = fields.List(fields.Enum(Instrument, by_value=True), load_default=list)
    source = Text(required=True, maximum=300)
    reason = Text(required=True)

    @validates_schema
    def says_something(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a code that no rule could have, and a rule that allows nothing."""
        if not re.fullmatch(_OCCASION, data["occasion"]):
            raise ValidationError(N_("Use small letters, digits and underscores."), "occasion")
        if not data["instruments"]:
            raise ValidationError(N_("Choose at least one."), "instruments")


# --- Limits


class LimitMaximumForm(VersionForm):
    """A changed maximum. `unit` is the rule's own: how many uses, or how much money in yuan."""

    maximum = Text(required=True, maximum=20)

    def __init__(self, *, unit: LimitUnit, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit = unit

    @post_load
    def read_maximum(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"maximum": _maximum(data["maximum"], self.unit)}


class NewLimitForm(Wire):
    """A limit of a programme or an offer; the maximum is of `unit`, money in yuan."""

    scope = fields.Enum(
        LimitScope,
        by_value=True,
        required=True,
        validate=validate.NoneOf([LimitScope.SESSION], error=N_("Choose one of the list.")),
    )
    window = fields.Enum(LimitWindow, by_value=True, required=True)
    unit = fields.Enum(LimitUnit, by_value=True, required=True)
    maximum = Text(required=True, maximum=20)

    @post_load
    def read_maximum(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"maximum": _maximum(data["maximum"], data["unit"])}


def _maximum(typed: str, unit: LimitUnit) -> int:
    """Return fen or uses. Raises ValidationError beside the maximum."""
    if unit is LimitUnit.FEN:
        amount = parse_yuan(typed)
        if amount is None:
            raise ValidationError(N_("Give an amount in yuan such as 12.50."), "maximum")
        if amount > BUDGET_FEN_MAX:
            raise ValidationError(N_("This amount is too small or too large."), "maximum")
        return amount
    digits = typed.strip().replace(",", "")
    if not (digits.isascii() and digits.isdigit()) or int(digits) > USES_MAX:
        raise ValidationError(N_("Give a whole number."), "maximum")
    return int(digits)


# --- Offers


class OfferQuery(Wire):
    text = Text()
    programme = fields.UUID()
    merchant = fields.UUID()
    state = fields.Enum(OfferState, by_value=True)


class MerchantChoiceQuery(Wire):
    text = Text()


class AmountsForm(Wire):
    """Kind, amounts and shares of an offer. Which amounts are needed depends on the kind.

    `step` says whether the terms are only looked at, on a bill of `sample_fen`, or saved.
    """

    kind = fields.Enum(OfferKind, by_value=True, required=True)
    member_rate_bp = PercentField(load_default=None, maximum=WHOLE_BP - 1)
    threshold_fen = YuanField(load_default=None)
    reduction_fen = YuanField(load_default=None, minimum=_ONE_FEN)
    list_fen = YuanField(load_default=None, minimum=_ONE_FEN)
    member_fen = YuanField(load_default=None)
    union_share_bp = PercentField(required=True)
    union_max_fen = YuanField(load_default=None)
    sample_fen = YuanField(load_default=parse_yuan(_SAMPLE_BILL))
    step = fields.String(load_default="save", validate=validate.OneOf(["check", "save"]))

    @validates_schema(skip_on_field_errors=False)
    def amounts_of_the_kind(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a kind without its own amounts, beside each that is missing."""
        needed = AMOUNTS_OF.get(data.get("kind", ""), ())
        missing = [name for name in needed if name in data and data[name] is None]
        if missing:
            raise ValidationError({name: [N_("Fill this in.")] for name in missing})

    @post_load
    def drop_foreign_amounts(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Forget what was typed for another kind."""
        needed = AMOUNTS_OF[data["kind"]]
        foreign = {name for names in AMOUNTS_OF.values() for name in names} - set(needed)
        return data | dict.fromkeys(foreign)


class TermsForm(AmountsForm, ConditionsForm):
    """The terms of one version, when they count, and which codes they accept."""

    assurances = fields.List(
        fields.Enum(Assurance, by_value=True),
        required=True,
        validate=validate.Length(min=1, error=N_("Choose at least one.")),
    )
    needs_challenge = fields.Boolean(load_default=False)
    valid_from = ShanghaiMoment(load_default=None)
    valid_to = ShanghaiMoment(load_default=None)

    @validates_schema
    def moments_in_our_time(self, data: dict[str, Any], **_: Any) -> None:
        check_hours(data)
        for name in ("valid_from", "valid_to"):
            moment = data.get(name)
            if moment is not None and not _FIRST_DAY <= moment.date() <= _LAST_DAY:
                raise ValidationError(N_("Give a date and a time."), name)


AMOUNTS_OF: dict[str, tuple[str, ...]] = {
    OfferKind.PERCENT: ("member_rate_bp",),
    OfferKind.FULL_REDUCTION: ("threshold_fen", "reduction_fen"),
    OfferKind.FIXED_PRICE: ("list_fen", "member_fen"),
    OfferKind.DAILY_COUPON: ("threshold_fen", "reduction_fen"),
    OfferKind.GIFT: ("list_fen",),
}


class NewVersionForm(TermsForm):
    version = fields.Integer(required=True)


class NewOfferForm(TermsForm):
    programme = fields.UUID(required=True)
    title_zh = Text(load_default=None)
    title_en = Text(load_default=None)


# --- What a member can use


class BenefitQuery(Wire):
    cursor = Text()
    rows = fields.Integer(load_default=100, validate=validate.Range(min=1, max=100))
    kind = fields.Enum(OfferKind, by_value=True)
    q = Text(maximum=40, metadata={"description": "In the title, the merchant or its category."})


class BenefitSite(Wire):
    id = fields.UUID()
    merchant = fields.String()
    name = fields.String()
    address = fields.String()
    district = fields.String()


class BenefitDistrict(Wire):
    district = fields.String()
    site_count = fields.Integer()
    first = fields.List(fields.Nested(BenefitSite), metadata={"description": "At most three."})


class BenefitResponse(Wire):
    offer_id = fields.UUID()
    title = fields.String(metadata={"description": "In the caller's language."})
    kind = fields.Enum(OfferKind, by_value=True)
    terms = fields.String(metadata={"description": "What the member gets, in a sentence."})
    conditions = fields.List(
        fields.String(), metadata={"description": "When it counts, a sentence each."}
    )
    who_pays = fields.String(metadata={"description": "Who bears the discount, in a sentence."})
    merchant = fields.String(allow_none=True, metadata={"description": "Null: every merchant."})
    category = fields.String(allow_none=True)
    programme = fields.String()
    usable = fields.Boolean()
    reason = fields.String(allow_none=True, metadata={"description": "A stable code."})
    reason_text = fields.String(allow_none=True)
    next_step = fields.String(allow_none=True)
    needs_challenge = fields.Boolean(
        metadata={"description": "The member scans the till's code first."}
    )
    left = fields.Integer(
        allow_none=True, metadata={"description": "Of the member's own limit met first."}
    )
    left_unit = fields.Enum(LimitUnit, by_value=True, allow_none=True)
    left_window = fields.Enum(LimitWindow, by_value=True, allow_none=True)
    ends_at = Moment(allow_none=True)
    districts = fields.List(fields.Nested(BenefitDistrict))


class BenefitPage(Wire):
    items = fields.List(fields.Nested(BenefitResponse))
    next_cursor = fields.String(allow_none=True)


class BenefitSiteQuery(Wire):
    district = Text(maximum=40, metadata={"description": "Every district by default."})
    cursor = Text()
    rows = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))


class BenefitSitePage(Wire):
    items = fields.List(fields.Nested(BenefitSite))
    next_cursor = fields.String(allow_none=True)
