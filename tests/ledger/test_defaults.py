"""The shipped chart: loaded once, complete, and never stronger than finance's own edits."""

import json

from sqlalchemy import select, update

from ledger.models import (
    Account,
    AccountKind,
    Book,
    Family,
    FundSource,
    PostingEvent,
    PostingRule,
)
from ledger.services import LoadedDefaults, load_defaults


def names_of_rule(session, family, fund_source):
    rule = session.scalars(
        select(PostingRule).where(
            PostingRule.family == family,
            PostingRule.fund_source == fund_source,
            PostingRule.event.not_in((PostingEvent.PAID, PostingEvent.OFFLINE_RISK)),
        )
    ).one()
    return [
        session.get(Account, account_id).name_zh
        for account_id in (rule.debit_account_id, rule.credit_account_id)
    ]


def test_the_shipped_rules_are_those_of_a_city_union(session):
    load_defaults(session)

    assert names_of_rule(session, Family.DISCOUNT, FundSource.UNION_FUND) == [
        "职工服务支出—普惠服务",
        "其他应付款—商户",
    ]
    assert names_of_rule(session, Family.TRAINING, FundSource.UNION_FUND) == [
        "职工活动组织支出—职工教育",
        "其他应付款—会员",
    ]
    assert names_of_rule(session, Family.AID, FundSource.MUTUAL_AID) == [
        "互助金给付支出",
        "应付互助金",
    ]


def test_every_rule_makes_an_expense_owed_to_somebody_in_its_book(session):
    load_defaults(session)

    owing = select(PostingRule).where(PostingRule.event != PostingEvent.PAID)
    for rule in session.scalars(owing):
        debit = session.get(Account, rule.debit_account_id)
        credit = session.get(Account, rule.credit_account_id)
        assert (debit.kind, credit.kind) == (AccountKind.EXPENSE, AccountKind.LIABILITY)
        assert (debit.book is Book.MUTUAL_AID) is (rule.fund_source is FundSource.MUTUAL_AID)


def test_whatever_can_be_owed_can_be_paid_from_the_bank_of_its_book(session):
    load_defaults(session)

    rules = list(session.scalars(select(PostingRule)))
    owed = {
        (rule.family, rule.fund_source, rule.credit_account_id)
        for rule in rules
        if rule.event is not PostingEvent.PAID
    }
    paid = [rule for rule in rules if rule.event is PostingEvent.PAID]
    assert {(rule.family, rule.fund_source, rule.debit_account_id) for rule in paid} == owed
    for rule in paid:
        bank = session.get(Account, rule.credit_account_id)
        assert bank.code == ("M102" if rule.book is Book.MUTUAL_AID else "102")


def test_loading_again_changes_nothing_and_keeps_every_edit(session):
    first = load_defaults(session)
    edited = session.scalars(select(Account).where(Account.code == "50301")).one()
    edited.code, edited.name_zh, edited.is_active = "5401", "普惠服务", False
    session.execute(update(PostingRule).values(is_active=False))
    session.flush()

    again = load_defaults(session)

    assert (first.accounts, first.rules) == (27, 28)
    assert again == LoadedDefaults(accounts=0, rules=0)
    session.refresh(edited)
    assert (edited.code, edited.name_zh, edited.is_active) == ("5401", "普惠服务", False)
    assert not any(session.scalars(select(PostingRule.is_active)))


def test_a_default_whose_code_is_taken_is_left_out_with_its_rules(session):
    own = Account(
        code="22502",
        name_zh="自设科目",
        name_en="Our own",
        kind=AccountKind.ASSET,
        book=Book.UNION,
    )
    session.add(own)
    session.flush()

    loaded = load_defaults(session)

    assert (loaded.accounts, loaded.rules) == (26, 14)
    assert session.scalars(select(Account).where(Account.code == "22502")).one() is own


def test_the_command_says_what_was_new(app, session):
    run = app.test_cli_runner().invoke

    first = run(args=["ledger", "load-defaults", "--json"])
    again = run(args=["ledger", "load-defaults"])

    assert json.loads(first.output.splitlines()[-1]) == {"accounts": 27, "rules": 28}
    assert again.output == "0 accounts and 0 posting rules were added.\n"
