"""Forms about what the bank refused."""

from marshmallow import fields

from finance.models import BankRefusalState
from kernel.wire import Text, Wire


class RefusalFilter(Wire):
    state = fields.Enum(BankRefusalState, by_value=True)


class DeclareForm(Wire):
    refused_on = fields.Date(required=True)
    reason = Text(required=True)


class RevokeForm(Wire):
    version = fields.Integer(required=True)
    reason = Text(required=True)
