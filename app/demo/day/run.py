"""The day from the first code shown to the last residual."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app.demo.day.claims import claim_aid
from app.demo.day.course import BEYOND_THE_SEATS, Course, hold_course
from app.demo.day.payments import give_accounts, pay
from app.demo.day.sales import SHOPPERS_MIN, Fate, Sale, fates, sell
from app.demo.day.scene import Scene
from app.demo.day.statements import is_stated_today, state
from app.demo.day.till import Till

SIZE_MIN, SIZE_MAX = SHOPPERS_MIN, 2_000
# A small day leaves merchants without a statement to the days after it in the same 24 hours.
_MERCHANTS, _MERCHANTS_OF_MANY, _MANY = 3, 10, 60
_SEATED_SHARE = 6


def drive_day(scene: Scene, *, size: int) -> dict[str, Any]:
    """Drive one business day with `size` members; return what was done, by noun.

    Raises UnexpectedAnswer at the first answer without which the day cannot go on.
    """
    phones = scene.phones(size)
    tills = _tills(scene, count=_MERCHANTS if size < _MANY else _MERCHANTS_OF_MANY)
    sales = sell(phones, tills, limited_offer_id=scene.demo["probes"]["limited_offer_id"])
    # A lost card keeps its owner from claiming and from courses.
    well = [phone for phone, fate in zip(phones, fates(size), strict=True) if fate is not Fate.LOST]
    claimants = (well[0], well[1])
    claims_fen = claim_aid(scene, claimants)
    learners = well[: max(2, size // _SEATED_SHARE) + BEYOND_THE_SEATS]
    course = hold_course(scene, learners, _service_till(scene))
    give_accounts(list(dict.fromkeys([*claimants, *course.completed])))
    sold_at = {sale.merchant for sale in sales if sale.union_fen}
    stated = state(scene, tills, sold_at=sold_at)
    return {
        "members": size,
        "tills": len(tills),
        "sales": _sales(sales),
        "claims": {"approved": len(claims_fen), "returned_for_papers": 1, "fen": sum(claims_fen)},
        "training": _training(course),
        "statements": asdict(stated),
        "payments": asdict(pay(scene)),
    }


def _tills(scene: Scene, *, count: int) -> list[Till]:
    """Pair tills, those first whose merchants have no statement for today yet."""
    fresh: list[Till] = []
    stated: list[Till] = []
    for till in scene.tills("merchant"):
        (stated if is_stated_today(till) else fresh).append(till)
        if len(fresh) == count:
            break
    return [*fresh, *stated][:count]


def _service_till(scene: Scene) -> Till:
    return next(scene.tills("service_site"))


def _sales(sales: Sequence[Sale]) -> Mapping[str, Any]:
    counts = Counter(sale.fate for sale in sales)
    return {
        "captured": sum(sale.is_captured for sale in sales),
        "held_first": counts[Fate.HELD],
        "voided": counts[Fate.VOIDED],
        "partly_reversed": counts[Fate.REVERSED],
        "codes_refused": dict(Counter(sale.refused for sale in sales if sale.refused)),
        "union_fen": sum(sale.union_fen for sale in sales),
    }


def _training(course: Course) -> Mapping[str, int]:
    return {
        "seats": course.seats,
        "promoted": course.promoted,
        "lapsed": course.lapsed,
        "completed": len(course.completed),
        "fen": course.subsidies_fen,
    }
