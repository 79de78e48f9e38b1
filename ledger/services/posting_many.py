"""Writing many journals of one kind with one statement, by the posting rules of their event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kernel.clock import shanghai_month
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import refused_by
from ledger.errors import AlreadyPosted, PeriodClosed, PostingRuleMissing
from ledger.models import Family, FundSource, PartyType, PeriodState, PostingEvent, PostingRule
from ledger.services.periods import ensure_period


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal of many; its fields are those of `post`."""

    source_id: UUID
    family: Family
    fund_source: FundSource
    amount_fen: Fen
    party_type: PartyType
    party_id: UUID
    programme_id: UUID | None
    occurred_at: datetime
    book_date: date


_COLUMNS = {
    "id": "uuid",
    "source_id": "uuid",
    "family": "text",
    "fund_source": "text",
    "amount_fen": "bigint",
    "party_type": "text",
    "party_id": "uuid",
    "programme_id": "uuid",
    "occurred_at": "timestamptz",
    "book_date": "date",
}
_GIVEN = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())
_POST = text(
    f"""
    WITH ruled AS (
        SELECT g.*, r.book, r.debit_account_id, r.credit_account_id, r.party_side
        FROM unnest({_GIVEN}) AS g ({", ".join(_COLUMNS)})
        JOIN posting_rules r ON r.family = g.family AND r.fund_source = g.fund_source
            AND r.event = :event AND r.is_active
    ), journal AS (
        INSERT INTO journals (id, source_type, source_id, kind, book, fund_source, programme_id,
            book_date, occurred_at, received_at)
        SELECT id, :source_type, source_id, :kind, book, fund_source, programme_id, book_date,
            occurred_at, :now
        FROM ruled
    )
    INSERT INTO postings (journal_id, line_no, account_id, debit_fen, credit_fen, party_type,
        party_id)
    SELECT id, line.no,
        CASE line.side WHEN 'debit' THEN debit_account_id ELSE credit_account_id END,
        CASE line.side WHEN 'debit' THEN amount_fen ELSE 0 END,
        CASE line.side WHEN 'credit' THEN amount_fen ELSE 0 END,
        CASE line.side WHEN party_side THEN party_type END,
        CASE line.side WHEN party_side THEN party_id END
    FROM ruled CROSS JOIN (VALUES (1, 'debit'), (2, 'credit')) AS line (no, side)
    """  # noqa: S608  (the words put together here are all this file's own)
)
_REFUSALS = {
    "uq_journals_source_type_source_id_kind": AlreadyPosted,
    "ck_journals_period_open": PeriodClosed,
}


def post_many(
    session: Session,
    *,
    source_type: str,
    kind: str,
    event: PostingEvent,
    entries: Sequence[Entry],
    now: datetime,
) -> None:
    """Book each of `entries` as `post` books one, all in one statement: all of them or none.

    Takes the lock of each month, shared, until the transaction ends. Opens months that are new.

    Raises AlreadyPosted, PeriodClosed, PostingRuleMissing.
    """
    if not entries:
        return
    for day in {each.book_date.replace(day=1) for each in entries}:
        if ensure_period(session, day=day).state is PeriodState.CLOSED:
            raise PeriodClosed(month=shanghai_month(day))
    _refuse_unruled(session, entries, event)
    columns: dict[str, list[Any]] = {"id": [new_id() for _ in entries]}
    for name in _COLUMNS.keys() - {"id"}:
        columns[name] = [getattr(each, name) for each in entries]
    same = {"source_type": source_type, "kind": kind, "event": event, "now": now}
    with refused_by(_REFUSALS):
        session.execute(_POST, columns | same)


def _refuse_unruled(session: Session, entries: Sequence[Entry], event: PostingEvent) -> None:
    query = select(PostingRule.family, PostingRule.fund_source)
    ruled = set(session.execute(query.where(PostingRule.event == event, PostingRule.is_active)))
    for each in entries:
        if (each.family, each.fund_source) not in ruled:
            raise PostingRuleMissing(family=each.family, fund_source=each.fund_source, event=event)
