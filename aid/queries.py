"""Reads of mutual aid. Those for staff are bounded by the union paths that the caller reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, or_, select, tuple_
from sqlalchemy.orm import Session

from aid.models import (
    LIVE_STATES,
    AidCalculation,
    AidClaim,
    AidClaimLine,
    AidClaimState,
    AidCover,
    AidDecision,
    AidDocument,
    AidOccurrence,
    AidScheme,
    AidSchemeVersion,
)
from aid.rules import CoverDays, History, LineAmounts, Terms, read_terms
from kernel.money import Fen
from members.models import Member, UnionOrg
from members.queries import within

PAGE_ROWS_MAX = 100


# --- Schemes and covers


def scheme_by_code(session: Session, *, code: str) -> AidScheme | None:
    return session.scalars(select(AidScheme).where(AidScheme.code == code)).one_or_none()


def schemes(session: Session) -> list[AidScheme]:
    return list(session.scalars(select(AidScheme).order_by(AidScheme.code)))


def version_on(session: Session, *, scheme_id: UUID, day: date) -> AidSchemeVersion | None:
    """Return the version in force on a day: the newest that began by then."""
    query = (
        select(AidSchemeVersion)
        .where(AidSchemeVersion.scheme_id == scheme_id, AidSchemeVersion.effective_from <= day)
        .order_by(AidSchemeVersion.effective_from.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def terms_of(version: AidSchemeVersion) -> Terms:
    return read_terms(
        version.rules, articles=version.articles, effective_from=version.effective_from
    )


def covers_of(
    session: Session, *, member_id: UUID, scheme_id: UUID | None = None
) -> list[AidCover]:
    """Return a member's covers, the oldest first."""
    query = select(AidCover).where(AidCover.member_id == member_id).order_by(AidCover.starts_on)
    if scheme_id is not None:
        query = query.where(AidCover.scheme_id == scheme_id)
    return list(session.scalars(query))


def days_of(cover: AidCover) -> CoverDays:
    return CoverDays(cover.starts_on, cover.ends_on)


def history_of(
    session: Session,
    *,
    cover_id: UUID,
    benefit: str,
    claim_id: UUID | None = None,
    before: datetime | None = None,
) -> History:
    """Return what other claims hold of a benefit under a cover.

    `claim_id` is the claim that asks, and `before` when it was first handed in: what came after it
    does not count as earlier, but the places it has taken are taken.
    """
    taken = select(AidOccurrence.number).where(
        AidOccurrence.cover_id == cover_id, AidOccurrence.benefit == benefit
    )
    ahead = select(AidClaim).where(
        AidClaim.cover_id == cover_id,
        AidClaim.benefit == benefit,
        AidClaim.state.in_(LIVE_STATES),
    )
    if claim_id is not None:
        taken = taken.where(AidOccurrence.claim_id != claim_id)
        ahead = ahead.where(AidClaim.id != claim_id)
    if before is not None:
        place = tuple_(AidClaim.submitted_at, AidClaim.id)
        ahead = ahead.where(place < tuple_(before, claim_id))
    claims = list(session.scalars(ahead))
    lines = select(AidClaimLine).where(
        AidClaimLine.claim_id.in_([claim.id for claim in claims]), AidClaimLine.is_live
    )
    return History(
        taken=frozenset(session.scalars(taken)),
        earlier=tuple(amounts_of(line) for line in session.scalars(lines)),
        granted_fen=Fen(sum(claim.benefit_fen for claim in claims)),
    )


def amounts_of(line: AidClaimLine) -> LineAmounts:
    return LineAmounts(line.pool_paid_fen, line.self_paid_fen, line.days)


# --- A member's own claims


def claim_of_member(session: Session, *, claim_id: UUID, member_id: UUID) -> AidClaim | None:
    query = select(AidClaim).where(AidClaim.id == claim_id, AidClaim.member_id == member_id)
    return session.scalars(query).one_or_none()


def claims_of_member(
    session: Session, *, member_id: UUID, after: UUID | None = None, rows: int = PAGE_ROWS_MAX
) -> list[AidClaim]:
    """Return a member's claims by id, newest first, from below `after`."""
    query = select(AidClaim).where(AidClaim.member_id == member_id)
    if after is not None:
        query = query.where(AidClaim.id < after)
    return list(session.scalars(query.order_by(AidClaim.id.desc()).limit(rows)))


def scheme_of(session: Session, *, claim: AidClaim) -> tuple[AidScheme, AidSchemeVersion]:
    query = (
        select(AidScheme, AidSchemeVersion)
        .join(AidSchemeVersion, AidSchemeVersion.scheme_id == AidScheme.id)
        .where(AidSchemeVersion.id == claim.scheme_version_id)
    )
    scheme, version = session.execute(query).one()
    return scheme, version


