"""Flags at the desk: look, decide, act; and the rules by which they are raised."""

from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from discounts.rules import receipt_number
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_moment, moment_place, see_other
from kernel.web import NotAllowed, current_actor
from merchants.queries import DECIDERS, MerchantReach, sanctions_of
from merchants.rules import SANCTION_WORDS
from risk.errors import FlagNotFound, RiskRuleNotFound
from risk.models import SHARES, FlagState, RiskRule, Signal
from risk.queries import (
    FlagRow,
    SeenSale,
    find_risk_rule,
    flag_within,
    flags_within,
    risk_rules,
    sales_of_flag,
)
from risk.schemas import MEASURES, DecideForm, FlagQuery, RuleForm
from risk.services import RuleNumbers, change_rule, decide_flag

pages = Blueprint("risk_pages", __name__, url_prefix="/desk/risk", template_folder="templates")

SIGNAL_WORDS = {
    Signal.VELOCITY: N_("Many sales in a short time"),
    Signal.AT_THRESHOLD: N_("Bills of exactly the threshold"),
    Signal.FIRST_CARDS: N_("Many cards used for the first time"),
    Signal.OUTSIDE_HOURS: N_("Sales outside opening hours"),
    Signal.FAR_SITES: N_("One card in two districts within minutes"),
    Signal.VOIDS: N_("Many sales taken back whole"),
    Signal.NOT_ME: N_('Members say "this was not me"'),
    Signal.PRICE_RAISED: N_("List price raised with new terms"),
}
# What to look at: the signal alone proves nothing.
SIGNAL_HINTS = {
    Signal.VELOCITY: N_("Was there a promotion or a queue? Ask for the till's own receipts."),
    Signal.AT_THRESHOLD: N_("Ask what was sold: real bills are rarely all of one amount."),
    Signal.FIRST_CARDS: N_(
        "Was there an event of a union? Ask some members whether they were there."
    ),
    Signal.OUTSIDE_HOURS: N_("Does the place open at night, or is the till's clock wrong?"),
    Signal.FAR_SITES: N_(
        "Could the member travel in that time? Ask both merchants, not the member."
    ),
    Signal.VOIDS: N_("Was one clerk on duty? Compare with the till's own journal."),
    Signal.NOT_ME: N_("Read the reports beside the sales before asking the merchant."),
    Signal.PRICE_RAISED: N_("Ask for the price list of the month before."),
}
STATE_WORDS = {
    FlagState.OPEN: N_("To be looked into"),
    FlagState.CLEARED: N_("Cleared"),
    FlagState.CONFIRMED: N_("Confirmed"),
}
SALE_WORDS = {
    "captured": N_("Redeemed"),
    "voided": N_("Voided"),
    "partly_reversed": N_("Partly taken back"),
    "reversed": N_("Taken back in full"),
}
STATE_KINDS = {FlagState.OPEN: "wait", FlagState.CLEARED: "yes", FlagState.CONFIRMED: "no"}


def _reading_reach() -> MerchantReach:
    return MerchantReach(paths=current_actor().paths(*DECIDERS, Role.AUDITOR))


def _deciding_reach() -> MerchantReach:
    return MerchantReach(paths=current_actor().paths(*DECIDERS))


def _insist_on_the_city() -> None:
    """Raise NotAllowed for who looks after a district only: the rules are the whole city's."""
    if not _deciding_reach().is_citywide:
        raise NotAllowed


def _worded(zh: str, en: str) -> str:
    return zh if str(get_locale()).startswith("zh") else en


# --- Flags


@pages.get("")
def flags() -> ResponseReturnValue:
    """List what was flagged, newest first, or save the list as a file."""
    form = read_query(FlagQuery())
    with transaction() as session:
        rows = flags_within(
            session,
            reach=_reading_reach(),
            after=cursor_moment(),
            rows=rows_wanted(),
            **form.values,
        )
    return listing(
        "risk/flags.html",
        rows,
        columns=_columns(),
        name="risk-flags",
        place=lambda row: moment_place(row.flag.flagged_at, row.flag.id),
        form=form,
        about=_about,
        numbers=_numbers_sentence,
        signal_words=SIGNAL_WORDS,
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
    )


def _about(row: FlagRow) -> str:
    """Return what a flag is about: a till at its site, or an offer."""
    if row.terminal is None:
        return _worded(row.offer_zh or "", row.offer_en or "")
    return f"{row.site} · {row.terminal} ({row.terminal_code})"


def _numbers_sentence(row: FlagRow) -> str:
    """Say what was seen and from where on it counts as unusual."""
    flag = row.flag
    facts = {
        "matched": flag.matched,
        "total": flag.total,
        "threshold": flag.threshold,
        "minutes": flag.window_minutes,
    }
    if flag.signal is Signal.PRICE_RAISED:
        said = N_("raised by %(matched)s in a hundred; flagged from %(threshold)s")
    elif flag.signal in SHARES:
        said = N_(
            "%(matched)s of %(total)s sales in %(minutes)s minutes;"
            " flagged from %(threshold)s in a hundred"
        )
    else:
        said = N_("%(matched)s in %(minutes)s minutes; flagged from %(threshold)s")
    return str(gettext(said, **facts))


