"""A chain over the wire."""

from marshmallow import fields

from kernel.wire import Moment, Text, Wire

_SIGNED_FEN = "Fen (100 fen = 1 yuan); negative for what was taken back or left the bank."


class TraceQuery(Wire):
    after = Text(metadata={"description": "`next_cursor` of the answer before."})


class TraceSearch(Wire):
    q = Text(maximum=60)
    on = fields.Date()


class TraceRef(Wire):
    kind = fields.String()
    id = fields.UUID()


class TraceNode(TraceRef):
    stage = fields.String(
        metadata={"description": "scan, voucher, statement, payment or bank: where it stands."}
    )
    amount_fen = fields.Integer(metadata={"description": _SIGNED_FEN})
    state = fields.String()
    at = Moment(allow_none=True)
    facts = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True),
        metadata={"description": "What identifies it to people: numbers, names of shops."},
    )


class TraceEdge(Wire):
    source = fields.Nested(TraceRef)
    target = fields.Nested(TraceRef)
    amount_fen = fields.Integer(metadata={"description": _SIGNED_FEN})


class TraceResponse(Wire):
    at = fields.Nested(TraceRef, metadata={"description": "What was asked for."})
    nodes = fields.List(fields.Nested(TraceNode))
    edges = fields.List(
        fields.Nested(TraceEdge), metadata={"description": "From the scan towards the bank."}
    )
    rows = fields.Integer(
        metadata={
            "description": "Lines of the statement, or payments of the batch, of which this answer"
            " shows a stretch; 0 where there is none."
        }
    )
    next_cursor = fields.String(allow_none=True)
