"""ISO 20022 camt.053, the statement that banks' own channels send: any version of it.

Read by the names of its elements, whatever their namespace: banks mix versions 02 to 08. What it
says of itself (opening and closing balance, the sum of a batch's parts) is held against its
entries, as in a table.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from finance.errors import (
    BalanceChainBroken,
    BankAccountMissing,
    BankAccountsMixed,
    BankCurrencyOther,
    BankFileWithoutLines,
    BankLineInFuture,
    BankLineUnreadable,
    BankXmlUnknown,
)
from finance.rules.bank_cells import Unreadable, masked_account, masked_name, read_amount, said
from finance.rules.bank_lines import BankStatement, FileLine
from kernel.money import Fen, yuan
from kernel.text import without_blanks

PROFILE = "camt053"
_XML = re.compile(rb"\s*<(?:\?xml|Document)\b")
_BOM = b"\xef\xbb\xbf"
_SIGNS = {"CRDT": 1, "DBIT": -1}
_TEXT_MAX = 400
_REFERENCE_MAX = 60
_ACCOUNT_MAX = 40
_NO_REFERENCE = "NOTPROVIDED"
# PRCD is the closing balance of the statement before, which some banks give instead of OPBD.
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


def is_xml(content: bytes) -> bool:
    return _XML.match(content.removeprefix(_BOM)) is not None


def read_camt053(content: bytes, *, currencies: frozenset[str], today: date) -> BankStatement:
    """Return the booked entries, oldest first; a batch booked as one is its parts.

    A line's `number` counts the entries from 1, and `today` is the last day one may be of. Raises
    BankFileRefused.
    """
    account, statements = _statements(content)
    lines: list[FileLine] = []
    opening = balance = _balance(statements[0], _OPENING, currencies)
    for statement in statements:
        begins = _balance(statement, _OPENING, currencies)
        if begins != balance:
            raise _broken(len(lines) + 1, expected=balance, found=begins)
        for entry in _booked(statement):
            lines += _lines_of(entry, number=len(lines) + 1, before=balance, of=currencies)
            balance = lines[-1].balance_fen if lines else balance
        ends = _balance(statement, _CLOSING, currencies)
        if ends != balance:
            raise _broken(max(len(lines), 1), expected=balance, found=ends)
    if not lines:
        raise BankFileWithoutLines
    future = next((line for line in lines if line.booked_on > today), None)
    if future is not None:
        raise BankLineInFuture(line=future.number, day=future.booked_on.isoformat())
    return BankStatement(
        profile=PROFILE,
        account_number=account,
        account_name=_text(statements[0], "Acct/Ownr/Nm")
        or _text(statements[0], "Acct/Nm")
        or None,
        opening_fen=opening,
        closing_fen=balance,
        lines=tuple(lines),
    )


def _statements(content: bytes) -> tuple[str, list[Element]]:
    """Return whose account it is, and its statements, the oldest first."""
    statements = list(_root(content).iter("Stmt"))
    if not statements:
        raise BankXmlUnknown
    accounts = {_account(each) for each in statements}
    if len(accounts) > 1:
        raise BankAccountsMixed(line=1)
    account = accounts.pop()
    if not account:
        raise BankAccountMissing
    # One without entries says no day, and stands where the bank put it.
    days = [_first_day(each) for each in statements]
    if all(days):
        statements.sort(key=lambda each: str(_first_day(each)))
    return account, statements


def _root(content: bytes) -> Element:
    """Return the document without namespaces. Raises BankXmlUnknown, also for a DTD."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise BankXmlUnknown from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _booked(statement: Element) -> list[Element]:
    """Return the entries that count, by the day of their booking; the order of a day is kept."""
    entries = [
        each
        for each in statement.findall("Ntry")
        if (_text(each, "Sts/Cd") or _text(each, "Sts")) in {"BOOK", ""}
    ]
    return sorted(
        entries, key=lambda each: _text(each, "BookgDt/Dt") or _text(each, "BookgDt/DtTm")
    )


def _lines_of(
    entry: Element, *, number: int, before: Fen, of: frozenset[str]
) -> Iterator[FileLine]:
    """Yield the entry as one line, or as its parts where they say their amounts and add up."""
    amount = _amount(entry, number, of)
    if amount == 0:
        return
    details = entry.findall("NtryDtls/TxDtls")
    parts = [_part(each, entry, number, of) for each in details]
    if len(parts) < 2 or None in parts:  # noqa: PLR2004 (of one there is nothing to split)
        yield _line(entry, details[:1], number=number, amount=amount, before=before)
        return
    whole = Fen(sum(each or 0 for each in parts))
    if whole != amount:
        raise _broken(number, expected=amount, found=whole)
    for place, (detail, part) in enumerate(zip(details, parts, strict=True)):
        line = _line(entry, [detail], number=number + place, amount=Fen(part or 0), before=before)
        before = line.balance_fen
        yield line


