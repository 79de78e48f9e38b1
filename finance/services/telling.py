"""Members hear that their money arrived, or that their bank did not take it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aid.services.trail import SOURCE as AID_SOURCE
from finance.models import CAME_TO_NOTHING, PaymentState
from finance.services.paid import Followed
from kernel.db import among
from ledger.models import PartyType, Payable
from members.models import NoticeKind
from members.services import notify_many

# Aid is claimed, everything else that members are paid is a training subsidy.
_AID = (NoticeKind.CLAIM, "aid")
_TRAINING = (NoticeKind.SEAT, "training")
_WORDS = {
    (_AID, PaymentState.PAID): ("互助金已付款", "Your mutual aid was paid"),
    (_AID, PaymentState.RETURNED): (
        "银行退回了您的互助金，请核对收款账户",
        "Your bank sent your mutual aid back. Check your account",
    ),
    (_AID, PaymentState.REFUSED): (
        "银行未能支付您的互助金，请核对收款账户",
        "Your bank did not take your mutual aid. Check your account",
    ),
    (_TRAINING, PaymentState.PAID): ("培训补贴已付款", "Your training subsidy was paid"),
    (_TRAINING, PaymentState.RETURNED): (
        "银行退回了您的培训补贴，请核对收款账户",
        "Your bank sent your training subsidy back. Check your account",
    ),
    (_TRAINING, PaymentState.REFUSED): (
        "银行未能支付您的培训补贴，请核对收款账户",
        "Your bank did not take your training subsidy. Check your account",
    ),
}


def tell_payees(session: Session, payments: Sequence[Followed], *, now: datetime) -> None:
    """Tell the members among the payees of payments that have just ended, well or not."""
    told = [
        each
        for each in payments
        if each.payee_type is PartyType.MEMBER
        and each.state in (PaymentState.PAID, *CAME_TO_NOTHING)
    ]
    query = select(Payable.id, Payable.source_type).where(
        Payable.id == among(each.payable_id for each in told if each.payable_id)
    )
    sources = {row.id: row.source_type for row in session.execute(query)} if told else {}
    of_members = []
    for each in told:
        assert each.payable_id is not None
        of_members.append((sources[each.payable_id], each.state, each.payee_id))
    tell_members(session, told=of_members, now=now)


def tell_members(
    session: Session, *, told: Iterable[tuple[str, PaymentState, UUID]], now: datetime
) -> None:
    """Tell members what became of their payments: of which source, paid or returned, whose."""
    alike: dict[tuple[tuple[NoticeKind, str], PaymentState], list[UUID]] = {}
    for source_type, state, member_id in told:
        what = _AID if source_type == AID_SOURCE else _TRAINING
        alike.setdefault((what, state), []).append(member_id)
    for ((kind, place), state), member_ids in alike.items():
        zh, en = _WORDS[(kind, place), state]
        notify_many(
            session,
            member_ids=member_ids,
            kind=kind,
            title_zh=zh,
            title_en=en,
            place=place,
            now=now,
        )
