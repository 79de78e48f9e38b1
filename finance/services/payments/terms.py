"""On whose word payments are made, and from which account: what finance sets for itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from finance.errors import PreparedByYou
from finance.models import PayingAccount, PaymentTiers
from finance.payment_errors import TiersNotFound, TiersWaiting
from finance.queries.payment_terms import paying_account
from kernel.actors import Actor
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import refuse_stale, refused_by
from ledger.models import Book


def propose_tiers(
    session: Session, *, actor: Actor, check_from_fen: Fen, twice_from_fen: Fen, now: datetime
) -> PaymentTiers:
    """Propose from which totals a batch is checked and approved twice; another person confirms.

    Raises TiersWaiting.
    """
    tiers = PaymentTiers(
        id=new_id(),
        check_from_fen=check_from_fen,
        twice_from_fen=twice_from_fen,
        maker_id=actor.staff_id,
        proposed_at=now,
    )
    session.add(tiers)
    with refused_by({"uq_payment_tiers_waiting": TiersWaiting}):
        session.flush()
    _record(session, tiers, "proposed", actor=actor, now=now)
    return tiers


def approve_tiers(
    session: Session, *, actor: Actor, tiers_id: UUID, version: int, now: datetime
) -> PaymentTiers:
    """Put proposed tiers in force for every batch prepared from now on.

    Raises TiersNotFound, EditConflict, PreparedByYou.
    """
    tiers = _lock_waiting(session, tiers_id=tiers_id, version=version)
    if tiers.maker_id == actor.staff_id:
        raise PreparedByYou
    tiers.approver_id = actor.staff_id
    tiers.approved_at = now
    tiers.version += 1
    with refused_by({"ck_payment_tiers_two_people": PreparedByYou}):
        session.flush()
    _record(session, tiers, "approved", actor=actor, now=now)
    return tiers


def withdraw_tiers(
    session: Session, *, actor: Actor, tiers_id: UUID, version: int, now: datetime
) -> PaymentTiers:
    """Let proposed tiers go; those in force stay. Raises TiersNotFound, EditConflict."""
    tiers = _lock_waiting(session, tiers_id=tiers_id, version=version)
    tiers.withdrawn_at = now
    tiers.version += 1
    session.flush()
    _record(session, tiers, "withdrawn", actor=actor, now=now)
    return tiers


def set_paying_account(
    session: Session,
    *,
    actor: Actor,
    book: Book,
    holder: str,
    account_number: str,
    bank_name: str,
    bank_code: str,
    now: datetime,
) -> PayingAccount:
    """Name the union's account from which `book` pays from now on; files already sent keep theirs.

    The same facts again change nothing.
    """
    facts = (holder, account_number, bank_name, bank_code)
    known = paying_account(session, book=book, lock=True)
    if known is not None:
        if (known.holder, known.account_number, known.bank_name, known.bank_code) == facts:
            return known
        known.ended_at = now
        session.flush()
    account = PayingAccount(
        id=new_id(),
        book=book,
        holder=holder,
        account_number=account_number,
        bank_name=bank_name,
        bank_code=bank_code,
        set_by=actor.staff_id,
        set_at=now,
    )
    session.add(account)
    session.flush()
    record(
        session,
        actor=actor,
        action="paying_account.set",
        object_type="paying_account",
        object_id=account.id,
        now=now,
        book=book,
    )
    return account


def _lock_waiting(session: Session, *, tiers_id: UUID, version: int) -> PaymentTiers:
    tiers = session.get(PaymentTiers, tiers_id, with_for_update=True, populate_existing=True)
    if tiers is None or tiers.approved_at or tiers.withdrawn_at:
        raise TiersNotFound
    refuse_stale(tiers.version, version)
    return tiers


def _record(
    session: Session, tiers: PaymentTiers, did: str, *, actor: Actor, now: datetime
) -> None:
    record(
        session,
        actor=actor,
        action=f"payment_tiers.{did}",
        object_type="payment_tiers",
        object_id=tiers.id,
        now=now,
        check_from_fen=tiers.check_from_fen,
        twice_from_fen=tiers.twice_from_fen,
    )
