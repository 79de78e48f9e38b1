"""Writing journals: one statement for a journal and its lines, nothing ever changed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel.clock import shanghai_date, shanghai_month
from kernel.db import Statement, violated_constraint
from kernel.ids import new_id
from kernel.money import Fen
from ledger import queries
from ledger.errors import (
    AlreadyPosted,
    JournalNotFound,
    PeriodClosed,
    PostingRuleMissing,
    ReversalExceedsOriginal,
    ReversalIsFinal,
)
from ledger.models import (
    BudgetLine,
    Family,
    FundSource,
    Journal,
    PartyType,
    Period,
    PeriodState,
    Posting,
    PostingEvent,
    PostingRule,
    ProgrammeBudget,
    Side,
)
from ledger.services.periods import ensure_period

# The class of advisory locks under which reversals of one journal take turns; the trigger on
# journals takes the same (migration 0003).
REVERSAL_LOCK = 102

_LINE = ["journal_id", "line_no", "account_id", "debit_fen", "credit_fen", "party_type", "party_id"]
_GIVEN = [
    Journal.id,
    Journal.source_type,
    Journal.source_id,
    Journal.kind,
    Journal.book_date,
    Journal.occurred_at,
    Journal.received_at,
]


class SourceKey(NamedTuple):
    """What a journal is booked for; a key is booked once, for ever."""

    source_type: str
    source_id: UUID
    kind: str


class PostingCtes(NamedTuple):
    """Parts of one statement: `add_cte(lines)` makes it write a journal with its lines.

    `journal` has one row with the journal's `id`, or none when nothing was written: no active rule,
    no open period, or the source key is in the books.
    """

    journal: CTE
    lines: CTE


def _parameter(name: str, like: InstrumentedAttribute[Any]) -> BindParameter[Any]:
    """Return the parameter `ledger_<name>`: prefixed, so that statements can be merged."""
    return bindparam(f"ledger_{name}", type_=like.type)


def _given(columns: list[InstrumentedAttribute[Any]]) -> list[BindParameter[Any]]:
    return [_parameter(column.key, column) for column in columns]


_MONTH_IS_OPEN = exists().where(
    Period.month == _parameter("month", Period.month),
    Period.state == literal_column("'open'"),
)
_AMOUNT = _parameter("amount_fen", Posting.debit_fen)
_NOTHING: ColumnElement[int] = literal_column("0")


# What a programme costs goes to the account of its budget line of the year, where it has one. What
# was paid, and the risk of selling without a network, keep the accounts of their rules.
_COSTS = (PostingEvent.CAPTURED, PostingEvent.APPROVED, PostingEvent.COMPLETED)


def _posting_ctes() -> PostingCtes:
    budgeted = (
        select(BudgetLine.account_id)
        .join(ProgrammeBudget, ProgrammeBudget.budget_line_id == BudgetLine.id)
        .where(
            ProgrammeBudget.programme_id == _parameter("programme_id", Journal.programme_id),
            ProgrammeBudget.year == _parameter("year", ProgrammeBudget.year),
            BudgetLine.book == PostingRule.book,
            PostingRule.event.in_([literal_column(f"'{each.value}'") for each in _COSTS]),
        )
        .scalar_subquery()
    )
    rule = (
        select(
            PostingRule.book,
            PostingRule.fund_source,
            func.coalesce(budgeted, PostingRule.debit_account_id).label("debit_account_id"),
            PostingRule.credit_account_id,
            PostingRule.party_side,
        )
        .where(
            PostingRule.family == _parameter("family", PostingRule.family),
            PostingRule.fund_source == _parameter("fund_source", PostingRule.fund_source),
            PostingRule.event == _parameter("event", PostingRule.event),
            PostingRule.is_active,
            _MONTH_IS_OPEN,
        )
        .cte("ledger_rule")
    )
    given = [*_GIVEN, Journal.programme_id]
    journal = (
        insert(Journal)
        .from_select(
            [*(column.key for column in given), "book", "fund_source"],
            select(*_given(given), rule.c.book, rule.c.fund_source),
        )
        .on_conflict_do_nothing(index_elements=["source_type", "source_id", "kind"])
        .returning(Journal.id)
        .cte("ledger_journal")
    )

    def line(side: Side, number: str, account_id: ColumnElement[UUID]) -> Select[*tuple[Any, ...]]:
        names_party = rule.c.party_side == literal_column(f"'{side.value}'")
        return select(
            journal.c.id,
            literal_column(number),
            account_id,
            _AMOUNT if side is Side.DEBIT else _NOTHING,
            _AMOUNT if side is Side.CREDIT else _NOTHING,
            case((names_party, _parameter("party_type", Posting.party_type))),
            case((names_party, bindparam("ledger_party_id", type_=Uuid()))),
        ).select_from(journal.join(rule, true()))

    lines = union_all(
        line(Side.DEBIT, "1", rule.c.debit_account_id),
        line(Side.CREDIT, "2", rule.c.credit_account_id),
    )
    return PostingCtes(journal, insert(Posting).from_select(_LINE, lines).cte("ledger_lines"))


POSTING = _posting_ctes()
_POST = Statement(select(POSTING.journal.c.id).add_cte(POSTING.lines))


def _reversal_statement() -> Select[*tuple[Any, ...]]:
    original_id = bindparam("ledger_reverses_id", type_=Uuid())
    inherited = [Journal.book, Journal.fund_source, Journal.programme_id]
    source = select(*_given(_GIVEN), *inherited, Journal.id).where(
        Journal.id == original_id,
        _MONTH_IS_OPEN,
        queries.unreversed_fen(original_id) >= _AMOUNT,
    )
    journal = (
        insert(Journal)
        .from_select([*(column.key for column in [*_GIVEN, *inherited]), "reverses_id"], source)
        .on_conflict_do_nothing(index_elements=["source_type", "source_id", "kind"])
        .returning(Journal.id)
        .cte("ledger_journal")
    )
    mirror = select(
        journal.c.id,
        Posting.line_no,
        Posting.account_id,
        case((Posting.credit_fen > 0, _AMOUNT), else_=_NOTHING),
        case((Posting.debit_fen > 0, _AMOUNT), else_=_NOTHING),
        Posting.party_type,
        Posting.party_id,
    ).join_from(journal, Posting, Posting.journal_id == original_id)
    lines = insert(Posting).from_select(_LINE, mirror).cte("ledger_lines")
    return select(journal.c.id).add_cte(lines)


_REVERSE = Statement(_reversal_statement())


def posting_parameters(
    *,
    source_type: str,
    source_id: UUID,
    kind: str,
    family: Family,
    fund_source: FundSource,
    event: PostingEvent,
    amount_fen: Fen,
    party_type: PartyType,
    party_id: UUID,
    occurred_at: datetime,
    now: datetime,
    programme_id: UUID | None = None,
    book_date: date | None = None,
) -> dict[str, Any]:
    """Return what POSTING needs, for a caller who merges it into a statement of its own."""
    return _parameters(
        key=SourceKey(source_type, source_id, kind),
        amount_fen=amount_fen,
        occurred_at=occurred_at,
        now=now,
        book_date=book_date,
    ) | {
        "ledger_family": family,
        "ledger_fund_source": fund_source,
        "ledger_event": event,
        "ledger_party_type": party_type,
        "ledger_party_id": party_id,
        "ledger_programme_id": programme_id,
    }


def _parameters(
    *, key: SourceKey, amount_fen: Fen, occurred_at: datetime, now: datetime, book_date: date | None
) -> dict[str, Any]:
    assert amount_fen > 0
    day = shanghai_date(now) if book_date is None else book_date
    return {
        "ledger_id": new_id(),
        "ledger_source_type": key.source_type,
        "ledger_source_id": key.source_id,
        "ledger_kind": key.kind,
        "ledger_book_date": day,
        "ledger_month": shanghai_month(day),
        "ledger_year": day.year,
        "ledger_occurred_at": occurred_at,
        "ledger_received_at": now,
        "ledger_amount_fen": amount_fen,
    }


def post(
    session: Session,
    *,
    source_type: str,
    source_id: UUID,
    kind: str,
    family: Family,
    fund_source: FundSource,
    event: PostingEvent,
    amount_fen: Fen,
    party_type: PartyType,
    party_id: UUID,
    occurred_at: datetime,
    now: datetime,
    programme_id: UUID | None = None,
    book_date: date | None = None,
) -> UUID:
    """Book what an event made owed, by the posting rule of its family and fund; return the journal.

    One statement. `amount_fen` is positive: what nobody owes is not booked. `occurred_at` is the
    device's clock, `now` ours; `book_date` is by default the Shanghai day of `now`, so that a day's
    books are complete when it ends, and may be given for a record that came late.

    Takes the period's lock, shared, until the transaction ends. Opens a month that is new.

    Raises AlreadyPosted, PeriodClosed, PostingRuleMissing.
    """
    parameters = posting_parameters(
        source_type=source_type,
        source_id=source_id,
        kind=kind,
        family=family,
        fund_source=fund_source,
        event=event,
        amount_fen=amount_fen,
        party_type=party_type,
        party_id=party_id,
        programme_id=programme_id,
        occurred_at=occurred_at,
        now=now,
        book_date=book_date,
    )
    return post_merged(session, statement=_POST, parameters=parameters)


def post_merged(session: Session, *, statement: Statement, parameters: Mapping[str, Any]) -> UUID:
    """Run a statement that holds POSTING and more; return the journal. Raises as `post` does.

    `parameters` are those of `posting_parameters` and its own. Where the journal needs a second
    try, as the first of a month does, it is made alone: the rest of `statement` ran.
    """
    journal_id = _write(session, statement, parameters, again=_POST)
    if journal_id is None:
        raise PostingRuleMissing(
            family=parameters["ledger_family"],
            fund_source=parameters["ledger_fund_source"],
            event=parameters["ledger_event"],
        )
    return journal_id


def post_reversal(
    session: Session,
    *,
    original: SourceKey,
    source_type: str,
    source_id: UUID,
    kind: str,
    amount_fen: Fen,
    occurred_at: datetime,
    now: datetime,
    book_date: date | None = None,
) -> UUID:
    """Book the mirror of `amount_fen` of a journal (红字冲销); return the new journal.

    Same accounts and party, sides exchanged; book, fund source and programme are the original's.
    The other arguments are as for `post`.

    Locks the original against other reversals, then the period (shared).

    Raises JournalNotFound, ReversalIsFinal, ReversalExceedsOriginal, AlreadyPosted, PeriodClosed.
    """
    original_id = _lock_original(session, original)
    parameters = _parameters(
        key=SourceKey(source_type, source_id, kind),
        amount_fen=amount_fen,
        occurred_at=occurred_at,
        now=now,
        book_date=book_date,
    )
    parameters |= {"ledger_reverses_id": original_id}
    journal_id = _write(session, _REVERSE, parameters, again=_REVERSE)
    if journal_id is None:
        raise ReversalExceedsOriginal(
            left_fen=queries.left_of_journal(session, journal_id=original_id)
        )
    return journal_id


def _lock_original(session: Session, key: SourceKey) -> UUID:
    # Locked in one statement and read in the next: what a reversal before us took is seen.
    found = session.execute(
        select(
            Journal.id,
            Journal.reverses_id,
            func.pg_advisory_xact_lock(REVERSAL_LOCK, func.hashtext(cast(Journal.id, Text))),
        ).where(
            Journal.source_type == key.source_type,
            Journal.source_id == key.source_id,
            Journal.kind == key.kind,
        )
    ).one_or_none()
    if found is None:
        raise JournalNotFound
    if found.reverses_id is not None:
        raise ReversalIsFinal
    original_id: UUID = found.id
    return original_id


def _write(
    session: Session, statement: Statement, parameters: Mapping[str, Any], *, again: Statement
) -> UUID | None:
    """Run `statement`; return the id of its journal, or None if it found nothing to write.

    What would stop any journal is refused here: a source key that is in the books, a closed period.
    """
    journal_id = _run(session, statement, parameters)
    if journal_id is not None:
        return journal_id
    booked = queries.journal_by_source(
        session,
        source_type=parameters["ledger_source_type"],
        source_id=parameters["ledger_source_id"],
        kind=parameters["ledger_kind"],
    )
    if booked is not None:
        raise AlreadyPosted
    # The first journal of a month opens it, so that all others need not ask.
    period = ensure_period(session, day=parameters["ledger_book_date"])
    if period.state is PeriodState.CLOSED:
        raise PeriodClosed(month=period.month)
    return _run(session, again, parameters)


def _run(session: Session, statement: Statement, parameters: Mapping[str, Any]) -> UUID | None:
    try:
        written = statement.first(session, parameters)
    except IntegrityError as error:
        # The month was closed between the statement's look and the trigger's.
        if violated_constraint(error) == "ck_journals_period_open":
            raise PeriodClosed(month=parameters["ledger_month"]) from error
        raise
    return None if written is None else written.id
