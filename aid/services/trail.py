"""What is written down beside a claim: the decision, the audit entry, the card's record."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from aid.errors import SamePerson
from aid.models import AID_DECISION_NOTE, AidClaim, AidDecision, AidDecisionKind, AidScheme
from audit.services import record
from cards.models import RecordKind
from cards.services.records import add_record
from kernel.actors import Actor, ActorKind
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import refused_by
from members.models import Member, NoticeKind
from members.queries import union_path_of
from members.services import notify

SOURCE = "aid_claim"
_NOTHING = Fen(0)

# What the member's timeline says, in both languages; it keeps its words.
_TITLES = {
    "submitted": ("互助申领已提交", "Mutual-aid claim handed in"),
    "approved": ("互助金已核准", "Mutual aid approved"),
    "rejected": ("互助申领未获核准", "Mutual-aid claim not approved"),
    "withdrawn": ("互助申领已撤回", "Mutual-aid claim withdrawn"),
}


# What the member is told of a decision. It names no amount and nothing of what happened.
_NOTICES = {
    AidDecisionKind.RETURNED: (
        "您的互助申领需要补充材料：{}",
        "Your mutual-aid claim needs more papers: {}",
    ),
    AidDecisionKind.APPROVED: ("您的互助申领已核准：{}", "Your mutual-aid claim was approved: {}"),
    AidDecisionKind.REJECTED: (
        "您的互助申领未获核准：{}",
        "Your mutual-aid claim was not approved: {}",
    ),
}


def note_decision(
    session: Session,
    claim: AidClaim,
    kind: AidDecisionKind,
    *,
    actor: Actor,
    now: datetime,
    papers: Sequence[str] = (),
    reason: str | None = None,
    note: str = "",
) -> None:
    """Write a step of a claim into its history and the audit trail.

    Raises SamePerson when somebody would decide in two capacities: the database says so.
    """
    row_id = new_id()
    session.add(
        AidDecision(
            id=row_id,
            claim_id=claim.id,
            round=claim.round,
            kind=kind,
            staff_id=actor.id if actor.kind is ActorKind.STAFF else None,
            benefit_fen=claim.benefit_fen,
            papers=list(papers),
            reason=reason,
            note_sealed=AID_DECISION_NOTE.seal(row_id, note) if note else None,
            created_at=now,
        )
    )
    two_people = {
        "ck_aid_claims_approver_is_not_assessor": SamePerson,
        "ck_aid_claims_confirmer_is_a_third": SamePerson,
        "ex_aid_decisions_one_capacity": SamePerson,
    }
    with refused_by(two_people):
        session.flush()
    record(
        session,
        actor=actor,
        action=f"aid.claim_{kind.value}",
        object_type=SOURCE,
        object_id=claim.id,
        member_id=claim.member_id,
        union_path=union_path_of_member(session, member_id=claim.member_id),
        now=now,
        amount_fen=claim.benefit_fen,
        round=claim.round,
        reason=reason,
    )


def union_path_of_member(session: Session, *, member_id: UUID) -> str:
    return union_path_of(session, union_id=session.get_one(Member, member_id).union_id)


def record_on_card(
    session: Session,
    claim: AidClaim,
    scheme: AidScheme,
    *,
    event: str,
    now: datetime,
    union_pays_fen: Fen = _NOTHING,
) -> None:
    """Write a line of the card's timeline. It names the scheme, never what happened."""
    zh, en = _TITLES[event]
    add_record(
        session,
        card_id=claim.card_id,
        kind=RecordKind.AID,
        event=event,
        source_type=SOURCE,
        source_id=claim.id,
        title_zh=f"{zh}: {scheme.name_zh}",
        title_en=f"{en}: {scheme.name_en}",
        union_pays_fen=union_pays_fen,
        occurred_at=now,
        now=now,
    )


def tell_member(
    session: Session,
    claim: AidClaim,
    scheme: AidScheme,
    kind: AidDecisionKind,
    *,
    now: datetime,
) -> None:
    """Tell the member what was decided: returned, approved for good, or rejected."""
    zh, en = _NOTICES[kind]
    notify(
        session,
        member_id=claim.member_id,
        kind=NoticeKind.CLAIM,
        title_zh=zh.format(scheme.name_zh),
        title_en=en.format(scheme.name_en),
        place="aid",
        now=now,
    )
