"""The chart of accounts and the posting rules at the desk: data that finance edits."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.pages.words import FAMILY_WORDS, FUND_WORDS
from finance.pages.chart_words import ACCOUNT_KIND_WORDS, EVENT_WORDS, coded, named
from finance.pages.payment_words import BOOK_WORDS
from finance.pages.reach import city_actor, insist_on_the_city, may
from finance.queries.budgets import accounts as chart
from finance.queries.budgets import posting_rules
from finance.schemas.chart import AccountForm, NewAccountForm, NewRuleForm, RuleForm
from finance.services.chart import (
    AccountFacts,
    add_account,
    add_rule,
    change_account,
    change_rule,
)
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.pages import see_other
from ledger.errors import AccountCodeTaken, AccountNotFound, PostingRuleNotFound
from ledger.models import Account, AccountKind, Book, Family, FundSource, PostingEvent, PostingRule

pages = Blueprint(
    "finance_chart_pages",
    __name__,
    url_prefix="/desk/finance/chart",
    template_folder="../templates",
)
pages.before_request(insist_on_the_city)

_FIELD_OF: dict[type[Refusal], str] = {AccountCodeTaken: "code"}


@pages.get("")
def accounts() -> ResponseReturnValue:
    """List the accounts, or save the list."""
    with transaction() as session:
        found = chart(session)
    file_format = wanted_format()
    if file_format:
        return list_file(found, _account_columns(), name="accounts", file_format=file_format)
    return render_template(
        "finance/chart.html", accounts=found, may_change=may(Role.FINANCE_APPROVER), **_words()
    )


def _account_columns() -> list[Column[Account]]:
    return [
        Column(gettext("Code"), lambda row: row.code),
        Column(gettext("Name in Chinese"), lambda row: row.name_zh),
        Column(gettext("Name in English"), lambda row: row.name_en),
        Column(gettext("Kind"), lambda row: gettext(ACCOUNT_KIND_WORDS[row.kind])),
        Column(gettext("Book"), lambda row: gettext(BOOK_WORDS[row.book])),
        Column(gettext("In use"), lambda row: gettext("Yes") if row.is_active else gettext("No")),
    ]


@pages.get("/new")
def new_account_form() -> ResponseReturnValue:
    """Ask for a new account's facts."""
    return _ask_account(blank_form(), None)


@pages.post("")
def save_new_account() -> ResponseReturnValue:
    """Add an account to the chart."""
    actor = city_actor(Role.FINANCE_APPROVER)
    form = read_form(NewAccountForm())
    if not form.ok:
        return _ask_account(form, None)
    kind, book = form.values.pop("kind"), form.values.pop("book")
    try:
        with transaction() as session:
            add_account(
                session,
                actor=actor,
                facts=AccountFacts(**form.values),
                kind=kind,
                book=book,
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, _FIELD_OF.get(type(refusal)))
        return _ask_account(form, None)
    return see_other(url_for("finance_chart_pages.accounts"), N_("The account is in the chart."))


@pages.get("/<uuid:account_id>")
def account(account_id: UUID) -> ResponseReturnValue:
    """Show one account, to be edited by who may."""
    found = _account(account_id)
    form = blank_form(
        code=found.code,
        name_zh=found.name_zh,
        name_en=found.name_en,
        is_active=found.is_active,
    )
    return _ask_account(form, found)


@pages.post("/<uuid:account_id>")
def save_account(account_id: UUID) -> ResponseReturnValue:
    """Rename, renumber or retire an account."""
    actor = city_actor(Role.FINANCE_APPROVER)
    form = read_form(AccountForm())
    if not form.ok:
        return _ask_account(form, _account(account_id))
    version = form.values.pop("version")
    try:
        with transaction() as session:
            change_account(
                session,
                actor=actor,
                account_id=account_id,
                facts=AccountFacts(**form.values),
                version=version,
                now=utc_now(),
            )
    except AccountNotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal, _FIELD_OF.get(type(refusal)))
        return _ask_account(form, _account(account_id))
    return see_other(url_for("finance_chart_pages.accounts"), N_("The account is changed."))


def _account(account_id: UUID) -> Account:
    with transaction() as session:
        found = session.get(Account, account_id)
    if found is None:
        raise AccountNotFound
    return found


def _ask_account(form: Form, found: Account | None) -> ResponseReturnValue:
    return render_template(
        "finance/account_form.html",
        form=form,
        account=found,
        may_change=may(Role.FINANCE_APPROVER),
        kinds=[(kind.value, gettext(word)) for kind, word in ACCOUNT_KIND_WORDS.items()],
        books=[(book.value, gettext(word)) for book, word in BOOK_WORDS.items()],
        **_words(),
    ), form.status


