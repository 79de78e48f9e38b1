"""A business applies to become a merchant; the union approves or refuses.

What is refused after the phone was proven is returned, not raised, because the try was counted
(docs/decisions/0004).
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kernel.actors import Actor, ActorKind
from kernel.clock import shanghai_date
from kernel.errors import Refusal
from kernel.ids import new_id
from kernel.secrets import blind_index
from kernel.states import move
from kernel.text import Refused
from kernel.uscc import read_uscc
from merchants.errors import (
    ApplicationsTooMany,
    ManagerCodeWrong,
    SiteNotFound,
    UsccInvalid,
    UsccTaken,
)
from merchants.models import (
    MANAGER_MOVES,
    MERCHANT_MOVES,
    SITE_MOVES,
    ApplicationTries,
    ManagerState,
    Merchant,
    MerchantKind,
    MerchantManager,
    MerchantState,
    Site,
    SiteState,
)
from merchants.queries import district_unions, merchants_by_uscc
from merchants.rules import network_of
from merchants.services.manager_sign_in import proven_phone, record_manager
from merchants.services.managers import add_manager_row
from merchants.services.register import (
    UNIQUE_SITE_NAME,
    Account,
    MerchantFacts,
    activate_merchant,
    add_merchant,
    add_site,
    change_merchant,
    lock_merchant,
    record_at_site,
    record_merchant,
    refuse_merchant,
    refused_by,
)

APPLICATIONS_A_DAY_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What an applicant says. `phone` is normalised; a name shows in no `repr`."""

    name: str
    uscc: str
    category: str
    district: str
    site_name: str
    address: str
    manager_name: str = field(repr=False)
    phone: str = field(repr=False)
    account: Account | None = None
    account_bank: str | None = None
    account_bank_code: str | None = None


def apply_as_merchant(
    session: Session, *, application: Application, code: str, address: str, now: datetime
) -> Merchant | Refusal:
    """Register an applicant, its first site as a proposal, and whoever applied as its manager.

    `address` is the caller's network address: five tries a Shanghai day. A merchant that was
    refused may apply again under its credit code, whoever asks: the union looks at the licence. The
    union of the district looks after it, found by its name as in an import; elsewhere the city.
    Returns ManagerCodeWrong, ApplicationsTooMany, or what is wrong with the facts.
    """
    row = proven_phone(session, phone=application.phone, code=code, now=now)
    if row is None:
        return ManagerCodeWrong()
    if not _take_try(session, address=address, now=now):
        row.tries -= 1
        return ApplicationsTooMany()
    try:
        with session.begin_nested():
            merchant = _write(session, application, now=now)
    except Refusal as refusal:
        # The right code was given: the mended form may use it again.
        row.tries -= 1
        return refusal
    row.used_at = now
    return merchant


def _take_try(session: Session, *, address: str, now: datetime) -> bool:
    """Count one try of a network; False when the day's are used up. One conditional statement."""
    taken = (
        insert(ApplicationTries)
        .values(
            subject=blind_index("application_address", network_of(address)),
            day=shanghai_date(now),
            tries=1,
        )
        .on_conflict_do_update(
            index_elements=[ApplicationTries.subject, ApplicationTries.day],
            set_={"tries": ApplicationTries.tries + 1},
            where=ApplicationTries.tries < APPLICATIONS_A_DAY_MAX,
        )
        .returning(ApplicationTries.tries)
    )
    return session.execute(taken).first() is not None


def _write(session: Session, application: Application, *, now: datetime) -> Merchant:
    unions = district_unions(session)
    facts = MerchantFacts(
        kind=MerchantKind.MERCHANT,
        name=application.name,
        uscc=application.uscc,
        category=application.category,
        district=application.district,
        union_id=next(
            (each.id for each in unions if each.name.startswith(application.district)), None
        ),
        account_bank=application.account_bank,
        account_bank_code=application.account_bank_code,
    )
    manager_id = new_id()
    actor = Actor(ActorKind.MANAGER, id=manager_id)
    merchant = _register(session, facts, application.account, actor=actor, now=now)
    manager = add_manager_row(
        session,
        merchant_id=merchant.id,
        name=application.manager_name,
        phone=application.phone,
        state=ManagerState.APPLIED,
        manager_id=manager_id,
        now=now,
    )
    record_manager(session, manager, "manager.applied", actor=actor, now=now)
    add_site(
        session,
        merchant_id=merchant.id,
        name=application.site_name,
        address=application.address,
        district=application.district,
        state=SiteState.PROPOSED,
        actor=actor,
        now=now,
    )
    return merchant


