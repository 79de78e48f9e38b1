"""Programmes, limits and offers in the reader's language, and who of them may see and change."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import get_locale, gettext

from benefits.models import (
    CASH_LIKE,
    Instrument,
    LimitRule,
    LimitScope,
    LimitUnit,
    LimitWindow,
    OfferKind,
    OfferState,
    OfferVersion,
    ProgrammeState,
    SpendRuleState,
)
from benefits.queries import OfferReach, Spending
from benefits.rules import (
    AGE_MAX,
    Conditions,
    Terms,
    condition_sentences,
    shares_said,
    terms_said,
)
from cards.uc1.terms import Assurance
from kernel.actors import Role
from kernel.i18n import N_
from kernel.money import Fen, yuan
from kernel.persons import EmploymentStatus, HardshipLevel
from kernel.web import NotAllowed, current_actor
from ledger.models import Family, FundSource
from members.models import MembershipStatus
from members.pages.blueprint import STATUS_WORDS
from merchants.queries import MerchantReach

FAMILY_WORDS = {
    Family.DISCOUNT: N_("Discounts"),
    Family.AID: N_("Mutual aid"),
    Family.TRAINING: N_("Training"),
}
FUND_WORDS = {
    FundSource.UNION_FUND: N_("Union fund"),
    FundSource.DUES: N_("Dues"),
    FundSource.MUTUAL_AID: N_("Mutual-aid fund"),
    FundSource.AID: N_("Aid fund"),
    FundSource.FISCAL: N_("Public money"),
}
PROGRAMME_WORDS = {
    ProgrammeState.DRAFT: N_("Draft"),
    ProgrammeState.PROPOSED: N_("Waits for approval"),
    ProgrammeState.RUNNING: N_("Running"),
    ProgrammeState.PAUSED: N_("Paused"),
    ProgrammeState.ENDED: N_("Ended"),
}
INSTRUMENT_WORDS = {
    Instrument.DISCOUNT: N_("A discount at a till"),
    Instrument.VOUCHER: N_("A voucher of named merchants"),
    Instrument.GOODS: N_("Goods"),
    Instrument.SERVICE: N_("A service or course"),
    Instrument.TRANSFER: N_("A transfer to their own account"),
    Instrument.CASH: N_("Cash (never approved)"),
    Instrument.SHOPPING_CARD: N_("A shopping card (never approved)"),
}
# What a rule may allow.
ALLOWED_WORDS = {each: word for each, word in INSTRUMENT_WORDS.items() if each not in CASH_LIKE}
RULE_STATE_WORDS = {
    SpendRuleState.PROPOSED: N_("To be decided"),
    SpendRuleState.IN_FORCE: N_("In force"),
    SpendRuleState.REFUSED: N_("Refused"),
    SpendRuleState.REPLACED: N_("Replaced"),
}
OFFER_WORDS = {
    OfferState.DRAFT: N_("Draft"),
    OfferState.ACTIVE: N_("Active"),
    OfferState.ENDED: N_("Ended"),
}
KIND_WORDS = {
    OfferKind.PERCENT: N_("Percentage off"),
    OfferKind.FULL_REDUCTION: N_("Spend and save"),
    OfferKind.FIXED_PRICE: N_("Fixed price"),
    OfferKind.DAILY_COUPON: N_("Daily coupon"),
    OfferKind.GIFT: N_("Goods picked up"),
}
ASSURANCE_WORDS = {
    Assurance.POSSESSION: N_("Live code, proven by the member's own phone"),
    Assurance.SESSION: N_("Live code of a signed-in phone"),
    Assurance.STATIC: N_("Printed code, with a document checked"),
}
SCOPE_WORDS = {
    LimitScope.PROGRAMME: N_("All offers together"),
    LimitScope.OFFER: N_("Each offer"),
    LimitScope.MERCHANT: N_("Each merchant"),
    LimitScope.SITE: N_("Each site"),
    LimitScope.TERMINAL: N_("Each till"),
    LimitScope.MEMBER: N_("Each member"),
}
# What an offer's own limit counts on: no more than the offer itself.
OFFER_SCOPE_WORDS = {
    LimitScope.OFFER: N_("This offer"),
    **{
        scope: SCOPE_WORDS[scope]
        for scope in (
            LimitScope.MERCHANT,
            LimitScope.SITE,
            LimitScope.TERMINAL,
            LimitScope.MEMBER,
        )
    },
}
WINDOW_WORDS = {
    LimitWindow.TOTAL: N_("in total"),
    LimitWindow.DAY: N_("a day"),
    LimitWindow.WEEK: N_("a week"),
    LimitWindow.MONTH: N_("a month"),
    LimitWindow.YEAR: N_("a year"),
}
UNIT_WORDS = {
    LimitUnit.USES: N_("Number of uses"),
    LimitUnit.FEN: N_("The union's money, in yuan"),
}
# Of these only can somebody hold a card that works.
STATUS_CHOICES = {
    status: STATUS_WORDS[status]
    for status in (
        MembershipStatus.ACTIVE,
        MembershipStatus.TRANSFERRING,
        MembershipStatus.RETAINED,
    )
}
EMPLOYMENT_WORDS = {
    EmploymentStatus.EMPLOYED: N_("In work"),
    EmploymentStatus.WAITING: N_("Waiting for work"),
    EmploymentStatus.FLEXIBLE: N_("Flexible employment"),
    EmploymentStatus.UNEMPLOYED: N_("Unemployed"),
    EmploymentStatus.RETIRED: N_("Retired"),
}
HARDSHIP_WORDS = {
    HardshipLevel.NONE: N_("None"),
    HardshipLevel.DEEP: N_("Deep hardship"),
    HardshipLevel.RELATIVE: N_("Relative hardship"),
    HardshipLevel.ACCIDENTAL: N_("Hardship by accident"),
}
HARDSHIP_CHOICES = {
    level: word for level, word in HARDSHIP_WORDS.items() if level is not HardshipLevel.NONE
}


# --- Who sees and changes what


def reading_reach() -> OfferReach:
    """Return which offers the caller may see: those for every merchant are everybody's to see."""
    paths = current_actor().paths(Role.PROGRAMME_DESIGNER, Role.AUDITOR)
    return OfferReach(MerchantReach(paths=paths), for_all=True)


