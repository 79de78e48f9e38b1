"""Reads of merchants, each bounded by the union paths that the caller reaches."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from kernel.bulk import among
from merchants.errors import (
    AgreementNotFound,
    MerchantNotFound,
    MerchantUnionUnknown,
    SiteNotFound,
    TerminalNotFound,
)
from merchants.models import (
    UNION_ORGS,
    Agreement,
    AgreementState,
    Merchant,
    MerchantKind,
    MerchantState,
    Site,
    SiteState,
    Terminal,
)

PAGE_ROWS_MAX = 100
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class MerchantReach:
    """Which merchants a caller reaches: all under `paths`, and service sites under `site_paths`.

    A merchant without a union belongs to the whole city: only a path that is a root reaches it.
    """

    paths: tuple[str, ...] = ()
    site_paths: tuple[str, ...] = ()

    @property
    def is_citywide(self) -> bool:
        return any(_is_root(path) for path in self.paths)


def _is_root(path: str) -> bool:
    return "/" not in path


def _within(paths: Sequence[str]) -> ColumnElement[bool]:
    path = UNION_ORGS.c.path
    below = [or_(path == each, path.startswith(each + "/", autoescape=True)) for each in paths]
    if any(map(_is_root, paths)):
        below.append(Merchant.union_id.is_(None))
    return or_(false(), *below)


def _reached(reach: MerchantReach) -> ColumnElement[bool]:
    is_service_site = Merchant.kind == MerchantKind.SERVICE_SITE
    return or_(_within(reach.paths), and_(is_service_site, _within(reach.site_paths)))


_OF_MERCHANT = UNION_ORGS.c.id == Merchant.union_id


def merchant_ids_within(reach: MerchantReach) -> Select[UUID]:
    """Return the query of all merchants in reach, to bound a query of what belongs to them."""
    return select(Merchant.id).outerjoin(UNION_ORGS, _OF_MERCHANT).where(_reached(reach))


def merchant_within(
    session: Session, *, merchant_id: UUID, reach: MerchantReach
) -> Merchant | None:
    query = (
        select(Merchant)
        .outerjoin(UNION_ORGS, _OF_MERCHANT)
        .where(Merchant.id == merchant_id, _reached(reach))
    )
    return session.scalars(query).one_or_none()


def find_merchant(session: Session, *, merchant_id: UUID, reach: MerchantReach) -> Merchant:
    """Return a merchant that the caller reaches. Raises MerchantNotFound for any other."""
    found = merchant_within(session, merchant_id=merchant_id, reach=reach)
    if found is None:
        raise MerchantNotFound
    return found


def find_site(session: Session, *, site_id: UUID, reach: MerchantReach) -> Site:
    """Return a site whose merchant the caller reaches. Raises SiteNotFound for any other."""
    site = session.get(Site, site_id)
    if site is None or not _is_reached(session, merchant_id=site.merchant_id, reach=reach):
        raise SiteNotFound
    return site


def find_terminal(session: Session, *, terminal_id: UUID, reach: MerchantReach) -> Terminal:
    """Return a till whose merchant the caller reaches. Raises TerminalNotFound for any other."""
    terminal = session.get(Terminal, terminal_id)
    if terminal is None or not _is_reached(session, merchant_id=terminal.merchant_id, reach=reach):
        raise TerminalNotFound
    return terminal


def find_agreement(session: Session, *, agreement_id: UUID, reach: MerchantReach) -> Agreement:
    """Return an agreement of a merchant in reach. Raises AgreementNotFound for any other."""
    agreement = session.get(Agreement, agreement_id)
    if agreement is None or not _is_reached(
        session, merchant_id=agreement.merchant_id, reach=reach
    ):
        raise AgreementNotFound
    return agreement


def _is_reached(session: Session, *, merchant_id: UUID, reach: MerchantReach) -> bool:
    return merchant_within(session, merchant_id=merchant_id, reach=reach) is not None


@dataclass(frozen=True)
class MerchantRow:
    """One line of the list of merchants."""

    id: UUID
    name: str
    kind: MerchantKind
    uscc: str | None
    category: str
    district: str
    state: MerchantState
    union_name: str | None
    site_count: int
    terminal_count: int
    agreement_ends_on: date | None  # of the agreement in force, the first day without it

    @property
    def agreement_last_on(self) -> date | None:
        """Return the last day of the agreement, which is how people say it."""
        return self.agreement_ends_on - _ONE_DAY if self.agreement_ends_on else None


@dataclass(frozen=True)
class MerchantFilter:
    """What a list of merchants is narrowed to. `text` is part of a name, or a whole credit code."""

    text: str | None = None
    kind: MerchantKind | None = None
    state: MerchantState | None = None
    district: str | None = None
    category: str | None = None


def merchants_within(
    session: Session,
    *,
    reach: MerchantReach,
    today: date,
    wanted: MerchantFilter = MerchantFilter(),
    after: tuple[str, UUID] | None = None,
    rows: int = PAGE_ROWS_MAX,
) -> list[MerchantRow]:
    """Return merchants by name and id, from behind the name and id `after`."""
    site_count = (
        select(func.count())
        .where(Site.merchant_id == Merchant.id, Site.state == SiteState.OPEN)
        .scalar_subquery()
    )
    terminal_count = (
        select(func.count())
        .where(Terminal.merchant_id == Merchant.id, Terminal.unpaired_at.is_(None))
        .scalar_subquery()
    )
    in_force = (
        select(Agreement.ends_on)
        .where(Agreement.merchant_id == Merchant.id, _in_force(today))
        .scalar_subquery()
    )
    query = (
        select(
            Merchant.id,
            Merchant.name,
            Merchant.kind,
            Merchant.uscc,
            Merchant.category,
            Merchant.district,
            Merchant.state,
            UNION_ORGS.c.name,
            site_count,
            terminal_count,
            in_force,
        )
        .outerjoin(UNION_ORGS, _OF_MERCHANT)
        .where(_reached(reach), *_narrowed(wanted))
        .order_by(Merchant.name, Merchant.id)
        .limit(rows)
    )
    if after is not None:
        name, merchant_id = after
        query = query.where(
            or_(Merchant.name > name, and_(Merchant.name == name, Merchant.id > merchant_id))
        )
    return [MerchantRow(*row) for row in session.execute(query)]


def _narrowed(wanted: MerchantFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.text:
        yield or_(
            Merchant.name.icontains(wanted.text, autoescape=True),
            Merchant.uscc == wanted.text.strip().upper(),
        )
    for column, value in (
        (Merchant.kind, wanted.kind),
        (Merchant.state, wanted.state),
        (Merchant.district, wanted.district),
        (Merchant.category, wanted.category),
    ):
        if value is not None:
            yield column == value


def _in_force(day: date) -> ColumnElement[bool]:
    return and_(
        Agreement.state == AgreementState.ACTIVE,
        Agreement.starts_on <= day,
        Agreement.ends_on > day,
    )


def categories_within(session: Session, *, reach: MerchantReach) -> list[str]:
    query = select(Merchant.category).outerjoin(UNION_ORGS, _OF_MERCHANT).where(_reached(reach))
    return list(session.scalars(query.distinct().order_by(Merchant.category)))


def districts_within(session: Session, *, reach: MerchantReach) -> list[str]:
    query = select(Merchant.district).outerjoin(UNION_ORGS, _OF_MERCHANT).where(_reached(reach))
    return list(session.scalars(query.distinct().order_by(Merchant.district)))


def sites_of(session: Session, *, merchant_id: UUID) -> list[Site]:
    query = select(Site).where(Site.merchant_id == merchant_id)
    return list(session.scalars(query.order_by(Site.name)))


def terminals_of(session: Session, *, merchant_id: UUID) -> list[Terminal]:
    """Return a merchant's tills, paired ones first, the newest first."""
    query = select(Terminal).where(Terminal.merchant_id == merchant_id)
    return list(
        session.scalars(query.order_by(Terminal.unpaired_at.desc().nulls_first(), Terminal.id))
    )


