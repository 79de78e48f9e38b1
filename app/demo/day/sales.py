"""Members buy at merchants' tills: fresh codes, stale ones, codes shown twice, lost cards."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.demo.day.http import UnexpectedAnswer, answered
from app.demo.day.phone import Phone
from app.demo.day.till import Till
from kernel.clock import unix, utc_now
from kernel.ids import new_id

# Enough for every offer of the demo's merchants; the largest asks for ¥200.
BILL_FEN = 300_00
TAKEN_BACK_FEN = 60_00
_STALE_SECONDS = 600


class Fate(StrEnum):
    """What happens to one member at the till."""

    BUYS = "buys"
    STALE = "stale"  # shows a code of ten minutes ago, then a fresh one, and buys
    REPLAYED = "replayed"  # buys; then the same code is shown again
    LOST = "lost"  # reports the card lost, and somebody still shows its code
    VOIDED = "voided"  # buys, and the till takes all of it back
    REVERSED = "reversed"  # buys, and later a part of it is taken back
    HELD = "held"  # the till holds the offer first, then captures it


# Dealt out in turn, so that a day of twelve has each kind and six plain sales.
_DEAL = (
    *(Fate.BUYS, Fate.STALE, Fate.REPLAYED, Fate.LOST, Fate.VOIDED, Fate.REVERSED, Fate.HELD),
    *(Fate.BUYS,) * 5,
)
SHOPPERS_MIN = 7


def fates(count: int) -> list[Fate]:
    return [_DEAL[number % len(_DEAL)] for number in range(count)]


@dataclass(frozen=True)
class Sale:
    """What became of one member's visit. `union_fen` is what the union bears of it by now."""

    fate: Fate
    merchant: str
    is_captured: bool
    refused: str | None
    union_fen: int


def sell(phones: Sequence[Phone], tills: Sequence[Till], *, limited_offer_id: str) -> list[Sale]:
    """Let each member visit a till, in turn; the tills work side by side.

    The offer is the merchant's own: the demo's limited one is left to whoever wants to race it.
    """
    dealt = list(zip(phones, fates(len(phones)), strict=True))
    lanes = [dealt[number :: len(tills)] for number in range(len(tills))]

    def serve(till: Till, lane: Sequence[tuple[Phone, Fate]]) -> list[Sale]:
        return [_visit(phone, till, fate, limited_offer_id) for phone, fate in lane]

    with ThreadPoolExecutor(len(tills)) as pool:
        return [sale for lane in pool.map(serve, tills, lanes) for sale in lane]


def _visit(phone: Phone, till: Till, fate: Fate, limited_offer_id: str) -> Sale:
    merchant = till.facts["merchant"]
    refused: str | None = None
    if fate is Fate.LOST:
        answered(phone.post("/cards/me/lost", what="all"), 200)
        refused = _refused(till, phone.show_new(), "lost")
        return Sale(fate, merchant, is_captured=False, refused=refused, union_fen=0)
    if fate is Fate.STALE:
        old = phone.show(iat=unix(utc_now()) - _STALE_SECONDS)
        refused = _refused(till, old, "stale")
    code = phone.show_new()
    seen = till.verify(code, scan_id=new_id())
    sale = _redeem(till, seen, limited_offer_id, capture=fate is not Fate.HELD)
    union_fen = sale["union_pays_fen"]
    if fate is Fate.REPLAYED:
        refused = _refused(till, code, "replayed")
    elif fate is Fate.HELD:
        answered(till.post(f"/redemptions/{sale['id']}/capture"), 200)
    elif fate is Fate.VOIDED:
        answered(till.post(f"/redemptions/{sale['id']}/void"), 200)
        union_fen = 0
    elif fate is Fate.REVERSED:
        back = till.post(
            f"/redemptions/{sale['id']}/reversals",
            id=str(new_id()),
            amount_fen=TAKEN_BACK_FEN,
            reason="一件退货 (demo)",
        )
        union_fen -= answered(back, 201)["union_fen"]
    is_captured = fate is not Fate.VOIDED
    return Sale(fate, merchant, is_captured=is_captured, refused=refused, union_fen=union_fen)


def _refused(till: Till, code: str, reason: str) -> str:
    """Return why a code that must be refused was refused. Raises UnexpectedAnswer."""
    seen = till.verify(code, scan_id=new_id())
    if seen["accepted"] or seen["reason"] != reason:
        raise UnexpectedAnswer(f"A code was to be refused as {reason}; the till heard {seen}.")
    return reason


def _redeem(till: Till, seen: Any, limited_offer_id: str, *, capture: bool) -> Any:
    usable = [
        offer
        for offer in seen["offers"]
        if offer["usable"] and offer["offer_id"] != limited_offer_id
    ]
    if not usable:
        raise UnexpectedAnswer(f"{till.facts['merchant']} has no offer for this member: {seen}")
    offer = usable[0]
    sale = till.redeem(
        offer["offer_id"],
        offer["gross_fen"] or BILL_FEN,
        verification_id=seen["verification_id"],
        capture=capture,
    )
    return answered(sale, 201)
