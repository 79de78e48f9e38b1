"""The chart of accounts and its posting rules, edited by finance; every edit in the audit trail.

From here and not from the ledger, which cannot write to the audit trail beside it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.clock import shanghai_date
from kernel.refusals import refuse_stale, refused_by
from ledger.errors import (
    AccountCodeTaken,
    AccountInUse,
    AccountNotFound,
    AccountsDoNotFit,
    PostingRuleExists,
    PostingRuleNotFound,
)
from ledger.models import (
    Account,
    AccountKind,
    Book,
    BudgetLine,
    Family,
    FundSource,
    PostingEvent,
    PostingRule,
    Side,
)

_CODE_TAKEN = {"uq_accounts_code": AccountCodeTaken}


@dataclass(frozen=True)
class AccountFacts:
    """What may be edited of an account; kind and book never change."""

    code: str
    name_zh: str
    name_en: str
    is_active: bool = True


def add_account(
    session: Session,
    *,
    actor: Actor,
    facts: AccountFacts,
    kind: AccountKind,
    book: Book,
    now: datetime,
) -> Account:
    """Add an account to the chart. Raises AccountCodeTaken."""
    account = Account(
        code=facts.code, name_zh=facts.name_zh, name_en=facts.name_en, kind=kind, book=book
    )
    with refused_by(_CODE_TAKEN):
        session.add(account)
        session.flush()
    _note(session, actor, "account.added", account, now)
    return account


def change_account(
    session: Session,
    *,
    actor: Actor,
    account_id: UUID,
    facts: AccountFacts,
    version: int,
    now: datetime,
) -> Account:
    """Rename, renumber, retire an account or take it up again. Postings keep it by its id.

    Raises AccountNotFound, EditConflict, AccountCodeTaken; AccountInUse where a rule in use or a
    budget line of this year or later names an account that is to be retired.
    """
    account = session.get(Account, account_id, with_for_update=True, populate_existing=True)
    if account is None:
        raise AccountNotFound
    refuse_stale(account.version, version)
    if account.is_active and not facts.is_active:
        _refuse_named(session, account_id, year=shanghai_date(now).year)
    with refused_by(_CODE_TAKEN):
        account.code = facts.code
        account.name_zh = facts.name_zh
        account.name_en = facts.name_en
        account.is_active = facts.is_active
        account.version += 1
        session.flush()
    _note(session, actor, "account.changed", account, now)
    return account


def _refuse_named(session: Session, account_id: UUID, *, year: int) -> None:
    sides = or_(
        PostingRule.debit_account_id == account_id, PostingRule.credit_account_id == account_id
    )
    named = exists().where(PostingRule.is_active, sides)
    budgeted = exists().where(BudgetLine.account_id == account_id, BudgetLine.year >= year)
    if session.scalar(select(or_(named, budgeted))):
        raise AccountInUse


def add_rule(
    session: Session,
    *,
    actor: Actor,
    family: Family,
    fund_source: FundSource,
    event: PostingEvent,
    debit_account_id: UUID,
    credit_account_id: UUID,
    now: datetime,
) -> PostingRule:
    """Say which accounts an event of a family moves money between for one fund.

    Raises PostingRuleExists, AccountsDoNotFit.
    """
    book = Book.MUTUAL_AID if fund_source is FundSource.MUTUAL_AID else Book.UNION
    _insist_on_accounts(session, book, debit_account_id, credit_account_id)
    rule = PostingRule(
        family=family,
        fund_source=fund_source,
        event=event,
        book=book,
        debit_account_id=debit_account_id,
        credit_account_id=credit_account_id,
        # What is paid names its payee where the debt ends, everything else where it begins.
        party_side=Side.DEBIT if event is PostingEvent.PAID else Side.CREDIT,
    )
    with refused_by({"uq_posting_rules_family_fund_source_event": PostingRuleExists}):
        session.add(rule)
        session.flush()
    _note(session, actor, "posting_rule.added", rule, now)
    return rule


def change_rule(
    session: Session,
    *,
    actor: Actor,
    rule_id: UUID,
    debit_account_id: UUID,
    credit_account_id: UUID,
    is_active: bool,
    version: int,
    now: datetime,
) -> PostingRule:
    """Send what is booked from now on to other accounts, or stop booking it.

    Raises PostingRuleNotFound, EditConflict, AccountsDoNotFit.
    """
    rule = session.get(PostingRule, rule_id, with_for_update=True, populate_existing=True)
    if rule is None:
        raise PostingRuleNotFound
    refuse_stale(rule.version, version)
    _insist_on_accounts(session, rule.book, debit_account_id, credit_account_id)
    rule.debit_account_id = debit_account_id
    rule.credit_account_id = credit_account_id
    rule.is_active = is_active
    rule.version += 1
    session.flush()
    _note(session, actor, "posting_rule.changed", rule, now)
    return rule


def _insist_on_accounts(session: Session, book: Book, *account_ids: UUID) -> None:
    # Shared, so that nobody retires one meanwhile.
    fitting = session.scalars(
        select(Account.id)
        .where(Account.id.in_(account_ids), Account.book == book, Account.is_active)
        .order_by(Account.id)
        .with_for_update(read=True)
    ).all()
    if len(set(fitting)) < len(account_ids):
        raise AccountsDoNotFit


def _note(
    session: Session, actor: Actor, action: str, thing: Account | PostingRule, now: datetime
) -> None:
    kind = "account" if isinstance(thing, Account) else "posting_rule"
    record(session, actor=actor, action=action, object_type=kind, object_id=thing.id, now=now)