@pages.get("/rules")
def rules() -> ResponseReturnValue:
    """List which accounts each event moves money between, or save the list."""
    with transaction() as session:
        found, by_id = posting_rules(session), {each.id: each for each in chart(session)}
    file_format = wanted_format()
    if file_format:
        columns = _rule_columns(by_id)
        return list_file(found, columns, name="posting-rules", file_format=file_format)
    return render_template(
        "finance/rules.html",
        rules=found,
        accounts=by_id,
        may_change=may(Role.FINANCE_APPROVER),
        **_words(),
    )


def _rule_columns(by_id: dict[UUID, Account]) -> list[Column[PostingRule]]:
    return [
        Column(gettext("Family"), lambda row: gettext(FAMILY_WORDS[row.family])),
        Column(gettext("Fund"), lambda row: gettext(FUND_WORDS[row.fund_source])),
        Column(gettext("What happens"), lambda row: gettext(EVENT_WORDS[row.event])),
        Column(gettext("Debit"), lambda row: coded(by_id[row.debit_account_id])),
        Column(gettext("Credit"), lambda row: coded(by_id[row.credit_account_id])),
        Column(gettext("In use"), lambda row: gettext("Yes") if row.is_active else gettext("No")),
    ]


@pages.get("/rules/new")
def new_rule_form() -> ResponseReturnValue:
    """Ask which accounts something is booked to that has no rule yet."""
    return _ask_rule(blank_form(), None)


@pages.post("/rules")
def save_new_rule() -> ResponseReturnValue:
    """Add a posting rule."""
    actor = city_actor(Role.FINANCE_APPROVER)
    form = read_form(NewRuleForm())
    if not form.ok:
        return _ask_rule(form, None)
    try:
        with transaction() as session:
            add_rule(session, actor=actor, now=utc_now(), **form.values)
    except Refusal as refusal:
        form.refuse(refusal)
        return _ask_rule(form, None)
    return see_other(url_for("finance_chart_pages.rules"), N_("The posting rule counts from now."))


@pages.get("/rules/<uuid:rule_id>")
def rule(rule_id: UUID) -> ResponseReturnValue:
    """Show one posting rule, to be edited by who may."""
    found = _rule(rule_id)
    form = blank_form(
        debit_account_id=found.debit_account_id,
        credit_account_id=found.credit_account_id,
        is_active=found.is_active,
    )
    return _ask_rule(form, found)


@pages.post("/rules/<uuid:rule_id>")
def save_rule(rule_id: UUID) -> ResponseReturnValue:
    """Send what is booked from now on to other accounts."""
    actor = city_actor(Role.FINANCE_APPROVER)
    form = read_form(RuleForm())
    if not form.ok:
        return _ask_rule(form, _rule(rule_id))
    try:
        with transaction() as session:
            change_rule(session, actor=actor, rule_id=rule_id, now=utc_now(), **form.values)
    except PostingRuleNotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _ask_rule(form, _rule(rule_id))
    return see_other(url_for("finance_chart_pages.rules"), N_("The posting rule counts from now."))


def _rule(rule_id: UUID) -> PostingRule:
    with transaction() as session:
        found = session.get(PostingRule, rule_id)
    if found is None:
        raise PostingRuleNotFound
    return found


def _ask_rule(form: Form, found: PostingRule | None) -> ResponseReturnValue:
    with transaction() as session:
        accounts = chart(session)
        choices = [
            (each.id, coded(each))
            for each in accounts
            if each.is_active and (found is None or each.book is found.book)
        ]
    return render_template(
        "finance/rule_form.html",
        form=form,
        rule=found,
        may_change=may(Role.FINANCE_APPROVER),
        account_choices=choices,
        account_words={each.id: coded(each) for each in accounts},
        families=[(each.value, gettext(FAMILY_WORDS[each])) for each in Family],
        funds=[(each.value, gettext(FUND_WORDS[each])) for each in FundSource],
        events=[(each.value, gettext(EVENT_WORDS[each])) for each in PostingEvent],
        **_words(),
    ), form.status


def _words() -> dict[str, Any]:
    return {
        "kind_words": ACCOUNT_KIND_WORDS,
        "book_words": BOOK_WORDS,
        "fund_words": FUND_WORDS,
        "family_words": FAMILY_WORDS,
        "event_words": EVENT_WORDS,
        "named": named,
        "coded": coded,
    }


assert set(ACCOUNT_KIND_WORDS) == set(AccountKind)
assert set(BOOK_WORDS) == set(Book)
