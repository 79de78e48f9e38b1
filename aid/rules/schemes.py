"""What a scheme's file says, read strictly: a field that nobody reads is a field that misleads.

Raises SchemeFileWrong with the place and the reason. The form is explained in
docs/how-to/add-an-aid-scheme.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from aid.rules.expressions import ExpressionWrongError, read_expression
from aid.rules.formulas import (
    INPUTS,
    Band,
    BandedRatio,
    Benefit,
    Bonus,
    DailyAllowance,
    DeductibleRatioCap,
    Formula,
    Labelled,
    LumpSumByShare,
    RatioByOccurrence,
)
from aid.rules.parts import (
    CODE,
    DAYS_MAX,
    LIST_MAX,
    WORD,
    Part,
    Words,
    read_ratio,
    whole,
)
from kernel.money import Fen


@dataclass(frozen=True)
class ApprovalTier:
    """Who approves an amount below `below_fen` (None: any amount).

    `levels` are the levels of union that may; empty: whoever looks after the member.
    """

    below_fen: Fen | None
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """One version of a scheme. `events`, `papers` and `exclusions` map codes to words, in order."""

    effective_from: date
    period_months: int
    shares_max: int
    filing_days: int | None
    filing_article: str
    events: Mapping[str, Words]
    papers: Mapping[str, Words]
    exclusions: Mapping[str, Words]
    approval_tiers: tuple[ApprovalTier, ...]
    benefits: tuple[Benefit, ...]
    articles: Mapping[str, Words]

    def benefit_for(self, event: str) -> Benefit | None:
        """Return the benefit that `event` opens; a version has at most one for each event."""
        return next((each for each in self.benefits if event in each.waiting_days), None)

    def waiting_days(self, event: str) -> int:
        benefit = self.benefit_for(event)
        return benefit.waiting_days[event] if benefit is not None else 0

    def benefit(self, code: str) -> Benefit:
        return next(each for each in self.benefits if each.code == code)

    def tier_for(self, amount: Fen) -> ApprovalTier:
        return next(
            tier
            for tier in self.approval_tiers
            if tier.below_fen is None or amount < tier.below_fen
        )


@dataclass(frozen=True)
class VersionFile:
    """One version as its file has it, and what it means."""

    terms: Terms
    rules: dict[str, Any]
    articles: dict[str, Any]


@dataclass(frozen=True)
class SchemeFile:
    """A scheme with all its versions, oldest first."""

    code: str
    name_zh: str
    name_en: str
    eligibility: list[Any]
    versions: tuple[VersionFile, ...]


def read_scheme_file(content: object) -> SchemeFile:
    """Return the scheme that a file's JSON describes. Raises SchemeFileWrong."""
    with whole(Part(content, "")) as file:
        file.text("source")  # for the reader of the file
        versions = []
        for index, raw in enumerate(file.items("versions")):
            place = f"versions[{index}]"
            part = Part(raw, place)
            effective_from = part.day("effective_from")
            rules = part.copy()
            articles = rules.pop("articles", {})
            del rules["effective_from"]
            terms = read_terms(rules, articles=articles, effective_from=effective_from, place=place)
            versions.append(VersionFile(terms, rules, articles))
        if not versions:
            raise file.wrong("versions", "must have one at least")
        days = [version.terms.effective_from for version in versions]
        if days != sorted(set(days)):
            raise file.wrong("versions", "must be in the order of their days, no two on one day")
        return SchemeFile(
            code=file.text("code", CODE),
            name_zh=file.text("name_zh"),
            name_en=file.text("name_en"),
            eligibility=file.items("eligibility"),
            versions=tuple(versions),
        )


def read_terms(rules: object, *, articles: object, effective_from: date, place: str = "") -> Terms:
    """Return what a stored version means. Raises SchemeFileWrong."""
    with whole(Part(rules, place)) as part:
        filing = part.has("filing")
        filing_days, filing_article = _filing(part.part("filing")) if filing else (None, "")
        terms = Terms(
            effective_from=effective_from,
            period_months=part.whole("period_months", 1, 120),
            shares_max=part.whole("shares_max", 1, 100),
            filing_days=filing_days,
            filing_article=filing_article,
            events=part.coded_words("events"),
            papers=part.coded_words("papers"),
            exclusions=part.coded_words("exclusions"),
            approval_tiers=_tiers(part),
            benefits=tuple(_benefit(each) for each in part.parts("benefits")),
            articles=Part(articles, part.place("articles")).words(),
        )
    _refuse_loose_ends(terms, part)
    return terms


def _filing(part: Part) -> tuple[int, str]:
    with whole(part):
        return part.whole("days", 1, DAYS_MAX), part.text("article")


def _tiers(part: Part) -> tuple[ApprovalTier, ...]:
    tiers = []
    for each in part.parts("approval_tiers"):
        with whole(each) as tier:
            below = tier.fen("below_fen") if tier.has("below_fen") else None
            levels = tuple(str(level) for level in tier.items("levels"))
            tiers.append(ApprovalTier(below, levels))
    bounds = [tier.below_fen for tier in tiers[:-1]]
    ordered = None not in bounds and bounds == sorted(set(bounds), key=lambda bound: bound or 0)
    if not tiers or tiers[-1].below_fen is not None or not ordered:
        raise part.wrong("approval_tiers", "must rise, and the last must have no bound")
    return tuple(tiers)