def agreements_of(session: Session, *, merchant_id: UUID) -> list[Agreement]:
    query = select(Agreement).where(Agreement.merchant_id == merchant_id)
    return list(session.scalars(query.order_by(Agreement.starts_on.desc(), Agreement.id)))


def agreement_in_force(session: Session, *, merchant_id: UUID, day: date) -> Agreement | None:
    """Return the agreement in force on a Shanghai day; the database allows only one."""
    query = select(Agreement).where(Agreement.merchant_id == merchant_id, _in_force(day))
    return session.scalars(query).one_or_none()


@dataclass(frozen=True)
class UnionChoice:
    """A union that may look after a merchant, as a form offers it."""

    id: UUID
    code: str
    name: str


def unions_within(session: Session, *, paths: Sequence[str]) -> list[UnionChoice]:
    """Return the city's, districts' and industries' unions under `paths`, parents first."""
    path = UNION_ORGS.c.path
    query = (
        select(UNION_ORGS.c.id, UNION_ORGS.c.code, UNION_ORGS.c.name)
        .where(
            UNION_ORGS.c.level.in_(("city", "district", "industry")),
            or_(
                false(),
                *(
                    or_(path == each, path.startswith(each + "/", autoescape=True))
                    for each in paths
                ),
            ),
        )
        .order_by(path)
    )
    return [UnionChoice(*row) for row in session.execute(query)]


