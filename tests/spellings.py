"""The ways in which a value could stand in a dump or a log."""

import base64
import hashlib

from kernel.persons import DocumentKind
from kernel.phones import parse_phone
from members.rules import DOCUMENT_FIELD, NAME_FIELD, PHONE_FIELD

# What a blind index is made from, before the value: without its key, anybody can make it.
INDEXED = (f"{NAME_FIELD}|", f"{PHONE_FIELD}|", f"{DOCUMENT_FIELD}|{DocumentKind.CN_RIC}:")


def spellings(value):
    """Yield how a value could stand in a dump or a log: plain, encoded, or hashed without a key."""
    forms = {value}
    phone = parse_phone(value)
    if phone is not None:
        forms |= {phone, phone.removeprefix("+")}
    for form in sorted(forms):
        yield form
        yield form.encode("unicode_escape").decode()
        for raw in (form.encode(), form.encode("gb18030"), form.encode("utf-16-le")):
            yield raw.hex()
            yield from _base64_inside(raw)
        for hashed in (form, *(f"{before}{form}" for before in INDEXED)):
            for kind in (hashlib.md5, hashlib.sha1, hashlib.sha256):
                digest = kind(hashed.encode()).digest()
                yield digest.hex()
                yield base64.b64encode(digest).decode().rstrip("=")


def _base64_inside(raw):
    """Yield what `raw` leaves in Base64 of something longer, wherever it begins there."""
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + raw).decode().rstrip("=")
        # The characters at either end are made of bits of the neighbours too.
        inner = coded[-(-shift * 8 // 6) : len(raw + bytes(shift)) * 8 // 6]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")
