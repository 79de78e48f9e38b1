"""What a claim comes to: the primitives of domain 5.3, computed exactly and told step by step.

All amounts inside are exact decimals of fen; each primitive rounds its result once, half up, to a
whole fen. A primitive is chosen and filled by the scheme's file; nothing here knows a scheme.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Literal

from aid.rules.expressions import Expression
from aid.rules.sentences import FUNCTION_NAMES, INPUT_NAMES, STEP_SENTENCES
from kernel.money import Fen, yuan

INPUTS = frozenset(INPUT_NAMES)
_ZERO = Decimal(0)
_NOTHING = Fen(0)


@dataclass(frozen=True)
class Labelled:
    """An expression with what its result is called and the article that states it."""

    expression: Expression
    article: str
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class RatioByOccurrence:
    """The base times the ratio of this occurrence: the first of `ratios` for the first one."""

    ratios: tuple[Decimal, ...]
    article: str


@dataclass(frozen=True)
class Band:
    """A stretch of the base up to `up_to_fen` (None: without end) and its ratio."""

    up_to_fen: Fen | None
    ratio: Decimal


@dataclass(frozen=True)
class BandedRatio:
    """Each stretch of the base times its own ratio, one stretch after the other."""

    bands: tuple[Band, ...]
    article: str


@dataclass(frozen=True)
class DeductibleRatioCap:
    """All base of the period less one deductible, times a ratio, at most a maximum.

    What was granted before in the period comes off, so that the deductible counts once.
    """

    deductible_fen: Fen
    ratio: Decimal
    maximum_fen: Fen
    article: str


@dataclass(frozen=True)
class DailyAllowance:
    """So much a day by what happened, for at most `days_max` days an occurrence."""

    rate_fen: dict[str, Fen]
    days_max: int
    article: str


@dataclass(frozen=True)
class LumpSumByShare:
    """A fixed sum for each share of the cover."""

    per_share_fen: Fen
    article: str


Formula = RatioByOccurrence | BandedRatio | DeductibleRatioCap | DailyAllowance | LumpSumByShare


@dataclass(frozen=True)
class Bonus:
    """What is added to the first occurrence of a period, once."""

    amount_fen: Fen
    article: str


@dataclass(frozen=True)
class Benefit:
    """One benefit of a scheme version: what counts, how it is computed, how often.

    `unit` says what one occurrence is: a line of the claim (a stay), or the whole claim. `base` is
    unused by a daily allowance and a lump sum.
    """

    code: str
    zh: str
    en: str
    waiting_days: dict[str, int]  # by event; an event that is not here is not covered
    waiting_article: str
    unit: Literal["line", "claim"]
    occurrences_max: int | None
    occurrences_article: str
    base: Labelled | None
    formula: Formula
    bonus: Bonus | None = None
    ceiling: Labelled | None = None


@dataclass(frozen=True)
class LineAmounts:
    """What one paper of a claim says. Whole fen and whole days, none negative."""

    pool_paid_fen: Fen
    self_paid_fen: Fen
    days: int

    def inputs(self) -> dict[str, Decimal]:
        return {
            "pool_paid": Decimal(self.pool_paid_fen),
            "self_paid": Decimal(self.self_paid_fen),
            "days": Decimal(self.days),
        }


@dataclass(frozen=True)
class History:
    """What the same cover has seen of the benefit before.

    `taken` are the occurrences that other claims hold; `earlier` the papers of claims made before
    this one, and `granted_fen` what those came to.
    """

    taken: frozenset[int] = frozenset()
    earlier: tuple[LineAmounts, ...] = ()
    granted_fen: Fen = _NOTHING


@dataclass(frozen=True)
class Step:
    """One line of the trail: by which article, what it came to, and the sentence that shows how.

    `line` counts the papers of the claim from 1; None is about all of them.
    """

    rule: str
    article: str
    amount_fen: Fen
    zh: str
    en: str
    line: int | None = None


@dataclass(frozen=True)
class Calculation:
    """What a claim comes to. `occurrences` are the places in the period that it takes."""

    benefit_fen: Fen
    steps: tuple[Step, ...]
    occurrences: tuple[int, ...]


class _Trail:
    """Collects the steps of one calculation."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.line: int | None = None

    def add(self, rule: str, article: str, amount: Decimal, **facts: object) -> Decimal:
        """Write a step down and return its amount."""
        zh, en = (s.format(amount=_yuan(amount), **facts) for s in STEP_SENTENCES[rule])
        self.steps.append(Step(rule, article, half_up(amount), zh, en, self.line))
        return amount


