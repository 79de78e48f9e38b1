"""The log over the wire."""

from marshmallow import fields

from kernel.wire import Moment, Text, Wire

_HEX = "SHA-256, in hexadecimal."


class CheckpointsQuery(Wire):
    after = Text(metadata={"description": "`next_cursor` of the answer before."})


class CheckpointAnswer(Wire):
    size = fields.Integer(metadata={"description": "How many records the log had."})
    root = fields.String(metadata={"description": _HEX})
    token = fields.String(metadata={"description": "The same, signed: a compact JWS."})
    made_at = Moment()


class CheckpointsAnswer(Wire):
    items = fields.List(fields.Nested(CheckpointAnswer))
    next_cursor = fields.String(allow_none=True)


class KeyAnswer(Wire):
    thumbprint = fields.String(metadata={"description": "RFC 7638, in base64url."})
    jwk = fields.String(metadata={"description": "The text of which the thumbprint is made."})
    signs_from = Moment(
        allow_none=True, metadata={"description": "None: a second person has not approved it yet."}
    )


class KeysAnswer(Wire):
    items = fields.List(fields.Nested(KeyAnswer))


class _Proof(Wire):
    path = fields.List(fields.String(metadata={"description": _HEX}))
    keys = fields.List(
        fields.String(metadata={"description": "A public key that signed, as a JWK."})
    )


class RecordProof(_Proof):
    kind = fields.String()
    id = fields.String()
    number = fields.Integer(metadata={"description": "Its place in the log, from 0."})
    logged_at = Moment()
    record = fields.String(metadata={"description": "The text that is hashed, as it is now."})
    as_logged = fields.Boolean(metadata={"description": "Whether it still says what was logged."})
    leaf_hash = fields.String(metadata={"description": _HEX})
    checkpoint = fields.String(metadata={"description": "The newest checkpoint: a compact JWS."})


class ConsistencyQuery(Wire):
    first = fields.Integer(metadata={"description": "A size."})
    second = fields.Integer(metadata={"description": "A larger one."})


class ConsistencyProof(_Proof):
    first = fields.String(metadata={"description": "The smaller checkpoint: a compact JWS."})
    second = fields.String(metadata={"description": "The larger one."})


class RecordSearch(Wire):
    q = Text(maximum=60)