def _benefit(outer: Part) -> Benefit:
    with whole(outer) as part:
        waiting, often = part.part("waiting"), part.part("occurrences")
        days = waiting.part("days")
        benefit = Benefit(
            code=part.text("code", WORD),
            zh=part.text("zh"),
            en=part.text("en"),
            unit=_unit(part),
            waiting_days={event: days.whole(event, 0, DAYS_MAX) for event in days.codes()},
            waiting_article=waiting.text("article"),
            occurrences_max=often.whole("max", 1, LIST_MAX) if often.has("max") else None,
            occurrences_article=often.text("article"),
            base=_labelled(part.part("base"), named=True) if part.has("base") else None,
            formula=_formula(part.part("formula")),
            bonus=_bonus(part.part("bonus")) if part.has("bonus") else None,
            ceiling=_labelled(part.part("ceiling"), named=False) if part.has("ceiling") else None,
        )
        waiting.no_more()
        often.no_more()
    needs_base = not isinstance(benefit.formula, DailyAllowance | LumpSumByShare)
    if needs_base != (benefit.base is not None):
        raise part.wrong("base", "is needed" if needs_base else "is not used by this primitive")
    if isinstance(benefit.formula, DeductibleRatioCap) and benefit.unit != "claim":
        raise part.wrong("unit", "must be claim: a deductible counts over the whole period")
    if isinstance(benefit.formula, DailyAllowance) and (
        benefit.formula.rate_fen.keys() != benefit.waiting_days.keys()
    ):
        raise part.wrong("formula.rate_fen", "must name the events that the waiting names")
    return benefit


def _unit(part: Part) -> Literal["line", "claim"]:
    match part.text("unit"):
        case "line":
            return "line"
        case "claim":
            return "claim"
    raise part.wrong("unit", "must be line or claim")


def _labelled(outer: Part, *, named: bool) -> Labelled:
    with whole(outer) as part:
        try:
            expression = read_expression(part.text("expression"), names=INPUTS)
        except ExpressionWrongError as error:
            raise part.wrong("expression", str(error)) from None
        return Labelled(
            expression,
            part.text("article"),
            part.text("zh") if named else "",
            part.text("en") if named else "",
        )


def _bonus(outer: Part) -> Bonus:
    with whole(outer) as part:
        return Bonus(part.fen("amount_fen"), part.text("article"))


def _formula(outer: Part) -> Formula:
    with whole(outer) as part:
        article = part.text("article")
        match part.text("primitive"):
            case "ratio_by_occurrence":
                place = part.place("ratios")
                ratios = tuple(read_ratio(each, place) for each in part.items("ratios"))
                if not ratios:
                    raise part.wrong("ratios", "must have one at least")
                return RatioByOccurrence(ratios, article)
            case "banded_ratio":
                return BandedRatio(_bands(part), article)
            case "deductible_ratio_cap":
                amounts = part.fen("deductible_fen"), part.ratio("ratio"), part.fen("maximum_fen")
                return DeductibleRatioCap(*amounts, article)
            case "daily_allowance":
                rates = part.part("rate_fen")
                rate_fen = {event: rates.fen(event) for event in rates.codes()}
                return DailyAllowance(rate_fen, part.whole("days_max", 1, DAYS_MAX), article)
            case "lump_sum_by_share":
                return LumpSumByShare(part.fen("per_share_fen"), article)
        raise part.wrong("primitive", "is not one of those this service can compute")


def _bands(outer: Part) -> tuple[Band, ...]:
    bands = []
    for each in outer.parts("bands"):
        with whole(each) as part:
            up_to = part.fen("up_to_fen") if part.has("up_to_fen") else None
            bands.append(Band(up_to, part.ratio("ratio")))
    bounds = [band.up_to_fen for band in bands[:-1]]
    ordered = None not in bounds and bounds == sorted(set(bounds), key=lambda bound: bound or 0)
    if not bands or not ordered:
        raise outer.wrong("bands", "must rise, and only the last may be without end")
    return tuple(bands)


def _refuse_loose_ends(terms: Terms, part: Part) -> None:
    """Refuse what is named in one place of a version and missing in another."""
    covered = [event for benefit in terms.benefits for event in benefit.waiting_days]
    if sorted(covered) != sorted(terms.events):
        raise part.wrong("benefits", "must cover each of the events, and each once")
    if len({benefit.code for benefit in terms.benefits}) != len(terms.benefits):
        raise part.wrong("benefits", "must have codes of their own")
    named = {terms.filing_article} if terms.filing_article else set()
    for benefit in terms.benefits:
        named |= {benefit.waiting_article, benefit.occurrences_article, benefit.formula.article}
        extras = (benefit.base, benefit.bonus, benefit.ceiling)
        named |= {extra.article for extra in extras if extra is not None}
    missing = sorted(named - terms.articles.keys())
    if missing:
        raise part.wrong("articles", f"has no {missing[0]}")
