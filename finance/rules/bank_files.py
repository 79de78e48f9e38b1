"""Reads a bank's statement file: whose account, which lines, in the order in which they happened.

Pure. What the file says of itself (opening balance, totals, each balance) is held against its
lines, so that a line that was lost on the way is noticed here and not at the end of the month.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from finance.errors import (
    BalanceChainBroken,
    BankAccountMissing,
    BankAccountsMixed,
    BankCurrencyOther,
    BankFileWithoutLines,
    BankLineInFuture,
    BankLineUnreadable,
    BankTotalsDiffer,
)
from finance.rules.bank_cells import (
    Unreadable,
    masked_account,
    masked_name,
    read_amount,
    read_day,
    read_time,
    said,
)
from finance.rules.bank_lines import BankStatement, FileLine
from finance.rules.bank_profiles import BankFormats, BankProfile
from finance.rules.camt053 import is_xml, read_camt053
from kernel.money import Fen, yuan
from kernel.sheets import ColumnsMissing, HeadingMissing, Line, Table, read_table
from kernel.sheets.cells import Row
from kernel.text import half_width, without_blanks

_ACCOUNT = re.compile(r"\d{6,34}", re.ASCII)
_TEXT_MAX = 200
_REFERENCE_MAX = 60
_ACCOUNT_MAX = 40


def read_bank_file(content: bytes, *, formats: BankFormats, today: date) -> BankStatement:
    """Read a statement in whichever layout fits; `today` is the last day a line may be of.

    Raises TableFileRefused and BankFileRefused, with the place in the file where there is one.
    """
    if is_xml(content):
        return read_camt053(content, currencies=formats.currencies, today=today)
    profile, table = _table(content, formats)
    reader = _Reader(formats=formats, profile=profile, above=_said_above(table.above, formats))
    for line in table:
        reader.take(line)
    return reader.finish(today=today)


def _table(content: bytes, formats: BankFormats) -> tuple[BankProfile, Table]:
    """Return the first profile that fits; if none does, tell what the nearest one misses."""
    nearest: ColumnsMissing | None = None
    for profile in formats.profiles:
        try:
            return profile, read_table(
                content, header_synonyms=profile.columns, required_headers=profile.required
            )
        except HeadingMissing:
            continue
        except ColumnsMissing as refusal:
            if nearest is None or _missing(refusal) < _missing(nearest):
                nearest = refusal
    if nearest is not None:
        raise nearest
    first = formats.profiles[0]
    raise HeadingMissing(columns=[first.columns[name][0] for name in first.required])


def _missing(refusal: ColumnsMissing) -> int:
    columns = refusal.facts["columns"]
    assert isinstance(columns, list)
    return len(columns)


def _said_above(rows: Iterable[Row], formats: BankFormats) -> dict[str, str]:
    """Return what the rows over the heading say: "账号,6299…" in two cells, "账号:6299…" in one."""
    found: dict[str, str] = {}
    cells = [half_width(said(cell, length_max=400)) for _, row in rows for cell in row]
    for name, labels in formats.labels.items():
        spelled = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
        alone = re.compile(rf"(?:{spelled}):?", re.IGNORECASE)
        within = re.compile(rf"(?:^|[\s;|(])(?:{spelled}):\s*(\S+)", re.IGNORECASE)
        for place, cell in enumerate(cells):
            if alone.fullmatch(cell) and any(cells[place + 1 :]):
                found[name] = next(each for each in cells[place + 1 :] if each)
                break
            if inside := within.search(cell):
                found[name] = inside[1]
                break
    return found


@dataclass
class _Reader:
    """Takes row after row, and judges the whole at the end."""

    formats: BankFormats
    profile: BankProfile
    above: Mapping[str, str]
    lines: list[FileLine] = field(default_factory=list)
    sums: dict[str, int] = field(default_factory=dict)
    page_sums: dict[str, int] = field(default_factory=dict)
    account: str = ""
    opening_fen: Fen | None = None
    closings: list[tuple[int, Fen]] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Asked of every line, so they are made plain once.
        self._headings = frozenset(map(_plain, self.profile.columns["booked_on"]))
        self._kinds = [
            (tuple(map(_plain, words)), kind) for kind, words in self.formats.rows.items()
        ]
        self._money_columns = [name for name in self.profile.required if name in _MONEY]

    def take(self, line: Line) -> None:
        match self._kind(line):
            case "total":
                self._check_total(line, self.sums)
                self._note_closing(line)
            case "page_total":
                self._check_total(line, self.page_sums)
                self.page_sums = {}
            case "opening":
                balance = self._amount(line, "balance")
                if self.opening_fen is None and not self.lines:
                    self.opening_fen = balance
            case "closing":
                self._note_closing(line)
            case "line":
                self._take_line(line)

    def _kind(self, line: Line) -> str:
        """Return which entry of `formats.rows` a row is, "line", or "note": not about money."""
        first = next((text for text in map(_plain, line.row) if text), "")
        for words, kind in self._kinds:
            if first.startswith(words):
                return kind
        if _plain(line.cells["booked_on"]) in self._headings:
            return "note"  # the heading again, at the top of a page
        says_money = any(_plain(line.cells.get(name)) for name in self._money_columns)
        return "line" if says_money or read_day(line.cells["booked_on"]) else "note"

    def _take_line(self, line: Line) -> None:
        booked_on = read_day(line.cells["booked_on"])
        if booked_on is None:
            raise self._unreadable(line, "booked_on")
        balance = self._amount(line, "balance")
        if balance is None:
            raise self._unreadable(line, "balance")
        self._same_account(line)
        self._same_currency(_plain(line.cells.get("currency")), line=line.number)
        amount = self._signed_amount(line)
        if amount == 0:
            return  # Such as interest of nothing: it moved no money.
        texts = (said(line.cells.get(name), length_max=_TEXT_MAX) for name in ("summary", "remark"))
        self.lines.append(
            FileLine(
                number=line.number,
                booked_on=booked_on,
                booked_at=read_time(line.cells.get("booked_at"))
                or read_time(line.cells["booked_on"]),
                amount_fen=amount,
                balance_fen=balance,
                counterparty=masked_name(
                    said(line.cells.get("counterparty"), length_max=_TEXT_MAX)
                ),
                counterparty_account=masked_account(
                    said(line.cells.get("counterparty_account"), length_max=_ACCOUNT_MAX)
                ),
                summary=" ".join(dict.fromkeys(text for text in texts if text))[: 2 * _TEXT_MAX],
                bank_reference=said(line.cells.get("bank_reference"), length_max=_REFERENCE_MAX),
            )
        )

    def _signed_amount(self, line: Line) -> Fen:
        """Return what came in, negative what went out; a red-ink line has its sign turned."""
        if "amount" not in self.profile.required:
            paid, came = self._amount(line, "paid_out"), self._amount(line, "came_in")
            if paid and came:
                raise self._unreadable(line, "paid_out")
            self._add("paid_out", paid)
            self._add("came_in", came)
            return Fen((came or 0) - (paid or 0))
        amount = self._amount(line, "amount")
        if amount is None:
            raise self._unreadable(line, "amount")
        if "direction" in self.profile.required:
            sign = self.formats.signs.get(_plain(line.cells["direction"]).upper())
            if sign is None:
                raise self._unreadable(line, "direction")
            amount = Fen(sign * amount)
        self._add("paid_out" if amount < 0 else "came_in", Fen(abs(amount)))
        return amount

    def _add(self, name: str, amount: Fen | None) -> None:
        for sums in (self.sums, self.page_sums):
            sums[name] = sums.get(name, 0) + (amount or 0)

    def _check_total(self, line: Line, sums: Mapping[str, int]) -> None:
        """Hold a total against the lines above it. Raises BankTotalsDiffer."""
        paid, came = sums.get("paid_out", 0), sums.get("came_in", 0)
        may_be: dict[str, tuple[int, ...]]
        if "amount" in self.profile.required:
            # One column: banks write the turnover, or what is left of it.
            may_be = {"amount": (came + paid, came - paid, paid - came)}
        else:
            may_be = {"paid_out": (paid,), "came_in": (came,)}
        for name, allowed in may_be.items():
            total = self._amount(line, name)
            if total is not None and total not in allowed:
                raise BankTotalsDiffer(
                    line=line.number,
                    column=self.profile.columns[name][0],
                    said=yuan(total),
                    lines=yuan(Fen(allowed[0])),
                )

    def _note_closing(self, line: Line) -> None:
        balance = self._amount(line, "balance")
        if balance is not None:
            self.closings.append((line.number, balance))

    def _amount(self, line: Line, name: str) -> Fen | None:
        try:
            return read_amount(line.cells.get(name))
        except Unreadable:
            raise self._unreadable(line, name) from None

    def _unreadable(self, line: Line, name: str) -> BankLineUnreadable:
        return BankLineUnreadable(line=line.number, column=self.profile.columns[name][0])

    def _same_account(self, line: Line) -> None:
        number = _digits(said(line.cells.get("account"), length_max=_ACCOUNT_MAX))
        if number and self.account and number != self.account:
            raise BankAccountsMixed(line=line.number)
        self.account = self.account or number

    def _same_currency(self, currency: str, *, line: int | None) -> None:
        if currency and currency.upper() not in self.formats.currencies:
            where = {} if line is None else {"line": line}
            raise BankCurrencyOther(currency=currency[:20], **where)

    def finish(self, *, today: date) -> BankStatement:
        self._same_currency(_plain(self.above.get("currency")), line=None)
        if not self.lines:
            raise BankFileWithoutLines
        future = next((line for line in self.lines if line.booked_on > today), None)
        if future is not None:
            raise BankLineInFuture(line=future.number, day=future.booked_on.isoformat())
        number = _digits(self.above.get("account", "")) or self.account
        if self.account and self.account != number:
            raise BankAccountsMixed(line=self.lines[0].number)
        if not _ACCOUNT.fullmatch(number):
            raise BankAccountMissing
        opening = self.opening_fen
        if opening is None:
            opening = _amount_above(self.above.get("opening"))
        lines = in_order(self.lines, opening_fen=opening, newest_first=self.profile.newest_first)
        closing = lines[-1].balance_fen
        above_closing = _amount_above(self.above.get("closing"))
        for place, balance in [
            *self.closings,
            *([] if above_closing is None else [(0, above_closing)]),
        ]:
            if balance != closing:
                raise BalanceChainBroken(
                    line=place or lines[-1].number, expected=yuan(balance), found=yuan(closing)
                )
        return BankStatement(
            profile=self.profile.name,
            account_number=number,
            account_name=self.above.get("holder"),
            opening_fen=Fen(lines[0].balance_fen - lines[0].amount_fen),
            closing_fen=closing,
            lines=tuple(lines),
        )


_MONEY = frozenset({"paid_out", "came_in", "amount", "balance"})


def _plain(cell: object) -> str:
    return without_blanks(half_width(said(cell, length_max=_TEXT_MAX)))


def _digits(text: str) -> str:
    return without_blanks(half_width(text)).replace("-", "")


def _amount_above(text: str | None) -> Fen | None:
    try:
        return read_amount(text)
    except Unreadable:
        return None


def in_order(
    lines: Sequence[FileLine], *, opening_fen: Fen | None, newest_first: bool
) -> list[FileLine]:
    """Return `lines` oldest first, as the balances say: a file may run either way.

    Some banks turn only the days round, so that is tried too. Where several orders hold, the days
    decide, then how such files usually run. Raises BalanceChainBroken with the line at which the
    likeliest order breaks.
    """
    if lines[0].booked_on != lines[-1].booked_on:
        newest_first = lines[0].booked_on > lines[-1].booked_on
    straight, turned = list(lines), list(reversed(lines))
    likely, other = (turned, straight) if newest_first else (straight, turned)
    by_day = (sorted(each, key=lambda line: line.booked_on) for each in (likely, other))
    broken: BalanceChainBroken | None = None
    for order in (likely, other, *by_day):
        found = _break_in(order, opening_fen)
        if found is None:
            return order
        broken = broken or found
    assert broken is not None
    raise broken


def _break_in(lines: Sequence[FileLine], opening_fen: Fen | None) -> BalanceChainBroken | None:
    balance, day = opening_fen, lines[0].booked_on
    for line in lines:
        expected = None if balance is None else Fen(balance + line.amount_fen)
        if line.booked_on < day or expected not in {None, line.balance_fen}:
            return BalanceChainBroken(
                line=line.number,
                expected="" if expected is None else yuan(expected),
                found=yuan(line.balance_fen),
            )
        balance, day = line.balance_fen, line.booked_on
    return None
