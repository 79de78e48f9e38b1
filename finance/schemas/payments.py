"""Forms of the desk's payment pages."""

from marshmallow import fields, validate

from finance.models import BatchState
from kernel.wire import Text, Wire
from ledger.models import Book

# So many rows of what is owed stand on a page, each with its box.
CHOICES_MAX = 500


class BatchFilter(Wire):
    state = fields.Enum(BatchState, by_value=True)


class PrepareForm(Wire):
    """`chosen` are statements and payables; `everything` takes all that can be paid instead."""

    book = fields.Enum(Book, by_value=True, required=True)
    chosen = fields.List(
        fields.UUID(), load_default=list, validate=validate.Length(max=CHOICES_MAX)
    )
    everything = fields.Boolean(load_default=False)


class BatchForm(Wire):
    version = fields.Integer(required=True)


class PayoutSearch(Wire):
    text = Text(maximum=60)
