"""Claims officers decide: assess, return for papers, approve (somebody else), reject.

Locks, in order: the claim, then its cover. The database refuses the same person in two capacities.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aid.errors import (
    CalculationChanged,
    ClaimNotFound,
    HigherApprovalNeeded,
    PapersMissing,
    SamePerson,
)
from aid.models import (
    AID_CLAIM_MOVES,
    AidClaim,
    AidClaimState,
    AidDecisionKind,
    AidRejectReason,
)
from aid.queries import Reach, claim_count, papers_of, unions_above
from aid.rules import ApprovalTier
from aid.services.claims import release
from aid.services.ground import (
    FirmGround,
    ground_of_claim,
    reckon_claim,
    something_due,
    write_calculation,
)
from aid.services.papers import WORKERS, refuse_without_live_consents
from aid.services.trail import SOURCE, note_decision, record_on_card, tell_member
from kernel.actors import Actor, Role
from kernel.refusals import refuse_stale
from kernel.states import move
from ledger.models import Family, FundSource, PartyType, PostingEvent
from ledger.services import make_payable, post
from members.models import Member, UnionOrg
from members.queries import within

# Who may send a claim back or reject it depends on whose turn it is.
_TURN = {
    AidClaimState.SUBMITTED: Role.CLAIMS_ASSESSOR,
    AidClaimState.RETURNED: Role.CLAIMS_ASSESSOR,
    AidClaimState.ASSESSED: Role.CLAIMS_APPROVER,
    AidClaimState.APPROVED: Role.CLAIMS_APPROVER,
}
# What waits for a role; a returned claim waits for the member.
_WAITING = {
    Role.CLAIMS_ASSESSOR: (AidClaimState.SUBMITTED,),
    Role.CLAIMS_APPROVER: (AidClaimState.ASSESSED, AidClaimState.APPROVED),
}


def assess_claim(
    session: Session,
    *,
    actor: Actor,
    claim_id: UUID,
    version: int,
    originals_seen: bool,
    now: datetime,
) -> AidClaim:
    """Say that the papers bear a claim out; what it comes to is computed anew and kept.

    `originals_seen` stands in for papers that were shown at a desk instead of handed in.

    Raises ClaimNotFound, EditConflict, MoveNotAllowed, ConsentEnded, PapersMissing, NotCovered,
    NothingDue, SamePerson.
    """
    claim = _lock(session, actor=actor, claim_id=claim_id, version=version)
    _refuse_other_role(session, actor, claim, Role.CLAIMS_ASSESSOR)
    state = move(AID_CLAIM_MOVES, claim.state, AidClaimState.ASSESSED)
    refuse_without_live_consents(session, claim)
    ground = ground_of_claim(session, claim)
    missing = missing_papers(session, ground, claim)
    if missing and not originals_seen:
        raise PapersMissing(kinds=missing)
    calculation = something_due(ground, reckon_claim(session, ground, claim))
    claim.state = state
    claim.assessed_by = actor.staff_id
    claim.approved_by = None
    _turn_over(claim, now=now)
    write_calculation(session, ground, claim, calculation, now=now)
    note_decision(session, claim, AidDecisionKind.ASSESSED, actor=actor, papers=missing, now=now)
    return claim


def approve_claim(
    session: Session, *, actor: Actor, claim_id: UUID, version: int, now: datetime
) -> AidClaim:
    """Approve what somebody else assessed; where that is enough, it is booked and owed at once.

    A union whose approval is not enough for the amount passes the claim on to a higher one, where
    a third person confirms.

    Raises ClaimNotFound, EditConflict, MoveNotAllowed, SamePerson, ConsentEnded,
    HigherApprovalNeeded, CalculationChanged, and what posting raises.
    """
    claim = _lock(session, actor=actor, claim_id=claim_id, version=version)
    _refuse_other_role(session, actor, claim, Role.CLAIMS_APPROVER)
    is_second = claim.state is AidClaimState.APPROVED
    # Whatever the amount needs, these states alone lead on.
    move(AID_CLAIM_MOVES, claim.state, AidClaimState.PAYABLE)
    if actor.staff_id in {claim.assessed_by, claim.approved_by}:
        raise SamePerson
    refuse_without_live_consents(session, claim)
    ground = ground_of_claim(session, claim)
    _refuse_changed(session, ground, claim)
    is_enough = is_high_enough(session, actor, claim, ground.terms.tier_for(claim.benefit_fen))
    if is_second:
        if not is_enough:
            raise HigherApprovalNeeded
        claim.confirmed_by = actor.staff_id
    else:
        claim.approved_by = actor.staff_id
    target = AidClaimState.PAYABLE if is_enough else AidClaimState.APPROVED
    claim.state = move(AID_CLAIM_MOVES, claim.state, target)
    _turn_over(claim, now=now)
    kind = AidDecisionKind.CONFIRMED if is_second else AidDecisionKind.APPROVED
    note_decision(session, claim, kind, actor=actor, now=now)
    if is_enough:
        _book(session, ground, claim, now=now)
    return claim


def return_claim(
    session: Session,
    *,
    actor: Actor,
    claim_id: UUID,
    version: int,
    papers: Sequence[str],
    note: str,
    now: datetime,
) -> AidClaim:
    """Send a claim back to the member, saying which papers are wanted and why.

    Raises ClaimNotFound, EditConflict, MoveNotAllowed.
    """
    claim = _lock(session, actor=actor, claim_id=claim_id, version=version)
    state = move(AID_CLAIM_MOVES, claim.state, AidClaimState.RETURNED)
    _refuse_other_role(session, actor, claim, _TURN[claim.state])
    claim.state = state
    claim.assessed_by = None
    claim.approved_by = None
    _turn_over(claim, now=now)
    kind = AidDecisionKind.RETURNED
    note_decision(session, claim, kind, actor=actor, papers=papers, note=note, now=now)
    tell_member(session, claim, ground_of_claim(session, claim).scheme, kind, now=now)
    return claim


def reject_claim(
    session: Session,
    *,
    actor: Actor,
    claim_id: UUID,
    version: int,
    reason: AidRejectReason,
    note: str,
    now: datetime,
) -> AidClaim:
    """Refuse a claim for a reason that the member reads; its papers may be claimed again.

    Raises ClaimNotFound, EditConflict, MoveNotAllowed.
    """
    claim = _lock(session, actor=actor, claim_id=claim_id, version=version)
    state = move(AID_CLAIM_MOVES, claim.state, AidClaimState.REJECTED)
    _refuse_other_role(session, actor, claim, _TURN[claim.state])
    ground = ground_of_claim(session, claim)
    release(session, claim, state, reason=reason, now=now)
    kind = AidDecisionKind.REJECTED
    note_decision(session, claim, kind, actor=actor, reason=reason.value, note=note, now=now)
    record_on_card(session, claim, ground.scheme, event="rejected", now=now)
    tell_member(session, claim, ground.scheme, kind, now=now)
    return claim


def waiting_for(actor: Actor) -> list[Reach]:
    """Return the claims on which it is the actor's turn."""
    return [Reach(actor.paths(role), states) for role, states in _WAITING.items()]


