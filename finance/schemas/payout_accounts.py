"""A member's payout account over the wire and as a form."""

from marshmallow import fields

from kernel.wire import Moment, Text, Wire
from merchants.schemas import bank_code

_ACCOUNT_CHARACTERS_MAX = 40


class PayoutAccountBody(Wire):
    account_number = Text(
        required=True,
        maximum=_ACCOUNT_CHARACTERS_MAX,
        metadata={"description": "16 to 19 digits that begin with 62, in the member's own name."},
    )
    bank_name = Text(required=True, maximum=60)
    bank_code = bank_code(
        load_default=None,
        metadata={"description": "Of the branch, 12 digits (联行号); finance may add it."},
    )


class PayoutAccountForm(PayoutAccountBody):
    """The same, typed by an officer."""


class PayoutAccountResponse(Wire):
    account_masked = fields.String(metadata={"description": "The last four digits."})
    bank_name = fields.String()
    bank_code = fields.String(allow_none=True)
    set_at = Moment()
    set_at_desk = fields.Boolean(metadata={"description": "An officer typed it for the member."})
    version = fields.Integer()
