"""Statements over the wire: the desk's filters and forms, the till's requests and answers."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from finance.models import DisputeState, InvoiceState, PaymentState, StatementState
from finance.queries.statement_lines import LineKind
from finance.rules.invoices import invoice_number
from kernel.forms import YuanField
from kernel.i18n import N_
from kernel.money import Fen
from kernel.uscc import normal_uscc
from kernel.wire import Moment, Text, Wire

_ONE_DAY = timedelta(days=1)
_ROWS_MAX = 100

# --- The desk


class StatementQuery(Wire):
    state = fields.Enum(StatementState, by_value=True)
    merchant = Text()
    day = fields.Date()


class OpenForm(Wire):
    """The days as people say them: the last one is included."""

    starts_on = fields.Date(required=True)
    last_on = fields.Date(required=True)

    @post_load
    def half_open(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        last_on: date = data.pop("last_on")
        if last_on == date.max:
            raise ValidationError({"last_on": [N_("Give a date such as 2026-11-23.")]})
        return data | {"ends_on": last_on + _ONE_DAY}


class StepForm(Wire):
    version = fields.Integer(required=True)


class Verdict(StrEnum):
    """What the maker answers to a dispute."""

    STANDS = "stands"
    MORE = "more"
    LESS = "less"


class AnswerForm(Wire):
    """An amount goes with more or less, and with nothing else."""

    version = fields.Integer(required=True)
    verdict = fields.Enum(Verdict, by_value=True, required=True)
    amount = YuanField(minimum=Fen(1))
    answer = Text(required=True)

    @validates_schema
    def amount_with_a_change(self, data: dict[str, Any], **_: object) -> None:
        stands = data["verdict"] is Verdict.STANDS
        if stands and "amount" in data:
            raise ValidationError(N_("A line that stands has no amount."), field_name="amount")
        if not stands and "amount" not in data:
            raise ValidationError(N_("Say by how much the line changes."), field_name="amount")

    @post_load
    def signed(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        sign = {Verdict.STANDS: 0, Verdict.MORE: 1, Verdict.LESS: -1}[data.pop("verdict")]
        return data | {"adjustment_fen": Fen(sign * data.pop("amount", 0))}


class InvoiceForm(Wire):
    """An invoice as it is printed; the page made the id, so the form sent twice is once."""

    id = fields.UUID(required=True)
    number = Text(required=True, maximum=60)
    issued_on = fields.Date(required=True)
    amount = YuanField(required=True, minimum=Fen(1))
    buyer_uscc = Text(required=True, maximum=64)

    @post_load
    def as_digits(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        number = invoice_number(data["number"])
        if number is None:
            raise ValidationError(
                {"number": [N_("Give 20 digits, or the code and the number of a paper invoice.")]}
            )
        return {
            "invoice_id": data["id"],
            "number": number,
            "issued_on": data["issued_on"],
            "amount_fen": data["amount"],
            "buyer_uscc": normal_uscc(data["buyer_uscc"]),
        }


class ReturnForm(Wire):
    version = fields.Integer(required=True)
    reason = Text(required=True)


class LineDisputeForm(Wire):
    """A manager's word against a line; the page made the id, so the form sent twice is once."""

    id = fields.UUID(required=True)
    reason = Text(required=True)


# --- The till


def _signed(description: str, **kwargs: Any) -> fields.Integer:
    return fields.Integer(metadata={"description": f"{description}, in fen."}, **kwargs)


class StatementSeen(Wire):
    """One statement as its merchant reads it."""

    id = fields.UUID()
    number = fields.Integer()
    starts_on = fields.Date()
    last_on = fields.Date(metadata={"description": "The last day it covers."})
    state = fields.Enum(StatementState, by_value=True)
    lines = fields.Integer()
    lines_fen = _signed("The sum of its lines")
    payable_fen = _signed("What is paid for it, all funds together")
    carried_out_fen = _signed("What goes to its next statement: owed back, or too little to pay")
    open_disputes = fields.Integer()
    confirm_by = fields.Date(
        allow_none=True, metadata={"description": "The last day for an answer; a working day."}
    )


