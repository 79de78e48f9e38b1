"""What a member says about a sale: how it was, and that it was not theirs; and the answer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record
from discounts.errors import (
    AlreadyReported,
    NothingToRate,
    NothingToReport,
    RatingSettled,
    RecordNotFound,
    ReportAnswered,
)
from discounts.models import RedemptionRating, RedemptionReport, ReportState
from discounts.queries import OwnRecord, own_record, report_within
from discounts.rules import RATING_LIFE, is_rateable
from kernel.actors import Actor
from kernel.ids import new_id
from members.models import NoticeKind
from members.services import notify

_REPORT = "redemption_report"


def record_of_member(session: Session, *, member_id: UUID, record_id: UUID) -> OwnRecord:
    """Return one of the member's own lines with the sale behind it. Raises RecordNotFound."""
    found = own_record(session, member_id=member_id, record_id=record_id)
    if found is None:
        raise RecordNotFound
    return found


def rate_sale(
    session: Session,
    *,
    member_id: UUID,
    record_id: UUID,
    stars: int,
    comment: str | None,
    now: datetime,
) -> None:
    """Rate the sale of a line, or change the rating within a week of the first.

    Raises RecordNotFound, NothingToRate, RatingSettled.
    """
    found = record_of_member(session, member_id=member_id, record_id=record_id)
    if found.sale is None or not is_rateable(found.sale.redemption.state):
        raise NothingToRate
    redemption = found.sale.redemption
    rating = insert(RedemptionRating).values(
        redemption_id=redemption.id,
        offer_id=redemption.offer_id,
        stars=stars,
        comment=comment,
        rated_at=now,
        changed_at=now,
    )
    # One statement: of two phones that rate at once, the later word stands.
    changed = session.execute(
        rating.on_conflict_do_update(
            index_elements=["redemption_id"],
            set_={"stars": stars, "comment": comment, "changed_at": now},
            where=RedemptionRating.rated_at > now - RATING_LIFE,
        ).returning(RedemptionRating.redemption_id)
    ).all()
    if not changed:
        raise RatingSettled
    if found.sale.rating is not None:
        session.expire(found.sale.rating)


def report_sale(
    session: Session, *, member_id: UUID, record_id: UUID, text: str, now: datetime
) -> None:
    """Say that the sale of a line was not the member's. The same words again change nothing.

    Raises RecordNotFound, NothingToReport, AlreadyReported for other words.
    """
    found = record_of_member(session, member_id=member_id, record_id=record_id)
    if found.sale is None:
        raise NothingToReport
    redemption_id = found.sale.redemption.id
    report = insert(RedemptionReport).values(
        id=new_id(),
        redemption_id=redemption_id,
        member_id=member_id,
        text=text,
        state=ReportState.OPEN,
        reported_at=now,
    )
    session.execute(report.on_conflict_do_nothing(index_elements=["redemption_id"]))
    said = select(RedemptionReport.text).where(RedemptionReport.redemption_id == redemption_id)
    if session.scalars(said).one() != text:
        raise AlreadyReported


def answer_report(
    session: Session,
    *,
    actor: Actor,
    report_id: UUID,
    paths: Sequence[str],
    answer: str,
    now: datetime,
) -> None:
    """Answer a member's report, once, and tell the member.

    `paths` are those of the unions whose members the caller may answer. Raises ReportNotFound, and
    ReportAnswered for everybody but the first.
    """
    found = report_within(session, report_id=report_id, paths=paths)
    answered = session.execute(
        update(RedemptionReport)
        .where(RedemptionReport.id == report_id, RedemptionReport.state == ReportState.OPEN)
        .values(
            state=ReportState.ANSWERED,
            answer=answer,
            answered_by=actor.staff_id,
            answered_at=now,
        )
        .returning(RedemptionReport.id)
    ).all()
    if not answered:
        raise ReportAnswered
    record(
        session,
        actor=actor,
        action="redemption.report_answered",
        object_type=_REPORT,
        object_id=report_id,
        member_id=found.report.member_id,
        union_path=found.union_path,
        now=now,
    )
    notify(
        session,
        member_id=found.report.member_id,
        kind=NoticeKind.CARD_STATE,
        title_zh="您报告的一笔“不是我”的消费，工会已答复。",
        title_en='Your union has answered your report "This was not me".',
        place="records",
        now=now,
    )
