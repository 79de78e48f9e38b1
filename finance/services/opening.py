"""Opening statements: what a merchant is owed is taken onto one, set-wise and once for ever.

What a merchant owes back, and what is too little to be paid, is carried, fund by fund, into its
next statement of the fund (docs/decisions/0015, 0032).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from finance.errors import StatementDaysWrong, StatementsOverlap
from finance.models import Statement, WorkStage
from finance.queries.statements import statement_reach
from finance.rules.works import Tell, say_nothing
from finance.services.statements import note_each
from kernel.actors import Actor, Role
from kernel.bulk import among
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.patience import make_room
from kernel.refusals import refused_by
from merchants.queries import (
    MerchantTerms,
    find_merchant,
    merchant_ids_within,
    settlement_terms,
)
from merchants.rules import last_period

STATEMENT_DAYS_MAX = 92
# The class of advisory locks under which openings take turns: what a merchant owes back is carried
# into one statement only, and a journal is seen as taken by whoever comes second.
OPENING_LOCK = 104
_ONE_DAY = timedelta(days=1)

# What the books owe a merchant for benefits; what was paid to it is not a line of a statement.
_UNSTATED = """
    SELECT p.party_id AS merchant_id, j.id AS journal_id, j.fund_source, j.book_date,
        p.credit_fen - p.debit_fen AS amount_fen
    FROM journals j JOIN postings p ON p.journal_id = j.id AND p.party_type = 'merchant'
    WHERE j.source_type IN ('redemption', 'redemption_reversal', 'adjustment')
        AND NOT EXISTS (SELECT FROM statement_lines l WHERE l.journal_id = j.id)