class StatementList(Wire):
    items = fields.List(fields.Nested(StatementSeen))
    next_cursor = fields.String(allow_none=True)


class DisputeSeen(Wire):
    id = fields.UUID()
    state = fields.Enum(DisputeState, by_value=True)
    reason = fields.String()
    raised_at = Moment()
    answer = fields.String(
        allow_none=True, metadata={"description": "Finance's, once a second person confirmed it."}
    )
    adjustment_fen = _signed("What the answer adds to the next statement", allow_none=True)
    files = fields.Integer(
        metadata={"description": "Photos and PDF files that a manager put beside it."}
    )


class LineSeen(Wire):
    """One line, with nothing that tells whose card it was."""

    journal_id = fields.UUID(metadata={"description": "What names the line in a dispute."})
    line_no = fields.Integer()
    kind = fields.Enum(LineKind, by_value=True)
    day = fields.Date(metadata={"description": "The Shanghai day on which it was booked."})
    receipt_no = fields.String(allow_none=True)
    site = fields.String(allow_none=True)
    gross_fen = _signed("The bill, or what was taken back of it", allow_none=True)
    member_pays_fen = _signed("The member's part", allow_none=True)
    merchant_bears_fen = _signed("The merchant's part", allow_none=True)
    amount_fen = _signed("What the union owes for this line")
    dispute = fields.Nested(DisputeSeen, allow_none=True)


class InvoiceSeen(Wire):
    """An invoice that a manager entered for the statement."""

    number = fields.String()
    issued_on = fields.Date()
    amount_fen = _signed("What it is made out for")
    state = fields.Enum(InvoiceState, by_value=True)
    reason = fields.String(allow_none=True, metadata={"description": "Why it was returned."})


class PaymentSeen(Wire):
    """One payment of the statement: each fund has its own."""

    amount_fen = _signed("What it pays")
    attempt = fields.Integer()
    state = fields.Enum(PaymentState, by_value=True)


class StatementDetail(StatementSeen):
    """A statement with its sums and a stretch of its lines."""

    merchant = fields.String()
    uscc = fields.String(allow_none=True)
    agreement_no = fields.String(allow_none=True)
    account_tail = fields.String(allow_none=True)
    issued_at = Moment(allow_none=True)
    agreed_at = Moment(allow_none=True)
    agreed_by_silence = fields.Boolean(
        metadata={"description": "Nobody answered until `confirm_by`."}
    )
    pay_from = fields.Date(
        allow_none=True, metadata={"description": "Not paid before this day: a new merchant."}
    )
    takes_disputes = fields.Boolean()
    dispute_until = fields.Date(
        allow_none=True,
        metadata={"description": "The last day on which a line may be disputed, paid or not."},
    )
    asks_for_invoices = fields.Boolean(
        metadata={"description": "Managers enter them on their own pages."}
    )
    invoices = fields.List(fields.Nested(InvoiceSeen))
    payments = fields.List(fields.Nested(PaymentSeen))
    sales = fields.Integer()
    gross_fen = _signed("The bills of its sales")
    member_pays_fen = _signed("What members paid of them")
    merchant_bears_fen = _signed("What the merchant bore of them")
    union_pays_fen = _signed("What the union pays of them")
    taken_back_fen = _signed("What was taken back of the union's part; negative")
    adjusted_fen = _signed("What disputes changed")
    carried_in_fen = _signed("What the merchant owed back before; negative")
    payable_in_capitals = fields.String(metadata={"description": "大写金额"})
    items = fields.List(fields.Nested(LineSeen))
    next_cursor = fields.String(allow_none=True)


class PageQuery(Wire):
    cursor = Text()
    rows = fields.Integer(load_default=50, validate=validate.Range(min=1, max=_ROWS_MAX))


class DisputeRequest(Wire):
    id = fields.UUID(required=True, metadata={"description": "Made by the till; sent again as is."})
    journal_id = fields.UUID(required=True)
    reason = Text(required=True)
