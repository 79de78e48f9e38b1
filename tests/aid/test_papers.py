"""Papers: taken in by content, opened by who works on the claim, forgotten when nobody claims."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from aid.errors import (
    AidConsentMissing,
    AidDocumentNotFound,
    AidDocumentTooLarge,
    AidDocumentUnreadable,
    ConsentEnded,
    TooManyDocuments,
)
from aid.models import AidDocument
from aid.queries import papers_of
from aid.rules import PAPER_BYTES_MAX
from aid.services import forget_loose_papers, open_paper, store_paper
from aid.services.papers import CLAIM_PURPOSE, LOOSE_PAPERS_LIFE, LOOSE_PAPERS_MAX
from audit.queries import looks_at_member
from members.services import withdraw_consent
from tests.make import NOW
from tests.make.aid import pdf


def store(session, member, content, *, kind="invoice", now=NOW):
    return store_paper(session, member_id=member.id, kind=kind, content=content, now=now)


def test_a_paper_is_kept_sealed(session, member):
    document = store(session, member, pdf("发票")).document

    assert document.media_type == "application/pdf"
    assert pdf("发票") not in document.content_sealed
    assert document.claim_id is None


def test_the_same_file_again_hears_the_first_id(session, member):
    first, again = store(session, member, pdf("a")), store(session, member, pdf("a"))

    assert (first.replayed, again.replayed) == (False, True)
    assert first.document.id == again.document.id
    assert store(session, member, pdf("a"), kind="other").document.id != first.document.id


@pytest.mark.parametrize("content", [b"", b"hello", b"<svg/>", b"PK\x03\x04zip"])
def test_what_is_no_paper_is_refused(session, member, content):
    with pytest.raises(AidDocumentUnreadable):
        store(session, member, content)


def test_a_paper_has_five_megabytes(session, member):
    head, tail = b"%PDF-1.4\n", b"\n%%EOF\n"
    fits = head + b"x" * (PAPER_BYTES_MAX - len(head) - len(tail)) + tail

    assert store(session, member, fits).document.size_bytes == PAPER_BYTES_MAX
    with pytest.raises(AidDocumentTooLarge):
        store(session, member, fits + b"\n")


def test_health_papers_need_consent(session, make):
    member = make.covered_member(consents=False)

    with pytest.raises(AidConsentMissing) as refusal:
        store(session, member, pdf())
    assert refusal.value.facts["consents"] == [{"purpose": "aid_health_data", "version": 1}]


def test_nobody_piles_papers_up(session, member):
    for number in range(LOOSE_PAPERS_MAX):
        store(session, member, pdf(str(number)))

    with pytest.raises(TooManyDocuments):
        store(session, member, pdf("one more"))


def test_those_who_work_on_the_claim_open_it_and_the_member_reads_that(
    session, make, member, assessor, approver
):
    paper = make.aid_paper(member, content=pdf("发票内容"))
    make.aid_claim(member, document_ids=[paper.id])

    for actor in (assessor, approver):
        opened = open_paper(session, actor=actor, document_id=paper.id, now=NOW)
        assert opened.content == pdf("发票内容")

    looks = looks_at_member(session, member_id=member.id)
    assert [(look.action, look.purpose) for look in looks] == [
        ("aid.paper_opened", CLAIM_PURPOSE)
    ] * 2


def test_nobody_else_opens_it(session, make, member, people):
    paper, loose = make.aid_paper(member), make.aid_paper(member)
    make.aid_claim(member, document_ids=[paper.id])

    for actor, wanted in ((people.foreign, paper), (people.auditor, paper), (people.both, loose)):
        with pytest.raises(AidDocumentNotFound):
            open_paper(session, actor=actor, document_id=wanted.id, now=NOW)
    assert looks_at_member(session, member_id=member.id) == []


def test_a_withdrawn_consent_closes_the_papers(session, make, member, assessor):
    paper = make.aid_paper(member)
    make.aid_claim(member, document_ids=[paper.id])
    withdraw_consent(session, member_id=member.id, purpose="aid_health_data", now=NOW)

    with pytest.raises(ConsentEnded):
        open_paper(session, actor=assessor, document_id=paper.id, now=NOW)


def test_a_file_that_came_with_another_claim_is_noticed(session, make, member):
    other = make.covered_member()
    first = make.aid_claim(member, document_ids=[make.aid_paper(member, content=pdf("one")).id])
    second = make.aid_claim(other, document_ids=[make.aid_paper(other, content=pdf("one")).id])
    third = make.aid_claim(other, document_ids=[make.aid_paper(other, content=pdf("two")).id])

    marks = [
        [paper.is_elsewhere for paper in papers_of(session, claim_id=claim.id)]
        for claim in (first, second, third)
    ]
    assert marks == [[True], [True], [False]]


def test_papers_that_nobody_claims_are_forgotten(session, make, member):
    kept = make.aid_paper(member)
    make.aid_claim(member, document_ids=[kept.id])
    store(session, member, pdf("old"))
    fresh = store(session, member, pdf("new"), now=NOW + timedelta(hours=1)).document

    removed = forget_loose_papers(session, now=NOW + LOOSE_PAPERS_LIFE + timedelta(minutes=1))

    assert removed == 1
    assert set(session.scalars(select(AidDocument.id))) == {kept.id, fresh.id}
