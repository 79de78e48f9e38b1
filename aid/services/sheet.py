"""A claim as people read it: facts opened, the trail, the papers, what was done and by whom."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from aid.errors import ClaimNotFound
from aid.models import (
    AID_CLAIM_EVENT,
    AID_DECISION_NOTE,
    AID_LINE_ADMISSION,
    AID_LINE_HOSPITAL,
    AID_LINE_INVOICE,
    AidClaim,
    AidClaimLine,
    AidCover,
    AidDecisionKind,
    AidScheme,
    AidSchemeVersion,
)
from aid.queries import (
    PaperFacts,
    claim_within,
    covers_of,
    days_of,
    decisions_of,
    history_of,
    lines_of,
    newest_calculation,
    papers_of,
    scheme_of,
    schemes,
    terms_of,
    version_on,
)
from aid.rules import EventFacts, Step, Terms, coverage_reasons
from aid.services.decisions import is_high_enough, open_moves
from aid.services.ground import CLAIM_CONSENTS, ground_on, reckon_claim, steps_of
from aid.services.papers import WORKERS, note_look
from benefits.rules import Reason
from kernel.actors import Actor, Role
from kernel.clock import shanghai_date
from kernel.money import Fen
from members.models import Member, UnionOrg
from members.services import missing_consents
from staff.queries import names_of


@dataclass(frozen=True)
class LineFacts:
    """A line with its facts opened; None where the reader may not see them."""

    invoice_no: str | None
    hospital: str | None
    admission_no: str | None
    pool_paid_fen: Fen
    self_paid_fen: Fen
    days: int


@dataclass(frozen=True)
class DecisionFacts:
    """One thing that was done. `by` is the work name of who did it; None: the member."""

    kind: AidDecisionKind
    by: str | None
    benefit_fen: Fen
    papers: tuple[str, ...]
    reason: str | None
    note: str | None
    created_at: datetime


@dataclass(frozen=True)
class ClaimSheet:
    """Everything about one claim. `event_type` is None where the reader may not see it."""

    claim: AidClaim
    scheme: AidScheme
    version: AidSchemeVersion
    terms: Terms
    event_type: str | None
    lines: tuple[LineFacts, ...]
    steps: tuple[Step, ...]
    papers: tuple[PaperFacts, ...]
    missing: tuple[str, ...]
    decisions: tuple[DecisionFacts, ...]


@dataclass(frozen=True)
class Check:
    """One thing that was looked up for whoever assesses. `code` has its sentence at the desk."""

    code: str
    passed: bool


@dataclass(frozen=True)
class DeskSheet:
    """A claim beside its checks. `is_open`: the reader works on it and sees its health facts.

    `moves` is what the reader may decide about it now; `passes_on` that their approval alone is
    not enough for the amount.
    """

    sheet: ClaimSheet
    member: Member
    union: UnionOrg
    cover: AidCover
    checks: tuple[Check, ...]
    is_open: bool
    moves: frozenset[AidDecisionKind]
    passes_on: bool


@dataclass(frozen=True)
class EventVerdict:
    """Whether an event of today would be covered."""

    event_type: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class SchemeSheet:
    """A scheme with the member's cover. `left`: claims left in this period; None: no limit."""

    scheme: AidScheme
    terms: Terms
    cover: AidCover | None
    left: int | None
    events: tuple[EventVerdict, ...]


def own_sheet(session: Session, *, claim: AidClaim) -> ClaimSheet:
    """Return a claim to the member who made it."""
    return _sheet(session, claim, is_open=True)


def open_claim(session: Session, *, actor: Actor, claim_id: UUID, now: datetime) -> DeskSheet:
    """Return a claim within the caller's reach, with what is to be checked.

    Those who work on it see its health facts, and the member can read that they looked; an auditor
    sees neither. Raises ClaimNotFound.
    """
    paths = actor.paths(*WORKERS, Role.AUDITOR)
    claim = claim_within(session, claim_id=claim_id, paths=paths)
    if claim is None:
        raise ClaimNotFound
    works_here = claim_within(session, claim_id=claim_id, paths=actor.paths(*WORKERS)) is not None
    consents_live = not missing_consents(
        session, member_id=claim.member_id, purposes=CLAIM_CONSENTS
    )
    is_open = works_here and consents_live
    if is_open:
        note_look(session, claim, actor=actor, action="aid.claim_opened", now=now)
    sheet = _sheet(session, claim, is_open=is_open)
    cover = session.get_one(AidCover, claim.cover_id)
    member = session.get_one(Member, claim.member_id)
    checks = [Check("consents", passed=consents_live)]
    if claim.is_live:
        checks += _checks(session, sheet, cover)
    union = session.get_one(UnionOrg, member.union_id)
    moves = open_moves(session, actor=actor, claim=claim)
    tier = sheet.terms.tier_for(claim.benefit_fen)
    passes_on = AidDecisionKind.APPROVED in moves and not is_high_enough(
        session, actor, claim, tier
    )
    return DeskSheet(sheet, member, union, cover, tuple(checks), is_open, moves, passes_on)


