"""A member's payout account over the wire and as a form."""

from marshmallow import fields

from kernel.wire import Moment, Text, Wire

_ACCOUNT_CHARACTERS_MAX = 40


class PayoutAccountBody(Wire):
    account_number = Text(
        required=True,
        maximum=_ACCOUNT_CHARACTERS_MAX,
        metadata={"description": "16 to 19 digits that begin with 62, in the member's own name."},
    )
    bank_name = Text(required=True, maximum=60)


class PayoutAccountForm(PayoutAccountBody):
    """The same, typed by an officer."""


class PayoutAccountResponse(Wire):
    account_masked = fields.String(metadata={"description": "The last four digits."})
    bank_name = fields.String()
    set_at = Moment()
    set_at_desk = fields.Boolean(metadata={"description": "An officer typed it for the member."})
    version = fields.Integer()
