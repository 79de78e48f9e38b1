"""The books at the desk: trial balance of a month, one account by day, what is owed by age."""

from dataclasses import dataclass
from http import HTTPStatus
from itertools import accumulate, groupby
from uuid import UUID

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.pages.words import FUND_WORDS
from finance.pages.books_words import (
    OWED_AGE_WORDS,
    PARTY_WORDS,
    SOURCE_OF_ENTRY_WORDS,
    STAGE_WORDS,
    name_of,
)
from finance.pages.payment_words import BOOK_WORDS
from finance.pages.reach import insist_on_the_city
from finance.queries.ageing import AGES, AgedSum, aged_sums
from finance.queries.closing import months
from finance.queries.vouchers import VoucherShown, draft_vouchers, kept_vouchers
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.exports import CellKind, Column, list_file, wanted_format
from kernel.money import Fen
from ledger.models import Account
from ledger.queries import Balance, balances, period_by_month

pages = Blueprint(
    "finance_books_pages", __name__, url_prefix="/desk/finance", template_folder="../templates"
)
pages.before_request(insist_on_the_city)

_MERCHANTS_SHOWN = 100


@dataclass(frozen=True)
class AccountLine:
    """One voucher's part of an account, and what the account stood at after it."""

    voucher: VoucherShown
    debit_fen: Fen
    credit_fen: Fen
    balance_fen: Fen


@pages.get("/books")
def books() -> ResponseReturnValue:
    """Show the trial balance of a month by account and fund, or save it."""
    file_format = wanted_format()
    with transaction() as session:
        known = [each.month for each in months(session)]
        month = _month(known)
        period = period_by_month(session, month=month) if month else None
        rows = balances(session, period=period) if period else []
    if file_format:
        columns = _balance_columns()
        return list_file(rows, columns, name=f"balances-{month}", file_format=file_format)
    return render_template(
        "finance/books.html",
        months=known,
        period=period,
        books=[
            (book, lines, _totals(lines))
            for book, lines in (
                (book, list(group)) for book, group in groupby(rows, lambda each: each.account.book)
            )
        ],
        book_words=BOOK_WORDS,
        fund_words=FUND_WORDS,
        name_of=name_of,
    )


@pages.get("/books/<uuid:account_id>")
def account(account_id: UUID) -> ResponseReturnValue:
    """Show what a month brought to one account, day by day, or save it."""
    file_format = wanted_format()
    with transaction() as session:
        shown = session.get(Account, account_id)
        known = [each.month for each in months(session)]
        month = _month(known)
        period = period_by_month(session, month=month) if month else None
        if shown is None or period is None:
            abort(HTTPStatus.NOT_FOUND)
        vouchers = kept_vouchers(session, month=period.month) or draft_vouchers(
            session, starts_on=period.starts_on, ends_on=period.ends_on
        )
        opening = Fen(
            sum(
                each.opening_fen
                for each in balances(session, period=period)
                if each.account.id == account_id
            )
        )
    lines = _account_lines(vouchers, account_id, opening)
    if file_format:
        name = f"account-{shown.code}-{month}"
        return list_file(lines, _account_columns(), name=name, file_format=file_format)
    return render_template(
        "finance/account.html",
        account=shown,
        months=known,
        month=month,
        opening_fen=opening,
        lines=lines,
        fund_words=FUND_WORDS,
        source_words=SOURCE_OF_ENTRY_WORDS,
        name_of=name_of,
    )


@pages.get("/ageing")
def ageing() -> ResponseReturnValue:
    """Show what is owed by stage and age, and to which merchants longest; or save all of it."""
    file_format = wanted_format()
    with transaction() as session:
        rows = aged_sums(session, today=shanghai_date(utc_now()))
    if file_format:
        return list_file(rows, _aged_columns(), name="ageing", file_format=file_format)
    by_stage: dict[tuple[str, str], list[Fen]] = {}
    for each in rows:
        sums = by_stage.setdefault((each.party_type, each.stage), [Fen(0)] * AGES)
        sums[each.age] = Fen(sums[each.age] + each.amount_fen)
    return render_template(
        "finance/ageing.html",
        stages=[
            (party, stage, by_stage[party, stage])
            for party in PARTY_WORDS
            for stage in STAGE_WORDS
            if (party, stage) in by_stage
        ],
        totals=[Fen(sum(sums[age] for sums in by_stage.values())) for age in range(AGES)],
        rows=rows[:_MERCHANTS_SHOWN],
        row_count=len(rows),
        age_words=OWED_AGE_WORDS,
        stage_words=STAGE_WORDS,
        party_words=PARTY_WORDS,
        fund_words=FUND_WORDS,
    )


