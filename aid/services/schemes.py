"""Schemes are loaded from their files; members take part in them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aid.errors import (
    CoverOverlaps,
    NotEligible,
    SchemeFileWrong,
    SchemeNotFound,
    SchemeVersionChanged,
    SharesNotAllowed,
)
from aid.models import AidCover, AidScheme, AidSchemeVersion
from aid.queries import scheme_by_code, terms_of, version_on
from aid.rules import SchemeFile, Terms, cover_end, read_scheme_file
from audit.services import record
from benefits.models import Instrument, Programme
from benefits.rules import MemberFacts, evaluate
from benefits.services import add_programme
from benefits.spending_errors import ProgrammeAwaitsApproval
from kernel.actors import Actor
from kernel.refusals import refused_by
from ledger.models import Family, FundSource
from members.errors import MemberNotFound
from members.models import Member, OrgLevel
from members.queries import member_by_id, union_path_of


@dataclass(frozen=True)
class LoadedSchemes:
    """How many schemes and versions were new."""

    schemes: int
    versions: int


@dataclass(frozen=True)
class EnrolCounts:
    """How many members took part now, did already, and could not, each with the reason."""

    enrolled: int = 0
    already: int = 0
    refused: tuple[str, ...] = ()

    def __add__(self, other: "EnrolCounts") -> "EnrolCounts":
        return EnrolCounts(
            self.enrolled + other.enrolled,
            self.already + other.already,
            self.refused + other.refused,
        )


def shipped_schemes() -> list[object]:
    """Return the JSON of the scheme files that come with the product, by file name."""
    folder = resources.files("aid").joinpath("data/schemes")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def load_schemes(
    session: Session, *, actor: Actor, now: datetime, contents: Iterable[object] | None = None
) -> LoadedSchemes:
    """Add the schemes and versions that are missing; what is there stays as it is.

    `contents` are scheme files as JSON values, by default the shipped ones.

    Raises SchemeFileWrong, and SchemeVersionChanged where a file tells otherwise of a version that
    was loaded before: claims may rest on it.
    """
    schemes = versions = 0
    for content in shipped_schemes() if contents is None else contents:
        file = read_scheme_file(content)
        for version in file.versions:
            _refuse_unknown_levels(version.terms)
        scheme, is_new = _ensure_scheme(session, file, actor=actor, now=now)
        schemes += is_new
        versions += _add_versions(session, scheme, file, actor=actor, now=now)
    return LoadedSchemes(schemes, versions)


def enrol_member(
    session: Session,
    *,
    member_id: UUID,
    scheme_code: str,
    starts_on: date,
    actor: Actor,
    now: datetime,
    shares: int = 1,
) -> AidCover:
    """Let a member take part from the Shanghai day `starts_on` for the scheme's period.

    The first cover counts (R07): a second one that shares a day is refused, also when both are
    made at once.

    Raises SchemeNotFound, ProgrammeAwaitsApproval, MemberNotFound, NotEligible, SharesNotAllowed,
    CoverOverlaps.
    """
    scheme = scheme_by_code(session, code=scheme_code)
    if scheme is None:
        raise SchemeNotFound
    member = member_by_id(session, member_id=member_id)
    if member is None:
        raise MemberNotFound
    _refuse_unapproved(session, scheme)
    version = version_on(session, scheme_id=scheme.id, day=starts_on)
    if version is None:
        raise NotEligible(reason="no_version")
    terms = terms_of(version)
    if not 1 <= shares <= terms.shares_max:
        raise SharesNotAllowed(shares_max=terms.shares_max)
    _refuse_ineligible(session, scheme, member, day=starts_on)
    ends_on = cover_end(starts_on, months=terms.period_months)
    _refuse_overlap(session, scheme, member, starts_on=starts_on, ends_on=ends_on)
    cover = AidCover(
        member_id=member_id,
        scheme_id=scheme.id,
        starts_on=starts_on,
        ends_on=ends_on,
        shares=shares,
        enrolled_by=actor.id,
        enrolled_at=now,
    )
    session.add(cover)
    with refused_by({"ex_aid_covers_days": CoverOverlaps}):
        session.flush()
    record(
        session,
        actor=actor,
        action="aid.member_enrolled",
        object_type="aid_cover",
        object_id=cover.id,
        member_id=member_id,
        union_path=union_path_of(session, union_id=member.union_id),
        now=now,
        scheme=scheme.code,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    return cover


def enrol_members(
    session: Session,
    *,
    member_ids: Iterable[UUID],
    scheme_code: str,
    starts_on: date,
    actor: Actor,
    now: datetime,
) -> EnrolCounts:
    """Let several members take part; whoever cannot is counted with the reason.

    Raises SchemeNotFound, and CoverOverlaps if one of them was enrolled in this very moment.
    """
    counts = EnrolCounts()
    for member_id in member_ids:
        try:
            enrol_member(
                session,
                member_id=member_id,
                scheme_code=scheme_code,
                starts_on=starts_on,
                actor=actor,
                now=now,
            )
        except CoverOverlaps as refusal:
            if not refusal.facts:
                raise
            counts += EnrolCounts(already=1)
        except NotEligible as refusal:
            counts += EnrolCounts(refused=(str(refusal.facts["reason"]),))
        else:
            counts += EnrolCounts(enrolled=1)
    return counts


def _refuse_unknown_levels(terms: Terms) -> None:
    known = {level.value for level in OrgLevel}
    for tier in terms.approval_tiers:
        unknown = [level for level in tier.levels if level not in known]
        if unknown:
            raise SchemeFileWrong(field="approval_tiers.levels", reason=f"no level {unknown[0]}")


def _ensure_scheme(
    session: Session, file: SchemeFile, *, actor: Actor, now: datetime
) -> tuple[AidScheme, bool]:
    known = scheme_by_code(session, code=file.code)
    if known is not None:
        return known, False
    programme = add_programme(
        session,
        actor=actor,
        code=file.code,
        name_zh=file.name_zh,
        name_en=file.name_en,
        family=Family.AID,
        # Mutual aid pays from its own fund only (R25).
        fund_source=FundSource.MUTUAL_AID,
        starts_on=file.versions[0].terms.effective_from,
        ends_on=None,
        eligibility=file.eligibility,
        occasion="mutual_aid",
        instrument=Instrument.TRANSFER,
        now=now,
    )
    scheme = AidScheme(
        code=file.code,
        programme_id=programme.id,
        name_zh=file.name_zh,
        name_en=file.name_en,
        created_at=now,
    )
    session.add(scheme)
    session.flush()
    return scheme, True


def _add_versions(
    session: Session, scheme: AidScheme, file: SchemeFile, *, actor: Actor, now: datetime
) -> int:
    added = 0
    query = select(AidSchemeVersion).where(AidSchemeVersion.scheme_id == scheme.id)
    known = {version.effective_from: version for version in session.scalars(query)}
    for each in file.versions:
        day = each.terms.effective_from
        found = known.get(day)
        if found is None:
            session.add(
                AidSchemeVersion(
                    scheme_id=scheme.id,
                    effective_from=day,
                    rules=each.rules,
                    articles=each.articles,
                    loaded_at=now,
                )
            )
            added += 1
        elif found.rules != each.rules or found.articles != each.articles:
            raise SchemeVersionChanged(scheme=scheme.code, effective_from=day.isoformat())
    session.flush()
    if added:
        record(
            session,
            actor=actor,
            action="aid.scheme_loaded",
            object_type="aid_scheme",
            object_id=scheme.id,
            now=now,
            scheme=scheme.code,
            versions=added,
        )
    return added


def _refuse_unapproved(session: Session, scheme: AidScheme) -> None:
    programme = session.get_one(Programme, scheme.programme_id)
    if programme.approved_at is None:
        raise ProgrammeAwaitsApproval(programme=programme.code)


def _refuse_ineligible(session: Session, scheme: AidScheme, member: Member, *, day: date) -> None:
    programme = session.get_one(Programme, scheme.programme_id)
    facts = MemberFacts(
        union_path=union_path_of(session, union_id=member.union_id),
        status=member.status.value,
        joined_on=member.joined_on,
        born_on=member.born_on,
        employment=member.employment.value if member.employment else None,
        is_migrant=member.is_migrant,
        hardship_level=member.hardship_level.value,
    )
    verdict = evaluate(programme.eligibility, facts, day=day)
    if not verdict.eligible:
        first = verdict.reasons[0]
        raise NotEligible(reason=first.code, **first.facts)


def _refuse_overlap(
    session: Session, scheme: AidScheme, member: Member, *, starts_on: date, ends_on: date
) -> None:
    query = select(AidCover).where(
        AidCover.member_id == member.id,
        AidCover.scheme_id == scheme.id,
        AidCover.starts_on < ends_on,
        AidCover.ends_on > starts_on,
    )
    first = session.scalars(query.order_by(AidCover.starts_on).limit(1)).one_or_none()
    if first is not None:
        raise CoverOverlaps(
            starts_on=first.starts_on.isoformat(), ends_on=first.ends_on.isoformat()
        )