def _checks(session: Session, sheet: ClaimSheet, cover: AidCover) -> list[Check]:
    """Look up what a person need not: cover, papers, and whether the amount still holds."""
    ground = ground_on(session, sheet.claim, cover)
    now_due = reckon_claim(session, ground, sheet.claim).benefit_fen
    # As of the day it was handed in: what a member waits for must not make them late.
    judged_on = shanghai_date(sheet.claim.submitted_at)
    facts = EventFacts(ground.event_type, sheet.claim.event_date, judged_on)
    against = coverage_reasons(sheet.terms, [days_of(cover)], facts)
    return [
        Check("covered", passed=not against),
        Check("papers_complete", passed=not sheet.missing),
        Check("papers_new", passed=not any(paper.is_elsewhere for paper in sheet.papers)),
        Check("amount_holds", passed=now_due == sheet.claim.benefit_fen),
    ]


def my_schemes(session: Session, *, member_id: UUID, now: datetime) -> list[SchemeSheet]:
    """Return every scheme in force today with the member's cover and why it counts or not."""
    today = shanghai_date(now)
    found = []
    for scheme in schemes(session):
        version = version_on(session, scheme_id=scheme.id, day=today)
        if version is None:
            continue
        terms = terms_of(version)
        covers = covers_of(session, member_id=member_id, scheme_id=scheme.id)
        days = [days_of(each) for each in covers]
        events = tuple(
            EventVerdict(event, coverage_reasons(terms, days, EventFacts(event, today, today)))
            for event in terms.events
        )
        cover = next((each for each in covers if days_of(each).holds(today)), None)
        left = _left(session, terms, cover) if cover is not None else None
        found.append(SchemeSheet(scheme, terms, cover, left, events))
    return found


def _left(session: Session, terms: Terms, cover: AidCover) -> int | None:
    benefit = terms.benefits[0]
    if benefit.occurrences_max is None:
        return None
    history = history_of(session, cover_id=cover.id, benefit=benefit.code)
    return max(0, benefit.occurrences_max - len(history.taken))


def _sheet(session: Session, claim: AidClaim, *, is_open: bool) -> ClaimSheet:
    scheme, version = scheme_of(session, claim=claim)
    terms = terms_of(version)
    papers = papers_of(session, claim_id=claim.id)
    here = {paper.kind for paper in papers}
    decisions = decisions_of(session, claim_id=claim.id)
    staff = [each.staff_id for each in decisions if each.staff_id is not None]
    names = names_of(session, account_ids=staff)
    return ClaimSheet(
        claim=claim,
        scheme=scheme,
        version=version,
        terms=terms,
        event_type=AID_CLAIM_EVENT.open(claim.id, claim.event_type_sealed) if is_open else None,
        lines=tuple(_line(line, is_open=is_open) for line in lines_of(session, claim=claim)),
        steps=tuple(steps_of(newest_calculation(session, claim_id=claim.id))),
        papers=tuple(papers),
        missing=tuple(kind for kind in terms.papers if kind not in here),
        decisions=tuple(
            DecisionFacts(
                kind=each.kind,
                by=names.get(each.staff_id) if each.staff_id is not None else None,
                benefit_fen=each.benefit_fen,
                papers=tuple(str(kind) for kind in each.papers),
                reason=each.reason,
                note=AID_DECISION_NOTE.open(each.id, each.note_sealed)
                if each.note_sealed is not None and is_open
                else None,
                created_at=each.created_at,
            )
            for each in decisions
        ),
    )


def _line(line: AidClaimLine, *, is_open: bool) -> LineFacts:
    amounts = (line.pool_paid_fen, line.self_paid_fen, line.days)
    if not is_open:
        return LineFacts(None, None, None, *amounts)
    return LineFacts(
        AID_LINE_INVOICE.open(line.id, line.invoice_no_sealed),
        AID_LINE_HOSPITAL.open(line.id, line.hospital_sealed),
        AID_LINE_ADMISSION.open(line.id, line.admission_no_sealed),
        *amounts,
    )
