"""What the JSON schemas of all packages share: strict, bounded fields."""

from datetime import datetime
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from kernel.clock import SHANGHAI
from kernel.i18n import N_
from kernel.money import BILL_FEN_MAX

TEXT_MAX = 200


class Wire(Schema):
    """Parent of every schema: an unknown field is an error, and fields keep their order."""

    class Meta:
        unknown = RAISE
        ordered = True


class FenField(fields.Integer):
    """Whole fen from `minimum` to 100,000 yuan; a fraction or a number in quotes is refused."""

    def __init__(self, *, minimum: int = 0, **kwargs: Any) -> None:
        metadata = {"description": "Money in fen (100 fen = 1 yuan)."} | kwargs.pop("metadata", {})
        super().__init__(
            strict=True,
            validate=validate.Range(min=minimum, max=BILL_FEN_MAX),
            metadata=metadata,
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class Text(fields.String):
    """A line of text of bounded length, without control characters."""

    def __init__(self, *, maximum: int = TEXT_MAX, minimum: int = 1, **kwargs: Any) -> None:
        plain = N_("Control characters are not allowed.")
        checks = [
            validate.Length(min=minimum, max=maximum),
            validate.Regexp(r"^[^\x00-\x1f\x7f]*$", error=plain),
        ]
        super().__init__(validate=checks, **kwargs)


_YEAR_MIN, _YEAR_MAX = 1990, 9000


class Moment(fields.AwareDateTime):
    """RFC 3339 with an offset, both ways; shown in Shanghai's."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", default_timezone=None, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        # At the calendar's edge it falls out of it in UTC: it is written, and never read back.
        if not _YEAR_MIN <= moment.year <= _YEAR_MAX:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return moment

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if isinstance(value, datetime):
            value = value.astimezone(SHANGHAI)
        return super()._serialize(value, attr, obj, **kwargs)
