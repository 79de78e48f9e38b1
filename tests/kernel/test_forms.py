from datetime import UTC, date, datetime

import pytest
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields, validate

from kernel.errors import Refusal
from kernel.exports import CellKind
from kernel.forms import (
    ShanghaiMoment,
    YuanField,
    blank_form,
    read_form,
    read_query,
    typed_yuan,
)
from kernel.money import BILL_FEN_MAX, Fen, parse_yuan
from kernel.wire import Text, Wire


class SaleForm(Wire):
    label = Text(required=True, maximum=10)
    price = YuanField(minimum=Fen(1))
    starts_at = ShanghaiMoment()
    seats = fields.Integer(validate=validate.Range(min=1, max=300))
    days = fields.List(fields.Integer())


class TooLate(Refusal):
    status = 409
    code = "too_late_for_this_test"
    title = "This comes too late."


@pytest.fixture
def sent(app):
    """Return a function: the form as read from a request that sent `data`."""

    def send(data, *, language="en"):
        with app.test_request_context(
            "/desk/x", method="POST", data=data, headers={"Accept-Language": language}
        ):
            return read_form(SaleForm())

    return send


def test_what_was_typed_becomes_values(sent):
    form = sent(
        {
            "csrf_token": "never a field",
            "label": "晚场",
            "price": "¥1,234.50",
            "starts_at": "2026-11-23T19:30",
            "seats": "40",
            "days": ["1", "3", ""],
        }
    )

    assert form.ok
    assert form.values == {
        "label": "晚场",
        "price": 123_450,
        "starts_at": datetime(2026, 11, 23, 11, 30, tzinfo=UTC),
        "seats": 40,
        "days": [1, 3],
    }


def test_an_empty_field_is_one_that_was_not_sent(sent):
    form = sent({"label": "", "price": ""})

    assert form.faults("label") == ["Fill this in."]
    assert form.faults("price") == []
    assert form.status == 422


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("label", "a" * 11, "Use 1 to 10 characters."),
        ("label", "a\x00b", "Control characters are not allowed."),
        ("price", "12.345", "Give an amount in yuan such as 12.50."),
        ("price", "0", "This amount is too small or too large."),
        ("price", "100000.01", "This amount is too small or too large."),
        ("starts_at", "soon", "Give a date and a time."),
        ("starts_at", "0001-01-01T00:00", "Give a date and a time."),
        ("starts_at", "2026-11-23T19:30+08:00", "Give a date and a time."),
        ("seats", "many", "Give a whole number."),
        ("seats", "301", "Give a number from 1 to 300."),
        ("days", "first", "Give a whole number."),
        ("colour", "red", "This form has no such field."),
    ],
)
def test_a_fault_is_a_plain_sentence_and_what_was_typed_is_kept(sent, name, typed, sentence):
    form = sent({"label": "x", name: typed})

    assert form.faults(name) == [sentence]
    assert form.typed[name] in (typed, [typed])
    assert form.values == {}


def test_a_fault_is_said_in_the_readers_language(sent):
    assert sent({"label": "a" * 11}, language="zh-CN").faults("label") == [
        "请填写 1 到 10 个字符。"
    ]


def test_a_refusal_is_shown_on_the_form_or_beside_its_field(app):
    form = blank_form()
    with app.test_request_context(headers={"Accept-Language": "en"}):
        form.refuse(TooLate())
        form.refuse(TooLate(), "label")
        form.fault("seats", "Give a number.")

    assert form.general_errors == ["This comes too late."]
    assert form.faults("label") == ["This comes too late."]
    assert form.faults("seats") == ["Give a number."]


def test_a_filter_ignores_what_the_list_adds_to_the_address(app):
    with app.test_request_context("/desk/x?label=a&cursor=b&sort=c&format=d"):
        assert read_query(SaleForm()).values == {"label": "a"}


def test_a_blank_form_shows_values_as_they_are_typed():
    form = blank_form(
        none=None,
        moment=datetime(2026, 11, 23, 11, 30, tzinfo=UTC),
        day=date(2026, 11, 23),
        days=[1, 3],
        price=typed_yuan(Fen(123_450)),
    )

    assert form.typed == {
        "none": "",
        "moment": "2026-11-23T19:30",
        "day": "2026-11-23",
        "days": ["1", "3"],
        "price": "1234.50",
    }


@given(st.integers(min_value=0, max_value=BILL_FEN_MAX))
def test_an_amount_shown_in_a_form_reads_back_as_itself(amount):
    assert parse_yuan(typed_yuan(Fen(amount))) == amount


class EveryField(Wire):
    missing = fields.String(required=True)
    unknown_choice = fields.Enum(CellKind, by_value=True)
    one_of = fields.String(validate=validate.OneOf(["a", "b"]))
    whole = fields.Integer()
    decimal = fields.Decimal()
    real = fields.Float()
    on = fields.Date()
    at = fields.AwareDateTime()
    time = fields.Time()
    key = fields.UUID()
    yes = fields.Boolean()
    some = fields.List(fields.Integer())
    short = fields.String(validate=validate.Length(min=2))
    long = fields.String(validate=validate.Length(max=2))
    between = fields.String(validate=validate.Length(min=2, max=3))
    exact = fields.String(validate=validate.Length(equal=2))
    low = fields.Integer(validate=validate.Range(min=2))
    high = fields.Integer(validate=validate.Range(max=2))
    inside = fields.Integer(validate=validate.Range(min=2, max=3))
    plain = fields.String(validate=validate.Regexp("b"))
    line = Text(maximum=3)


def test_every_sentence_of_marshmallow_that_a_form_can_meet_is_known(app):
    """A library's new wording would otherwise reach people untranslated."""
    typed = dict.fromkeys(EveryField().fields, "?") | {
        "long": "abc",
        "between": "abcd",
        "low": "1",
        "high": "3",
        "inside": "4",
        "line": "\x00",
        "extra": "?",
    }
    del typed["missing"]

    with app.test_request_context("/", method="POST", data=typed), force_locale("zh_Hans_CN"):
        form = read_form(EveryField())

    assert set(form.errors) == {*EveryField().fields, "extra"}
    for name, messages in form.errors.items():
        assert not "".join(messages).isascii(), (name, messages)
