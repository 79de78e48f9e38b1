"""What a merchant is owed for a period: opened, issued, agreed, approved.

Lines are taken set-wise and once for ever; what a merchant owes back is carried, fund by fund, into
its next statement of the fund (docs/decisions/0015).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import (
    DisputesUndecided,
    PreparedByYou,
    StatementDaysWrong,
    StatementNotAnswered,
    StatementNotFound,
    StatementsOverlap,
)
from finance.models import STATEMENT_MOVES, Statement, StatementFund, StatementState
from finance.queries.statements import statement_reach
from kernel.actors import Actor, ActorKind, Role
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import refuse_stale, refused_by
from kernel.states import move
from merchants.models import Merchant
from merchants.queries import find_merchant, merchant_ids_within, union_path_of

OBJECT = "statement"
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
        AND j.book_date < :ends_on
        AND NOT EXISTS (SELECT FROM statement_lines l WHERE l.journal_id = j.id)
"""
_MERCHANTS = text(
    f"""
    SELECT u.merchant_id, EXISTS (
        SELECT FROM statements s WHERE s.merchant_id = u.merchant_id
            AND daterange(s.starts_on, s.ends_on, '[)') && daterange(:starts_on, :ends_on, '[)')
    ) AS is_stated
    FROM ({_UNSTATED}) AS u
    WHERE u.merchant_id = ANY (:merchant_ids)
    GROUP BY u.merchant_id ORDER BY u.merchant_id
    """  # noqa: S608 (no part of it comes from outside)
)
# One statement for all merchants: the lines it takes and the sums it writes see the same books.
_OPEN = text(
    f"""
    WITH asked AS (
        SELECT * FROM unnest(CAST(:merchant_ids AS uuid[]), CAST(:ids AS uuid[]))
            AS a (merchant_id, id)
    ), fresh AS MATERIALIZED (
        SELECT u.*, a.id AS statement_id, row_number() OVER (
            PARTITION BY a.id ORDER BY u.book_date, u.journal_id) AS line_no
        FROM ({_UNSTATED}) AS u JOIN asked a USING (merchant_id)
    ), opened AS (
        INSERT INTO statements (id, merchant_id, starts_on, ends_on, state, lines, lines_fen,
            maker_id, opened_at, version)
        SELECT statement_id, merchant_id, :starts_on, :ends_on, 'open', count(*), sum(amount_fen),
            :maker_id, :now, 1
        FROM fresh GROUP BY statement_id, merchant_id
        RETURNING id
    ), taken AS (
        INSERT INTO statement_lines (journal_id, statement_id, line_no, fund_source, amount_fen)
        SELECT journal_id, statement_id, line_no, fund_source, amount_fen FROM fresh
    ), carried AS (
        SELECT s.merchant_id, f.fund_source, f.statement_id, f.carried_out_fen
        FROM statement_funds f JOIN statements s ON s.id = f.statement_id
        WHERE f.carried_out_fen <> 0 AND s.merchant_id = ANY (:merchant_ids) AND NOT EXISTS (
            SELECT FROM statement_funds used WHERE used.carried_from_id = f.statement_id
                AND used.fund_source = f.fund_source)
    ), summed AS (
        SELECT statement_id, merchant_id, fund_source, sum(amount_fen) AS lines_fen
        FROM fresh GROUP BY statement_id, merchant_id, fund_source
    ), funds AS (
        INSERT INTO statement_funds (statement_id, fund_source, lines_fen, carried_from_id,
            carried_in_fen, payable_fen, carried_out_fen)
        SELECT m.statement_id, m.fund_source, m.lines_fen, c.statement_id,
            coalesce(c.carried_out_fen, 0),
            greatest(m.lines_fen + coalesce(c.carried_out_fen, 0), 0),
            least(m.lines_fen + coalesce(c.carried_out_fen, 0), 0)
        FROM summed m LEFT JOIN carried c USING (merchant_id, fund_source)
    )
    SELECT id FROM opened
    """  # noqa: S608 (no part of it comes from outside)
)
_OVERLAPPING = {"ex_statements_days_of_merchant": StatementsOverlap}
_TWO_PEOPLE = {
    "ck_statements_two_people": PreparedByYou,
    "ck_statements_disputes_answered": DisputesUndecided,
}


