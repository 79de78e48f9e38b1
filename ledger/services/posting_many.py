"""Writing many journals of one kind with one statement, by the posting rules of their event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kernel.clock import shanghai_month
from kernel.db import among
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import refused_by
from ledger.errors import (
    AlreadyPosted,
    PeriodClosed,
    PostingRuleMissing,
    ReversalExceedsOriginal,
)
from ledger.models import (
    Family,
    FundSource,
    Journal,
    PartyType,
    PeriodState,
    PostingEvent,
    PostingRule,
)
from ledger.queries import left_of_journal
from ledger.services.periods import ensure_period
from ledger.services.posting import REVERSAL_LOCK


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
# The mirror of a whole journal: its lines with their sides exchanged.
_MIRROR_COLUMNS = {
    "id": "uuid",
    "original_id": "uuid",
    "source_id": "uuid",
    "occurred_at": "timestamptz",
    "book_date": "date",
}
_MIRRORED = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _MIRROR_COLUMNS.items())
_MIRROR = text(
    f"""
    WITH given AS (
        SELECT g.* FROM unnest({_MIRRORED}) AS g ({", ".join(_MIRROR_COLUMNS)})
    ), journal AS (
        INSERT INTO journals (id, source_type, source_id, kind, book, fund_source, programme_id,
            book_date, occurred_at, received_at, reverses_id)
        SELECT g.id, :source_type, g.source_id, :kind, o.book, o.fund_source, o.programme_id,
            g.book_date, g.occurred_at, :now, o.id
        FROM given g JOIN journals o ON o.id = g.original_id
    )
    INSERT INTO postings (journal_id, line_no, account_id, debit_fen, credit_fen, party_type,
        party_id)
    SELECT g.id, p.line_no, p.account_id, p.credit_fen, p.debit_fen, p.party_type, p.party_id
    FROM given g JOIN postings p ON p.journal_id = g.original_id
    """  # noqa: S608  (the words put together here are all this file's own)
)
# By the lock's own number, so that two who need the same originals take turns.
_LOCK_ORIGINALS = text(
    """
    SELECT pg_advisory_xact_lock(:class, number) FROM (
        SELECT DISTINCT hashtext(CAST(id AS text)) AS number
        FROM unnest(CAST(:ids AS uuid[])) AS g (id) ORDER BY number) AS wanted
    """
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


@dataclass(frozen=True, slots=True)
class Mirror:
    """A reversal of all of one journal; its fields are those of `post_reversal`."""

    original_id: UUID
    source_id: UUID
    occurred_at: datetime
    book_date: date


def post_mirrors(
    session: Session, *, source_type: str, kind: str, mirrors: Sequence[Mirror], now: datetime
) -> None:
    """Book the mirror of whole journals, all in one statement: all of them or none.

    Locks the originals against other reversals, then each month (shared), as `post_reversal` does.

    Raises ReversalExceedsOriginal if anything of one was reversed before, AlreadyPosted,
    PeriodClosed.
    """
    if not mirrors:
        return
    originals = [each.original_id for each in mirrors]
    session.execute(_LOCK_ORIGINALS, {"class": REVERSAL_LOCK, "ids": originals})
    # Locked in one statement and read in the next: what a reversal before us took is seen.
    reversed_one = session.scalars(
        select(Journal.reverses_id).where(Journal.reverses_id == among(originals)).limit(1)
    ).first()
    if reversed_one is not None:
        raise ReversalExceedsOriginal(left_fen=left_of_journal(session, journal_id=reversed_one))
    for day in {each.book_date.replace(day=1) for each in mirrors}:
        if ensure_period(session, day=day).state is PeriodState.CLOSED:
            raise PeriodClosed(month=shanghai_month(day))
    columns: dict[str, list[Any]] = {"id": [new_id() for _ in mirrors]}
    for name in _MIRROR_COLUMNS.keys() - {"id"}:
        columns[name] = [getattr(each, name) for each in mirrors]
    same = {"source_type": source_type, "kind": kind, "now": now}
    with refused_by(_REFUSALS):
        session.execute(_MIRROR, columns | same)


def _refuse_unruled(session: Session, entries: Sequence[Entry], event: PostingEvent) -> None:
    query = select(PostingRule.family, PostingRule.fund_source)
    ruled = set(session.execute(query.where(PostingRule.event == event, PostingRule.is_active)))
    for each in entries:
        if (each.family, each.fund_source) not in ruled:
            raise PostingRuleMissing(family=each.family, fund_source=each.fund_source, event=event)
