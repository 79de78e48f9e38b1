"""Reads of bank accounts, their files and lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, or_, select, tuple_
from sqlalchemy.orm import Session

from finance.models import BankAccount, BankFile, BankLine
from kernel.money import Fen
from staff.models import StaffAccount

LinePlace = tuple[date, int, UUID]  # a line's day, its place in the chain, its id


@dataclass(frozen=True)
class LineFilter:
    """Which lines to list; None: any. Days are [from_on, until_on], both included."""

    unmatched: bool = False
    account: str | None = None  # its number
    from_on: date | None = None
    until_on: date | None = None
    amount_fen: Fen | None = None  # in or out
    text: str | None = None


@dataclass(frozen=True)
class AccountSummary:
    """An account, how many lines of it are known up to when, how many are not matched."""

    account: BankAccount
    lines: int
    unmatched: int
    last_on: date | None


def accounts(session: Session) -> list[AccountSummary]:
    """Return every account that is known, by number."""
    found = session.execute(
        select(
            BankAccount,
            func.count(BankLine.id),
            func.count(BankLine.id).filter(BankLine.matched_fen != BankLine.amount_fen),
            func.max(BankLine.booked_on),
        )
        .outerjoin(BankLine, BankLine.account_id == BankAccount.id)
        .group_by(BankAccount.id)
        .order_by(BankAccount.number)
    )
    return [AccountSummary(*row) for row in found]


FileRow = Row[BankFile, str, str | None]


def files(session: Session, *, limit: int) -> Sequence[FileRow]:
    """Return the last files with their account's number and who brought them, newest first."""
    return session.execute(
        select(BankFile, BankAccount.number, StaffAccount.display_name)
        .join(BankAccount, BankAccount.id == BankFile.account_id)
        .outerjoin(StaffAccount, StaffAccount.id == BankFile.imported_by)
        .order_by(BankFile.imported_at.desc(), BankFile.id.desc())
        .limit(limit)
    ).all()


def file_by_id(session: Session, *, file_id: UUID) -> BankFile | None:
    return session.get(BankFile, file_id)


def bank_lines(
    session: Session, *, wanted: LineFilter, after: LinePlace | None, limit: int
) -> list[BankLine]:
    """Return lines, the newest first, after the place of the last one seen."""
    query = select(BankLine).where(*_conditions(wanted))
    if after is not None:
        place = tuple_(BankLine.booked_on, BankLine.seq, BankLine.id)
        query = query.where(place < after)
    order = (BankLine.booked_on.desc(), BankLine.seq.desc(), BankLine.id.desc())
    return list(session.scalars(query.order_by(*order).limit(limit)))


def _conditions(wanted: LineFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.unmatched:
        found.append(BankLine.matched_fen != BankLine.amount_fen)
    if wanted.account is not None:
        number = select(BankAccount.id).where(BankAccount.number == wanted.account)
        found.append(BankLine.account_id.in_(number))
    if wanted.from_on is not None:
        found.append(BankLine.booked_on >= wanted.from_on)
    if wanted.until_on is not None:
        found.append(BankLine.booked_on <= wanted.until_on)
    if wanted.amount_fen is not None:
        found.append(BankLine.amount_fen.in_([wanted.amount_fen, -wanted.amount_fen]))
    if wanted.text:
        columns = (
            BankLine.summary,
            BankLine.counterparty,
            BankLine.bank_reference,
            BankLine.reference,
        )
        found.append(or_(*(each.icontains(wanted.text, autoescape=True) for each in columns)))
    return found


def bank_line_by_id(session: Session, *, bank_line_id: UUID) -> BankLine | None:
    return session.get(BankLine, bank_line_id, populate_existing=True)


def account_by_id(session: Session, *, account_id: UUID) -> BankAccount | None:
    return session.get(BankAccount, account_id)
