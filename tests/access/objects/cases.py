"""What the lines of the table are made of, and values that several of them send."""

from dataclasses import dataclass, field
from datetime import timedelta

from kernel.clock import SHANGHAI, utc_now

NOT_FOUND = (404, None)

KEY_REUSED = (409, "request_key_reused")


@dataclass(frozen=True)
class Own:
    """The id of an object of the world, by its name there."""

    name: str


@dataclass(frozen=True)
class Case:
    """One endpoint on one object: `owner` may, each of `strangers` hears their (status, code)."""

    key: str
    owner: str
    path: dict = field(default_factory=dict)
    json: dict | None = None
    form: dict | None = None
    strangers: dict = field(default_factory=dict)

    def __str__(self):
        return self.key

    @property
    def places(self):
        body = (self.json or {}) | (self.form or {})
        return {*self.path, *(name for name, value in body.items() if _own_in(value))}


def _own_in(value):
    return isinstance(value, Own) or (isinstance(value, list) and any(map(_own_in, value)))


# To every endpoint on something of a member, a till, a union, these come as strangers of its kind.
_FOREIGN_MEMBER = {"other_member": NOT_FOUND}

_FOREIGN_TILLS = {"other_till": NOT_FOUND, "service_till": NOT_FOUND}

_FOREIGN_UNION = {"foreign_staff": NOT_FOUND}

_FOREIGN_MANAGER = {"other_manager": NOT_FOUND}


def managed_case(key, *, form=None, **path):
    return Case(key, "manager", path, form=form, strangers=_FOREIGN_MANAGER)


def member_case(key, *, json=None, strangers=None, **path):
    return Case(key, "member", path, json=json, strangers=strangers or _FOREIGN_MEMBER)


def till_case(key, *, json=None, strangers=None, **path):
    return Case(key, "till", path, json=json, strangers=strangers or _FOREIGN_TILLS)


def desk_case(key, *, form=None, owner="own_staff", strangers=None, **path):
    return Case(key, owner, path, form=form or {}, strangers=strangers or _FOREIGN_UNION)


def typed(hours):
    return f"{(utc_now() + timedelta(hours=hours)).astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


SALE = {"id": "0197f000-0000-7000-8000-000000000002", "gross_fen": 6_000}

COURSE = {
    "category": "team_leader",
    "organiser": "演示",
    "payer": "union",
    "title_zh": "课程",
    "title_en": "Course",
    "subsidy_fen": "300",
    "attendance_basis": "meetings",
    "attendance_rate_bp": "80",
    "scan_margin_minutes": "30",
}

MERCHANT = {"kind": "service_site", "name": "演示", "category": "服务站点", "district": "龙岗区"}

SESSION = {
    "seats": "3",
    "enrol_from": typed(-1),
    "enrol_until": typed(3),
    "meetings": "1",
    "every_days": "7",
    "first_starts_at": typed(2),
    "meeting_minutes": "120",
}

REASON = {"reason": "核对"}

VERSION = {"version": "1"}

UNION = {"union_code": Own("own_union")}