def waiting_count(session: Session, actor: Actor) -> int:
    """Return how many claims wait for the actor, for the desk's home."""
    return claim_count(session, reaches=waiting_for(actor))


def open_moves(session: Session, *, actor: Actor, claim: AidClaim) -> frozenset[AidDecisionKind]:
    """Return what the actor may decide about a claim as it stands, for the page that offers it."""
    reaches = {role for role in WORKERS if _reaches(session, actor, claim, role)}
    moves = set()
    if Role.CLAIMS_ASSESSOR in reaches and _leads_to(claim, AidClaimState.ASSESSED):
        moves.add(AidDecisionKind.ASSESSED)
    is_third = actor.id not in {claim.assessed_by, claim.approved_by}
    if Role.CLAIMS_APPROVER in reaches and _leads_to(claim, AidClaimState.PAYABLE) and is_third:
        moves.add(AidDecisionKind.APPROVED)
    if _TURN.get(claim.state) in reaches:
        if _leads_to(claim, AidClaimState.RETURNED):
            moves.add(AidDecisionKind.RETURNED)
        moves.add(AidDecisionKind.REJECTED)
    return frozenset(moves)


def missing_papers(session: Session, ground: FirmGround, claim: AidClaim) -> list[str]:
    """Return the kinds of paper that the scheme asks for and the claim does not have."""
    here = {paper.kind for paper in papers_of(session, claim_id=claim.id)}
    return [kind for kind in ground.terms.papers if kind not in here]