def find_union_id(session: Session, *, code: str | None, reach: MerchantReach) -> UUID | None:
    """Return the id of a union in reach, None for none. Raises MerchantUnionUnknown.

    No union at all is for those who look after the whole city.
    """
    if not code and reach.is_citywide:
        return None
    for union in unions_within(session, paths=reach.paths):
        if union.code == code:
            return union.id
    raise MerchantUnionUnknown


def union_of(session: Session, *, union_id: UUID | None) -> UnionChoice | None:
    query = select(UNION_ORGS.c.id, UNION_ORGS.c.code, UNION_ORGS.c.name)
    row = session.execute(query.where(UNION_ORGS.c.id == union_id)).one_or_none()
    return UnionChoice(*row) if row else None


def union_path_of(session: Session, *, union_id: UUID | None) -> str | None:
    """Return the path of a merchant's union: for whose auditors its entries are."""
    if union_id is None:
        return None
    return session.scalar(select(UNION_ORGS.c.path).where(UNION_ORGS.c.id == union_id))


def union_paths_of(session: Session, *, merchant_ids: Collection[UUID]) -> dict[UUID, str | None]:
    """Return the path of the union of each of these merchants, None for one of the city's own."""
    query = (
        select(Merchant.id, UNION_ORGS.c.path)
        .outerjoin(UNION_ORGS, _OF_MERCHANT)
        .where(among(Merchant.id, merchant_ids))
    )
    return dict(session.execute(query).all())


def merchants_by_uscc(session: Session, *, usccs: Iterable[str]) -> dict[str, Merchant]:
    query = select(Merchant).where(Merchant.uscc.in_(set(usccs)))
    return {merchant.uscc: merchant for merchant in session.scalars(query) if merchant.uscc}


def sites_by_merchant(session: Session, *, merchant_ids: Iterable[UUID]) -> dict[UUID, list[Site]]:
    found: dict[UUID, list[Site]] = {}
    for site in session.scalars(select(Site).where(Site.merchant_id.in_(set(merchant_ids)))):
        found.setdefault(site.merchant_id, []).append(site)
    return found


def district_unions(session: Session) -> list[UnionChoice]:
    query = select(UNION_ORGS.c.id, UNION_ORGS.c.code, UNION_ORGS.c.name)
    query = query.where(UNION_ORGS.c.level == "district").order_by(UNION_ORGS.c.path)
    return [UnionChoice(*row) for row in session.execute(query)]
