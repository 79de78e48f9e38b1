"""Forms of the desk's payment pages."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from finance.models import BatchState
from finance.rules.payment_files import payment_profiles
from finance.services.payments import BATCH_PAYMENTS_MAX
from kernel.forms import YuanField
from kernel.i18n import N_
from kernel.money import Fen
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


class RunForm(Wire):
    """`per_batch`: how many payments the bank takes in one file."""

    book = fields.Enum(Book, by_value=True, required=True)
    per_batch = fields.Integer(
        required=True, validate=validate.Range(min=1, max=BATCH_PAYMENTS_MAX)
    )


class SendForm(BatchForm):
    """`profile` is a layout of the bank file."""

    profile = fields.String(
        load_default="csv",
        validate=validate.OneOf(
            list(payment_profiles()), error=N_("There is no such layout of bank files.")
        ),
    )


_TIER_FEN_MAX = Fen(10_000_000_000_00)


class TiersForm(Wire):
    check_from_fen = YuanField(required=True, maximum=_TIER_FEN_MAX)
    twice_from_fen = YuanField(required=True, maximum=_TIER_FEN_MAX)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["twice_from_fen"] < data["check_from_fen"]:
            raise ValidationError(
                N_("Two confirm from the same amount on as one checks, or from a larger one."),
                "twice_from_fen",
            )


class PayingAccountForm(Wire):
    book = fields.Enum(Book, by_value=True, required=True)
    holder = Text(maximum=140, required=True)
    account_number = fields.String(
        required=True,
        validate=validate.Regexp(
            r"^[0-9A-Za-z]{5,34}$", error=N_("An account number has 5 to 34 digits or letters.")
        ),
    )
    bank_name = Text(maximum=140, required=True)
    bank_code = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9]{12}$", error=N_("A bank's code has 12 digits.")),
    )


class PayoutSearch(Wire):
    text = Text(maximum=60)