def _columns() -> list[Column[FlagRow]]:
    return [
        Column(gettext("Flagged at"), lambda row: row.flag.flagged_at, CellKind.MOMENT),
        Column(gettext("Merchant"), lambda row: row.merchant),
        Column(gettext("Signal"), lambda row: gettext(SIGNAL_WORDS[row.flag.signal])),
        Column(gettext("About"), _about),
        Column(gettext("Numbers"), _numbers_sentence),
        Column(gettext("Weight"), lambda row: row.flag.weight, CellKind.NUMBER),
        Column(gettext("State"), lambda row: gettext(STATE_WORDS[row.flag.state])),
        Column(gettext("What was found"), lambda row: row.flag.decision_reason),
    ]


@pages.get("/<uuid:flag_id>")
def flag(flag_id: UUID) -> ResponseReturnValue:
    """Show one flag with the sales behind it."""
    return _show(flag_id, blank_form())


@pages.post("/<uuid:flag_id>/decide")
def decide(flag_id: UUID) -> ResponseReturnValue:
    """Clear a flag, or confirm it, with a measure or without."""
    form = read_form(DecideForm())
    if not form.ok:
        return _show(flag_id, form)
    try:
        with transaction() as session:
            decide_flag(
                session,
                actor=current_actor(),
                flag_id=flag_id,
                reach=_deciding_reach(),
                now=utc_now(),
                **form.values,
            )
    except FlagNotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(flag_id, form)
    return see_other(url_for("risk_pages.flag", flag_id=flag_id), N_("Decided, and on the record."))


def _show(flag_id: UUID, form: Form) -> ResponseReturnValue:
    with transaction() as session:
        row = flag_within(session, flag_id=flag_id, reach=_reading_reach())
        sales = sales_of_flag(session, flag=row.flag)
        lines = sanctions_of(session, merchant_id=row.flag.merchant_id)

    def receipt(sale: SeenSale) -> str:
        if sale.receipt_on is None or sale.receipt_seq is None:
            return ""
        return receipt_number(row.terminal_code or "", sale.receipt_on, sale.receipt_seq)

    return render_template(
        "risk/flag.html",
        form=form,
        row=row,
        sales=sales,
        lines=lines,
        receipt=receipt,
        about=_about(row),
        numbers=_numbers_sentence(row),
        worded=_worded,
        may_decide=row.flag.state is FlagState.OPEN and bool(_deciding_reach().paths),
        measures=[(kind.value, gettext(SANCTION_WORDS[kind])) for kind in MEASURES],
        sale_words=SALE_WORDS,
        sanction_words=SANCTION_WORDS,
        signal_words=SIGNAL_WORDS,
        signal_hints=SIGNAL_HINTS,
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
    ), form.status


# --- Rules


@pages.get("/rules")
def rules() -> ResponseReturnValue:
    """List the rules by which sales are flagged."""
    with transaction() as session:
        found = risk_rules(session)
    return render_template(
        "risk/rules.html",
        rules=found,
        shares=SHARES,
        signal_words=SIGNAL_WORDS,
        may_change=_deciding_reach().is_citywide,
    )


@pages.get("/rules/<uuid:rule_id>")
def rule_form(rule_id: UUID) -> ResponseReturnValue:
    """Ask for the numbers of a rule."""
    _insist_on_the_city()
    with transaction() as session:
        found = find_risk_rule(session, rule_id=rule_id)
    initial = {name: getattr(found, name) for name in RuleNumbers.__dataclass_fields__}
    return _ask(found, blank_form(version=found.version, **initial))


@pages.post("/rules/<uuid:rule_id>")
def save_rule(rule_id: UUID) -> ResponseReturnValue:
    """Set the numbers of a rule, if nobody did meanwhile."""
    _insist_on_the_city()
    with transaction() as session:
        found = find_risk_rule(session, rule_id=rule_id)
    form = read_form(RuleForm(signal=found.signal))
    if not form.ok:
        return _ask(found, form)
    values = dict(form.values)
    version = values.pop("version")
    try:
        with transaction() as session:
            change_rule(
                session,
                actor=current_actor(),
                rule_id=found.id,
                version=version,
                numbers=RuleNumbers(**values),
                now=utc_now(),
            )
    except RiskRuleNotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _ask(found, form)
    return see_other(
        url_for("risk_pages.rules"), N_("The rule is changed. It counts from the next round on.")
    )


def _ask(rule: RiskRule, form: Form) -> ResponseReturnValue:
    return render_template(
        "risk/rule_form.html",
        form=form,
        rule=rule,
        is_share=rule.signal in SHARES,
        is_price=rule.signal is Signal.PRICE_RAISED,
        has_hours=rule.signal is Signal.OUTSIDE_HOURS,
        signal_words=SIGNAL_WORDS,
    ), form.status