def _register(
    session: Session,
    facts: MerchantFacts,
    account: Account | None,
    *,
    actor: Actor,
    now: datetime,
) -> Merchant:
    uscc = read_uscc(facts.uscc or "")
    if isinstance(uscc, Refused):
        raise UsccInvalid(detail=uscc.detail)
    known = merchants_by_uscc(session, usccs=[uscc.code]).get(uscc.code)
    if known is None:
        return add_merchant(session, facts=facts, account=account, actor=actor, now=now)
    merchant = lock_merchant(session, merchant_id=known.id)
    if merchant.state is not MerchantState.REFUSED:
        raise UsccTaken
    change_merchant(
        session,
        merchant_id=merchant.id,
        version=merchant.version,
        facts=facts,
        account=account,
        actor=actor,
        now=now,
    )
    merchant.state = move(MERCHANT_MOVES, merchant.state, MerchantState.APPLIED)
    merchant.state_reason = None
    # The site of the refused application makes room for the one that is proposed now.
    for site in session.scalars(select(Site).where(Site.merchant_id == merchant.id)):
        session.delete(site)
    session.flush()
    record_merchant(session, merchant, "merchant.applied_again", actor=actor, now=now)
    return merchant


def approve_merchant(
    session: Session, *, merchant_id: UUID, actor: Actor, now: datetime
) -> Merchant:
    """Let an applicant or a suspended merchant work; of an applicant, manager and site begin too.

    Locks the merchant. Raises MerchantNotFound, MoveNotAllowed.
    """
    was_applied = lock_merchant(session, merchant_id=merchant_id).state is MerchantState.APPLIED
    merchant = activate_merchant(session, merchant_id=merchant_id, actor=actor, now=now)
    if was_applied:
        for manager in _applied_managers(session, merchant_id):
            manager.state = move(MANAGER_MOVES, manager.state, ManagerState.ACTIVE)
            manager.activated_at = now
            record_manager(session, manager, "manager.activated", actor=actor, now=now)
        for site in _proposed_sites(session, merchant_id):
            site.state = move(SITE_MOVES, site.state, SiteState.OPEN)
            record_at_site(session, site, merchant, "site.approved", actor=actor, now=now)
        session.flush()
    return merchant


def refuse_application(
    session: Session, *, merchant_id: UUID, reason: str, actor: Actor, now: datetime
) -> Merchant:
    """Refuse an applicant, who reads the reason when they sign in and may apply again.

    Locks the merchant. Raises MerchantNotFound, MoveNotAllowed.
    """
    merchant = refuse_merchant(
        session, merchant_id=merchant_id, reason=reason, actor=actor, now=now
    )
    for manager in _applied_managers(session, merchant_id):
        manager.state = move(MANAGER_MOVES, manager.state, ManagerState.ENDED)
        manager.ended_at = now
        session.flush()
        record_manager(session, manager, "manager.ended", actor=actor, now=now)
    return merchant


def _applied_managers(session: Session, merchant_id: UUID) -> list[MerchantManager]:
    query = select(MerchantManager).where(
        MerchantManager.merchant_id == merchant_id,
        MerchantManager.state == ManagerState.APPLIED,
    )
    return list(session.scalars(query.order_by(MerchantManager.id).with_for_update()))


def _proposed_sites(session: Session, merchant_id: UUID) -> list[Site]:
    query = select(Site).where(Site.merchant_id == merchant_id, Site.state == SiteState.PROPOSED)
    return list(session.scalars(query.order_by(Site.id).with_for_update()))


def approve_site(session: Session, *, site_id: UUID, actor: Actor, now: datetime) -> Site:
    """Open a site that its merchant proposed. Locks it. Raises SiteNotFound, MoveNotAllowed."""
    return _decide(session, site_id, SiteState.OPEN, None, actor=actor, now=now)


def refuse_site(
    session: Session, *, site_id: UUID, reason: str, actor: Actor, now: datetime
) -> Site:
    """Refuse a proposed site; its merchant reads why. Raises SiteNotFound, MoveNotAllowed."""
    return _decide(session, site_id, SiteState.CLOSED, reason, actor=actor, now=now)


def _decide(
    session: Session,
    site_id: UUID,
    target: SiteState,
    reason: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> Site:
    site = session.get(Site, site_id, with_for_update=True, populate_existing=True)
    if site is None:
        raise SiteNotFound
    # An open site is closed and a closed one reopened elsewhere: this is about proposals only.
    if site.state is not SiteState.PROPOSED:
        raise SiteNotFound
    site.state = move(SITE_MOVES, site.state, target)
    site.state_reason = reason
    session.flush()
    merchant = session.get_one(Merchant, site.merchant_id)
    action = "site.approved" if target is SiteState.OPEN else "site.refused"
    record_at_site(session, site, merchant, action, actor=actor, now=now)
    return site


def change_site(
    session: Session,
    *,
    site_id: UUID,
    name: str,
    address: str,
    district: str,
    actor: Actor,
    now: datetime,
) -> Site:
    """Change what members read about a site. Locks it. Raises SiteNotFound, SiteNameTaken.

    The audit trail names what changed, never its values.
    """
    site = session.get(Site, site_id, with_for_update=True, populate_existing=True)
    if site is None:
        raise SiteNotFound
    wanted = {"name": name, "address": address, "district": district}
    changed = [key for key, value in wanted.items() if getattr(site, key) != value]
    if not changed:
        return site
    for key in changed:
        setattr(site, key, wanted[key])
    with refused_by(UNIQUE_SITE_NAME):
        session.flush()
    merchant = session.get_one(Merchant, site.merchant_id)
    record_at_site(session, site, merchant, "site.changed", actor=actor, now=now, changed=changed)
    return site
