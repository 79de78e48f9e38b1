"""What the desk's pages of bank lines, matches and exceptions take."""

from marshmallow import fields, validate

from finance.models import DiscrepancyCode, DiscrepancyState
from kernel.forms import YuanField
from kernel.money import Fen
from kernel.wire import Text, Wire

# A bank line may be far more than a bill: an allocation of a year.
LINE_FEN_MAX = Fen(100_000_000_000_00)
_ONE_FEN = Fen(1)


class LineFilterForm(Wire):
    show = fields.String(validate=validate.OneOf(["all"]))
    account = Text(maximum=34)
    from_on = fields.Date()
    until_on = fields.Date()
    amount_fen = YuanField(minimum=_ONE_FEN, maximum=LINE_FEN_MAX)
    text = Text(maximum=60)


class TradeBillForm(Wire):
    uscc = Text(maximum=40)
    bill_on = fields.Date()


class FindForm(Wire):
    """What a person looks for among the payments, beside a bank line."""

    find = Text(maximum=60)


class MatchForm(Wire):
    payment_id = fields.UUID(required=True)
    amount_fen = YuanField(required=True, minimum=_ONE_FEN, maximum=LINE_FEN_MAX)


class MatchFilterForm(Wire):
    show = fields.String(validate=validate.OneOf(["live", "undone"]))
    from_on = fields.Date()
    until_on = fields.Date()


class UndoForm(Wire):
    reason = Text(required=True)


class ExceptionFilterForm(Wire):
    state = fields.String(validate=validate.OneOf(["any", *DiscrepancyState]))
    code = fields.Enum(DiscrepancyCode, by_value=True)
    mine = fields.String(validate=validate.OneOf(["mine"]))


class VersionForm(Wire):
    version = fields.Integer(required=True)


class NoteForm(Wire):
    version = fields.Integer(required=True)
    note = Text(required=True)
