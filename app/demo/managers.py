"""A manager for every merchant of the demo city, each with an invented phone of their own."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.actors import SYSTEM
from merchants.models import (
    MANAGER_PHONE,
    ManagerState,
    Merchant,
    MerchantKind,
    MerchantManager,
    MerchantState,
)
from merchants.services import invite_manager

# 154 is assigned to nobody; the demo's members have the numbers from its beginning.
_PHONE = "1540008{number:04d}"


def seed_managers(session: Session, *, now: datetime) -> None:
    """Invite a manager for each merchant at work that has none; they begin by signing in."""
    known = set(session.scalars(select(MerchantManager.merchant_id)))
    for number, merchant in enumerate(_merchants(session), start=1):
        if merchant.id not in known:
            invite_manager(
                session,
                merchant_id=merchant.id,
                name="演示店长",
                phone=_PHONE.format(number=number),
                actor=SYSTEM,
                now=now,
            )


def manager_entries(session: Session) -> Iterator[dict[str, str]]:
    """Yield each merchant and the phone of the first of its managers, for the demo file."""
    for merchant in _merchants(session):
        query = select(MerchantManager).where(
            MerchantManager.merchant_id == merchant.id,
            MerchantManager.state != ManagerState.ENDED,
        )
        found = session.scalars(query.order_by(MerchantManager.created_at).limit(1)).one_or_none()
        if found is not None:
            phone = MANAGER_PHONE.open(found.id, found.phone_sealed)
            yield {"merchant": merchant.name, "phone": phone.removeprefix("+86")}


def _merchants(session: Session) -> list[Merchant]:
    query = select(Merchant).where(
        Merchant.kind == MerchantKind.MERCHANT, Merchant.state == MerchantState.ACTIVE
    )
    return list(session.scalars(query.order_by(Merchant.created_at, Merchant.id)))
