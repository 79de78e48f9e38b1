"""What is owed and can be paid, batches and their payments. Nothing here is unsealed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, distinct, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from finance.models import (
    CAME_TO_NOTHING,
    LIVE_PAYMENTS,
    PayeeAccount,
    Payment,
    PaymentBatch,
    PaymentState,
    PayoutAccount,
    Statement,
    StatementFund,
    StatementState,
)
from finance.queries.payout_accounts import PAYOUT_CONSENT
from finance.rules.payment_files import STATEMENT
from kernel.money import Fen
from ledger.models import Book, FundSource, PartyType, Payable, PayableState
from members.models import Consent, Member, MembershipStatus
from members.services import CONSENT_VERSIONS
from merchants.models import Merchant, MerchantState
from merchants.queries import has_payout_hold

PAGE_ROWS_MAX = 100
OWED_STATES = (PayableState.OWED, PayableState.RETURNED)


class Missing(StrEnum):
    """Why something that is owed cannot be paid now."""

    NO_ACCOUNT = "no_account"
    SUSPENDED = "suspended"  # the merchant, until somebody activates it again
    NEW = "new"  # the merchant, until its agreement's first day of payment
    HELD = "held"  # the merchant's payout, until another person lifts the hold
    NO_CONSENT = "no_consent"  # the member withdrew it, or never gave it
    DECEASED = "deceased"  # the account in their own name is nobody's to be paid to


@dataclass(frozen=True)
class Owed:
    """A thing that is owed and in no live payment: a fund of a statement, or a payable.

    `id` is the statement's or the payable's. `source` is "statement" or what the payable is for.
    `returned` counts earlier payments that the bank sent back or never carried out.
    """

    id: UUID
    source: str
    statement_number: int | None
    fund_source: FundSource
    amount_fen: Fen
    payee_type: PartyType
    payee_id: UUID
    payee_shown: str
    account_masked: str | None
    owed_since: datetime
    returned: int
    missing: Missing | None

    @property
    def is_statement(self) -> bool:
        return self.source == STATEMENT


def _in_book(fund: InstrumentedAttribute[FundSource], book: Book) -> ColumnElement[bool]:
    is_aid = fund == FundSource.MUTUAL_AID
    return is_aid if book is Book.MUTUAL_AID else ~is_aid


def owed(
    session: Session, *, book: Book, day: date | None = None, only: Collection[UUID] | None = None
) -> list[Owed]:
    """Return what is owed in `book` and in no live payment, what is owed longest first.

    `only` narrows it to statements and payables with these ids. What is not paid yet on the
    Shanghai day `day` is marked; without one, a new merchant is taken for any other.
    """
    lines = [
        *_owed_statement_funds(session, book=book, day=day, only=only),
        *_owed_payables(session, book=book, only=only),
    ]
    return sorted(lines, key=lambda line: (line.owed_since, line.id, line.fund_source))


def _owed_statement_funds(
    session: Session, *, book: Book, day: date | None, only: Collection[UUID] | None
) -> list[Owed]:
    paid = and_(
        Payment.statement_id == StatementFund.statement_id,
        Payment.fund_source == StatementFund.fund_source,
    )
    query = (
        select(
            Statement,
            StatementFund,
            Merchant,
            _returned(paid).label("returned"),
            has_payout_hold(Merchant.id).label("is_held"),
        )
        .join(StatementFund, StatementFund.statement_id == Statement.id)
        .join(Merchant, Merchant.id == Statement.merchant_id)
        .where(
            Statement.state == StatementState.APPROVED,
            StatementFund.payable_fen > 0,
            _in_book(StatementFund.fund_source, book),
            _not_live(paid),
        )
    )
    if only is not None:
        query = query.where(Statement.id.in_(only))
    return [
        Owed(
            id=statement.id,
            source=STATEMENT,
            statement_number=statement.number,
            fund_source=fund.fund_source,
            amount_fen=fund.payable_fen,
            payee_type=PartyType.MERCHANT,
            payee_id=merchant.id,
            payee_shown=merchant.name,
            account_masked=merchant.account_masked,
            owed_since=_known(statement.approved_at),
            returned=returned,
            missing=missing_of_merchant(
                merchant,
                is_held=is_held,
                is_new=day is not None and (statement.pay_from or day) > day,
            ),
        )
        for statement, fund, merchant, returned, is_held in session.execute(query)
    ]


def _owed_payables(session: Session, *, book: Book, only: Collection[UUID] | None) -> list[Owed]:
    paid = Payment.payable_id == Payable.id
    consented = exists().where(
        Consent.member_id == Member.id,
        Consent.purpose == PAYOUT_CONSENT,
        Consent.version == CONSENT_VERSIONS[PAYOUT_CONSENT],
        Consent.withdrawn_at.is_(None),
    )
    query = (
        select(
            Payable,
            Merchant,
            Member,
            PayoutAccount,
            consented,
            _returned(paid).label("returned"),
            has_payout_hold(Merchant.id).label("is_held"),
        )
        .outerjoin(
            Merchant,
            and_(Payable.payee_type == PartyType.MERCHANT, Merchant.id == Payable.payee_id),
        )
        .outerjoin(
            Member, and_(Payable.payee_type == PartyType.MEMBER, Member.id == Payable.payee_id)
        )
        .outerjoin(PayoutAccount, PayoutAccount.member_id == Member.id)
        .where(
            Payable.state.in_(OWED_STATES),
            _in_book(Payable.fund_source, book),
            _not_live(paid),
        )
    )
    if only is not None:
        query = query.where(Payable.id.in_(only))
    return [
        Owed(
            id=payable.id,
            source=payable.source_type,
            statement_number=None,
            fund_source=payable.fund_source,
            amount_fen=payable.amount_fen,
            payee_type=payable.payee_type,
            payee_id=payable.payee_id,
            payee_shown=merchant.name if merchant else member.name_masked,
            account_masked=merchant.account_masked if merchant else _masked(account),
            owed_since=payable.owed_since,
            returned=returned,
            missing=(
                missing_of_merchant(merchant, is_held=is_held)
                if merchant
                else _missing_of_member(member, account, has_consented=has_consented)
            ),
        )
        for payable, merchant, member, account, has_consented, returned, is_held in (
            session.execute(query)
        )
    ]


def _known(moment: datetime | None) -> datetime:
    assert moment is not None  # CHECK approved_by_somebody
    return moment


def _masked(account: PayoutAccount | None) -> str | None:
    return account.account_masked if account else None


def missing_of_merchant(
    merchant: Merchant, *, is_held: bool, is_new: bool = False
) -> Missing | None:
    """Say why a merchant cannot be paid now. One whose business has ended still can."""
    if is_held:
        return Missing.HELD
    if is_new:
        return Missing.NEW
    if merchant.state is MerchantState.SUSPENDED:
        return Missing.SUSPENDED
    return None if merchant.account_masked else Missing.NO_ACCOUNT


def _missing_of_member(
    member: Member, account: PayoutAccount | None, *, has_consented: bool
) -> Missing | None:
    if member.status is MembershipStatus.DECEASED:
        return Missing.DECEASED
    if account is None:
        return Missing.NO_ACCOUNT
    return None if has_consented else Missing.NO_CONSENT


def _returned(paid: ColumnElement[bool]) -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(Payment)
        .where(paid, Payment.state.in_(CAME_TO_NOTHING))
        .scalar_subquery()
    )


def _not_live(paid: ColumnElement[bool]) -> ColumnElement[bool]:
    return ~exists().where(paid, Payment.state.in_(LIVE_PAYMENTS))


def held_payees(session: Session, *, batch_id: UUID) -> list[str]:
    """Return the merchants of a batch whose payout is held, by the names on its payments."""
    query = (
        select(Payment.payee_shown)
        .distinct()
        .join(Merchant, Merchant.id == Payment.payee_id)
        .where(
            Payment.batch_id == batch_id,
            Payment.payee_type == PartyType.MERCHANT,
            has_payout_hold(Merchant.id),
        )
    )
    return sorted(session.scalars(query))


@dataclass(frozen=True)
class PaymentLine:
    """A payment, what it is for, and the payment that came after it was returned, if any."""

    payment: Payment
    batch_number: int
    statement_number: int | None
    source: str
    next_id: UUID | None = None
    next_batch_id: UUID | None = None
    next_state: PaymentState | None = None


def payments_of_batch(
    session: Session, *, batch_id: UUID, after: UUID | None = None, rows: int | None = None
) -> list[PaymentLine]:
    """Return the payments of a batch in the order of its file."""
    query = _payment_lines().where(Payment.batch_id == batch_id).order_by(Payment.id).limit(rows)
    if after is not None:
        query = query.where(Payment.id > after)
    return [_payment_line(row) for row in session.execute(query)]


def payees_of_batch(session: Session, *, batch_id: UUID) -> int:
    """Return how many different payees a batch pays."""
    payees = select(func.count(distinct(Payment.payee_id))).where(Payment.batch_id == batch_id)
    return session.scalars(payees).one()


def changed_accounts(session: Session, *, batch_id: UUID) -> int:
    """Count the payees of a batch whose account is another than at their last payment."""
    changed = Payment.payee_account_is == PayeeAccount.CHANGED
    payees = select(func.count(distinct(Payment.payee_id)))
    return session.scalars(payees.where(Payment.batch_id == batch_id, changed)).one()


def returned_payments(
    session: Session, *, after: UUID | None = None, rows: int = PAGE_ROWS_MAX
) -> list[PaymentLine]:
    """Return payments that the bank sent back, newest first, each with its next attempt."""
    query = (
        _payment_lines()
        .where(Payment.state == PaymentState.RETURNED)
        .order_by(Payment.id.desc())
        .limit(rows)
    )
    if after is not None:
        query = query.where(Payment.id < after)
    return [_payment_line(row) for row in session.execute(query)]


def _payment_lines() -> Select[Payment, int, int, str, Payment]:
    """Select payments, each with the next one for the same thing that was not cancelled."""
    later, inner = aliased(Payment), aliased(Payment)
    next_id = (
        select(inner.id)
        .where(
            or_(
                and_(
                    inner.statement_id == Payment.statement_id,
                    inner.fund_source == Payment.fund_source,
                ),
                inner.payable_id == Payment.payable_id,
            ),
            inner.attempt > Payment.attempt,
            inner.state != PaymentState.CANCELLED,
        )
        .order_by(inner.attempt)
        .limit(1)
        .correlate(Payment)
        .scalar_subquery()
    )
    return (
        select(Payment, PaymentBatch.number, Statement.number, Payable.source_type, later)
        .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .outerjoin(Statement, Statement.id == Payment.statement_id)
        .outerjoin(Payable, Payable.id == Payment.payable_id)
        .outerjoin(later, later.id == next_id)
    )


def _payment_line(row: Sequence[object]) -> PaymentLine:
    payment, batch_number, statement_number, source_type, later = row
    assert isinstance(payment, Payment)
    assert isinstance(batch_number, int)
    return PaymentLine(
        payment=payment,
        batch_number=batch_number,
        statement_number=statement_number if isinstance(statement_number, int) else None,
        source=source_type if isinstance(source_type, str) else STATEMENT,
        next_id=later.id if isinstance(later, Payment) else None,
        next_batch_id=later.batch_id if isinstance(later, Payment) else None,
        next_state=later.state if isinstance(later, Payment) else None,
    )
