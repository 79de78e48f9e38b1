"""What a merchant says against a line, and what two people of finance decide about it.

Locks, in order: the statement, then the dispute. The disputed line is never edited: what is
accepted is booked, and stands on the merchant's next statement.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from finance.errors import (
    AdjustmentTooLarge,
    DisputeNotFound,
    DisputeTooLate,
    LineAlreadyDisputed,
    PreparedByYou,
    StatementLineNotFound,
    StatementNotFound,
)
from finance.models import (
    DISPUTE_MOVES,
    STATEMENT_MOVES,
    Dispute,
    DisputeState,
    Statement,
    StatementLine,
    StatementState,
)
from finance.services.statements import (
    Voice,
    agree,
    lock_shown_statement,
    lock_statement,
    note,
)
from kernel.actors import Actor, Role
from kernel.clock import shanghai_date
from kernel.money import Fen
from kernel.refusals import RequestKeyReused, refuse_stale, refused_by
from kernel.states import move
from ledger.models import Family, Journal, PartyType, PostingEvent
from ledger.queries import left_of_journal
from ledger.services import SourceKey, post, post_reversal

ADJUSTMENT_SOURCE = "adjustment"
# As long as the third sides keep their bills: WeChat's can be fetched for three months.
DISPUTE_LIFE = timedelta(days=90)
_TAKEN = {"pk_disputes": RequestKeyReused, "uq_disputes_line_journal_id": LineAlreadyDisputed}


def raise_dispute(
    session: Session,
    *,
    voice: Voice,
    dispute_id: UUID,
    statement_id: UUID,
    journal_id: UUID,
    reason: str,
    now: datetime,
) -> Dispute:
    """Say that a line of an issued statement is wrong, once a line. The same id hears the same.

    Before it is agreed, the statement waits for the answer. Afterwards, paid or not, it stays what
    it is: what the answer changes is a line of the next one either way.

    Raises StatementNotFound, RequestKeyReused, DisputeTooLate, StatementLineNotFound,
    LineAlreadyDisputed.
    """
    statement = lock_shown_statement(
        session, merchant_id=voice.merchant_id, statement_id=statement_id
    )
    known = session.get(Dispute, dispute_id, populate_existing=True)
    if known is not None:
        facts = (known.statement_id, known.line_journal_id, known.reason)
        if facts != (statement.id, journal_id, reason):
            raise RequestKeyReused
        return known
    if not takes_disputes(statement, now=now):
        raise DisputeTooLate(days_max=DISPUTE_LIFE.days)
    line = session.get(StatementLine, journal_id)
    if line is None or line.statement_id != statement.id:
        raise StatementLineNotFound
    if session.scalar(select(exists().where(Dispute.line_journal_id == journal_id))):
        raise LineAlreadyDisputed
    dispute = Dispute(
        id=dispute_id,
        statement_id=statement.id,
        line_journal_id=journal_id,
        raised_by_terminal_id=voice.terminal_id,
        raised_by_manager_id=voice.manager_id,
        reason=reason,
        raised_at=now,
        state=DisputeState.OPEN,
    )
    session.add(dispute)
    if statement.state is StatementState.ISSUED:
        statement.state = move(STATEMENT_MOVES, statement.state, StatementState.DISPUTED)
        statement.version += 1
    with refused_by(_TAKEN):
        session.flush()
    _note(session, statement, dispute, actor=voice.actor, did="raised", now=now)
    return dispute


def takes_disputes(statement: Statement, *, now: datetime) -> bool:
    """Say whether the merchant may still dispute lines of a statement."""
    return statement.issued_at is not None and now - statement.issued_at <= DISPUTE_LIFE


def dispute_until(statement: Statement) -> date | None:
    """Return the last Shanghai day on which a line may be disputed; None before it is issued."""
    return shanghai_date(statement.issued_at + DISPUTE_LIFE) if statement.issued_at else None


def answer_dispute(
    session: Session,
    *,
    actor: Actor,
    dispute_id: UUID,
    version: int,
    adjustment_fen: Fen,
    answer: str,
    now: datetime,
) -> Dispute:
    """Propose what a dispute comes to: more for the merchant, less, or zero when the line stands.

    A second person confirms it or sends it back.

    Raises DisputeNotFound, EditConflict, MoveNotAllowed, AdjustmentTooLarge.
    """
    role = Role.FINANCE_MAKER
    statement, dispute = _lock(session, actor=actor, dispute_id=dispute_id, role=role)
    refuse_stale(dispute.version, version)
    state = move(DISPUTE_MOVES, dispute.state, DisputeState.ANSWERED)
    if adjustment_fen < 0:
        _refuse_below_nothing(session, dispute, Fen(-adjustment_fen))
    dispute.state = state
    dispute.maker_id = actor.staff_id
    dispute.adjustment_fen = adjustment_fen
    dispute.answer = answer
    dispute.version += 1
    session.flush()
    _note(session, statement, dispute, actor=actor, did="answered", now=now)
    return dispute


def send_back_dispute(
    session: Session, *, actor: Actor, dispute_id: UUID, version: int, now: datetime
) -> Dispute:
    """Ask for another answer: a second person does not confirm this one.

    Raises DisputeNotFound, EditConflict, MoveNotAllowed, PreparedByYou.
    """
    statement, dispute = _lock_answered(
        session, actor=actor, dispute_id=dispute_id, version=version
    )
    state = move(DISPUTE_MOVES, dispute.state, DisputeState.OPEN)
    _note(session, statement, dispute, actor=actor, did="sent_back", now=now)
    dispute.state = state
    dispute.maker_id = None
    dispute.adjustment_fen = None
    dispute.answer = None
    dispute.version += 1
    session.flush()
    return dispute


def confirm_dispute(
    session: Session, *, actor: Actor, dispute_id: UUID, version: int, now: datetime
) -> Dispute:
    """Make somebody else's answer final. What it adjusts is booked today.

    With the last dispute decided, a disputed statement is agreed: the merchant has been heard.

    Raises DisputeNotFound, EditConflict, MoveNotAllowed, PreparedByYou, AdjustmentTooLarge, and
    what posting raises.
    """
    statement, dispute = _lock_answered(
        session, actor=actor, dispute_id=dispute_id, version=version
    )
    adjustment_fen = Fen(dispute.adjustment_fen or 0)
    target = DisputeState.ACCEPTED if adjustment_fen else DisputeState.REJECTED
    state = move(DISPUTE_MOVES, dispute.state, target)
    # Booked first: a dispute is accepted together with its journal or not at all.
    journal_id = (
        _book(session, statement, dispute, adjustment_fen, now=now) if adjustment_fen else None
    )
    dispute.journal_id = journal_id
    dispute.state = state
    dispute.approver_id = actor.staff_id
    dispute.decided_at = now
    dispute.version += 1
    with refused_by({"ck_disputes_two_people": PreparedByYou}):
        session.flush()
    _note(session, statement, dispute, actor=actor, did=dispute.state.value, now=now)
    is_waiting = statement.state is StatementState.DISPUTED
    if is_waiting and not _has_undecided(session, statement):
        agree(statement, now=now)
        session.flush()
        note(session, statement, actor=actor, did="agreed", now=now)
    return dispute


def _lock(
    session: Session, *, actor: Actor, dispute_id: UUID, role: Role
) -> tuple[Statement, Dispute]:
    """Return a dispute in the actor's reach with its statement, both locked, as they are now."""
    dispute = session.get(Dispute, dispute_id)
    if dispute is None:
        raise DisputeNotFound
    try:
        statement = lock_statement(
            session, actor=actor, statement_id=dispute.statement_id, role=role
        )
    except StatementNotFound:
        raise DisputeNotFound from None
    session.refresh(dispute, with_for_update=True)
    return statement, dispute


