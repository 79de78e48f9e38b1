"""What a union may spend on a member: the rule of each occasion, and its changes by two people."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.models import Instrument, SpendRule
from benefits.pages.words import (
    ALLOWED_WORDS,
    INSTRUMENT_WORDS,
    PROGRAMME_WORDS,
    RULE_STATE_WORDS,
    ceiling_sentence,
    worded,
)
from benefits.queries import (
    APPROVERS,
    Spending,
    Years,
    may_approve,
    programmes_of_occasion,
    rules_in_force,
    rules_of,
    waiting_rules,
)
from benefits.schemas import SpendRuleForm
from benefits.services import RuleFacts, approve_rule, propose_rule, refuse_rule
from benefits.spending_errors import CashNotGiven, SpendRuleNotFound, SpendRuleWaits
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_form, typed_yuan
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.web import NotAllowed, current_actor
from staff.queries import city_holders, names_of

pages = Blueprint(
    "spending_pages", __name__, url_prefix="/desk/spend-rules", template_folder="../templates"
)

_FIELD_OF: dict[type[Refusal], str] = {CashNotGiven: "instruments", SpendRuleWaits: "occasion"}


def _may(*roles: Role) -> bool:
    return any("/" not in path for path in current_actor().paths(*roles))


def _years() -> Years:
    return Years.of(shanghai_date(utc_now()), None)


@pages.get("")
def rules() -> ResponseReturnValue:
    """List the occasions with what may be given and what is left of it, or save the list."""
    return _list(blank_form())


def _list(form: Form) -> ResponseReturnValue:
    actor = current_actor()
    with transaction() as session:
        rows = rules_in_force(session, years=_years())
        waiting = waiting_rules(session)
        people = names_of(session, account_ids=[each.maker_id for each in waiting if each.maker_id])
        awaited = {
            each.id: city_holders(session, roles=APPROVERS, besides=each.maker_id)
            for each in waiting
        }
    file_format = wanted_format()
    if file_format:
        return list_file(rows, _columns(), name="spend-rules", file_format=file_format)
    return render_template(
        "benefits/spend_rules.html",
        form=form,
        rows=rows,
        waiting=waiting,
        people=people,
        awaited=awaited,
        me=actor.id,
        may_propose=_may(*APPROVERS),
        may_decide=may_approve(actor),
        **_words(),
    ), form.status


def _columns() -> list[Column[Spending]]:
    return [
        Column(gettext("Occasion"), lambda row: worded(row.rule.name_zh, row.rule.name_en)),
        Column(gettext("Ceiling, a member and year"), _ceiling, CellKind.MONEY),
        Column(gettext("Approved"), lambda row: row.committed_fen, CellKind.MONEY),
        Column(gettext("Left"), lambda row: row.left_fen, CellKind.MONEY),
        Column(gettext("What may be given"), lambda row: instruments_said(row.rule)),
        Column(gettext("Source"), lambda row: row.rule.source),
    ]


def _ceiling(row: Spending) -> int | None:
    return row.rule.ceiling_fen


def instruments_said(rule: SpendRule) -> str:
    """Say what a rule allows, in the reader's language."""
    words = (gettext(INSTRUMENT_WORDS[Instrument(each)]) for each in rule.instruments)
    return str(gettext(", ")).join(words)


@pages.get("/<occasion>")
def occasion(occasion: str) -> ResponseReturnValue:
    """Show an occasion: its rule, what programmes it bears, and how its rule changed."""
    with transaction() as session:
        known = rules_of(session, occasion=occasion)
        if not known:
            raise SpendRuleNotFound
        rows = rules_in_force(session, years=_years())
        programmes = programmes_of_occasion(session, occasion=occasion)
        ids = [each for rule in known for each in (rule.maker_id, rule.approver_id) if each]
        people = names_of(session, account_ids=ids)
    return render_template(
        "benefits/spend_rule.html",
        found=next((each for each in rows if each.rule.occasion == occasion), None),
        name=worded(known[0].name_zh, known[0].name_en),
        occasion=occasion,
        known=known,
        programmes=programmes,
        people=people,
        may_propose=_may(*APPROVERS),
        programme_words=PROGRAMME_WORDS,
        **_words(),
    )


@pages.get("/new")
def new_rule_form() -> ResponseReturnValue:
    """Ask what is to count for an occasion, beginning with what counts now."""
    _insist_on_the_city()
    wanted = request.args.get("occasion", "")
    with transaction() as session:
        known = rules_of(session, occasion=wanted)
    if not known:
        return _ask(blank_form())
    rule = known[0]
    typed = {
        "occasion": rule.occasion,
        "name_zh": rule.name_zh,
        "name_en": rule.name_en,
        "instruments": list(rule.instruments),
        "source": rule.source,
    }
    if rule.ceiling_fen is not None:
        typed["ceiling_fen"] = typed_yuan(rule.ceiling_fen)
    return _ask(blank_form(**typed))


@pages.post("")
def save_new_rule() -> ResponseReturnValue:
    """Propose a rule; somebody else decides."""
    _insist_on_the_city()
    form = read_form(SpendRuleForm())
    if not form.ok:
        return _ask(form)
    try:
        with transaction() as session:
            facts = RuleFacts(**form.values)
            propose_rule(session, actor=current_actor(), facts=facts, now=utc_now())
    except Refusal as refusal:
        form.refuse(refusal, _FIELD_OF.get(type(refusal)))
        return _ask(form)
    url = url_for("spending_pages.rules")
    return see_other(url, N_("Proposed. It counts once somebody else approves it."))


@pages.post("/<uuid:rule_id>/approve")
def approve(rule_id: UUID) -> ResponseReturnValue:
    """Let a rule count that somebody else proposed."""
    return _decide(rule_id, approve_rule, N_("Approved. The rule counts from now on."))


@pages.post("/<uuid:rule_id>/refuse")
def refuse(rule_id: UUID) -> ResponseReturnValue:
    """Say no to a rule that somebody else proposed."""
    return _decide(rule_id, refuse_rule, N_("Refused. The rule before it stays in force."))


def _decide(rule_id: UUID, verb: Callable[..., object], said: str) -> ResponseReturnValue:
    _insist_on_the_city()
    form = blank_form()
    try:
        with transaction() as session:
            verb(session, actor=current_actor(), rule_id=rule_id, now=utc_now())
    except SpendRuleNotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _list(form)
    return see_other(url_for("spending_pages.rules"), said)


def _insist_on_the_city() -> None:
    if not _may(*APPROVERS):
        raise NotAllowed


def _ask(form: Form) -> ResponseReturnValue:
    return render_template(
        "benefits/spend_rule_form.html",
        form=form,
        allowed_words=ALLOWED_WORDS,
    ), form.status


def _words() -> dict[str, Any]:
    return {
        "rule_state_words": RULE_STATE_WORDS,
        "instruments_said": instruments_said,
        "ceiling_sentence": ceiling_sentence,
        "worded": worded,
    }
