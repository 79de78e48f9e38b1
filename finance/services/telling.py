"""Members hear that their money arrived, or that their bank sent it back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from aid.services.trail import SOURCE as AID_SOURCE
from finance.models import Payment, PaymentState
from ledger.models import PartyType, Payable
from members.models import NoticeKind
from members.services import notify

# Aid is claimed, everything else that members are paid is a training subsidy.
_AID = (NoticeKind.CLAIM, "aid")
_TRAINING = (NoticeKind.SEAT, "training")
_WORDS = {
    (_AID, PaymentState.PAID): ("互助金已付款", "Your mutual aid was paid"),
    (_AID, PaymentState.RETURNED): (
        "银行退回了您的互助金，请核对收款账户",
        "Your bank sent your mutual aid back. Check your account",
    ),
    (_TRAINING, PaymentState.PAID): ("培训补贴已付款", "Your training subsidy was paid"),
    (_TRAINING, PaymentState.RETURNED): (
        "银行退回了您的培训补贴，请核对收款账户",
        "Your bank sent your training subsidy back. Check your account",
    ),
}


def tell_payees(session: Session, payments: Sequence[Payment], *, now: datetime) -> None:
    """Tell the members among the payees of payments that a bank line has just moved."""
    told = [
        each
        for each in payments
        if each.payee_type is PartyType.MEMBER
        and each.state in (PaymentState.PAID, PaymentState.RETURNED)
    ]
    if not told:
        return
    query = select(Payable.id, Payable.source_type).where(
        Payable.id.in_([each.payable_id for each in told])
    )
    sources = {row.id: row.source_type for row in session.execute(query)}
    for payment in told:
        assert payment.payable_id is not None
        what = _AID if sources[payment.payable_id] == AID_SOURCE else _TRAINING
        zh, en = _WORDS[what, payment.state]
        kind, place = what
        notify(
            session,
            member_id=payment.payee_id,
            kind=kind,
            title_zh=zh,
            title_en=en,
            place=place,
            now=now,
        )
