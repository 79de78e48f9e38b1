"""What an offer is worth on a bill, and who bears what of it."""

from dataclasses import dataclass

from benefits.rules.reasons import Reason, reason
from kernel.money import WHOLE_BP, BasisPoints, Fen, apportion

# Kinds that take `reduction_fen` off from `threshold_fen` on.
REDUCTIONS = frozenset({"full_reduction", "daily_coupon"})


@dataclass(frozen=True)
class Terms:
    """The terms of one offer version, as stored. Amounts that a kind does not use are None."""

    kind: str
    member_rate_bp: BasisPoints | None
    threshold_fen: Fen | None
    reduction_fen: Fen | None
    list_fen: Fen | None
    member_fen: Fen | None
    union_share_bp: BasisPoints
    union_max_fen: Fen | None


@dataclass(frozen=True)
class Split:
    """Who bears what of a bill. The three parts are whole fen and add up to `gross_fen`."""

    gross_fen: Fen
    member_pays_fen: Fen
    merchant_bears_fen: Fen
    union_pays_fen: Fen


def discount_on(gross: Fen, terms: Terms) -> Fen:
    """Return the fen taken off `gross` before anybody's maximum, never more than the bill.

    percent: the member's part is `member_rate_bp`, the discount rounded down. full_reduction:
    `reduction_fen` from `threshold_fen`, else nothing. fixed_price: the member pays `member_fen`
    for what lists at `list_fen`; what the bill exceeds that is the member's own. daily_coupon:
    as full_reduction. gift: the whole of `list_fen`; no other bill is one for it.
    """
    if terms.kind == "percent":
        assert terms.member_rate_bp is not None
        return Fen(gross * (WHOLE_BP - terms.member_rate_bp) // WHOLE_BP)
    if terms.kind in REDUCTIONS:
        assert terms.threshold_fen is not None
        assert terms.reduction_fen is not None
        return terms.reduction_fen if gross >= terms.threshold_fen else Fen(0)
    assert terms.list_fen is not None
    if terms.kind == "gift":
        return terms.list_fen if gross == terms.list_fen else Fen(0)
    assert terms.kind == "fixed_price"
    assert terms.member_fen is not None
    return Fen(max(0, min(gross, terms.list_fen) - terms.member_fen))


def only_gross(terms: Terms) -> Fen | None:
    """Return the one bill these terms are for, so that nobody types it; None where any may be."""
    return terms.list_fen if terms.kind == "gift" else None


def least_union_fen(terms: Terms) -> Fen:
    """Return the least that a use costs the union: exact where every bill gets the same off.

    Elsewhere a fen, if the union bears anything at all: what a budget must have left at least.
    """
    if not terms.union_share_bp or terms.union_max_fen == 0:
        return Fen(0)
    bill = terms.threshold_fen if terms.kind in REDUCTIONS else only_gross(terms)
    return Fen(1) if bill is None else split_of(bill, terms).union_pays_fen


def split_of(gross: Fen, terms: Terms) -> Split:
    """Return who bears what of `gross`.

    The discount is apportioned by largest remainder over the shares (ties to the union). The
    union's part stops at `union_max_fen`; what that cuts off stays with the member.
    """
    discount = discount_on(gross, terms)
    shares = [terms.union_share_bp, WHOLE_BP - terms.union_share_bp]
    union, merchant = apportion(discount, shares)
    if terms.union_max_fen is not None:
        union = min(union, terms.union_max_fen)
    return Split(gross, Fen(gross - union - merchant), merchant, union)


def bill_reason(gross: Fen, terms: Terms) -> Reason | None:
    """Return why this bill earns nothing, or None if something comes off."""
    if terms.kind in REDUCTIONS and gross < (terms.threshold_fen or 0):
        return reason("below_threshold", threshold_fen=terms.threshold_fen)
    if terms.kind == "gift" and gross != terms.list_fen:
        return reason("gift_value", list_fen=terms.list_fen)
    if discount_on(gross, terms) == 0:
        return reason("nothing_off")
    return None
