"""What a claim stands on: the scheme's version, the cover, the history; and what it comes to.

One place for simulating, claiming, assessing and approving, so that none of them can differ.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from aid.errors import NotCovered, NothingDue, SchemeNotFound
from aid.models import (
    AID_CLAIM_EVENT,
    AID_STEPS,
    AidCalculation,
    AidClaim,
    AidCover,
    AidOccurrence,
    AidScheme,
    AidSchemeVersion,
)
from aid.queries import (
    amounts_of,
    covers_of,
    days_of,
    history_of,
    lines_of,
    scheme_by_code,
    scheme_of,
    terms_of,
    version_on,
)
from aid.rules import (
    Calculation,
    EventFacts,
    LineAmounts,
    Step,
    Terms,
    aid_reason,
    calculate,
    coverage_reasons,
)
from aid.rules.formulas import Benefit
from benefits.rules import Reason
from kernel.db import TryAgain
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import refused_by

# Without them no health paper is touched and nobody is paid (R26).
CLAIM_CONSENTS = ("aid_health_data", "payout_account")


@dataclass(frozen=True)
class Ground:
    """Where an event stands under a scheme. Without reasons it is covered, and all of it is set."""

    scheme: AidScheme
    version: AidSchemeVersion | None
    terms: Terms | None
    benefit: Benefit | None
    cover: AidCover | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class FirmGround:
    """A covered event."""

    scheme: AidScheme
    version: AidSchemeVersion
    terms: Terms
    benefit: Benefit
    cover: AidCover
    event_type: str


def ground_of(
    session: Session,
    *,
    member_id: UUID,
    scheme_code: str,
    event_type: str,
    event_date: date,
    today: date,
) -> Ground:
    """Say whether an event is covered and by what. Raises SchemeNotFound."""
    scheme = scheme_by_code(session, code=scheme_code)
    if scheme is None:
        raise SchemeNotFound
    version = version_on(session, scheme_id=scheme.id, day=event_date)
    terms = terms_of(version) if version is not None else None
    covers = covers_of(session, member_id=member_id, scheme_id=scheme.id)
    reasons = coverage_reasons(
        terms,
        [days_of(cover) for cover in covers],
        EventFacts(event_type, event_date, today),
    )
    cover = next((each for each in covers if days_of(each).holds(event_date)), None)
    benefit = terms.benefit_for(event_type) if terms is not None else None
    return Ground(scheme, version, terms, benefit, cover, reasons)


def firm_ground(ground: Ground, *, event_type: str) -> FirmGround:
    """Return the same as certain. Raises NotCovered with the first reason against it."""
    if ground.reasons:
        raise not_covered(ground.reasons[0])
    assert ground.version is not None
    assert ground.terms is not None
    assert ground.benefit is not None
    assert ground.cover is not None
    return FirmGround(
        ground.scheme, ground.version, ground.terms, ground.benefit, ground.cover, event_type
    )


def ground_of_claim(session: Session, claim: AidClaim) -> FirmGround:
    """Return what a claim was accepted on. Locks the cover: places are given and freed in turn."""
    return ground_on(session, claim, lock_cover(session, cover_id=claim.cover_id))


def ground_on(session: Session, claim: AidClaim, cover: AidCover) -> FirmGround:
    """Return the same to somebody who only looks."""
    scheme, version = scheme_of(session, claim=claim)
    terms = terms_of(version)
    return FirmGround(
        scheme,
        version,
        terms,
        terms.benefit(claim.benefit),
        cover,
        AID_CLAIM_EVENT.open(claim.id, claim.event_type_sealed),
    )


def lock_cover(session: Session, *, cover_id: UUID) -> AidCover:
    return session.get_one(AidCover, cover_id, with_for_update=True, populate_existing=True)


def not_covered(reason: Reason) -> NotCovered:
    return NotCovered(reason=reason.code, **reason.facts)


def reckon(
    session: Session,
    ground: FirmGround,
    *,
    lines: Sequence[LineAmounts],
    claim_id: UUID | None = None,
    submitted_at: datetime | None = None,
) -> Calculation:
    """Return what `lines` come to now. Read under the lock of the cover where it matters."""
    history = history_of(
        session,
        cover_id=ground.cover.id,
        benefit=ground.benefit.code,
        claim_id=claim_id,
        before=submitted_at,
    )
    return calculate(
        ground.benefit,
        event=ground.event_type,
        lines=lines,
        shares=ground.cover.shares,
        history=history,
    )


def reckon_claim(session: Session, ground: FirmGround, claim: AidClaim) -> Calculation:
    """Return what a claim comes to now, which other claims may have changed meanwhile."""
    return reckon(
        session,
        ground,
        lines=[amounts_of(line) for line in lines_of(session, claim=claim)],
        claim_id=claim.id,
        submitted_at=claim.submitted_at,
    )


def something_due(ground: FirmGround, calculation: Calculation) -> Calculation:
    """Return the calculation. Raises NotCovered if all places are used, NothingDue if it is 0."""
    if not calculation.occurrences:
        last = date.fromordinal(ground.cover.ends_on.toordinal() - 1)
        raise not_covered(aid_reason("occurrences_used", last_on=last.isoformat()))
    if calculation.benefit_fen == 0:
        raise NothingDue(steps=[asdict(step) for step in calculation.steps])
    return calculation


def write_calculation(
    session: Session,
    ground: FirmGround,
    claim: AidClaim,
    calculation: Calculation,
    *,
    now: datetime,
) -> None:
    """Keep a calculation: its trail, its amount, and the places in the period that it takes.

    The caller holds the cover's lock. Raises TryAgain if a place was taken all the same.
    """
    claim.benefit_fen = calculation.benefit_fen
    free_places(session, claim)
    session.add_all(
        AidOccurrence(
            cover_id=ground.cover.id,
            benefit=ground.benefit.code,
            number=number,
            maximum=ground.benefit.occurrences_max,
            claim_id=claim.id,
        )
        for number in calculation.occurrences
    )
    count = select(func.count()).where(AidCalculation.claim_id == claim.id)
    row_id = new_id()
    session.add(
        AidCalculation(
            id=row_id,
            claim_id=claim.id,
            number=(session.scalar(count) or 0) + 1,
            benefit_fen=calculation.benefit_fen,
            steps_sealed=AID_STEPS.seal(row_id, _steps_as_text(calculation.steps)),
            created_at=now,
        )
    )
    with refused_by({"pk_aid_occurrences": TryAgain}):
        session.flush()


def free_places(session: Session, claim: AidClaim) -> None:
    session.execute(delete(AidOccurrence).where(AidOccurrence.claim_id == claim.id))


def steps_of(calculation: AidCalculation) -> list[Step]:
    """Return the stored trail, in the words it was written in."""
    raw = json.loads(AID_STEPS.open(calculation.id, calculation.steps_sealed))
    return [Step(**{**each, "amount_fen": Fen(each["amount_fen"])}) for each in raw]


def _steps_as_text(steps: Sequence[Step]) -> str:
    return json.dumps([asdict(step) for step in steps], ensure_ascii=False)