def lines_of(session: Session, *, claim: AidClaim) -> list[AidClaimLine]:
    """Return the lines of the newest round, in their order."""
    query = select(AidClaimLine).where(
        AidClaimLine.claim_id == claim.id, AidClaimLine.round == claim.round
    )
    return list(session.scalars(query.order_by(AidClaimLine.line_no)))


def newest_calculation(session: Session, *, claim_id: UUID) -> AidCalculation:
    query = (
        select(AidCalculation)
        .where(AidCalculation.claim_id == claim_id)
        .order_by(AidCalculation.number.desc())
        .limit(1)
    )
    return session.scalars(query).one()


def decisions_of(session: Session, *, claim_id: UUID) -> list[AidDecision]:
    """Return what was done about a claim, in order."""
    query = select(AidDecision).where(AidDecision.claim_id == claim_id)
    return list(session.scalars(query.order_by(AidDecision.id)))


@dataclass(frozen=True)
class PaperFacts:
    """A paper without its content. `is_elsewhere`: the same file came with another claim too."""

    id: UUID
    kind: str
    media_type: str
    size_bytes: int
    uploaded_at: datetime
    is_elsewhere: bool


def papers_of(session: Session, *, claim_id: UUID) -> list[PaperFacts]:
    other = AidDocument.__table__.alias("other")
    elsewhere = (
        select(other.c.id)
        .where(
            other.c.content_index == AidDocument.content_index,
            other.c.claim_id.is_not(None),
            other.c.claim_id != AidDocument.claim_id,
        )
        .exists()
    )
    query = (
        select(
            AidDocument.id,
            AidDocument.kind,
            AidDocument.media_type,
            AidDocument.size_bytes,
            AidDocument.uploaded_at,
            elsewhere,
        )
        .where(AidDocument.claim_id == claim_id)
        .order_by(AidDocument.kind, AidDocument.id)
    )
    return [PaperFacts(*row) for row in session.execute(query)]


# --- The desk


@dataclass(frozen=True)
class QueueLine:
    """One claim as the queue shows it: nothing in it is health data, the name is masked."""

    id: UUID
    name_masked: str
    union_name: str
    scheme_zh: str
    scheme_en: str
    event_date: date
    benefit_fen: Fen
    state: AidClaimState
    waiting_since: datetime


@dataclass(frozen=True)
class Reach:
    """Claims of the members of `paths`, in `states` (empty: in any)."""

    paths: tuple[str, ...]
    states: tuple[AidClaimState, ...] = ()

    def condition(self) -> ColumnElement[bool]:
        here = within(self.paths)
        return here & AidClaim.state.in_(self.states) if self.states else here


def claims_within(
    session: Session,
    *,
    reaches: Sequence[Reach],
    state: AidClaimState | None = None,
    scheme: str | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = PAGE_ROWS_MAX,
) -> list[QueueLine]:
    """Return claims within any of `reaches`, what waits longest first, from behind `after`."""
    query = (
        select(
            AidClaim.id,
            Member.name_masked,
            UnionOrg.name,
            AidScheme.name_zh,
            AidScheme.name_en,
            AidClaim.event_date,
            AidClaim.benefit_fen,
            AidClaim.state,
            AidClaim.waiting_since,
        )
        .join(Member, Member.id == AidClaim.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .join(AidSchemeVersion, AidSchemeVersion.id == AidClaim.scheme_version_id)
        .join(AidScheme, AidScheme.id == AidSchemeVersion.scheme_id)
        .where(or_(false(), *(reach.condition() for reach in reaches)))
        .order_by(AidClaim.waiting_since, AidClaim.id)
        .limit(limit)
    )
    if state is not None:
        query = query.where(AidClaim.state == state)
    if scheme is not None:
        query = query.where(AidScheme.code == scheme)
    if after is not None:
        query = query.where(tuple_(AidClaim.waiting_since, AidClaim.id) > tuple_(*after))
    return [QueueLine(*row) for row in session.execute(query)]


def claim_count(session: Session, *, reaches: Sequence[Reach]) -> int:
    query = (
        select(func.count())
        .select_from(AidClaim)
        .join(Member, Member.id == AidClaim.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(or_(false(), *(reach.condition() for reach in reaches)))
    )
    return session.scalar(query) or 0


def claim_within(session: Session, *, claim_id: UUID, paths: Sequence[str]) -> AidClaim | None:
    """Return the claim if one of `paths` reaches its member's union."""
    query = (
        select(AidClaim)
        .join(Member, Member.id == AidClaim.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(AidClaim.id == claim_id, within(paths))
    )
    return session.scalars(query).one_or_none()


def unions_above(session: Session, *, member_id: UUID) -> list[UnionOrg]:
    """Return the member's union and all above it, the nearest first."""
    path = session.scalars(
        select(UnionOrg.path)
        .join(Member, Member.union_id == UnionOrg.id)
        .where(Member.id == member_id)
    ).one()
    parts = path.split("/")
    paths = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    query = select(UnionOrg).where(UnionOrg.path.in_(paths))
    return list(session.scalars(query.order_by(func.length(UnionOrg.path).desc())))
