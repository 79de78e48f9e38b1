"""Takes a channel's trade bill in, once, and holds its trades against our sales.

Locks the channel's account: two bills of one merchant take turns.
"""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from audit.services import record
from finance.channel_errors import (
    BillDayMissing,
    BillMerchantUnknown,
    ChannelAccountOther,
    ChannelAccountUnknown,
)
from finance.models import Channel, ChannelAccount, TradeBill, WorkStage
from finance.rules.trade_bills import Bill, read_trade_bill
from finance.rules.works import Tell, say_nothing
from finance.services.trade_matching import match_trades
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.uscc import normal_uscc
from merchants.models import Merchant
from merchants.queries import merchants_by_uscc

_NAME_MAX = 200
# The class of advisory locks under which bills of one merchant's number take turns.
BILL_LOCK = 105
_INSERT = text(
    """
    INSERT INTO trades (id, bill_id, account_id, trade_no, order_no, kind, refund_no, traded_at,
        order_fen, settled_fen, refund_fen)
    SELECT g.id, :bill_id, :account_id, g.trade_no, g.order_no, g.kind, g.refund_no, g.traded_at,
        g.order_fen, g.settled_fen, g.refund_fen
    FROM unnest(CAST(:id AS uuid[]), CAST(:trade_no AS text[]), CAST(:order_no AS text[]),
        CAST(:kind AS text[]), CAST(:refund_no AS text[]), CAST(:traded_at AS timestamptz[]),
        CAST(:order_fen AS bigint[]), CAST(:settled_fen AS bigint[]),
        CAST(:refund_fen AS bigint[]))
        AS g (id, trade_no, order_no, kind, refund_no, traded_at, order_fen, settled_fen,
            refund_fen)
    WHERE NOT EXISTS (
        SELECT FROM trades t WHERE t.account_id = :account_id AND t.trade_no = g.trade_no
            AND t.kind = g.kind AND t.refund_no = g.refund_no)
    ON CONFLICT DO NOTHING
    """
)
_KNOWN = text(
    """
    SELECT count(*) FROM trades t
    JOIN unnest(CAST(:trade_no AS text[]), CAST(:kind AS text[]), CAST(:refund_no AS text[]))
        AS g (trade_no, kind, refund_no) USING (trade_no, kind, refund_no)
    WHERE t.account_id = :account_id
    """
)
_COLUMNS = (
    *("trade_no", "order_no", "kind", "refund_no", "traded_at"),
    *("order_fen", "settled_fen", "refund_fen"),
)


@dataclass(frozen=True)
class ImportedBill:
    """What became of a bill: `matched` trades agree, `named` things became exceptions."""

    bill_id: UUID
    number: str
    trades: int
    new: int
    matched: int = 0
    named: int = 0
    repeated: bool = False


def import_trade_bill(
    session: Session,
    *,
    content: bytes,
    name: str,
    uscc: str | None,
    bill_on: date | None,
    staff_id: UUID | None,
    now: datetime,
    tell: Tell = say_nothing,
) -> ImportedBill:
    """Take in what is new in a bill, match it with our sales, name what does not agree.

    `uscc` says whose bill it is, with its first one; `bill_on` is the day for which the channel
    says that there is no bill. `staff_id` None is the command line; `tell` hears how far it is.

    Locks the account. Raises TableFileRefused and TradeBillRefused: then nothing was taken.
    """
    tell(WorkStage.READ, 0, 1)
    bill = read_trade_bill(content, today=shanghai_date(now))
    account = _lock_account(session, bill, uscc=uscc, now=now)
    first_on, last_on = bill.days if bill.lines else (bill_on, bill_on)
    if first_on is None or last_on is None:
        raise BillDayMissing
    digest = sha256(content).digest()
    repeated = session.scalars(
        select(TradeBill).where(
            TradeBill.account_id == account.id,
            TradeBill.sha256 == digest,
            TradeBill.first_on == first_on,
        )
    ).one_or_none()
    if repeated is not None:
        return ImportedBill(repeated.id, account.number, repeated.trades, 0, repeated=True)
    tell(WorkStage.WRITE, 0, len(bill.lines))
    taken = _add_trades(
        session,
        account=account,
        bill=bill,
        facts=TradeBill(
            id=new_id(),
            account_id=account.id,
            name=name[:_NAME_MAX],
            sha256=digest,
            first_on=first_on,
            last_on=last_on,
            trades=len(bill.lines),
            imported_by=staff_id,
            imported_at=now,
        ),
    )
    tell(WorkStage.MATCH, 0, taken.trades)
    matched, named = match_trades(session, account=account, now=now)
    record(
        session,
        actor=Actor(ActorKind.STAFF, id=staff_id) if staff_id else SYSTEM,
        action="trade_bill.imported",
        object_type="trade_bill",
        object_id=taken.id,
        now=now,
        trades=taken.trades,
        new=taken.new,
        matched=matched,
        named=named,
    )
    return ImportedBill(taken.id, account.number, taken.trades, taken.new, matched, named)


def _add_trades(
    session: Session, *, account: ChannelAccount, bill: Bill, facts: TradeBill
) -> TradeBill:
    """Write the bill and what is new of its trades, in one INSERT."""
    lines = {(line.trade_no, line.kind, line.refund_no): line for line in bill.lines}
    columns: dict[str, list[Any]] = {
        name: [getattr(line, name) for line in lines.values()] for name in _COLUMNS
    }
    of_account = {"account_id": account.id}
    known = session.execute(_KNOWN, columns | of_account).scalar_one()
    facts.new = len(lines) - known
    session.add(facts)
    session.flush()
    columns["id"] = [new_id() for _ in lines]
    session.execute(_INSERT, columns | of_account | {"bill_id": facts.id})
    return facts


def _lock_account(
    session: Session, bill: Bill, *, uscc: str | None, now: datetime
) -> ChannelAccount:
    """Return whose bill it is; a number becomes known with the first bill that names a merchant."""
    merchant = _merchant(session, uscc) if uscc else None
    if bill.account is not None and merchant is not None:
        session.execute(
            postgresql.insert(ChannelAccount)
            .values(
                id=new_id(),
                channel=Channel.WECHAT,
                number=bill.account,
                merchant_id=merchant.id,
                known_since=now,
            )
            .on_conflict_do_nothing(index_elements=[ChannelAccount.channel, ChannelAccount.number])
        )
    query = select(ChannelAccount).where(ChannelAccount.channel == Channel.WECHAT)
    if bill.account is not None:
        query = query.where(ChannelAccount.number == bill.account)
    elif merchant is not None:
        query = query.where(ChannelAccount.merchant_id == merchant.id)
    else:
        raise BillDayMissing
    account = session.scalars(query.order_by(ChannelAccount.number).limit(1)).one_or_none()
    if account is None:
        raise ChannelAccountUnknown(number=bill.account)
    if merchant is not None and account.merchant_id != merchant.id:
        owner = session.get_one(Merchant, account.merchant_id)
        raise ChannelAccountOther(number=account.number, merchant=owner.name)
    session.execute(select(func.pg_advisory_xact_lock(BILL_LOCK, func.hashtext(account.number))))
    return account


def _merchant(session: Session, uscc: str) -> Merchant:
    wanted = normal_uscc(uscc)
    found = merchants_by_uscc(session, usccs=[wanted]).get(wanted)
    if found is None:
        raise BillMerchantUnknown
    return found
