"""Reads of vouchers: as kept with a closed month, or as an open month would come to them now."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from finance.models import Voucher, VoucherLine
from finance.queries.closing import Month
from finance.rules.voucher_checks import voucher_faults
from finance.rules.vouchers import VoucherRow, summary_of, voucher_file, voucher_profiles
from kernel.money import Fen
from ledger.models import Account, Book, FundSource, Journal, Posting

# Sales before what takes them back, payments last; what is not listed stands between.
_ORDER = {"redemption": 0, "redemption_reversal": 1, "adjustment": 2, "match": 9}
_BETWEEN = 5


@dataclass(frozen=True)
class VoucherSide:
    account_id: UUID
    code: str
    name_zh: str
    name_en: str
    debit_fen: Fen
    credit_fen: Fen


@dataclass(frozen=True)
class VoucherShown:
    """A voucher with its sides. `id` is None while its month is open and its number not final."""

    id: UUID | None
    book: Book
    number: int
    book_date: date
    fund_source: FundSource
    source_type: str
    is_red: bool
    journals: int
    attachments: int
    summary: str
    sides: tuple[VoucherSide, ...]

    @property
    def amount_fen(self) -> Fen:
        return Fen(sum(each.debit_fen for each in self.sides))


# A journal's own side decides the column: red ink stands, below zero, where its original stood.
_DRAFT = text(
    """
    SELECT j.book, j.fund_source, j.book_date, j.source_type, j.reverses_id IS NOT NULL AS is_red,
        p.account_id, (p.debit_fen > 0) <> (j.reverses_id IS NOT NULL) AS is_debit,
        sum(p.debit_fen + p.credit_fen) AS fen,
        count(*) FILTER (WHERE p.line_no = 1) AS journals
    FROM journals j JOIN postings p ON p.journal_id = j.id
    WHERE j.book_date >= :starts_on AND j.book_date < :ends_on
    GROUP BY j.book, j.fund_source, j.book_date, j.source_type, is_red, p.account_id, is_debit
    """
)
# A payment is proven by its bank slip; everything else by one list of the day.
_SLIPS = text(
    """
    SELECT j.fund_source, j.book_date, j.reverses_id IS NOT NULL AS is_red,
        count(DISTINCT m.bank_line_id) AS slips
    FROM journals j JOIN matches m ON m.id = j.source_id
    WHERE j.source_type = 'match' AND j.book_date >= :starts_on AND j.book_date < :ends_on
    GROUP BY 1, 2, 3
    """
)


def draft_vouchers(session: Session, *, starts_on: date, ends_on: date) -> list[VoucherShown]:
    """Return what the postings of a month's days come to, numbered by book."""
    days = {"starts_on": starts_on, "ends_on": ends_on}
    slips = {
        (row.fund_source, row.book_date, row.is_red): row.slips
        for row in session.execute(_SLIPS, days)
    }
    accounts = {each.id: each for each in session.scalars(select(Account))}
    sums: dict[tuple[str, date, int, bool, str, str], list[tuple[VoucherSide, int]]] = {}
    for row in session.execute(_DRAFT, days):
        order = _ORDER.get(row.source_type, _BETWEEN)
        key = (row.book, row.book_date, order, row.is_red, row.source_type, row.fund_source)
        fen = Fen(-int(row.fen) if row.is_red else int(row.fen))
        side = _side(
            accounts[row.account_id],
            debit_fen=fen if row.is_debit else Fen(0),
            credit_fen=Fen(0) if row.is_debit else fen,
        )
        sums.setdefault(key, []).append((side, row.journals))
    found = []
    for book, keys in groupby(sorted(sums), key=lambda each: each[0]):
        for number, key in enumerate(keys, start=1):
            _, day, _, is_red, source_type, fund = key
            sides = [side for side, _ in sums[key]]
            journals = sum(count for _, count in sums[key])
            found.append(
                VoucherShown(
                    id=None,
                    book=Book(book),
                    number=number,
                    book_date=day,
                    fund_source=FundSource(fund),
                    source_type=source_type,
                    is_red=is_red,
                    journals=journals,
                    attachments=slips.get((fund, day, is_red), 1) if source_type == "match" else 1,
                    summary=summary_of(
                        source_type=source_type,
                        is_red=is_red,
                        fund=fund,
                        day=day,
                        journals=journals,
                    ),
                    sides=tuple(sorted(sides, key=lambda each: (each.debit_fen == 0, each.code))),
                )
            )
    return found


