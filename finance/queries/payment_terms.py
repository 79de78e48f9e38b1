"""Which amounts ask for whose signature, and from which account a book pays."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from finance.models import PayingAccount, PaymentTiers
from ledger.models import Book
from staff.models import StaffAccount


def tiers_in_force(session: Session) -> PaymentTiers:
    """Return the newest tiers that two people, or the product, put in force."""
    query = (
        select(PaymentTiers)
        .where(PaymentTiers.approved_at.is_not(None))
        .order_by(PaymentTiers.number.desc())
        .limit(1)
    )
    return session.scalars(query).one()


def tiers_waiting(session: Session) -> tuple[PaymentTiers, str] | None:
    """Return the proposal that waits for a second person, and who proposed it."""
    query = (
        select(PaymentTiers, StaffAccount.display_name)
        .join(StaffAccount, StaffAccount.id == PaymentTiers.maker_id)
        .where(PaymentTiers.approved_at.is_(None), PaymentTiers.withdrawn_at.is_(None))
    )
    row = session.execute(query).one_or_none()
    return (row[0], row[1]) if row else None


def paying_account(session: Session, *, book: Book, lock: bool = False) -> PayingAccount | None:
    """Return the account from which `book` pays now; with `lock`, until the transaction ends."""
    query = select(PayingAccount).where(
        PayingAccount.book == book, PayingAccount.ended_at.is_(None)
    )
    return session.scalars(query.with_for_update() if lock else query).one_or_none()