def calculate(
    benefit: Benefit,
    *,
    event: str,
    lines: Sequence[LineAmounts],
    shares: int = 1,
    history: History | None = None,
) -> Calculation:
    """Return what `lines` come to under `benefit`, with every step.

    Never negative. Each unit takes the smallest occurrence that is free in `history`; one beyond
    the benefit's maximum comes to nothing and takes no place.
    """
    history = history or History()
    is_by_line = benefit.unit == "line"
    units = [line.inputs() for line in lines] if is_by_line else [_sum(lines)]
    taken, occurrences = set(history.taken), []
    trail, total = _Trail(), _ZERO
    for number, inputs in enumerate(units, start=1):
        trail.line = number if is_by_line else None
        occurrence = _smallest_free(taken)
        if benefit.occurrences_max is not None and occurrence > benefit.occurrences_max:
            maximum, article = benefit.occurrences_max, benefit.occurrences_article
            trail.add("occurrences_used", article, _ZERO, maximum=maximum)
            continue
        taken.add(occurrence)
        occurrences.append(occurrence)
        case = _Case(benefit, event, inputs, occurrence, shares, history)
        total += half_up(_with_extras(case, _by_formula(case, trail), trail))
    trail.line = None
    trail.add("total", benefit.formula.article, total)
    return Calculation(half_up(total), tuple(trail.steps), tuple(occurrences))


@dataclass(frozen=True)
class _Case:
    """One unit on its way through a benefit's formula."""

    benefit: Benefit
    event: str
    inputs: Mapping[str, Decimal]
    occurrence: int
    shares: int
    history: History


def _by_formula(case: _Case, trail: _Trail) -> Decimal:
    formula = case.benefit.formula
    match formula:
        case RatioByOccurrence():
            base = _base(case, trail)
            # Past the last ratio named, the last one goes on.
            ratio = formula.ratios[min(case.occurrence, len(formula.ratios)) - 1]
            return trail.add(
                "occurrence",
                formula.article,
                _rounded(base * ratio),
                occurrence=case.occurrence,
                base=_yuan(base),
                ratio=_percent(ratio),
            )
        case BandedRatio():
            return _banded(formula, _base(case, trail), trail)
        case DeductibleRatioCap():
            return _cumulative(formula, case, trail)
        case DailyAllowance():
            return _daily(formula, case, trail)
        case LumpSumByShare():
            return trail.add(
                "shares",
                formula.article,
                Decimal(formula.per_share_fen * case.shares),
                per_share=yuan(formula.per_share_fen),
                shares=case.shares,
            )


def _base(case: _Case, trail: _Trail) -> Decimal:
    labelled = case.benefit.base
    assert labelled is not None
    value = max(_ZERO, labelled.expression.value(case.inputs))
    zh, en = _shown(labelled.expression, case.inputs)
    return trail.add(
        "base",
        labelled.article,
        value,
        label_zh=labelled.zh,
        label_en=labelled.en,
        expression_zh=zh,
        expression_en=en,
    )


def _banded(formula: BandedRatio, base: Decimal, trail: _Trail) -> Decimal:
    below, total = _ZERO, _ZERO
    for band in formula.bands:
        top = base if band.up_to_fen is None else min(base, Decimal(band.up_to_fen))
        part = max(_ZERO, top - below)
        if part:
            amount = _rounded(part * band.ratio)
            ratio = _percent(band.ratio)
            total += trail.add("band", formula.article, amount, part=_yuan(part), ratio=ratio)
        below = top
    return total