def changing_reach() -> OfferReach:
    """Return which offers the caller may change: what is for everywhere is for the city alone."""
    merchants = MerchantReach(paths=current_actor().paths(Role.PROGRAMME_DESIGNER))
    return OfferReach(merchants, for_all=merchants.is_citywide)


def may_change_programmes() -> bool:
    return changing_reach().for_all


def insist_on_the_city() -> None:
    """Raise NotAllowed unless the caller designs for the whole city: programmes belong to it."""
    if not may_change_programmes():
        raise NotAllowed


# --- Sentences


def _(sentence: str, **facts: object) -> str:
    return str(gettext(sentence, **facts))


def worded(zh: str, en: str) -> str:
    return zh if str(get_locale()).startswith("zh") else en


def terms_sentence(terms: Terms) -> str:
    """Say what the member gets, before anybody's maximum."""
    return terms_said(terms, _)


def conditions_said(conditions: Conditions) -> list[str]:
    """Say when an offer counts, for whom beside its programme, and beside what it does not."""
    return condition_sentences(conditions, _)


def shares_sentence(terms: Terms) -> str:
    """Say who bears which share of the discount, and where the union's part stops."""
    return shares_said(terms, _)


def sample_bill(terms: Terms) -> Fen:
    """Return a bill that shows what the terms do."""
    return terms.threshold_fen or terms.list_fen or Fen(60_00)


def limit_sentence(rule: LimitRule) -> str:
    """Say on whom a limit counts and how much there is: "Each member: at most 2× a day"."""
    words = SCOPE_WORDS if rule.offer_id is None else OFFER_SCOPE_WORDS
    scope = words.get(rule.scope) or SCOPE_WORDS.get(rule.scope, rule.scope)
    return _(
        "%(scope)s: at most %(maximum)s %(window)s",
        scope=_(scope),
        maximum=quantity(rule.maximum, rule.unit),
        window=_(WINDOW_WORDS[rule.window]),
    )


def quantity(number: int, unit: LimitUnit) -> str:
    """Return an amount of a limit: "¥1,000.00" or "20×"."""
    if unit is LimitUnit.FEN:
        return f"¥{yuan(Fen(number))}"
    return _("%(number)s×", number=f"{number:,}")


def ceiling_sentence(found: Spending) -> str:
    """Say what an occasion's rule leaves: "at most ¥2,200.00 a member and year, ¥0.00 left"."""
    if found.rule.ceiling_fen is None or found.left_fen is None:
        return _("no ceiling")
    return _(
        "at most ¥%(ceiling)s a member and year, ¥%(left)s left",
        ceiling=yuan(found.rule.ceiling_fen),
        left=yuan(found.left_fen),
    )


def assurance_words(version: OfferVersion) -> list[str]:
    return [_(ASSURANCE_WORDS[Assurance(each)]) for each in version.assurances]


def eligibility_sentences(
    rules: Sequence[Mapping[str, Any]], *, union_names: Mapping[str, str]
) -> list[str]:
    """Say whom a programme is for, a sentence a rule; a rule that cannot be read is named as one.

    `union_names` are the names of the unions at the paths that the rules mention.
    """
    return [_eligibility_sentence(rule, union_names) for rule in rules]


def union_paths_of(rules: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the union paths that the rules mention."""
    return {str(path) for rule in rules for path in rule.get("paths", ())}


def _eligibility_sentence(rule: Mapping[str, Any], union_names: Mapping[str, str]) -> str:
    try:
        return _readable(rule, union_names)
    except (KeyError, TypeError, ValueError):
        return _("A rule that cannot be read: it refuses everybody.")


# rule: (its sentence, where its values stand, their words)
_LISTS: dict[str, tuple[str, str, Mapping[Any, str]]] = {
    "membership": (N_("Membership: %(values)s"), "statuses", STATUS_WORDS),
    "employment": (N_("Employment: %(values)s"), "values", EMPLOYMENT_WORDS),
    "hardship": (N_("Hardship on file: %(values)s"), "levels", HARDSHIP_WORDS),
}
_DAYS = {
    "joined_within_days": N_("Joined at most %(days)s days ago"),
    "joined_for_days": N_("Joined at least %(days)s days ago"),
}


def _readable(rule: Mapping[str, Any], union_names: Mapping[str, str]) -> str:
    name = rule["rule"]
    if name == "union_within":
        names = [union_names.get(path, path) for path in rule["paths"]]
        return _("Members of %(unions)s and the unions below", unions=_listed(names))
    if name == "age":
        return _age_sentence(int(rule["from"]), int(rule["to"]))
    if name in _DAYS:
        return _(_DAYS[name], days=int(rule["days"]))
    sentence, where, words = _LISTS[name]
    return _(sentence, values=_listed([_(words[each]) for each in rule[where]]))


def _age_sentence(youngest: int, oldest: int) -> str:
    if oldest >= AGE_MAX:
        return _("Aged %(from_age)s or older", from_age=youngest)
    return _("Aged %(from_age)s to %(to_age)s", from_age=youngest, to_age=oldest)


def _listed(words: Sequence[str]) -> str:
    return _(", ").join(words)