def _line(
    entry: Element, details: list[Element], *, number: int, amount: Fen, before: Fen
) -> FileLine:
    booked_on, booked_at = _moment(entry, number)
    detail = details[0] if details else entry
    other = "Dbtr" if amount > 0 else "Cdtr"
    texts = (
        *(_text(detail, f"Refs/{name}") for name in ("EndToEndId", "InstrId")),
        *(said(each.text, length_max=_TEXT_MAX) for each in detail.findall("RmtInf/Ustrd")),
        _text(detail, "AddtlTxInf"),
        _text(entry, "AddtlNtryInf"),
    )
    told = dict.fromkeys(text for text in texts if text and text != _NO_REFERENCE)
    name = _text(detail, f"RltdPties/{other}/Nm") or _text(detail, f"RltdPties/{other}/Pty/Nm")
    account = f"RltdPties/{other}Acct/Id"
    return FileLine(
        number=number,
        booked_on=booked_on,
        booked_at=booked_at,
        amount_fen=amount,
        balance_fen=Fen(before + amount),
        counterparty=masked_name(name),
        counterparty_account=masked_account(
            (_text(detail, f"{account}/Othr/Id") or _text(detail, f"{account}/IBAN"))[:_ACCOUNT_MAX]
        ),
        summary=" ".join(told)[:_TEXT_MAX],
        bank_reference=(_text(detail, "Refs/AcctSvcrRef") or _text(entry, "AcctSvcrRef"))[
            :_REFERENCE_MAX
        ],
    )


def _moment(entry: Element, number: int) -> tuple[date, time | None]:
    """Return the day of the booking, and its time where the bank gives one."""
    day, moment = _text(entry, "BookgDt/Dt"), _text(entry, "BookgDt/DtTm")
    try:
        if day:
            return date.fromisoformat(day[:10]), None
        found = datetime.fromisoformat(moment)
    except ValueError:
        raise BankLineUnreadable(line=number, column="BookgDt") from None
    # As the bank writes it: its day is the book's day, whichever zone it names.
    return found.date(), found.time().replace(microsecond=0)


def _part(detail: Element, entry: Element, number: int, of: frozenset[str]) -> Fen | None:
    """Return what a part of a batch moved, None where the bank does not say."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        amount = detail.find(path)
        if amount is not None:
            sign = _text(detail, "CdtDbtInd") or _text(entry, "CdtDbtInd")
            return _signed(amount, sign, number, of)
    return None


def _amount(entry: Element, number: int, of: frozenset[str]) -> Fen:
    amount = entry.find("Amt")
    if amount is None:
        raise BankLineUnreadable(line=number, column="Amt")
    return _signed(amount, _text(entry, "CdtDbtInd"), number, of)


def _signed(amount: Element, sign: str, number: int, of: frozenset[str]) -> Fen:
    _same_currency(amount, of)
    if sign not in _SIGNS:
        raise BankLineUnreadable(line=number, column="CdtDbtInd")
    try:
        fen = read_amount(amount.text)
    except Unreadable:
        fen = None
    if fen is None or fen < 0:
        raise BankLineUnreadable(line=number, column="Amt")
    return Fen(_SIGNS[sign] * fen)


def _balance(statement: Element, kinds: tuple[str, ...], of: frozenset[str]) -> Fen:
    """Return the first balance of these kinds. Raises BankXmlUnknown where there is none."""
    for kind in kinds:
        for balance in statement.findall("Bal"):
            amount = balance.find("Amt")
            if _text(balance, "Tp/CdOrPrtry/Cd") == kind and amount is not None:
                return _signed(amount, _text(balance, "CdtDbtInd"), 1, of)
    raise BankXmlUnknown


def _same_currency(amount: Element, of: frozenset[str]) -> None:
    currency = amount.get("Ccy", "")
    if currency and currency.upper() not in of:
        raise BankCurrencyOther(currency=currency[:20])


def _account(statement: Element) -> str:
    found = _text(statement, "Acct/Id/Othr/Id") or _text(statement, "Acct/Id/IBAN")
    return without_blanks(found).replace("-", "")


def _first_day(statement: Element) -> date | None:
    days = [_moment(each, 1)[0] for each in statement.findall("Ntry")]
    return min(days, default=None)


def _text(element: Element, path: str) -> str:
    return said(element.findtext(path), length_max=_TEXT_MAX)


def _broken(line: int, *, expected: Fen, found: Fen) -> BalanceChainBroken:
    return BalanceChainBroken(line=line, expected=yuan(expected), found=yuan(found))
