"""Coupons over the wire, and the desk's forms for a release of them."""

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from benefits.models import (
    SEED_CHARACTERS_MAX,
    CouponOrigin,
    CouponState,
    ReleaseMode,
    Rerelease,
)
from benefits.schemas.offers import VersionForm
from kernel.forms import ShanghaiMoment
from kernel.i18n import N_
from kernel.wire import Moment, Text, Wire

PIECES_MAX = 10_000_000
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
_DAYS_MAX = 366
_HOURS_MAX = 720
_CARD_NUMBER_MAX = 40


class CouponListQuery(Wire):
    cursor = Text()
    rows = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))


class CouponRequest(Wire):
    id = fields.UUID(required=True, metadata={"description": "Made by the device, once."})


class CouponResponse(Wire):
    id = fields.UUID()
    release_id = fields.UUID()
    offer_id = fields.UUID()
    title = fields.String()
    state = fields.Enum(CouponState, by_value=True)
    granted_at = Moment()
    until = Moment(
        metadata={"description": "From then on it cannot be claimed (offered) or used (live)."}
    )


class OwnCouponResponse(CouponResponse):
    origin = fields.Enum(CouponOrigin, by_value=True)
    use_within_days = fields.Integer(metadata={"description": "After it was got or claimed."})


class OwnCouponPage(Wire):
    items = fields.List(fields.Nested(OwnCouponResponse))
    next_cursor = fields.String(allow_none=True)


class EntryResponse(Wire):
    id = fields.UUID()
    release_id = fields.UUID()
    code = fields.String(metadata={"description": "How the public list of entrants names you."})
    created_at = Moment()


class ReleaseResponse(Wire):
    """A release as one member sees it."""

    release_id = fields.UUID()
    offer_id = fields.UUID()
    title = fields.String()
    mode = fields.Enum(ReleaseMode, by_value=True)
    phase = fields.String(
        validate=validate.OneOf(["announced", "open", "closed", "listed", "drawn", "ended"]),
        metadata={"description": "Where it stands at `server_now`; opens_at says when it opens."},
    )
    pieces = fields.Integer()
    reserve_pieces = fields.Integer(metadata={"description": "Of them, handed out at desks only."})
    is_gone = fields.Boolean(metadata={"description": "Of a grab: nothing is left at present."})
    opens_at = Moment()
    closes_at = Moment()
    server_now = Moment(metadata={"description": "The service's clock, to count down by."})
    use_within_days = fields.Integer()
    claim_within_hours = fields.Integer(allow_none=True)
    eligible = fields.Boolean(metadata={"description": "Whether you may take part, judged now."})
    reason = fields.String(allow_none=True, metadata={"description": "A stable code."})
    reason_text = fields.String(allow_none=True)
    next_step = fields.String(allow_none=True)
    seed_source = fields.String(allow_none=True)
    seed_known_at = Moment(allow_none=True)
    list_hash = fields.String(allow_none=True)
    entrant_count = fields.Integer(allow_none=True)
    seed = fields.String(allow_none=True)
    coupon_id = fields.UUID(allow_none=True)
    coupon_state = fields.String(allow_none=True)
    coupon_until = Moment(allow_none=True)
    entry_id = fields.UUID(allow_none=True)
    entry_code = fields.String(allow_none=True)
    entry_rank = fields.Integer(allow_none=True)


class ReleasePage(Wire):
    items = fields.List(fields.Nested(ReleaseResponse))
    next_cursor = fields.String(allow_none=True)


# --- The desk


class _PlanForm(Wire):
    """What is common to a first release and one of what came back."""

    reserve_pieces = fields.Integer(load_default=0, validate=validate.Range(min=0, max=PIECES_MAX))
    mode = fields.Enum(ReleaseMode, by_value=True, load_default=None)
    expected_entrants = fields.Integer(
        load_default=None, validate=validate.Range(min=0, max=PIECES_MAX)
    )
    opens_at = ShanghaiMoment(required=True)
    closes_at = ShanghaiMoment(required=True)
    use_within_days = fields.Integer(required=True, validate=validate.Range(min=1, max=_DAYS_MAX))
    claim_within_hours = fields.Integer(
        load_default=None, validate=validate.Range(min=1, max=_HOURS_MAX)
    )
    rerelease = fields.Enum(Rerelease, by_value=True, required=True)
    seed_source_zh = Text(load_default=None)
    seed_source_en = Text(load_default=None)
    seed_known_at = ShanghaiMoment(load_default=None)

    @validates_schema
    def moments_in_our_time(self, data: dict[str, Any], **_: Any) -> None:
        for name in ("opens_at", "closes_at", "seed_known_at"):
            moment = data.get(name)
            if moment is not None and not _FIRST_DAY <= moment.date() <= _LAST_DAY:
                raise ValidationError(N_("Give a date and a time."), name)

    @validates_schema
    def seed_is_whole(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse half a seed, and a draw without one, beside what is missing."""
        names = ("seed_source_zh", "seed_source_en", "seed_known_at")
        given = [name for name in names if data.get(name) is not None]
        if given or data.get("mode") is ReleaseMode.DRAW:
            missing = [name for name in names if name not in given]
            if missing:
                raise ValidationError({name: [N_("Fill this in.")] for name in missing})


class ReleaseForm(_PlanForm):
    pieces = fields.Integer(required=True, validate=validate.Range(min=1, max=PIECES_MAX))


class AgainForm(_PlanForm):
    """A release of what came back: its pieces are counted, not typed."""

    version = fields.Integer(required=True)


class SeedSourceForm(VersionForm):
    seed_source_zh = Text(required=True)
    seed_source_en = Text(required=True)
    seed_known_at = ShanghaiMoment(required=True)


class SeedForm(VersionForm):
    seed = Text(required=True, maximum=SEED_CHARACTERS_MAX)

    @post_load
    def strip(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not data["seed"].strip():
            raise ValidationError(N_("Fill this in."), "seed")
        return data


class HandForm(Wire):
    """`card_number` as it stands on the card, spaces allowed."""

    card_number = Text(required=True, maximum=_CARD_NUMBER_MAX)

    @post_load
    def without_spaces(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"card_number": "".join(data["card_number"].split())}
