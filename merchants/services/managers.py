"""Who looks after a merchant: invited, ended."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.actors import Actor, ActorKind
from kernel.ids import new_id
from kernel.phones import parse_phone
from kernel.secrets import blind_index
from kernel.states import move
from merchants.errors import (
    LastManager,
    ManagerKnown,
    ManagerNotFound,
    ManagerPhoneInvalid,
    MerchantNotActive,
    MerchantNotFound,
)
from merchants.models import (
    MANAGER_MOVES,
    MANAGER_NAME,
    MANAGER_PHONE,
    ManagerState,
    Merchant,
    MerchantManager,
    MerchantState,
)
from merchants.services.manager_sign_in import (
    MANAGER_PHONE_FIELD,
    end_sessions_of,
    record_manager,
)
from merchants.services.register import refused_by

_ONE_PHONE_ONCE = {"uq_merchant_managers_live": ManagerKnown}


def invite_manager(
    session: Session, *, merchant_id: UUID, name: str, phone: str, actor: Actor, now: datetime
) -> MerchantManager:
    """Let whoever has `phone` (as typed) look after the merchant once they have signed in.

    For another manager and for the desk. Raises MerchantNotFound, MerchantNotActive unless the
    merchant is at work or suspended, ManagerPhoneInvalid, ManagerKnown.
    """
    merchant = session.get(Merchant, merchant_id)
    if merchant is None:
        raise MerchantNotFound
    if merchant.state not in {MerchantState.ACTIVE, MerchantState.SUSPENDED}:
        raise MerchantNotActive(state=merchant.state)
    normal = parse_phone(phone)
    if normal is None:
        raise ManagerPhoneInvalid
    manager = add_manager_row(
        session,
        merchant_id=merchant_id,
        name=name,
        phone=normal,
        state=ManagerState.INVITED,
        invited_by=actor.id if actor.kind is ActorKind.MANAGER else None,
        now=now,
    )
    record_manager(session, manager, "manager.invited", actor=actor, now=now)
    return manager


def add_manager_row(
    session: Session,
    *,
    merchant_id: UUID,
    name: str,
    phone: str,
    state: ManagerState,
    now: datetime,
    invited_by: UUID | None = None,
    manager_id: UUID | None = None,
) -> MerchantManager:
    """Write a manager down, name and normalised phone sealed. Raises ManagerKnown."""
    manager_id = manager_id or new_id()
    manager = MerchantManager(
        id=manager_id,
        merchant_id=merchant_id,
        name_sealed=MANAGER_NAME.seal(manager_id, name),
        phone_sealed=MANAGER_PHONE.seal(manager_id, phone),
        phone_index=blind_index(MANAGER_PHONE_FIELD, phone),
        state=state,
        invited_by=invited_by,
        created_at=now,
    )
    session.add(manager)
    with refused_by(_ONE_PHONE_ONCE):
        session.flush()
    return manager


def end_manager(
    session: Session, *, manager_id: UUID, actor: Actor, now: datetime
) -> MerchantManager:
    """Take a merchant away from a manager: signed out everywhere at once.

    A manager may not end the last active one, or nobody could invite another; the desk may. Locks
    the merchant's managers by id. Raises ManagerNotFound, LastManager, MoveNotAllowed.
    """
    wanted = session.get(MerchantManager, manager_id)
    if wanted is None:
        raise ManagerNotFound
    # All of them, by id: two managers who end each other take turns.
    query = select(MerchantManager).where(MerchantManager.merchant_id == wanted.merchant_id)
    locked = query.order_by(MerchantManager.id).with_for_update()
    everybody = session.scalars(locked.execution_options(populate_existing=True)).all()
    others = [
        each for each in everybody if each.id != manager_id and each.state is ManagerState.ACTIVE
    ]
    if actor.kind is ActorKind.MANAGER and wanted.state is ManagerState.ACTIVE and not others:
        raise LastManager
    wanted.state = move(MANAGER_MOVES, wanted.state, ManagerState.ENDED)
    wanted.ended_at = now
    session.flush()
    end_sessions_of(session, manager_id=manager_id, now=now)
    record_manager(session, wanted, "manager.ended", actor=actor, now=now)
    return wanted
