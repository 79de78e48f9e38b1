"""Takes a bank's statement file in: what is new of it, once, in the order of the balances.

Locks the account: two files of one account take turns. Decision 0015 says what a line is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import BankLinesDiffer, BankLinesMissing
from finance.models import BankAccount, BankFile, BankLine, WorkStage
from finance.rules.bank_chain import Placed, place_lines
from finance.rules.bank_files import read_bank_file
from finance.rules.bank_lines import BankStatement, FileLine
from finance.rules.bank_profiles import bank_formats
from finance.rules.references import find_reference
from finance.rules.works import Tell, say_nothing
from finance.services.discrepancies import name_lines
from finance.services.matching_by_rule import match_by_reference
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.bulk import insert_columns
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.money import Fen, yuan

_NAME_MAX = 200
_STATEMENT_SECONDS_MAX = 300


@dataclass(frozen=True)
class ImportedFile:
    """What became of a file: `new` of its `lines` were not known.

    `matched` and `named` count what the import went on to do: matches made by reference, and lines
    that became exceptions. `repeated`: this very file had been taken in before.
    """

    file_id: UUID
    account_id: UUID
    account_number: str
    lines: int
    new: int
    matched: int = 0
    named: int = 0
    repeated: bool = False


def import_bank_file(
    session: Session,
    *,
    content: bytes,
    name: str,
    staff_id: UUID | None,
    now: datetime,
    tell: Tell = say_nothing,
) -> ImportedFile:
    """Take in what is new in a bank file; match what carries our reference; name the rest.

    `staff_id` None is the command line; `tell` hears how far it is. An account becomes known with
    its first file. A file may overlap what is known, continue it, or end where it begins; with a
    gap it is refused, since the balance could not be followed across.

    Locks the account. Raises TableFileRefused and BankFileRefused: then nothing was taken.
    """
    digest = sha256(content).digest()
    if (repeated := _taken_before(session, digest)) is not None:
        return repeated
    tell(WorkStage.READ, 0, 1)
    statement = read_bank_file(content, formats=bank_formats(), today=shanghai_date(now))
    # A file of 100,000 lines is few statements, each of them long.
    session.execute(text(f"SET LOCAL statement_timeout = '{_STATEMENT_SECONDS_MAX}s'"))
    account = _lock_account(session, statement, now=now)
    # The same file sent twice at once: the other one had the lock first.
    if (repeated := _taken_before(session, digest)) is not None:
        return repeated
    bounds = _bounds(session, account.id)
    known = _known_lines(session, account.id, statement) if bounds else []
    placed = _place(account, bounds, known, statement)
    tell(WorkStage.WRITE, 0, len(statement.lines))
    fresh = len(statement.lines) if placed is None else placed.before + placed.after
    file = BankFile(
        account_id=account.id,
        name=name[:_NAME_MAX],
        sha256=digest,
        profile=statement.profile,
        lines=len(statement.lines),
        new=fresh,
        first_on=statement.lines[0].booked_on,
        last_on=statement.lines[-1].booked_on,
        imported_by=staff_id,
        imported_at=now,
    )
    session.add(file)
    session.flush()
    _add_lines(session, file=file, bounds=bounds, known=known, statement=statement, placed=placed)
    if placed is None or placed.before:
        account.opening_fen = statement.opening_fen
    if placed is None or placed.after:
        account.closing_fen = statement.closing_fen
    account.name = account.name or statement.account_name
    matched = match_by_reference(session, account_id=account.id, now=now, tell=tell)
    tell(WorkStage.NAME, 0, 1)
    named = name_lines(session, account_id=account.id, now=now)
    record(
        session,
        actor=Actor(ActorKind.STAFF, id=staff_id) if staff_id else SYSTEM,
        action="bank_file.imported",
        object_type="bank_file",
        object_id=file.id,
        now=now,
        lines=file.lines,
        new=file.new,
        matched=matched,
        named=named,
    )
    return ImportedFile(
        file_id=file.id,
        account_id=account.id,
        account_number=account.number,
        lines=file.lines,
        new=file.new,
        matched=matched,
        named=named,
    )


def _taken_before(session: Session, digest: bytes) -> ImportedFile | None:
    found = session.execute(
        select(BankFile, BankAccount.number)
        .join(BankAccount, BankAccount.id == BankFile.account_id)
        .where(BankFile.sha256 == digest)
    ).one_or_none()
    if found is None:
        return None
    file, number = found
    return ImportedFile(
        file_id=file.id,
        account_id=file.account_id,
        account_number=number,
        lines=file.lines,
        new=0,
        repeated=True,
    )


def _lock_account(session: Session, statement: BankStatement, *, now: datetime) -> BankAccount:
    session.execute(
        postgresql.insert(BankAccount)
        .values(
            id=new_id(),
            number=statement.account_number,
            name=statement.account_name,
            opening_fen=statement.opening_fen,
            closing_fen=statement.opening_fen,
            known_since=now,
        )
        .on_conflict_do_nothing(index_elements=[BankAccount.number])
    )
    return session.scalars(
        select(BankAccount)
        .where(BankAccount.number == statement.account_number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


@dataclass(frozen=True)
class _Bounds:
    """The places and days between which an account's lines are known."""

    first_seq: int
    last_seq: int
    first_on: date
    last_on: date