def _cumulative(formula: DeductibleRatioCap, case: _Case, trail: _Trail) -> Decimal:
    labelled = case.benefit.base
    assert labelled is not None
    earlier = [
        max(_ZERO, labelled.expression.value(line.inputs())) for line in case.history.earlier
    ]
    total = _base(case, trail) + sum(earlier, _ZERO)
    counted = max(_ZERO, total - formula.deductible_fen)
    amount = trail.add(
        "cumulative",
        formula.article,
        _rounded(counted * formula.ratio),
        total=_yuan(total),
        deductible=yuan(formula.deductible_fen),
        ratio=_percent(formula.ratio),
    )
    if amount > formula.maximum_fen:
        amount = trail.add("maximum", formula.article, Decimal(formula.maximum_fen))
    granted = case.history.granted_fen
    if granted:
        left = max(_ZERO, amount - granted)
        amount = trail.add("granted_before", formula.article, left, granted=yuan(granted))
    return amount


def _daily(formula: DailyAllowance, case: _Case, trail: _Trail) -> Decimal:
    rate, asked = formula.rate_fen[case.event], int(case.inputs["days"])
    days = min(asked, formula.days_max)
    return trail.add(
        "days" if days == asked else "days_limited",
        formula.article,
        Decimal(rate * days),
        rate=yuan(rate),
        days=days,
        asked=asked,
    )


def _with_extras(case: _Case, amount: Decimal, trail: _Trail) -> Decimal:
    """Add the bonus of a first occurrence, then hold the sum below the ceiling."""
    bonus, ceiling = case.benefit.bonus, case.benefit.ceiling
    if bonus is not None and case.occurrence == 1:
        shown = yuan(bonus.amount_fen)
        amount = trail.add("bonus", bonus.article, amount + bonus.amount_fen, bonus=shown)
    if ceiling is not None:
        highest = max(_ZERO, ceiling.expression.value(case.inputs))
        if amount > highest:
            zh, en = _shown(ceiling.expression, case.inputs)
            facts = {"expression_zh": zh, "expression_en": en}
            amount = trail.add("ceiling", ceiling.article, highest, **facts)
    return amount


def half_up(amount: Decimal) -> Fen:
    """Return the nearest whole fen, a half upwards (R09)."""
    return Fen(int(amount.quantize(Decimal(1), ROUND_HALF_UP)))


def _rounded(amount: Decimal) -> Decimal:
    return Decimal(half_up(amount))


def _smallest_free(taken: set[int]) -> int:
    return next(number for number in count(1) if number not in taken)


def _sum(lines: Sequence[LineAmounts]) -> dict[str, Decimal]:
    inputs = [line.inputs() for line in lines]
    return {name: sum((each[name] for each in inputs), _ZERO) for name in INPUTS}


def _shown(expression: Expression, inputs: Mapping[str, Decimal]) -> tuple[str, str]:
    """Return the expression with its amounts, in Chinese and in English."""
    zh, en = (
        {name: f"{words[side]} {_input(name, inputs[name])}" for name, words in INPUT_NAMES.items()}
        | {name: words[side] for name, words in FUNCTION_NAMES.items()}
        for side in (0, 1)
    )
    return expression.shown(zh), expression.shown(en)


def _input(name: str, value: Decimal) -> str:
    return str(value) if name == "days" else _yuan(value)


def _yuan(amount: Decimal) -> str:
    """Return fen as yuan for people: two decimals, more only where a fen is not whole."""
    if amount == amount.to_integral_value():
        return yuan(Fen(int(amount)))
    return f"{(amount / 100).normalize():,f}"


def _percent(ratio: Decimal) -> str:
    return f"{(ratio * 100).normalize():f}%"