def open_statements(
    session: Session,
    *,
    actor: Actor,
    starts_on: date,
    ends_on: date,
    now: datetime,
    merchant_id: UUID | None = None,
) -> list[Statement]:
    """Take what was booked before `ends_on` and is on no statement; one statement a merchant.

    For the Shanghai days [starts_on, ends_on), of `merchant_id` or of all merchants in the actor's
    reach; a merchant with nothing gets none, and so does one that has a statement for some of these
    days: what came late waits for its next one. Openings take turns.

    Raises StatementDaysWrong, MerchantNotFound; StatementsOverlap if that is why nobody gets one.
    """
    _refuse_days(starts_on, ends_on, today=shanghai_date(now))
    reach = statement_reach(actor, Role.FINANCE_MAKER)
    if merchant_id is None:
        reached = list(session.scalars(merchant_ids_within(reach)))
    else:
        reached = [find_merchant(session, merchant_id=merchant_id, reach=reach).id]
    # Locked in one statement and read in the next: what an opening before us took is seen.
    session.execute(select(func.pg_advisory_xact_lock(OPENING_LOCK, 0)))
    days = {"starts_on": starts_on, "ends_on": ends_on}
    found = session.execute(_MERCHANTS, days | {"merchant_ids": reached}).all()
    free = [row.merchant_id for row in found if not row.is_stated]
    if found and not free:
        raise StatementsOverlap
    facts = {
        "merchant_ids": free,
        "ids": [new_id() for _ in free],
        "maker_id": actor.staff_id,
        "now": now,
    }
    with refused_by(_OVERLAPPING):
        ids = session.scalars(_OPEN, days | facts).all()
    opened = select(Statement).where(Statement.id.in_(ids)).order_by(Statement.number)
    statements = list(session.scalars(opened))
    for statement in statements:
        note(session, statement, actor=actor, did="opened", now=now)
    return statements


def issue_statement(
    session: Session, *, actor: Actor, statement_id: UUID, version: int, now: datetime
) -> Statement:
    """Show a statement to its merchant. From now on nothing on it is voided or edited.

    Raises StatementNotFound, EditConflict, MoveNotAllowed.
    """
    statement = lock_statement(
        session, actor=actor, statement_id=statement_id, role=Role.FINANCE_MAKER
    )
    refuse_stale(statement.version, version)
    statement.state = move(STATEMENT_MOVES, statement.state, StatementState.ISSUED)
    statement.issued_at = now
    statement.version += 1
    session.flush()
    note(session, statement, actor=actor, did="issued", now=now)
    return statement


@dataclass(frozen=True)
class Voice:
    """Who speaks for a merchant about a statement: one of its tills, or one of its managers."""

    merchant_id: UUID
    terminal_id: UUID | None = None
    manager_id: UUID | None = None

    @property
    def actor(self) -> Actor:
        kind = ActorKind.MANAGER if self.terminal_id is None else ActorKind.TERMINAL
        return Actor(kind, id=self.terminal_id or self.manager_id, merchant_id=self.merchant_id)


def agree_statement(
    session: Session, *, voice: Voice, statement_id: UUID, now: datetime
) -> Statement:
    """Let the merchant agree: a till or a manager. Agreed before: the same answer.

    Raises StatementNotFound, DisputesUndecided.
    """
    statement = lock_shown_statement(
        session, merchant_id=voice.merchant_id, statement_id=statement_id
    )
    if statement.agreed_at is not None:
        return statement
    if statement.state is StatementState.DISPUTED:
        raise DisputesUndecided
    agree(statement, now=now)
    statement.agreed_by_terminal_id = voice.terminal_id
    statement.agreed_by_manager_id = voice.manager_id
    session.flush()
    note(session, statement, actor=voice.actor, did="agreed", now=now)
    return statement


