from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from kernel.i18n import N_
from kernel.wire import Text, Wire
from merchants.models import SanctionKind
from risk.models import FlagState, Signal

# What a person may take from a flag at once; ending a business is done on the merchant's own page.
MEASURES = (SanctionKind.WARNING, SanctionKind.SUSPENSION, SanctionKind.PAYOUT_HOLD)
_HOURS = validate.Range(0, 24)


class FlagQuery(Wire):
    state = fields.Enum(FlagState, by_value=True)
    signal = fields.Enum(Signal, by_value=True)


class DecideForm(Wire):
    confirmed = fields.Boolean(required=True)
    reason = Text(required=True, minimum=2)
    measure = fields.Enum(SanctionKind, by_value=True, load_default=None)

    @validates_schema
    def measure_is_of_the_flag(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a measure with what was cleared, and one that is not for here."""
        measure = data.get("measure")
        if measure is not None and measure not in MEASURES:
            raise ValidationError(N_("Choose one of the list."), "measure")
        if measure is not None and not data.get("confirmed"):
            raise ValidationError(N_("What is cleared leads to no measure."), "measure")


class RuleForm(Wire):
    version = fields.Integer(required=True)
    threshold = fields.Integer(required=True, validate=validate.Range(1, 10_000))
    sales_min = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))
    window_minutes = fields.Integer(required=True, validate=validate.Range(1, 10_080))
    opens_hour = fields.Integer(load_default=None, allow_none=True, validate=_HOURS)
    closes_hour = fields.Integer(load_default=None, allow_none=True, validate=_HOURS)
    weight = fields.Integer(required=True, validate=validate.Range(1, 100))
    active = fields.Boolean(load_default=False)

    def __init__(self, *, signal: Signal, **options: Any) -> None:
        super().__init__(**options)
        self.signal = signal

    @post_load
    def hours_belong_to_one_signal(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Keep hours only where they mean something, and in order there."""
        if self.signal is not Signal.OUTSIDE_HOURS:
            return data | {"opens_hour": None, "closes_hour": None}
        opens, closes = data["opens_hour"], data["closes_hour"]
        if opens is None or closes is None or opens >= closes:
            raise ValidationError(N_("Places close after they open."), "closes_hour")
        return data
