"""What an offer gives and who bears it, as a merchants file writes it."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kernel.money import BILL_FEN_MAX, WHOLE_BP, BasisPoints, Fen, parse_yuan
from kernel.text import Refused, half_width, without_blanks

# Longer numbers are nobody's price or share, and Decimal would happily read a million digits.
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,2})?"
_PERCENT = re.compile(rf"({_NUMBER})%?")
_TENTHS = re.compile(r"([0-9](?:\.[0-9]{1,2})?)折")
_FULL_REDUCTION = re.compile(rf"满({_NUMBER})元?减({_NUMBER})元?")
_FIXED_PRICE = re.compile(rf"({_NUMBER})元?\((?:原价|市场价)({_NUMBER})元?\)")


class OfferKind(StrEnum):
    PERCENT = "percent"
    FULL_REDUCTION = "full_reduction"
    FIXED_PRICE = "fixed_price"


# How the kinds are written in files from the field.
_KINDS = {
    "percent": OfferKind.PERCENT,
    "折扣": OfferKind.PERCENT,
    "打折": OfferKind.PERCENT,
    "full_reduction": OfferKind.FULL_REDUCTION,
    "满减": OfferKind.FULL_REDUCTION,
    "fixed_price": OfferKind.FIXED_PRICE,
    "一口价": OfferKind.FIXED_PRICE,
    "特价": OfferKind.FIXED_PRICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferTerms:
    """One offer's terms. Of the amounts, those of its `kind` are there, the others None.

    - percent: the member pays `member_pays_bp` of the bill; the discount is rounded down.
    - full_reduction: `reduction_fen` off, once, from a bill of `threshold_fen`.
    - fixed_price: the member pays `member_fen` for what lists at `list_fen`; whatever the bill
      exceeds the list price by is the member's own.

    `union_share_bp` of the discount is the union's, the rest is the merchant's.
    """

    kind: OfferKind
    union_share_bp: BasisPoints
    member_pays_bp: BasisPoints | None = None
    threshold_fen: Fen | None = None
    reduction_fen: Fen | None = None
    list_fen: Fen | None = None
    member_fen: Fen | None = None


def read_offer(*, kind: str, description: str, union_share: str) -> OfferTerms | Refused:
    """Read an offer as a file writes it: `percent` 95, `满50减40`, `1元(原价30元)`; share in %.

    Terms that give nothing away (100 %, 30 元 instead of 30) are refused as `offer_unknown` too:
    they are a slip of the pen, not an offer.
    """
    known = _KINDS.get(_plain(kind).lower())
    if known is None:
        return Refused("offer_unknown", "offer_kind_unknown")
    share = _read_share(_plain(union_share))
    if share is None:
        return Refused("offer_unknown", "union_share_unreadable")
    terms = _READERS[known](_plain(description), share)
    return terms or Refused("offer_unknown", f"offer_{known}_unreadable")


def _plain(typed: str) -> str:
    return without_blanks(half_width(typed))


def _read_share(text: str) -> BasisPoints | None:
    match = _PERCENT.fullmatch(text)
    share = _basis_points(match[1]) if match else None
    return share if share is not None and share <= WHOLE_BP else None


def _basis_points(percent: str) -> BasisPoints:
    return BasisPoints(int(Decimal(percent) * 100))


def _read_percent(text: str, share: BasisPoints) -> OfferTerms | None:
    if match := _TENTHS.fullmatch(text):
        pays = BasisPoints(int(Decimal(match[1]) * 1000))
    elif match := _PERCENT.fullmatch(text):
        pays = _basis_points(match[1])
    else:
        return None
    if not 0 < pays < WHOLE_BP:
        return None
    return OfferTerms(kind=OfferKind.PERCENT, union_share_bp=share, member_pays_bp=pays)


def _read_full_reduction(text: str, share: BasisPoints) -> OfferTerms | None:
    match = _FULL_REDUCTION.fullmatch(text)
    threshold, reduction = _amounts(match)
    if threshold is None or reduction is None or not 0 < reduction <= threshold <= BILL_FEN_MAX:
        return None
    return OfferTerms(
        kind=OfferKind.FULL_REDUCTION,
        union_share_bp=share,
        threshold_fen=threshold,
        reduction_fen=reduction,
    )


def _read_fixed_price(text: str, share: BasisPoints) -> OfferTerms | None:
    match = _FIXED_PRICE.fullmatch(text)
    member, listed = _amounts(match)
    if member is None or listed is None or not 0 <= member < listed <= BILL_FEN_MAX:
        return None
    return OfferTerms(
        kind=OfferKind.FIXED_PRICE, union_share_bp=share, list_fen=listed, member_fen=member
    )


def _amounts(match: re.Match[str] | None) -> tuple[Fen | None, Fen | None]:
    return (parse_yuan(match[1]), parse_yuan(match[2])) if match else (None, None)


_READERS = {
    OfferKind.PERCENT: _read_percent,
    OfferKind.FULL_REDUCTION: _read_full_reduction,
    OfferKind.FIXED_PRICE: _read_fixed_price,
}
