"""The text layer: a prefix that names form and version, then Base45."""

import re

from cards.uc1 import base45
from cards.uc1.answers import Rejected, malformed
from cards.uc1.terms import Form, Reason

_PREFIX_LENGTH = 4
_FORMS = {form.value: form for form in Form}
_OTHER_VERSION = re.compile(r"U[CRS][0-9A-Z]:")


def open_text(text: str, *, length_max: int) -> tuple[Form, bytes]:
    """Return what a scanned text claims to be, and its bytes. Raises Rejected.

    The length is looked at before anything else, so that no text takes long. Lower case and
    full-width letters are refused: folding them is for the adapter of a keyboard scanner.
    """
    if len(text) > length_max:
        raise malformed("length")
    form = _FORMS.get(text[:_PREFIX_LENGTH])
    if form is None:
        if _OTHER_VERSION.match(text):
            raise Rejected(Reason.UNSUPPORTED, "prefix")
        raise malformed("prefix")
    return form, base45.decode(text[_PREFIX_LENGTH:])


def write_text(form: Form, message: bytes) -> str:
    return form.value + base45.encode(message)