def _side(account: Account, *, debit_fen: Fen, credit_fen: Fen) -> VoucherSide:
    return VoucherSide(
        account.id, account.code, account.name_zh, account.name_en, debit_fen, credit_fen
    )


def kept_vouchers(
    session: Session, *, month: str | None = None, voucher_id: UUID | None = None
) -> list[VoucherShown]:
    """Return the vouchers of a closed month, or one, by book and number."""
    query = (
        select(Voucher, VoucherLine, Account)
        .join(VoucherLine, VoucherLine.voucher_id == Voucher.id)
        .join(Account, Account.id == VoucherLine.account_id)
        .order_by(Voucher.book, Voucher.number, VoucherLine.line_no)
    )
    query = query.where(Voucher.month == month) if month else query.where(Voucher.id == voucher_id)
    found: dict[UUID, VoucherShown] = {}
    for voucher, line, account in session.execute(query):
        side = _side(account, debit_fen=line.debit_fen, credit_fen=line.credit_fen)
        known = found.get(voucher.id)
        if known is not None:
            found[voucher.id] = replace(known, sides=(*known.sides, side))
            continue
        found[voucher.id] = VoucherShown(
            id=voucher.id,
            book=voucher.book,
            number=voucher.number,
            book_date=voucher.book_date,
            fund_source=voucher.fund_source,
            source_type=voucher.source_type,
            is_red=voucher.is_red,
            journals=voucher.journals,
            attachments=voucher.attachments,
            summary=voucher.summary,
            sides=(side,),
        )
    return list(found.values())


def voucher_rows(vouchers: Iterable[VoucherShown]) -> list[VoucherRow]:
    """Return the lines of vouchers as a file has them."""
    return [
        VoucherRow(
            day=voucher.book_date,
            number=voucher.number,
            line_no=number,
            attachments=voucher.attachments,
            summary=voucher.summary,
            account_code=side.code,
            account_name=side.name_zh,
            debit_fen=side.debit_fen,
            credit_fen=side.credit_fen,
        )
        for voucher in vouchers
        for number, side in enumerate(voucher.sides, start=1)
    ]


@dataclass(frozen=True)
class JournalLine:
    """One entry behind a voucher: what it was booked for, and how much."""

    id: UUID
    source_type: str
    source_id: UUID
    kind: str
    occurred_at: datetime
    amount_fen: Fen


def journals_of(
    session: Session, *, voucher: VoucherShown, after: UUID | None, limit: int
) -> list[JournalLine]:
    """Return the entries that a voucher sums up, by id, behind `after`."""
    query = (
        select(
            Journal.id,
            Journal.source_type,
            Journal.source_id,
            Journal.kind,
            Journal.occurred_at,
            Posting.debit_fen + Posting.credit_fen,
        )
        .join(Posting, (Posting.journal_id == Journal.id) & (Posting.line_no == 1))
        .where(
            Journal.book_date == voucher.book_date,
            Journal.fund_source == voucher.fund_source,
            Journal.source_type == voucher.source_type,
            Journal.reverses_id.is_not(None) == voucher.is_red,
        )
        .order_by(Journal.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Journal.id > after)
    return [JournalLine(*row) for row in session.execute(query)]


def voucher_faults_now(session: Session, *, month: Month) -> int:
    """Count the rules that packages would refuse an open month's vouchers for, people apart."""
    drafts = draft_vouchers(session, starts_on=month.starts_on, ends_on=month.ends_on)
    codes = chart_codes(session)
    found = set()
    for profile in voucher_profiles().values():
        for book in Book:
            rows = voucher_rows(each for each in drafts if each.book is book)
            content = voucher_file(rows, profile, preparer="1", checker="2")
            for fault in voucher_faults(content, profile, month=month.month, codes=codes):
                found.add((profile.name, fault.rule))
    return len(found)


def chart_codes(session: Session) -> list[str]:
    return list(session.scalars(select(Account.code)))
