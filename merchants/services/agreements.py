"""Agreements: drafted, signed, ended."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.states import move
from merchants.errors import (
    AgreementDatesInvalid,
    AgreementNotFound,
    AgreementNumberTaken,
    AgreementsOverlap,
    MerchantNotActive,
    MerchantNotFound,
)
from merchants.models import (
    AGREEMENT_MOVES,
    Agreement,
    AgreementState,
    Merchant,
    MerchantState,
)
from merchants.queries import union_path_of
from merchants.rules import USUAL_TERMS, SettlementTerms
from merchants.services.register import refused_by


def draft_agreement(
    session: Session,
    *,
    merchant_id: UUID,
    number: str,
    starts_on: date,
    ends_on: date,
    signed_by: str,
    actor: Actor,
    now: datetime,
    terms: SettlementTerms = USUAL_TERMS,
) -> Agreement:
    """Write down an agreement for the Shanghai days [starts_on, ends_on); it binds nobody yet.

    Raises MerchantNotFound, MerchantNotActive if the business has ended, AgreementDatesInvalid,
    AgreementNumberTaken.
    """
    merchant = session.get(Merchant, merchant_id)
    if merchant is None:
        raise MerchantNotFound
    if merchant.state is MerchantState.ENDED:
        raise MerchantNotActive(state=merchant.state)
    if starts_on >= ends_on:
        raise AgreementDatesInvalid(starts_on=starts_on, ends_on=ends_on)
    agreement = Agreement(
        merchant_id=merchant_id,
        number=number,
        starts_on=starts_on,
        ends_on=ends_on,
        state=AgreementState.DRAFT,
        signed_by=signed_by,
        cycle=terms.cycle,
        confirm_workdays=terms.confirm_workdays,
        min_payout_fen=terms.min_payout_fen,
        hold_days=terms.hold_days,
        invoice_buyer_uscc=terms.invoice_buyer_uscc,
        created_by=actor.id,
        created_at=now,
    )
    session.add(agreement)
    with refused_by({"uq_agreements_number": AgreementNumberTaken}):
        session.flush()
    _record(session, agreement, "agreement.drafted", actor=actor, now=now)
    return agreement


def sign_agreement(
    session: Session, *, agreement_id: UUID, actor: Actor, now: datetime
) -> Agreement:
    """Put a drafted agreement in force. Locks it.

    Raises AgreementNotFound, MoveNotAllowed, MerchantNotActive, and AgreementsOverlap when another
    one of the merchant is signed for some of its days.
    """
    agreement = _lock_agreement(session, agreement_id=agreement_id)
    state = move(AGREEMENT_MOVES, agreement.state, AgreementState.ACTIVE)
    merchant = session.get_one(Merchant, agreement.merchant_id)
    if merchant.state is not MerchantState.ACTIVE:
        raise MerchantNotActive(state=merchant.state)
    agreement.state = state
    agreement.signed_at = now
    with refused_by({"ex_agreements_days_of_merchant": AgreementsOverlap}):
        session.flush()
    _record(session, agreement, "agreement.signed", actor=actor, now=now)
    return agreement


def end_agreement(
    session: Session, *, agreement_id: UUID, actor: Actor, now: datetime
) -> Agreement:
    """End an agreement, or throw a draft away; its days are free again. Locks it.

    Raises AgreementNotFound, MoveNotAllowed.
    """
    agreement = _lock_agreement(session, agreement_id=agreement_id)
    agreement.state = move(AGREEMENT_MOVES, agreement.state, AgreementState.ENDED)
    agreement.ended_at = now
    session.flush()
    _record(session, agreement, "agreement.ended", actor=actor, now=now)
    return agreement


def _lock_agreement(session: Session, *, agreement_id: UUID) -> Agreement:
    agreement = session.get(Agreement, agreement_id, with_for_update=True, populate_existing=True)
    if agreement is None:
        raise AgreementNotFound
    return agreement


def _record(
    session: Session, agreement: Agreement, action: str, *, actor: Actor, now: datetime
) -> None:
    merchant = session.get_one(Merchant, agreement.merchant_id)
    record(
        session,
        actor=actor,
        action=action,
        object_type="agreement",
        object_id=agreement.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        merchant_id=merchant.id,
    )