def approve_statement(
    session: Session, *, actor: Actor, statement_id: UUID, version: int, now: datetime
) -> Statement:
    """Let a second person approve what the merchant agreed to: it may be paid.

    Where every fund comes to nothing, there is nothing to pay, and it is paid at once.

    Raises StatementNotFound, EditConflict, PreparedByYou, DisputesUndecided, StatementNotAnswered,
    MoveNotAllowed.
    """
    statement = lock_statement(
        session, actor=actor, statement_id=statement_id, role=Role.FINANCE_APPROVER
    )
    refuse_stale(statement.version, version)
    if statement.state is StatementState.DISPUTED:
        raise DisputesUndecided
    if statement.state is StatementState.ISSUED:
        raise StatementNotAnswered
    state = move(STATEMENT_MOVES, statement.state, StatementState.APPROVED)
    if statement.maker_id == actor.staff_id:
        raise PreparedByYou
    statement.approver_id = actor.staff_id
    statement.approved_at = now
    statement.state = state
    statement.version += 1
    with refused_by(_TWO_PEOPLE):
        session.flush()
    if _payable_fen(session, statement) == 0:
        statement.state = move(STATEMENT_MOVES, statement.state, StatementState.PAID)
        session.flush()
    note(session, statement, actor=actor, did="approved", now=now)
    return statement


def agree(statement: Statement, *, now: datetime) -> None:
    """Move a locked statement to agreed: by the merchant, or since its last dispute is decided."""
    statement.state = move(STATEMENT_MOVES, statement.state, StatementState.AGREED)
    statement.agreed_at = now
    statement.version += 1


def lock_statement(session: Session, *, actor: Actor, statement_id: UUID, role: Role) -> Statement:
    """Return a statement of a merchant that the actor reaches as `role`, locked.

    Raises StatementNotFound.
    """
    reach = statement_reach(actor, role)
    return _locked(
        session, Statement.id == statement_id, Statement.merchant_id.in_(merchant_ids_within(reach))
    )


def lock_shown_statement(session: Session, *, merchant_id: UUID, statement_id: UUID) -> Statement:
    """Return a statement that the merchant may see, locked. Raises StatementNotFound."""
    return _locked(
        session,
        Statement.id == statement_id,
        Statement.merchant_id == merchant_id,
        Statement.state != StatementState.OPEN,
    )


def note(
    session: Session,
    statement: Statement,
    *,
    actor: Actor,
    did: str,
    now: datetime,
    dispute_id: UUID | None = None,
    adjustment_fen: Fen | None = None,
) -> None:
    """Write what was done to a statement into the audit trail, for the merchant's union."""
    merchant = session.get_one(Merchant, statement.merchant_id)
    record(
        session,
        actor=actor,
        action=f"finance.statement_{did}",
        object_type=OBJECT,
        object_id=statement.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        number=statement.number,
        lines=statement.lines,
        lines_fen=statement.lines_fen,
        dispute_id=dispute_id,
        adjustment_fen=adjustment_fen,
    )


def _locked(session: Session, *conditions: object) -> Statement:
    query = (
        select(Statement)
        .where(*conditions)  # type: ignore[arg-type]
        .with_for_update(of=Statement)
        .execution_options(populate_existing=True)
    )
    statement = session.scalars(query).one_or_none()
    if statement is None:
        raise StatementNotFound
    return statement


def _refuse_days(starts_on: date, ends_on: date, *, today: date) -> None:
    latest = today + _ONE_DAY
    length = (ends_on - starts_on).days
    if not 0 < length <= STATEMENT_DAYS_MAX or ends_on > latest:
        raise StatementDaysWrong(latest_ends_on=latest.isoformat(), days_max=STATEMENT_DAYS_MAX)


def _payable_fen(session: Session, statement: Statement) -> Fen:
    query = select(func.sum(StatementFund.payable_fen)).where(
        StatementFund.statement_id == statement.id
    )
    return Fen(int(session.scalars(query).one()))