def _month(known: list[str]) -> str | None:
    """Return the month that is asked for, by itself the newest. 404 for one that there is not."""
    asked = request.args.get("month")
    if not asked:
        return known[0] if known else None
    if asked not in known:
        abort(HTTPStatus.NOT_FOUND)
    return asked


def _totals(lines: list[Balance]) -> tuple[Fen, Fen, Fen, Fen]:
    return (
        Fen(sum(each.opening_fen for each in lines)),
        Fen(sum(each.debit_fen for each in lines)),
        Fen(sum(each.credit_fen for each in lines)),
        Fen(sum(each.closing_fen for each in lines)),
    )


def _account_lines(
    vouchers: list[VoucherShown], account_id: UUID, opening: Fen
) -> list[AccountLine]:
    found = sorted(
        (
            (voucher, side)
            for voucher in vouchers
            for side in voucher.sides
            if side.account_id == account_id
        ),
        key=lambda each: (each[0].book_date, each[0].number),
    )
    sums = accumulate((side.debit_fen - side.credit_fen for _, side in found), initial=int(opening))
    next(sums)
    return [
        AccountLine(voucher, side.debit_fen, side.credit_fen, Fen(balance))
        for (voucher, side), balance in zip(found, sums, strict=True)
    ]


def _balance_columns() -> list[Column[Balance]]:
    return [
        Column(gettext("Book"), lambda row: gettext(BOOK_WORDS[row.account.book])),
        Column(gettext("Code"), lambda row: row.account.code),
        Column(gettext("Ledger account"), lambda row: name_of(row.account)),
        Column(gettext("Fund"), lambda row: gettext(FUND_WORDS[row.fund_source])),
        Column(gettext("Opening balance"), lambda row: row.opening_fen, CellKind.MONEY),
        Column(gettext("Debit"), lambda row: row.debit_fen, CellKind.MONEY),
        Column(gettext("Credit"), lambda row: row.credit_fen, CellKind.MONEY),
        Column(gettext("Closing balance"), lambda row: row.closing_fen, CellKind.MONEY),
    ]


def _account_columns() -> list[Column[AccountLine]]:
    return [
        Column(gettext("Day"), lambda row: row.voucher.book_date, CellKind.DAY),
        Column(gettext("Voucher"), lambda row: row.voucher.number, CellKind.NUMBER),
        Column(gettext("Summary"), lambda row: row.voucher.summary),
        Column(gettext("Fund"), lambda row: gettext(FUND_WORDS[row.voucher.fund_source])),
        Column(gettext("Debit"), lambda row: row.debit_fen, CellKind.MONEY),
        Column(gettext("Credit"), lambda row: row.credit_fen, CellKind.MONEY),
        Column(gettext("Balance"), lambda row: row.balance_fen, CellKind.MONEY),
    ]


def _aged_columns() -> list[Column[AgedSum]]:
    return [
        Column(
            gettext("Owed to"), lambda row: row.merchant or gettext(PARTY_WORDS[row.party_type])
        ),
        Column(gettext("Where it stands"), lambda row: gettext(STAGE_WORDS[row.stage])),
        Column(gettext("Fund"), lambda row: gettext(FUND_WORDS[row.fund_source])),
        Column(gettext("Age"), lambda row: gettext(OWED_AGE_WORDS[row.age])),
        Column(gettext("Oldest"), lambda row: row.oldest_on, CellKind.DAY),
        Column(gettext("Count"), lambda row: row.count, CellKind.NUMBER),
        Column(gettext("Amount"), lambda row: row.amount_fen, CellKind.MONEY),
    ]
