"""What terms say to people, at the desk and on the member's phone: the same in other persons.

Each takes `say`, which puts a sentence into the reader's language; `to_member` says "you".
"""

from collections.abc import Callable

from benefits.rules.terms import REDUCTIONS, Terms
from kernel.i18n import N_
from kernel.money import WHOLE_BP, BasisPoints, yuan

# By whether the member is spoken to.
_PERCENT = {
    False: N_("The member pays %(rate)s%% of the bill."),
    True: N_("You pay %(rate)s%% of the bill."),
}
_REDUCTION = {
    "full_reduction": N_("From ¥%(threshold)s, ¥%(reduction)s comes off the bill."),
    "daily_coupon": N_("Every day, from ¥%(threshold)s, ¥%(reduction)s comes off the bill."),
}
_GIFT = {
    False: N_("The member gets what lists at ¥%(listed)s for nothing."),
    True: N_("You get what lists at ¥%(listed)s for nothing."),
}
_FIXED_PRICE = {
    False: N_("What lists at ¥%(listed)s costs the member ¥%(price)s."),
    True: N_("What lists at ¥%(listed)s costs you ¥%(price)s."),
}
_UNION_TO_A_MAXIMUM = {
    False: N_(
        "The union pays the discount, at most ¥%(maximum)s a use. What is above it the member pays."
    ),
    True: N_("The union pays the discount, at most ¥%(maximum)s a use. What is above it you pay."),
}
_BOTH_TO_A_MAXIMUM = {
    False: N_(
        "Of the discount the union pays %(union)s%%, at most ¥%(maximum)s a use, and the merchant"
        " bears %(merchant)s%%. What is above the maximum the member pays."
    ),
    True: N_(
        "Of the discount the union pays %(union)s%%, at most ¥%(maximum)s a use, and the merchant"
        " bears %(merchant)s%%. What is above the maximum you pay."
    ),
}


def percentage(rate: BasisPoints) -> str:
    """Return basis points as people write them: 8750 reads "87.5"."""
    whole, rest = divmod(rate, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def terms_said(terms: Terms, say: Callable[..., str], *, to_member: bool = False) -> str:
    """Say what the member gets, before anybody's maximum."""
    if terms.kind == "percent":
        assert terms.member_rate_bp is not None
        return say(_PERCENT[to_member], rate=percentage(terms.member_rate_bp))
    if terms.kind in REDUCTIONS:
        assert terms.threshold_fen is not None
        assert terms.reduction_fen is not None
        return say(
            _REDUCTION[terms.kind],
            threshold=yuan(terms.threshold_fen),
            reduction=yuan(terms.reduction_fen),
        )
    assert terms.list_fen is not None
    listed = yuan(terms.list_fen)
    if terms.kind == "gift":
        return say(_GIFT[to_member], listed=listed)
    assert terms.member_fen is not None
    return say(_FIXED_PRICE[to_member], listed=listed, price=yuan(terms.member_fen))


def shares_said(terms: Terms, say: Callable[..., str], *, to_member: bool = False) -> str:
    """Say who bears which share of the discount, and where the union's part stops."""
    union, merchant = terms.union_share_bp, BasisPoints(WHOLE_BP - terms.union_share_bp)
    if union == 0:
        return say(N_("The merchant bears the whole discount."))
    facts = {"union": percentage(union), "merchant": percentage(merchant)}
    if terms.union_max_fen is not None:
        maximum = yuan(terms.union_max_fen)
        if merchant == 0:
            return say(_UNION_TO_A_MAXIMUM[to_member], maximum=maximum)
        return say(_BOTH_TO_A_MAXIMUM[to_member], maximum=maximum, **facts)
    if merchant == 0:
        return say(N_("The union pays the whole discount."))
    return say(
        N_("Of the discount the union pays %(union)s%%, the merchant bears %(merchant)s%%."),
        **facts,
    )