"""
_ARE_WAITING = text(
    f"""
    SELECT EXISTS (
        SELECT FROM ({_UNSTATED}) AS u
        WHERE u.merchant_id = ANY (:merchant_ids) AND u.book_date < :ends_on)
    """  # noqa: S608 (no part of it comes from outside)
)
# A function of the owner's, which takes the lines from the journals itself: migration 0044.
_OPEN = text(
    """
    SELECT open_statements(CAST(:merchant_ids AS uuid[]), CAST(:ids AS uuid[]),
        CAST(:first_days AS date[]), CAST(:end_days AS date[]), CAST(:minima AS bigint[]),
        CAST(:pay_days AS date[]), CAST(:buyers AS text[]), CAST(:maker_id AS uuid), :now)
    """
)
_OVERLAPPING = {"ex_statements_days_of_merchant": StatementsOverlap}


@dataclass(frozen=True)
class _Asked:
    """A merchant that is stated [starts_on, ends_on), if there is anything to state."""

    merchant_id: UUID
    starts_on: date
    ends_on: date


def open_statements(
    session: Session,
    *,
    actor: Actor,
    starts_on: date,
    ends_on: date,
    now: datetime,
    merchant_id: UUID | None = None,
    tell: Tell = say_nothing,
) -> list[Statement]:
    """Take what was booked before `ends_on` and is on no statement; one statement a merchant.

    For the Shanghai days [starts_on, ends_on), of `merchant_id` or of all merchants in the actor's
    reach; a merchant with nothing gets none, and so does one that has a statement for some of these
    days: what came late waits for its next one. Openings take turns.

    Raises StatementDaysWrong, MerchantNotFound; StatementsOverlap if that is why nobody gets one.
    """
    _refuse_days(starts_on, ends_on, today=shanghai_date(now))
    reached = _take_turn(session, actor=actor, merchant_id=merchant_id)
    overlapping = func.daterange(Statement.starts_on, Statement.ends_on, "[)").op("&&")(
        func.daterange(starts_on, ends_on, "[)")
    )
    query = select(Statement.merchant_id).where(among(Statement.merchant_id, reached), overlapping)
    stated = set(session.scalars(query))
    free = [_Asked(each, starts_on, ends_on) for each in reached if each not in stated]
    terms = settlement_terms(session, merchant_ids=reached, day=ends_on - _ONE_DAY)
    opened = _open(session, free, terms, actor=actor, now=now, tell=tell)
    left = {"merchant_ids": list(stated), "ends_on": ends_on}
    if not opened and stated and session.execute(_ARE_WAITING, left).scalar_one():
        raise StatementsOverlap
    return opened


def open_due_statements(session: Session, *, actor: Actor, now: datetime) -> list[Statement]:
    """Open the statements of all periods that are over, each merchant's by its own agreement.

    Of several that were missed, the newest takes all. Run again, it finds nothing to open; days
    that a statement covers already are left out. Openings take turns.
    """
    today = shanghai_date(now)
    reached = _take_turn(session, actor=actor)
    terms = settlement_terms(session, merchant_ids=reached, day=today - _ONE_DAY)
    query = select(Statement.merchant_id, func.max(Statement.ends_on))
    query = query.where(among(Statement.merchant_id, reached)).group_by(Statement.merchant_id)
    stated_until = dict(session.execute(query).all())
    due = []
    for merchant_id in reached:
        found = terms.get(merchant_id, MerchantTerms())
        starts_on, ends_on = last_period(today, found.terms.cycle)
        starts_on = max(starts_on, stated_until.get(merchant_id, starts_on))
        if starts_on < ends_on:
            due.append(_Asked(merchant_id, starts_on, ends_on))
    return _open(session, due, terms, actor=actor, now=now)


def _take_turn(session: Session, *, actor: Actor, merchant_id: UUID | None = None) -> list[UUID]:
    """Return the merchants in reach, or the one that is asked for, once it is our turn.

    Locked in one statement and read in the next: what an opening before us took is seen.
    """
    reach = statement_reach(actor, Role.FINANCE_MAKER)
    if merchant_id is None:
        reached = list(session.scalars(merchant_ids_within(reach)))
    else:
        reached = [find_merchant(session, merchant_id=merchant_id, reach=reach).id]
    session.execute(select(func.pg_advisory_xact_lock(OPENING_LOCK, 0)))
    return reached


def _open(
    session: Session,
    asked: Sequence[_Asked],
    terms: Mapping[UUID, MerchantTerms],
    *,
    actor: Actor,
    now: datetime,
    tell: Tell = say_nothing,
) -> list[Statement]:
    settled = [terms.get(each.merchant_id, MerchantTerms()) for each in asked]
    facts = {
        "merchant_ids": [each.merchant_id for each in asked],
        # In their order, so that the lines of one after the other go to the end of the index.
        "ids": sorted(new_id() for _ in asked),
        "first_days": [each.starts_on for each in asked],
        "end_days": [each.ends_on for each in asked],
        "minima": [each.min_payout_fen for each in settled],
        "pay_days": [
            _pay_from(one, ends_on=each.ends_on) for each, one in zip(asked, settled, strict=True)
        ],
        "buyers": [each.terms.invoice_buyer_uscc for each in settled],
        "maker_id": actor.staff_id,
        "now": now,
    }
    make_room(session)
    tell(WorkStage.COLLECT, 0, len(asked))
    with refused_by(_OVERLAPPING):
        ids = session.scalars(_OPEN, facts).all()
    statements = _statements(session, ids)
    tell(WorkStage.NOTE, 0, len(statements))
    note_each(session, statements, actor=actor, did="opened", now=now)
    return statements


def _statements(session: Session, ids: Collection[UUID]) -> list[Statement]:
    query = select(Statement).where(among(Statement.id, ids)).order_by(Statement.number)
    return list(session.scalars(query))


def _pay_from(settled: MerchantTerms, *, ends_on: date) -> date | None:
    """Return the first day of payment where that is later than the end of the period."""
    held_until = settled.held_until
    return held_until if held_until is not None and held_until > ends_on else None


def _refuse_days(starts_on: date, ends_on: date, *, today: date) -> None:
    latest = today + _ONE_DAY
    length = (ends_on - starts_on).days
    if not 0 < length <= STATEMENT_DAYS_MAX or ends_on > latest:
        raise StatementDaysWrong(latest_ends_on=latest.isoformat(), days_max=STATEMENT_DAYS_MAX)
