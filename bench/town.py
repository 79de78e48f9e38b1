"""The people and places of a bench's month or quarter: nobody's, planted by their models."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session
from stdnum import luhn

from bench.books import Holder, Place
from cards.models import Card, CardState
from cards.rules import card_number
from kernel.actors import Actor, ActorKind, Grant, Role
from kernel.db import Base
from kernel.ids import new_id
from kernel.masks import mask_bank_account, mask_name
from kernel.persons import DocumentKind
from kernel.secrets import blind_index, token_hash
from kernel.uscc import check_character
from ledger.services import load_defaults
from members.models import (
    MEMBER_DOCUMENT,
    MEMBER_NAME,
    MEMBER_PHONE,
    Member,
    MembershipStatus,
    OrgLevel,
    UnionOrg,
)
from members.rules import DOCUMENT_FIELD, NAME_FIELD, PHONE_FIELD
from merchants.models import (
    MANAGER_NAME,
    MANAGER_PHONE,
    MERCHANT_ACCOUNT_HOLDER,
    MERCHANT_ACCOUNT_NUMBER,
    Agreement,
    AgreementState,
    ManagerState,
    Merchant,
    MerchantKind,
    MerchantManager,
    MerchantState,
    Site,
    Terminal,
)
from merchants.rules import ACCOUNT_FIELD, READABLE
from merchants.services import MANAGER_PHONE_FIELD
from staff.models import TOTP_SECRET, StaffAccount

TILL_KEY = bytes([2]) + bytes(32)
_PASSWORD = "nobody signs in"  # noqa: S105 (a hash of nothing: the bench's staff have no password)
_CITY = "SZ"
ROWS = 5_000
BUYER = "81440399MC0000100R"  # whom the invoices that are asked for are made out to
# In the order of Town's.
_KEEPERS = (
    Role.FINANCE_MAKER,
    Role.FINANCE_APPROVER,
    Role.FINANCE_CHECKER,
    Role.FINANCE_APPROVER,
)


@dataclass(frozen=True)
class Town:
    """Where is sold, to whom, and who keeps the books. `second` are tills of the first sites.

    `managers` look after the merchants whose agreement asks for invoices.
    """

    places: Sequence[Place]
    second: Sequence[Place]
    holders: Sequence[Holder]
    managers: Mapping[UUID, UUID]
    maker: Actor
    approver: Actor
    checker: Actor
    second_approver: Actor


def plant_town(
    session: Session,
    *,
    merchants: int,
    sites_each: int,
    members: int,
    opens_at: datetime,
    invoiced: Collection[int] = (),
) -> Town:
    """Write a town whose merchants can be paid and whose members' cards are in use.

    The merchants numbered `invoiced` are paid once their invoices are there.
    """
    load_defaults(session)
    city = UnionOrg(code=_CITY, name="深圳市总工会(演示)", path=_CITY, level=OrgLevel.CITY)
    session.add(city)
    session.flush()
    rows = _Rows(opens_at)
    places, second, managers = [], [], {}
    for number in range(merchants):
        merchant_id = rows.merchant(number, is_invoiced=number in invoiced)
        if number in invoiced:
            managers[merchant_id] = rows.manager(number, merchant_id)
        for each in range(sites_each):
            site_id = rows.site(merchant_id)
            places.append(rows.till(site_id, merchant_id))
            if each == 0:
                second.append(rows.till(site_id, merchant_id))
    holders = [rows.member(number, city.id) for number in range(members)]
    rows.write(session)
    staff = [
        _staff(session, number, role, union_id=city.id, now=opens_at)
        for number, role in enumerate(_KEEPERS)
    ]
    return Town(places, second, holders, managers, *staff)


class _Rows:
    """Rows by table, in the order in which tables are first named, for few large INSERTs."""

    def __init__(self, opens_at: datetime) -> None:
        self._at = opens_at
        self._rows: dict[type[Base], list[dict[str, Any]]] = {}
        self._tills = 0

    def write(self, session: Session) -> None:
        for model, rows in self._rows.items():
            for start in range(0, len(rows), ROWS):
                session.execute(insert(model), rows[start : start + ROWS])

    def _add(self, model: type[Base], **facts: Any) -> UUID:
        row_id: UUID = facts.setdefault("id", new_id())
        self._rows.setdefault(model, []).append(facts)
        return row_id

    def merchant(self, number: int, *, is_invoiced: bool) -> UUID:
        merchant_id = new_id()
        name = f"演示商户{number:05d}"
        uscc = f"91440399MB{number:07d}"
        account = f"629999{number:012d}"
        account += luhn.calc_check_digit(account)
        self._add(
            Merchant,
            id=merchant_id,
            kind=MerchantKind.MERCHANT,
            name=name,
            uscc=uscc + check_character(uscc),
            category="餐饮",
            district="宝安区",
            state=MerchantState.ACTIVE,
            account_number_sealed=MERCHANT_ACCOUNT_NUMBER.seal(merchant_id, account),
            account_holder_sealed=MERCHANT_ACCOUNT_HOLDER.seal(merchant_id, name),
            account_masked=mask_bank_account(account),
            account_index=blind_index(ACCOUNT_FIELD, account),
            created_at=self._at - timedelta(days=365),
        )
        self._add(
            Agreement,
            merchant_id=merchant_id,
            number=f"PH-BENCH-{number:05d}",
            starts_on=date(self._at.year, 1, 1),
            ends_on=date(self._at.year + 1, 1, 1),
            state=AgreementState.ACTIVE,
            invoice_buyer_uscc=BUYER if is_invoiced else None,
            signed_by="深圳市总工会(演示)",
            created_at=self._at,
            signed_at=self._at,
        )
        return merchant_id

    def manager(self, number: int, merchant_id: UUID) -> UUID:
        manager_id = new_id()
        phone = f"+8615401{number:06d}"
        return self._add(
            MerchantManager,
            id=manager_id,
            merchant_id=merchant_id,
            name_sealed=MANAGER_NAME.seal(manager_id, "演示店长"),
            phone_sealed=MANAGER_PHONE.seal(manager_id, phone),
            phone_index=blind_index(MANAGER_PHONE_FIELD, phone),
            state=ManagerState.ACTIVE,
            created_at=self._at,
            activated_at=self._at,
        )

    def site(self, merchant_id: UUID) -> UUID:
        return self._add(
            Site,
            merchant_id=merchant_id,
            name=f"演示门店{self._tills + 1}",
            address="深圳市宝安区演示路1号",
            district="宝安区",
            created_at=self._at,
        )

    def till(self, site_id: UUID, merchant_id: UUID) -> Place:
        self._tills += 1
        digits = [READABLE[self._tills // 25**place % 25] for place in range(8)]
        terminal_id = self._add(
            Terminal,
            site_id=site_id,
            merchant_id=merchant_id,
            code="".join(reversed(digits)),
            name=f"收银台{self._tills}",
            token_hash=token_hash(secrets.token_hex()),
            public_key=TILL_KEY,
            paired_at=self._at,
        )
        return Place(terminal_id, site_id, merchant_id)

    def member(self, number: int, union_id: UUID) -> Holder:
        member_id = new_id()
        name, document, phone = "张小明", f"H8{number:07d}", f"+8615400{number:06d}"
        self._add(
            Member,
            id=member_id,
            union_id=union_id,
            name_sealed=MEMBER_NAME.seal(member_id, name),
            name_masked=mask_name(name),
            name_index=blind_index(NAME_FIELD, name),
            document_kind=DocumentKind.HM_PASS,
            document_sealed=MEMBER_DOCUMENT.seal(member_id, document),
            document_index=blind_index(DOCUMENT_FIELD, document),
            phone_sealed=MEMBER_PHONE.seal(member_id, phone),
            phone_index=blind_index(PHONE_FIELD, phone),
            status=MembershipStatus.ACTIVE,
            real_name_at=self._at,
            created_at=self._at,
            updated_at=self._at,
        )
        card_id = self._add(
            Card,
            member_id=member_id,
            number=card_number(800_000_000 + number, year=self._at.year),
            state=CardState.ACTIVE,
            issued_at=self._at,
        )
        return Holder(card_id, member_id)


def _staff(session: Session, number: int, role: Role, *, union_id: UUID, now: datetime) -> Actor:
    account_id = new_id()
    session.add(
        StaffAccount(
            id=account_id,
            username=f"bench{number}",
            display_name=f"测速{number}",
            union_id=union_id,
            password_hash=_PASSWORD,
            password_set_at=now,
            password_is_temporary=False,
            totp_secret_sealed=TOTP_SECRET.seal(account_id, "JBSWY3DPEHPK3PXP"),
            totp_is_temporary=False,
            created_at=now,
            updated_at=now,
        )
    )
    session.flush()
    return Actor(ActorKind.STAFF, id=account_id, grants=(Grant(role, _CITY),), name=f"测速{number}")