def _bounds(session: Session, account_id: UUID) -> _Bounds | None:
    found = session.execute(
        select(
            func.min(BankLine.seq),
            func.max(BankLine.seq),
            func.min(BankLine.booked_on),
            func.max(BankLine.booked_on),
        ).where(BankLine.account_id == account_id)
    ).one()
    return _Bounds(*found) if found[0] is not None else None


KnownLine = Row[date, Fen, Fen, int, int]


def _known_lines(
    session: Session, account_id: UUID, statement: BankStatement
) -> Sequence[KnownLine]:
    """Return what is known of the file's days, oldest first."""
    return session.execute(
        select(
            BankLine.booked_on,
            BankLine.amount_fen,
            BankLine.balance_fen,
            BankLine.seq,
            BankLine.occurrence,
        )
        .where(
            BankLine.account_id == account_id,
            BankLine.booked_on.between(statement.lines[0].booked_on, statement.lines[-1].booked_on),
        )
        .order_by(BankLine.seq)
    ).all()


def _place(
    account: BankAccount,
    bounds: _Bounds | None,
    known: Sequence[KnownLine],
    statement: BankStatement,
) -> Placed | None:
    """Return what of the file is new; None if all is, because nothing is known.

    Raises BankLinesMissing, BankLinesDiffer.
    """
    if bounds is None:
        return None
    lines = statement.lines
    if known:
        placed = place_lines(
            [(row.booked_on, row.amount_fen, row.balance_fen) for row in known],
            [line.key for line in lines],
            at_start=known[0].seq == bounds.first_seq,
            at_end=known[-1].seq == bounds.last_seq,
        )
        if placed is not None:
            return placed
    continues = lines[0].booked_on >= bounds.last_on
    precedes = lines[-1].booked_on <= bounds.first_on
    if continues and statement.opening_fen == account.closing_fen:
        return Placed(before=0, after=len(lines))
    if precedes and statement.closing_fen == account.opening_fen:
        return Placed(before=len(lines), after=0)
    if continues:
        raise BankLinesMissing(
            expected=yuan(account.closing_fen), found=yuan(statement.opening_fen)
        )
    if precedes:
        raise BankLinesMissing(
            expected=yuan(account.opening_fen), found=yuan(statement.closing_fen)
        )
    raise BankLinesDiffer(
        first_on=lines[0].booked_on.isoformat(), last_on=lines[-1].booked_on.isoformat()
    )


def _add_lines(
    session: Session,
    *,
    file: BankFile,
    bounds: _Bounds | None,
    known: Sequence[KnownLine],
    statement: BankStatement,
    placed: Placed | None,
) -> None:
    """Write what is new in one INSERT, numbered on from what is known at both ends."""
    lines = statement.lines
    if bounds is None or placed is None:
        numbered = list(enumerate(lines, start=1))
    else:
        first = bounds.first_seq - placed.before
        numbered = list(enumerate(lines[: placed.before], start=first))
        after = lines[len(lines) - placed.after :] if placed.after else ()
        numbered += enumerate(after, start=bounds.last_seq + 1)
    taken = Counter[tuple[date, int, int]]()
    for row in known:
        key = (row.booked_on, row.amount_fen, row.balance_fen)
        taken[key] = max(taken[key], row.occurrence)
    rows = []
    for seq, line in numbered:
        taken[line.key] += 1
        rows.append(_row(file, seq=seq, line=line, occurrence=taken[line.key]))
    if rows:
        insert_columns(session, BankLine, {name: [row[name] for row in rows] for name in rows[0]})


def _row(file: BankFile, *, seq: int, line: FileLine, occurrence: int) -> dict[str, object]:
    return {
        "id": new_id(),
        "account_id": file.account_id,
        "file_id": file.id,
        "seq": seq,
        "booked_on": line.booked_on,
        "booked_at": line.booked_at,
        "amount_fen": line.amount_fen,
        "balance_fen": line.balance_fen,
        "occurrence": occurrence,
        "counterparty": line.counterparty or None,
        "counterparty_account": line.counterparty_account or None,
        "summary": line.summary,
        "bank_reference": line.bank_reference or None,
        "reference": find_reference(f"{line.summary} {line.bank_reference}"),
        "matched_fen": Fen(0),
    }
