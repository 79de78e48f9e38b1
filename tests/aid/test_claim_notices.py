"""A member hears of every decision about their claim, in its own transaction."""

from sqlalchemy import select

from aid.models import AidRejectReason
from aid.services import approve_claim, assess_claim, reject_claim, return_claim
from kernel.money import yuan
from members.models import Notice, NoticeKind
from tests.make import NOW


def told(session, claim):
    return session.scalars(
        select(Notice).where(Notice.member_id == claim.member_id).order_by(Notice.id)
    ).all()


def step(session, claim, actor, verb, **facts):
    return verb(session, actor=actor, claim_id=claim.id, version=claim.version, now=NOW, **facts)


def test_an_approved_claim_is_told_once_it_is_approved_for_good(
    session, claim, assessor, district_approver, approver
):
    step(session, claim, assessor, assess_claim, originals_seen=False)
    assert told(session, claim) == []

    step(session, claim, approver, approve_claim)

    (notice,) = told(session, claim)
    assert (notice.kind, notice.place, notice.read_at) == (NoticeKind.CLAIM, "aid", None)
    assert notice.title_zh.startswith("您的互助申领已核准：")
    assert notice.title_en.startswith("Your mutual-aid claim was approved: ")
    # Amounts and reasons are read in the page, not in a list that lies open.
    assert yuan(claim.benefit_fen) not in notice.title_zh


def test_a_claim_that_is_sent_back_and_one_that_is_refused_are_told(session, claim, assessor):
    note = "发票看不清"
    step(session, claim, assessor, return_claim, papers=["invoice"], note=note)
    step(session, claim, assessor, reject_claim, reason=AidRejectReason.PAPERS_DOUBTFUL, note=note)

    returned, rejected = told(session, claim)
    assert returned.title_en.startswith("Your mutual-aid claim needs more papers: ")
    assert rejected.title_zh.startswith("您的互助申领未获核准：")
    assert note not in returned.title_zh + rejected.title_zh