def _lock_answered(
    session: Session, *, actor: Actor, dispute_id: UUID, version: int
) -> tuple[Statement, Dispute]:
    """Lock a dispute for a second person. Raises MoveNotAllowed if it has no answer yet."""
    role = Role.FINANCE_APPROVER
    statement, dispute = _lock(session, actor=actor, dispute_id=dispute_id, role=role)
    refuse_stale(dispute.version, version)
    move(DISPUTE_MOVES, dispute.state, DisputeState.ACCEPTED)
    if dispute.maker_id == actor.staff_id:
        raise PreparedByYou
    return statement, dispute


def _refuse_below_nothing(session: Session, dispute: Dispute, less_fen: Fen) -> None:
    """Raise AdjustmentTooLarge unless that much of the disputed line's journal is left."""
    journal = session.get_one(Journal, dispute.line_journal_id)
    left = Fen(0)
    if journal.reverses_id is None:
        left = left_of_journal(session, journal_id=journal.id)
    if less_fen > left:
        raise AdjustmentTooLarge(left_fen=left)


def _book(
    session: Session,
    statement: Statement,
    dispute: Dispute,
    adjustment_fen: Fen,
    *,
    now: datetime,
) -> UUID:
    """Post what a dispute adjusts: more as a journal of its own, less as a reversal of its line."""
    journal = session.get_one(Journal, dispute.line_journal_id)
    if adjustment_fen < 0:
        _refuse_below_nothing(session, dispute, Fen(-adjustment_fen))
        return post_reversal(
            session,
            original=SourceKey(journal.source_type, journal.source_id, journal.kind),
            source_type=ADJUSTMENT_SOURCE,
            source_id=dispute.id,
            kind="lowered",
            amount_fen=Fen(-adjustment_fen),
            occurred_at=now,
            now=now,
        )
    return post(
        session,
        source_type=ADJUSTMENT_SOURCE,
        source_id=dispute.id,
        kind="raised",
        # Of the three families, discounts alone owe merchants.
        family=Family.DISCOUNT,
        fund_source=journal.fund_source,
        event=PostingEvent.CAPTURED,
        amount_fen=adjustment_fen,
        party_type=PartyType.MERCHANT,
        party_id=statement.merchant_id,
        programme_id=journal.programme_id,
        occurred_at=now,
        now=now,
    )


def _has_undecided(session: Session, statement: Statement) -> bool:
    undecided = exists().where(Dispute.statement_id == statement.id, Dispute.decided_at.is_(None))
    return bool(session.scalar(select(undecided)))


def _note(
    session: Session,
    statement: Statement,
    dispute: Dispute,
    *,
    actor: Actor,
    did: str,
    now: datetime,
) -> None:
    note(
        session,
        statement,
        actor=actor,
        did=f"dispute_{did}",
        now=now,
        dispute_id=dispute.id,
        adjustment_fen=dispute.adjustment_fen,
    )