def _lock(session: Session, *, actor: Actor, claim_id: UUID, version: int) -> AidClaim:
    """Return a claim that the actor works on, locked. Raises ClaimNotFound, EditConflict."""
    paths = actor.paths(*WORKERS)
    query = (
        select(AidClaim)
        .join(Member, Member.id == AidClaim.member_id)
        .join(UnionOrg, UnionOrg.id == Member.union_id)
        .where(AidClaim.id == claim_id, within(paths))
        .with_for_update(of=AidClaim)
        .execution_options(populate_existing=True)
    )
    claim = session.scalars(query).one_or_none()
    if claim is None:
        raise ClaimNotFound
    refuse_stale(claim.version, version)
    return claim


def _refuse_other_role(session: Session, actor: Actor, claim: AidClaim, role: Role) -> None:
    """Raise ClaimNotFound if the actor reaches the claim by another role than the one needed."""
    if not _reaches(session, actor, claim, role):
        raise ClaimNotFound


def _reaches(session: Session, actor: Actor, claim: AidClaim, role: Role) -> bool:
    paths = actor.paths(role)
    here = unions_above(session, member_id=claim.member_id)
    return any(union.path in paths for union in here)


def _leads_to(claim: AidClaim, state: AidClaimState) -> bool:
    return state in AID_CLAIM_MOVES[claim.state]


def _turn_over(claim: AidClaim, *, now: datetime) -> None:
    claim.version += 1
    claim.waiting_since = now


def _refuse_changed(session: Session, ground: FirmGround, claim: AidClaim) -> None:
    calculation = reckon_claim(session, ground, claim)
    if calculation.benefit_fen != claim.benefit_fen:
        raise CalculationChanged(
            assessed_fen=claim.benefit_fen, benefit_fen=calculation.benefit_fen
        )


def is_high_enough(session: Session, actor: Actor, claim: AidClaim, tier: ApprovalTier) -> bool:
    """Say whether the actor approves for a union at one of the tier's levels, or above it.

    Where no union above the member has such a level, the topmost one decides.
    """
    if not tier.levels:
        return True
    above = unions_above(session, member_id=claim.member_id)
    wanted = next((each for each in above if each.level.value in tier.levels), above[-1])
    paths = actor.paths(Role.CLAIMS_APPROVER)
    return any(wanted.path == path or wanted.path.startswith(path + "/") for path in paths)


def _book(session: Session, ground: FirmGround, claim: AidClaim, *, now: datetime) -> None:
    """Post an approved claim to the mutual-aid book, owe it, and tell the card's timeline."""
    journal_id = post(
        session,
        source_type=SOURCE,
        source_id=claim.id,
        kind="approved",
        family=Family.AID,
        fund_source=FundSource.MUTUAL_AID,
        event=PostingEvent.APPROVED,
        amount_fen=claim.benefit_fen,
        party_type=PartyType.MEMBER,
        party_id=claim.member_id,
        programme_id=ground.scheme.programme_id,
        occurred_at=now,
        now=now,
    )
    make_payable(session, journal_id=journal_id, now=now)
    record_on_card(
        session,
        claim,
        ground.scheme,
        event="approved",
        union_pays_fen=claim.benefit_fen,
        now=now,
    )
    tell_member(session, claim, ground.scheme, AidDecisionKind.APPROVED, now=now)
