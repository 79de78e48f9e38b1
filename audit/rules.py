"""What an entry may say: codes, ids, amounts and times, never what a person typed; who signed."""

import json
import re
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from kernel.jws import read_jws

_CODE = re.compile(r"[A-Za-z0-9_.:/+\-]{1,100}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
# A phone, a card or a document number standing by itself; not the digits inside a hash.
_LONG_NUMBER = re.compile(r"(?<![A-Za-z0-9])\d{11,}[Xx]?(?![A-Za-z0-9])", re.ASCII)


def signed_by(token: str) -> str:
    """Return the thumbprint of the key that a token of services.sign names."""
    jws = read_jws(token)
    assert jws is not None, "a token of ours is a compact JWS"
    return str(json.loads(jws.payload)["key"])


def plain_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """Return `facts` as JSON values.

    Raises ValueError for anything that could be personal: free text, names, numbers as long as a
    phone or a document. It is the caller's mistake, so it is no Refusal; the value is not repeated
    in the message, because messages are logged.
    """
    return {name: _plain(name, value) for name, value in facts.items()}


def _plain(name: str, value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):  # a datetime is a date too
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(name, item) for item in value]
    if isinstance(value, str) and _is_code(value):
        return str(value)
    raise ValueError(f"the audit fact {name!r} is not a code, an id, an amount or a time")


def _is_code(text: str) -> bool:
    if _UUID.fullmatch(text):
        return True
    return _CODE.fullmatch(text) is not None and _LONG_NUMBER.search(text) is None
