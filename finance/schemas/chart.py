"""What the desk's pages of the chart of accounts and of budgets take."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from finance.schemas.bank import LINE_FEN_MAX
from kernel.forms import YuanField
from kernel.i18n import N_
from kernel.money import Fen
from kernel.wire import Text, Wire
from ledger.models import AccountKind, Book, BudgetChangeKind, Family, FundSource, PostingEvent

_CODE = 20
_NAME = 100
_YEARS = validate.Range(min=2020, max=2099)


class AccountForm(Wire):
    version = fields.Integer(required=True)
    code = Text(required=True, maximum=_CODE)
    name_zh = Text(required=True, maximum=_NAME)
    name_en = Text(required=True, maximum=_NAME)
    is_active = fields.Boolean(load_default=False)


class NewAccountForm(Wire):
    code = Text(required=True, maximum=_CODE)
    name_zh = Text(required=True, maximum=_NAME)
    name_en = Text(required=True, maximum=_NAME)
    kind = fields.Enum(AccountKind, by_value=True, required=True)
    book = fields.Enum(Book, by_value=True, required=True)


class RuleForm(Wire):
    version = fields.Integer(required=True)
    debit_account_id = fields.UUID(required=True)
    credit_account_id = fields.UUID(required=True)
    is_active = fields.Boolean(load_default=False)


class NewRuleForm(Wire):
    family = fields.Enum(Family, by_value=True, required=True)
    fund_source = fields.Enum(FundSource, by_value=True, required=True)
    event = fields.Enum(PostingEvent, by_value=True, required=True)
    debit_account_id = fields.UUID(required=True)
    credit_account_id = fields.UUID(required=True)


class YearFilter(Wire):
    year = fields.Integer(validate=_YEARS)


class BudgetLineForm(Wire):
    year = fields.Integer(required=True, validate=_YEARS)
    code = Text(required=True, maximum=_CODE)
    name_zh = Text(required=True, maximum=_NAME)
    name_en = Text(required=True, maximum=_NAME)
    fund_source = fields.Enum(FundSource, by_value=True, required=True)
    account_id = fields.UUID(required=True)


class BudgetChangeForm(Wire):
    kind = fields.Enum(BudgetChangeKind, by_value=True, required=True)
    line_id = fields.UUID(required=True)
    to_line_id = fields.UUID()
    amount_fen = YuanField(required=True, minimum=Fen(1), maximum=LINE_FEN_MAX)
    reason = Text(required=True)

    @validates_schema
    def two_lines_where_two_are_meant(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("kind") is BudgetChangeKind.VIREMENT) != ("to_line_id" in data):
            raise ValidationError(
                N_("Name the second line for a virement, and only then."), "to_line_id"
            )


class AssignForm(Wire):
    programme_id = fields.UUID(required=True)
