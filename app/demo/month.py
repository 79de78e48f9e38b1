"""Last month in the demo city, to close by hand: a budget, sales, statements, a bank file.

Sold through the services, each sale on its day. Of a scan there is what a till's scan leaves: a
code of last month would be refused today, and rightly.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.budget import seed_budgets
from app.demo.day.bank import OPENING_FEN, allocation, fee, statement_file
from app.demo.offers import demo_offer, demo_programme
from app.demo.offline import DemoPhone, unused_cards
from benefits.models import Programme
from cards.models import Verification
from cards.uc1.keys import new_private_key, public_jwk
from discounts.services import RedeemRequest, redeem_discount, reverse_redemption
from finance.models import BankAccount
from finance.services import issue_statement, open_statements
from finance.services.bank_import import import_bank_file
from kernel.actors import SYSTEM, Actor, Till
from kernel.clock import shanghai_date, shanghai_day, shanghai_month
from kernel.db import transaction
from kernel.ids import new_id
from kernel.money import Fen
from merchants.models import Merchant, MerchantKind, MerchantState, Site, SiteState
from merchants.services import Pairing, issue_pairing_code, pair_terminal
from staff.queries import actor_of

_PROGRAMME: dict[str, Any] = {
    "code": "LASTMONTH",
    "name_zh": "上月普惠(演示)",
    "name_en": "Last month's benefits (demo)",
    "fund_source": "union_fund",
}
_OFFER: dict[str, Any] = {
    "title_zh": "满50减20(演示)",
    "title_en": "¥20 off from ¥50 (demo)",
    "terms": {
        "kind": "full_reduction",
        "threshold_fen": 50_00,
        "reduction_fen": 20_00,
        "union_share_bp": 7_500,
    },
}
_MAKER = "maker"
_BILL_FEN = Fen(88_00)
_BACK_FEN = Fen(22_00)
_TILLS = 3
# Behind the tills that the demo file hands out.
_MERCHANTS_BEFORE = 12
_NOON = timedelta(hours=12)
_SCAN_LIVES = timedelta(minutes=10)


@dataclass(frozen=True)
class MonthMade:
    """What the month came to; nothing is made twice."""

    month: str
    sales: int
    taken_back: int
    statements: int
    bank_lines: int


def seed_month(*, now: datetime) -> MonthMade:
    """Make the month before this one, if it was not made; leave its closing to people."""
    first = _first_of_last_month(shanghai_date(now))
    month = shanghai_month(first)
    with transaction() as session:
        known = select(Programme.id).where(Programme.code == _PROGRAMME["code"])
        if session.scalar(known) is not None:
            return MonthMade(month, 0, 0, 0, 0)
        begins_at = shanghai_day(first)[0]
        programme = demo_programme(
            session, _PROGRAMME | {"starts_on": first.isoformat()}, now=begins_at
        )
        # Before the first sale: from then on a programme keeps its budget line for the year.
        seed_budgets(session, years={first.year, shanghai_date(now).year}, now=begins_at)
        offer = demo_offer(session, programme, _OFFER, merchant_id=None, now=begins_at)
        tills = _tills(session, now=now)
        phones = [DemoPhone(session, card, now=now) for card in unused_cards(session)[:2]]
        days = monthrange(first.year, first.month)[1]
        sold = [
            _sell(
                session,
                till=tills[number % len(tills)],
                phone=phones[number % len(phones)],
                offer_id=offer.id,
                at=shanghai_day(first + timedelta(days=number))[0] + _NOON,
            )
            for number in range(days)
        ]
        till, sale_id, at = sold[0]
        reverse_redemption(
            session,
            till=till,
            redemption_id=sale_id,
            reversal_id=new_id(),
            amount_fen=_BACK_FEN,
            reason="演示: 退了一份",
            now=at + timedelta(hours=1),
        )
    statements = _state(first, first + timedelta(days=days), now=now)
    return MonthMade(month, len(sold), 1, statements, _bank(first, now=now))


def _first_of_last_month(today: date) -> date:
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def _tills(session: Session, *, now: datetime) -> list[Till]:
    """Pair a till at each of a few merchants that the demo file does not hand out."""
    sites = session.scalars(
        select(Site)
        .join(Merchant, Merchant.id == Site.merchant_id)
        .where(
            Merchant.kind == MerchantKind.MERCHANT,
            Merchant.state == MerchantState.ACTIVE,
            Site.state == SiteState.OPEN,
        )
        .order_by(Merchant.created_at, Merchant.id, Site.id)
        .offset(_MERCHANTS_BEFORE)
        .limit(_TILLS)
    ).all()
    tills = []
    for site in sites:
        paired = pair_terminal(
            session,
            pairing_code=issue_pairing_code(session, site_id=site.id, actor=SYSTEM, now=now),
            name="上月收银终端(演示)",
            public_key=public_jwk(new_private_key().public_key()),
            address="127.0.0.1",
            now=now,
        )
        assert isinstance(paired, Pairing), "a code that was just made pairs a till"
        tills.append(Till(paired.terminal_id, site.id, site.merchant_id, paired.code))
    return tills


def _sell(session: Session, *, till: Till, phone: DemoPhone, offer_id: Any, at: datetime) -> Any:
    scan = Verification(
        terminal_id=till.terminal_id,
        card_id=phone.card_id,
        accepted=True,
        assurance="possession",
        created_at=at,
        expires_at=at + _SCAN_LIVES,
    )
    session.add(scan)
    session.flush()
    request = RedeemRequest(
        id=new_id(),
        offer_id=offer_id,
        gross_fen=_BILL_FEN,
        verification_id=scan.id,
        presentation=None,
        terminal_seq=None,
        occurred_at=at,
        capture=True,
    )
    redeem_discount(session, till=till, request=request, now=at)
    return till, request.id, at


def _state(starts_on: date, ends_on: date, *, now: datetime) -> int:
    """Open the month's statements and show them to their merchants; return how many."""
    with transaction() as session:
        maker = _maker(session)
        opened = open_statements(
            session, actor=maker, starts_on=starts_on, ends_on=ends_on, now=now
        )
        for each in opened:
            issue_statement(
                session, actor=maker, statement_id=each.id, version=each.version, now=now
            )
        return len(opened)


def _bank(first: date, *, now: datetime) -> int:
    """Take in the bank's file of the month's last day, unless the account has files already."""
    last = first.replace(day=monthrange(first.year, first.month)[1])
    moment = shanghai_day(last)[0] + _NOON
    with transaction() as session:
        if session.scalar(select(BankAccount.id).limit(1)) is not None:
            return 0
        content = statement_file([allocation(moment), fee()], opening_fen=OPENING_FEN, now=moment)
        taken = import_bank_file(
            session,
            content=content,
            name=f"bank-{last:%Y%m%d}.csv",
            staff_id=_maker(session).staff_id,
            now=now,
        )
        return taken.new


def _maker(session: Session) -> Actor:
    maker = actor_of(session, username=_MAKER)
    assert maker is not None, "write_demo_file() makes the demo's staff"
    return maker
