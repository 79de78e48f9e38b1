"""Forms of server-rendered pages: what was typed, what it means, and what is wrong with it.

A form is a marshmallow schema, as a JSON body is. Whatever is refused is shown again as it was
typed, each fault beside its field in the reader's language.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any

from flask import request
from flask_babel import gettext
from marshmallow import Schema, ValidationError, fields

from kernel.clock import SHANGHAI
from kernel.errors import Refusal
from kernel.i18n import N_
from kernel.money import BILL_FEN_MAX, Fen, parse_yuan, yuan

CSRF_FIELD = "csrf_token"
# What an address says about a list beside its filter.
_LIST_FIELDS = frozenset({"cursor", "sort", "format"})
_WHOLE_FORM = "_schema"

# marshmallow's own sentences, most of which carry numbers and so cannot be looked up as they are.
_PLAIN_WORDS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"Missing data for required field\.", N_("Fill this in.")),
        (r"Field may not be null\.", N_("Fill this in.")),
        (r"Unknown field\.", N_("This form has no such field.")),
        (r"Must be one of: .*", N_("Choose one of the list.")),
        (r"Not a valid choice\.|Invalid value\.", N_("Choose one of the list.")),
        (r"Not a valid integer\.", N_("Give a whole number.")),
        (r"Not a valid (?:number|decimal)\.", N_("Give a number.")),
        (r"Not a valid date\.", N_("Give a date such as 2026-11-23.")),
        (r"Not a valid (?:aware )?datetime\.", N_("Give a date and a time.")),
        (r"Not a valid time\.", N_("Give a time such as 09:30.")),
        (r"Not a valid (?:UUID|string|boolean|list)\.", N_("This value cannot be read.")),
        (r"Shorter than minimum length (?P<min>\d+)\.", N_("Use at least %(min)s characters.")),
        (r"Longer than maximum length (?P<max>\d+)\.", N_("Use at most %(max)s characters.")),
        (
            r"Length must be between (?P<min>\d+) and (?P<max>\d+)\.",
            N_("Use %(min)s to %(max)s characters."),
        ),
        (r"Length must be (?P<equal>\d+)\.", N_("Use exactly %(equal)s characters.")),
        (
            r"Must be greater than or equal to (?P<min>.+) and less than or equal to (?P<max>.+)\.",
            N_("Give a number from %(min)s to %(max)s."),
        ),
        (r"Must be greater than or equal to (?P<min>\S+)\.", N_("Give at least %(min)s.")),
        (r"Must be less than or equal to (?P<max>\S+)\.", N_("Give at most %(max)s.")),
        (r"String does not match expected pattern\.", N_("This is not in the expected form.")),
    )
]


def explain(message: object) -> str:
    """Return a validation message in the reader's language; one of ours is looked up as it is."""
    text = str(message)
    for pattern, sentence in _PLAIN_WORDS:
        match = pattern.fullmatch(text)
        if match:
            return str(gettext(sentence, **match.groupdict()))
    return str(gettext(text))


@dataclass
class Form:
    """One form of one request. `values` is filled only when everything in it is right."""

    typed: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    status: int = HTTPStatus.OK

    @property
    def ok(self) -> bool:
        return not self.errors

    @property
    def general_errors(self) -> list[str]:
        """Return what is wrong with the form as a whole, in the reader's language."""
        return self.errors.get(_WHOLE_FORM, [])

    def faults(self, name: str) -> list[str]:
        """Return what is wrong with one field, in the reader's language."""
        return self.errors.get(name, [])

    def refuse(self, refusal: Refusal, name: str | None = None) -> None:
        """Show a service's refusal on the form, beside the field `name` where it belongs to one."""
        self.errors.setdefault(name or _WHOLE_FORM, []).append(gettext(refusal.title))
        self.status = refusal.status

    def fault(self, name: str, sentence: str) -> None:
        """Say what is wrong with the field `name`, in English marked with N_."""
        self.errors.setdefault(name, []).append(gettext(sentence))
        self.status = HTTPStatus.UNPROCESSABLE_ENTITY


def blank_form(**initial: object) -> Form:
    """Return a form to be filled in, some of it already, as the person would have typed it."""
    return Form(typed={name: _as_typed(value) for name, value in initial.items()})


def read_form(schema: Schema) -> Form:
    """Read the form that was sent. An empty field counts as one that is not there."""
    return _read(schema, request.form, ignored=frozenset({CSRF_FIELD}))


def read_query(schema: Schema) -> Form:
    """Read a filter from the address; one with faults is shown and filters nothing."""
    return _read(schema, request.args, ignored=_LIST_FIELDS)


def _read(schema: Schema, sent: Any, *, ignored: frozenset[str]) -> Form:
    typed: dict[str, Any] = {}
    for name in sent:
        if name in ignored:
            continue
        many = isinstance(schema.fields.get(name), fields.List)
        typed[name] = [text for text in sent.getlist(name) if text] if many else sent[name]
    form = Form(typed=typed)
    try:
        form.values = schema.load({name: value for name, value in typed.items() if value != ""})
    except ValidationError as error:
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
        form.errors = {
            str(name): [explain(message) for message in _flat(messages)]
            for name, messages in error.messages_dict.items()
        }
    return form


def _flat(messages: Any) -> Iterator[object]:
    """Yield the messages of a field; those of a list are nested under their positions."""
    if isinstance(messages, dict):
        messages = messages.values()
    elif not isinstance(messages, list):
        messages = [messages]
    for message in messages:
        if isinstance(message, dict | list):
            yield from _flat(message)
        else:
            yield message


def _as_typed(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [str(one) for one in value]
    return str(value)


def typed_yuan(amount: Fen) -> str:
    """Return an amount as a person types it: 123450 fen reads "1234.50"."""
    return yuan(amount).replace(",", "")


_NOTHING = Fen(0)


class YuanField(fields.Field[Fen]):
    """An amount typed in yuan, read as fen: from `minimum` to `maximum`, both included."""

    default_error_messages = {
        "invalid": N_("Give an amount in yuan such as 12.50."),
        "range": N_("This amount is too small or too large."),
    }

    def __init__(
        self, *, minimum: Fen = _NOTHING, maximum: Fen = BILL_FEN_MAX, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.minimum = minimum
        self.maximum = maximum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Fen:
        amount = parse_yuan(value) if isinstance(value, str) else None
        if amount is None:
            raise self.make_error("invalid")
        if not self.minimum <= amount <= self.maximum:
            raise self.make_error("range")
        return amount


class ShanghaiMoment(fields.Field[datetime]):
    """A date and time as a browser's field sends it, meant in Shanghai, read as UTC."""

    default_error_messages = {"invalid": N_("Give a date and a time.")}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            local = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.make_error("invalid") from None
        if local.tzinfo is not None:
            raise self.make_error("invalid")
        try:
            return local.replace(tzinfo=SHANGHAI).astimezone(UTC)
        except OverflowError:  # the morning of year 1 is in no year in UTC
            raise self.make_error("invalid") from None
