"""What happens in the generated quarter, made up ahead, with sums of its own.

Pure, and apart from the product: whoever bears what of a bill is worked out here a second time,
and so is what each merchant is owed. Only integers, only adding and taking away.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from bench.books import Deal, Holder, Place, Sold
from kernel.ids import new_id

SHANGHAI = timedelta(hours=8)
MONTHS = (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
OPENS_AT = datetime(2026, 6, 30, 16, tzinfo=UTC)
# The terms of the two deals, as their posters say them.
OFF_FEN, OFF_UNION_FEN = 40_00, 30_00
LIST_FEN, PRICE_FEN = 30_00, 9_90

Key = tuple[UUID, str]  # a merchant and the fund that pays it


@dataclass
class Left:
    """What of a sale has not been taken back, and from which till it is."""

    sold: Sold
    union: int
    merchant: int
    member: int

    @property
    def whole(self) -> int:
        return self.union + self.merchant + self.member

    @property
    def gross(self) -> int:
        return self.sold.union_fen + self.sold.merchant_fen + self.sold.member_fen


@dataclass
class Sums:
    """The generator's own sums; `earned` by merchant, fund and the month in which it is booked."""

    sales: int = 0
    gross_fen: int = 0
    earned: Counter[tuple[UUID, str, date]] = field(default_factory=Counter)
    paid: Counter[Key] = field(default_factory=Counter)
    planted: Counter[tuple[str, str]] = field(default_factory=Counter)  # (code, what it is about)
    tolerated: Counter[str] = field(default_factory=Counter)  # named, and nothing to be done

    def owed(self) -> dict[Key, int]:
        """Return what each merchant is still owed of each fund."""
        owed: Counter[Key] = Counter()
        for (merchant_id, fund, _), fen in self.earned.items():
            owed[merchant_id, fund] += fen
        owed.subtract(self.paid)
        return {key: fen for key, fen in owed.items() if fen}

    def of_month(self, month: date) -> dict[Key, int]:
        return {(who, fund): fen for (who, fund, when), fen in self.earned.items() if when == month}


class Generator:
    """Makes the quarter up from one seed and keeps `sums` of it."""

    def __init__(
        self,
        places: Sequence[Place],
        holders: Sequence[Holder],
        deals: Sequence[Deal],
        *,
        seed: int,
    ) -> None:
        self.random = Random(seed)
        self.sums = Sums()
        self.left: list[Left] = []
        self.sold: dict[date, list[Sold]] = {month: [] for month in MONTHS}
        self.deals = deals
        self._places, self._holders = places, holders

    def sales(self, month: date, count: int, *, places: Sequence[Place] = ()) -> list[Sold]:
        """Make up so many sales of a month, in the order in which they happen."""
        start = datetime(month.year, month.month, 1, tzinfo=UTC) - SHANGHAI
        days = (next_month(month) - month).days
        moments = sorted(
            start + timedelta(seconds=self.random.randrange(days * 86_400)) for _ in range(count)
        )
        return [self._sale(at, self.random.choice(places or self._places)) for at in moments]

    def _sale(self, at: datetime, place: Place) -> Sold:
        which = self.random.randrange(len(self.deals))
        if which == 0:
            gross = self.random.randrange(50_00, 400_00)
            parts = (gross - OFF_FEN, OFF_FEN - OFF_UNION_FEN, OFF_UNION_FEN)
        else:
            parts = (PRICE_FEN, 0, LIST_FEN - PRICE_FEN)
        deal = self.deals[which]
        sold = Sold(new_id(), at, place, self.random.choice(self._holders), deal, *parts)
        self.left.append(Left(sold, sold.union_fen, sold.merchant_fen, sold.member_fen))
        self.count(sold, booked_on=(at + SHANGHAI).date())
        return sold

    def count(self, sold: Sold, *, booked_on: date) -> None:
        """Count a sale, which may be booked on a later day than the one on which it was made."""
        self.sold[(sold.at + SHANGHAI).date().replace(day=1)].append(sold)
        self.sums.sales += 1
        self.sums.gross_fen += sold.member_fen + sold.merchant_fen + sold.union_fen
        self.book(sold.place.merchant_id, sold.deal.fund.value, booked_on, sold.union_fen)

    def book(self, merchant_id: UUID, fund: str, day: date, fen: int) -> None:
        """Count what a merchant is owed more, or less, from a day on."""
        self.sums.earned[merchant_id, fund, day.replace(day=1)] += fen

    def take_back(self, day: date) -> tuple[Left, int, int]:
        """Choose a sale and how much of its bill comes back; the union's part too."""
        some = self.random.sample(self.left, min(len(self.left), 50))
        left = self.random.choice([each for each in some if each.whole])
        is_whole = self.random.choice((True, False))
        amount = left.whole if is_whole else self.random.randint(1, left.whole)
        union, merchant, member = apportioned(amount, (left.union, left.merchant, left.member))
        left.union, left.merchant, left.member = (
            left.union - union,
            left.merchant - merchant,
            left.member - member,
        )
        self.book(left.sold.place.merchant_id, left.sold.deal.fund.value, day, -union)
        return left, amount, union

    def forget(self, sale_id: UUID) -> None:
        """Leave a sale alone from now on: finance lowered what it is worth."""
        self.left = [each for each in self.left if each.sold.id != sale_id]


def apportioned(amount: int, parts: Sequence[int]) -> list[int]:
    """Share an amount out over parts by largest remainder; on a tie the first comes first."""
    whole = sum(parts)
    shares = [amount * part // whole for part in parts]
    rests = [amount * part % whole for part in parts]
    order = sorted(range(len(parts)), key=lambda place: (-rests[place], place))
    for place in order[: amount - sum(shares)]:
        shares[place] += 1
    return shares


def next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
