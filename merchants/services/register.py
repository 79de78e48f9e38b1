"""Merchants and their sites: registered, changed, stopped."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.services import record
from kernel.actors import Actor
from kernel.db import violated_constraint
from kernel.errors import Refusal
from kernel.ids import new_id
from kernel.masks import mask_bank_account
from kernel.refusals import refuse_stale
from kernel.secrets import blind_index
from kernel.states import move
from kernel.text import Refused
from kernel.uscc import read_uscc
from merchants.errors import (
    AccountInvalid,
    MerchantNotActive,
    MerchantNotFound,
    SanctionInForce,
    SiteNameTaken,
    SiteNotFound,
    UsccInvalid,
    UsccTaken,
)
from merchants.models import (
    MERCHANT_ACCOUNT_HOLDER,
    MERCHANT_ACCOUNT_NUMBER,
    MERCHANT_MOVES,
    SITE_MOVES,
    Merchant,
    MerchantKind,
    MerchantState,
    SanctionKind,
    Site,
    SiteState,
)
from merchants.queries import sanction_in_force, union_path_of
from merchants.rules import ACCOUNT_FIELD, read_account


@dataclass(frozen=True, slots=True)
class Account:
    """A settlement account as it was typed. Neither part shows in a `repr`, hence in no log."""

    number: str = field(repr=False)
    holder: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantFacts:
    """What a person says about a merchant. `uscc` may be None for a service organisation only."""

    kind: MerchantKind
    name: str
    uscc: str | None
    category: str
    district: str
    union_id: UUID | None
    account_bank: str | None = None
    account_bank_code: str | None = None


@contextmanager
def refused_by(refusals: Mapping[str, type[Refusal]]) -> Iterator[None]:
    """Turn a constraint that fired inside into its refusal: the race that a check cannot see."""
    try:
        yield
    except IntegrityError as error:
        refusal = refusals.get(violated_constraint(error) or "")
        if refusal is None:
            raise
        raise refusal from None


_UNIQUE_USCC = {"uq_merchants_uscc": UsccTaken}
UNIQUE_SITE_NAME = {"uq_sites_merchant_id_name": SiteNameTaken}


def lock_merchant(session: Session, *, merchant_id: UUID) -> Merchant:
    """Return the merchant as it is now, locked until the transaction ends."""
    merchant = session.get(Merchant, merchant_id, with_for_update=True, populate_existing=True)
    if merchant is None:
        raise MerchantNotFound
    return merchant


def add_merchant(
    session: Session, *, facts: MerchantFacts, account: Account | None, actor: Actor, now: datetime
) -> Merchant:
    """Register an applicant. Raises UsccInvalid, UsccTaken, AccountInvalid."""
    merchant = Merchant(id=new_id(), state=MerchantState.APPLIED, created_at=now, **_checked(facts))
    if account is not None:
        _seal_account(merchant, account)
    session.add(merchant)
    with refused_by(_UNIQUE_USCC):
        session.flush()
    record_merchant(session, merchant, "merchant.added", actor=actor, now=now)
    return merchant


def change_merchant(
    session: Session,
    *,
    merchant_id: UUID,
    version: int,
    facts: MerchantFacts,
    account: Account | None,
    actor: Actor,
    now: datetime,
) -> Merchant:
    """Replace a merchant's facts; `account` None leaves the account as it is.

    `version` is the one the caller saw. Locks the merchant. The audit trail names what changed,
    never its values. Raises MerchantNotFound, EditConflict, UsccInvalid, UsccTaken,
    AccountInvalid.
    """
    merchant = lock_merchant(session, merchant_id=merchant_id)
    refuse_stale(merchant.version, version)
    changed = []
    for name, value in _checked(facts).items():
        if getattr(merchant, name) != value:
            setattr(merchant, name, value)
            changed.append(name)
    if account is not None and _seal_account(merchant, account):
        changed.append("account")
    if not changed:
        return merchant
    merchant.version += 1
    with refused_by(_UNIQUE_USCC):
        session.flush()
    record(
        session,
        actor=actor,
        action="merchant.changed",
        object_type="merchant",
        object_id=merchant.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        changed=changed,
    )
    return merchant


def activate_merchant(
    session: Session, *, merchant_id: UUID, actor: Actor, now: datetime
) -> Merchant:
    """Let an applicant or a suspended merchant work.

    Raises MerchantNotFound, MoveNotAllowed, and SanctionInForce where a suspension stands as a
    measure: that is lifted, by another person.
    """
    if sanction_in_force(session, merchant_id=merchant_id, kind=SanctionKind.SUSPENSION):
        raise SanctionInForce
    return _move(session, merchant_id, MerchantState.ACTIVE, reason=None, actor=actor, now=now)


def suspend_merchant(
    session: Session, *, merchant_id: UUID, reason: str, actor: Actor, now: datetime
) -> Merchant:
    """Stop a merchant's tills from granting anything; they may still look.

    Raises MerchantNotFound, MoveNotAllowed.
    """
    return _move(session, merchant_id, MerchantState.SUSPENDED, reason=reason, actor=actor, now=now)


def end_merchant(
    session: Session, *, merchant_id: UUID, reason: str, actor: Actor, now: datetime
) -> Merchant:
    """End the business with a merchant for good: its tills are nobody from this moment.

    Raises MerchantNotFound, MoveNotAllowed.
    """
    return _move(session, merchant_id, MerchantState.ENDED, reason=reason, actor=actor, now=now)


def refuse_merchant(
    session: Session, *, merchant_id: UUID, reason: str, actor: Actor, now: datetime
) -> Merchant:
    """Refuse an applicant, who may apply again. Raises MerchantNotFound, MoveNotAllowed."""
    return _move(session, merchant_id, MerchantState.REFUSED, reason=reason, actor=actor, now=now)


def _move(
    session: Session,
    merchant_id: UUID,
    target: MerchantState,
    *,
    reason: str | None,
    actor: Actor,
    now: datetime,
) -> Merchant:
    merchant = lock_merchant(session, merchant_id=merchant_id)
    merchant.state = move(MERCHANT_MOVES, merchant.state, target)
    merchant.state_reason = reason
    merchant.version += 1
    session.flush()
    # The reason is free text: it stands on the merchant, and the trail holds codes only.
    action = "merchant.activated" if target is MerchantState.ACTIVE else f"merchant.{target}"
    record_merchant(session, merchant, action, actor=actor, now=now)
    return merchant


def add_site(
    session: Session,
    *,
    merchant_id: UUID,
    name: str,
    address: str,
    district: str,
    actor: Actor,
    now: datetime,
    state: SiteState = SiteState.OPEN,
) -> Site:
    """Add a place where cards are scanned; in the state `proposed` it waits for the union.

    Raises MerchantNotFound, MerchantNotActive if the business has ended, SiteNameTaken.
    """
    merchant = session.get(Merchant, merchant_id)
    if merchant is None:
        raise MerchantNotFound
    if merchant.state is MerchantState.ENDED:
        raise MerchantNotActive(state=merchant.state)
    site = Site(
        merchant_id=merchant_id,
        name=name,
        address=address,
        district=district,
        state=state,
        created_at=now,
    )
    session.add(site)
    with refused_by(UNIQUE_SITE_NAME):
        session.flush()
    action = "site.proposed" if state is SiteState.PROPOSED else "site.added"
    record_at_site(session, site, merchant, action, actor=actor, now=now)
    return site


def close_site(session: Session, *, site_id: UUID, actor: Actor, now: datetime) -> Site:
    """Close a site: its tills are nobody until it reopens. Raises SiteNotFound, MoveNotAllowed."""
    return _move_site(session, site_id, SiteState.CLOSED, actor=actor, now=now)


def reopen_site(session: Session, *, site_id: UUID, actor: Actor, now: datetime) -> Site:
    """Open a site again, with the tills it had. Raises SiteNotFound, MoveNotAllowed."""
    return _move_site(session, site_id, SiteState.OPEN, actor=actor, now=now)


def _move_site(
    session: Session, site_id: UUID, target: SiteState, *, actor: Actor, now: datetime
) -> Site:
    site = session.get(Site, site_id, with_for_update=True, populate_existing=True)
    if site is None:
        raise SiteNotFound
    site.state = move(SITE_MOVES, site.state, target)
    session.flush()
    merchant = session.get_one(Merchant, site.merchant_id)
    action = "site.closed" if target is SiteState.CLOSED else "site.reopened"
    record_at_site(session, site, merchant, action, actor=actor, now=now)
    return site


def record_at_site(
    session: Session,
    site: Site,
    merchant: Merchant,
    action: str,
    *,
    actor: Actor,
    now: datetime,
    changed: Sequence[str] | None = None,
) -> None:
    facts: dict[str, Any] = {"changed": list(changed)} if changed else {}
    record(
        session,
        actor=actor,
        action=action,
        object_type="site",
        object_id=site.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
        merchant_id=merchant.id,
        **facts,
    )


def record_merchant(
    session: Session, merchant: Merchant, action: str, *, actor: Actor, now: datetime
) -> None:
    record(
        session,
        actor=actor,
        action=action,
        object_type="merchant",
        object_id=merchant.id,
        union_path=union_path_of(session, union_id=merchant.union_id),
        now=now,
    )


def _checked(facts: MerchantFacts) -> dict[str, object]:
    """Return the columns of `facts`, the credit code normalised. Raises UsccInvalid."""
    code = None
    if facts.uscc or facts.kind is MerchantKind.MERCHANT:
        uscc = read_uscc(facts.uscc or "")
        if isinstance(uscc, Refused):
            raise UsccInvalid(detail=uscc.detail)
        code = uscc.code
    return {
        "kind": facts.kind,
        "name": facts.name,
        "uscc": code,
        "category": facts.category,
        "district": facts.district,
        "union_id": facts.union_id,
        "account_bank": facts.account_bank,
        "account_bank_code": facts.account_bank_code,
    }


def _seal_account(merchant: Merchant, account: Account) -> bool:
    """Seal a checked account into the merchant, and say whether it is another than before."""
    number = read_account(account.number)
    if isinstance(number, Refused):
        raise AccountInvalid(detail=number.detail)
    if has_account(merchant, number=number, holder=account.holder):
        return False
    merchant.account_number_sealed = MERCHANT_ACCOUNT_NUMBER.seal(merchant.id, number)
    merchant.account_holder_sealed = MERCHANT_ACCOUNT_HOLDER.seal(merchant.id, account.holder)
    merchant.account_masked = mask_bank_account(number)
    merchant.account_index = blind_index(ACCOUNT_FIELD, number)
    return True


def has_account(merchant: Merchant, *, number: str, holder: str) -> bool:
    """Say whether `number` (digits) in the name of `holder` is the merchant's account."""
    sealed = merchant.account_holder_sealed
    if sealed is None or merchant.account_index != blind_index(ACCOUNT_FIELD, number):
        return False
    return MERCHANT_ACCOUNT_HOLDER.open(merchant.id, sealed) == holder
