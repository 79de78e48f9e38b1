"""Measures against a merchant, each the act of a person: set, appealed against, lifted by another.

Locks, in order: the merchant, the sanction, its appeal. A payment takes a shared lock of the
merchant first, so a hold and a payment never pass each other (docs/decisions/0028).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.refusals import RequestKeyReused, refuse_stale, refused_by
from kernel.states import move
from merchants.errors import (
    AppealOpen,
    SanctionAppealAnswered,
    SanctionAppealNotFound,
    SanctionFinal,
    SanctionInForce,
    SanctionLifted,
    SanctionNotFound,
    SanctionSetByYou,
)
from merchants.models import (
    SANCTION_APPEAL_MOVES,
    Merchant,
    MerchantState,
    Sanction,
    SanctionAppeal,
    SanctionAppealState,
    SanctionKind,
)
from merchants.queries import union_path_of
from merchants.services.register import (
    activate_merchant,
    end_merchant,
    lock_merchant,
    suspend_merchant,
)

_TWO_PEOPLE = {
    "ck_merchant_sanctions_two_people": SanctionSetByYou,
    "ck_sanction_appeals_two_people": SanctionSetByYou,
}


def impose_sanction(
    session: Session,
    *,
    actor: Actor,
    merchant_id: UUID,
    kind: SanctionKind,
    reason: str,
    now: datetime,
) -> Sanction:
    """Warn a merchant, suspend it, hold its payout or end the business with it. Locks the merchant.

    Raises MerchantNotFound, SanctionInForce, and MoveNotAllowed for a merchant that is suspended or
    has ended already by other means.
    """
    lock_merchant(session, merchant_id=merchant_id)
    if kind is SanctionKind.SUSPENSION:
        suspend_merchant(session, merchant_id=merchant_id, reason=reason, actor=actor, now=now)
    elif kind is SanctionKind.TERMINATION:
        end_merchant(session, merchant_id=merchant_id, reason=reason, actor=actor, now=now)
    sanction = Sanction(
        merchant_id=merchant_id, kind=kind, reason=reason, set_by=actor.staff_id, set_at=now
    )
    session.add(sanction)
    with refused_by({"uq_merchant_sanctions_one_of_a_kind": SanctionInForce}):
        session.flush()
    _record(session, sanction, "sanction.imposed", actor=actor, now=now)
    return sanction


def lift_sanction(
    session: Session,
    *,
    actor: Actor,
    sanction_id: UUID,
    version: int,
    reason: str,
    now: datetime,
) -> Sanction:
    """End a measure, as another person than who set it; an open appeal against it is granted.

    A suspension lets the merchant work again. Locks the merchant and the sanction. Raises
    SanctionNotFound, EditConflict, SanctionLifted, SanctionSetByYou, SanctionFinal.
    """
    sanction = _lock(session, sanction_id=sanction_id)
    refuse_stale(sanction.version, version)
    _lift(session, sanction, actor=actor, reason=reason, now=now)
    waiting = session.scalars(
        select(SanctionAppeal)
        .where(
            SanctionAppeal.sanction_id == sanction.id,
            SanctionAppeal.state == SanctionAppealState.OPEN,
        )
        .with_for_update()
    ).one_or_none()
    if waiting is not None:
        _answer(session, waiting, grant=True, answer=reason, actor=actor, now=now)
    return sanction


def appeal_sanction(
    session: Session,
    *,
    actor: Actor,
    merchant_id: UUID,
    sanction_id: UUID,
    appeal_id: UUID,
    text: str,
    now: datetime,
) -> tuple[SanctionAppeal, bool]:
    """Say what a merchant has against a measure; return the appeal and whether it was known.

    The same id and facts hear the same. Locks the merchant and the sanction. Raises
    SanctionNotFound for another merchant's, RequestKeyReused, SanctionLifted, AppealOpen.
    """
    sanction = _lock(session, sanction_id=sanction_id)
    if sanction.merchant_id != merchant_id:
        raise SanctionNotFound
    known = session.get(SanctionAppeal, appeal_id)
    if known is not None:
        if (known.sanction_id, known.merchant_id, known.text) != (sanction_id, merchant_id, text):
            raise RequestKeyReused
        return known, True
    if not sanction.stands:
        raise SanctionLifted
    assert actor.id is not None
    appeal = SanctionAppeal(
        id=appeal_id,
        sanction_id=sanction.id,
        merchant_id=merchant_id,
        set_by=sanction.set_by,
        text=text,
        made_by=actor.id,
        made_at=now,
    )
    session.add(appeal)
    with refused_by(
        {"uq_sanction_appeals_one_open": AppealOpen, "pk_sanction_appeals": RequestKeyReused}
    ):
        session.flush()
    _record(session, sanction, "sanction.appealed", actor=actor, now=now)
    return appeal, False


def answer_sanction_appeal(
    session: Session,
    *,
    actor: Actor,
    appeal_id: UUID,
    grant: bool,
    answer: str,
    now: datetime,
) -> SanctionAppeal:
    """Answer a merchant, as another person than who set the measure; granting it lifts the measure.

    Locks the merchant, the sanction and the appeal. Raises SanctionAppealNotFound,
    SanctionAppealAnswered, SanctionSetByYou, SanctionFinal.
    """
    found = session.get(SanctionAppeal, appeal_id)
    if found is None:
        raise SanctionAppealNotFound
    sanction = _lock(session, sanction_id=found.sanction_id)
    appeal = session.get_one(
        SanctionAppeal, appeal_id, with_for_update=True, populate_existing=True
    )
    if appeal.state is not SanctionAppealState.OPEN:
        raise SanctionAppealAnswered
    if grant:
        _lift(session, sanction, actor=actor, reason=answer, now=now)
    _answer(session, appeal, grant=grant, answer=answer, actor=actor, now=now)
    return appeal


def _lock(session: Session, *, sanction_id: UUID) -> Sanction:
    """Lock the merchant, then the sanction. Raises SanctionNotFound."""
    merchant_id = session.scalar(select(Sanction.merchant_id).where(Sanction.id == sanction_id))
    if merchant_id is None:
        raise SanctionNotFound
    lock_merchant(session, merchant_id=merchant_id)
    return session.get_one(Sanction, sanction_id, with_for_update=True, populate_existing=True)


def _lift(
    session: Session, sanction: Sanction, *, actor: Actor, reason: str, now: datetime
) -> None:
    if not sanction.stands:
        raise SanctionLifted
    if sanction.set_by == actor.staff_id:
        raise SanctionSetByYou
    if sanction.kind is SanctionKind.TERMINATION:
        raise SanctionFinal
    sanction.lifted_by = actor.staff_id
    sanction.lifted_at = now
    sanction.lift_reason = reason
    sanction.version += 1
    with refused_by(_TWO_PEOPLE):
        session.flush()
    merchant = session.get_one(Merchant, sanction.merchant_id)
    if sanction.kind is SanctionKind.SUSPENSION and merchant.state is MerchantState.SUSPENDED:
        activate_merchant(session, merchant_id=merchant.id, actor=actor, now=now)
    _record(session, sanction, "sanction.lifted", actor=actor, now=now)


def _answer(
    session: Session,
    appeal: SanctionAppeal,
    *,
    grant: bool,
    answer: str,
    actor: Actor,
    now: datetime,
) -> None:
    if appeal.set_by == actor.staff_id:
        raise SanctionSetByYou
    target = SanctionAppealState.GRANTED if grant else SanctionAppealState.REJECTED
    appeal.state = move(SANCTION_APPEAL_MOVES, appeal.state, target)
    appeal.answer = answer
    appeal.answered_by = actor.staff_id
    appeal.answered_at = now
    with refused_by(_TWO_PEOPLE):
        session.flush()
    sanction = session.get_one(Sanction, appeal.sanction_id)
    _record(session, sanction, f"sanction.appeal_{target}", actor=actor, now=now)


def _record(
    session: Session, sanction: Sanction, action: str, *, actor: Actor, now: datetime
) -> None:
    # The reason is free text: it stands on the sanction, and the trail holds codes only.
    merchant = session.get_one(Merchant, sanction.merchant_id)
    record(
        session,
        actor=actor,
        action=action,
        object_type="merchant_sanction",
        object_id=sanction.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        merchant_id=merchant.id,
        kind=sanction.kind.value,
    )
