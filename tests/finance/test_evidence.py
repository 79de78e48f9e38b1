"""Files beside a dispute: a photo or a PDF, kept once, sealed, opened by those who decide."""

import io

import pytest

from aid.rules import PAPER_BYTES_MAX
from audit.models import AuditEntry
from finance.errors import DisputeDecided, EvidenceRefused
from finance.models import Dispute, DisputeEvidence
from finance.queries.statement_lines import lines_of
from finance.services import Voice, add_evidence, add_evidence_later, raise_dispute
from kernel.actors import Role
from kernel.ids import new_id
from tests.finance.test_disputes import answered, confirmed
from tests.finance.test_manager_statements import LIST, hidden, manager, phone, statement
from tests.finance.test_statements import approver, at, city, make, maker, till
from tests.make import NOW
from tests.staff.conftest import signed_in

SHARED = (approver, at, city, make, maker, manager, phone, signed_in, statement, till)
PDF = b"%PDF-1.4\n1 0 obj\n%%EOF\n"


@pytest.fixture
def page(session, statement):
    [line] = lines_of(session, statement_id=statement.id, rows=2)
    return f"{LIST}/{statement.id}/lines/{line.journal_id}"


def disputed(phone, page, content, *, fields=None):
    fields = fields or hidden(phone, page, page)
    sent = {"reason": "The bill was 80.", "evidence": (io.BytesIO(content), "slip.pdf")}
    return phone.post(page, data=fields | sent, content_type="multipart/form-data")


def test_a_file_goes_with_the_dispute_once(session, phone, page, statement):
    fields = hidden(phone, page, page)

    answers = [disputed(phone, page, PDF, fields=fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    [evidence] = session.query(DisputeEvidence).all()
    assert (evidence.media_type.value, evidence.size_bytes) == ("application/pdf", len(PDF))
    assert PDF not in evidence.content_sealed
    assert "1 file beside it" in phone.get(f"{LIST}/{statement.id}").text


@pytest.mark.parametrize("content", [b"<html>", PDF[:-7]])
def test_what_is_no_paper_is_refused_and_nothing_is_disputed(session, phone, page, content):
    refused = disputed(phone, page, content)

    assert refused.status_code == 422
    assert "at most 5 MB" in refused.text
    assert session.query(Dispute).count() == 0


def test_no_more_than_five_files_of_five_megabytes(session, phone, page, manager):
    disputed(phone, page, PDF)
    [dispute] = session.query(Dispute).all()
    facts = {"voice": Voice(manager.merchant_id, manager_id=manager.id), "dispute": dispute}
    large = PDF[:9] + b"0" * PAPER_BYTES_MAX + b"%%EOF"

    with pytest.raises(EvidenceRefused):
        add_evidence(session, **facts, content=large, now=NOW)
    for number in range(4):
        add_evidence(session, **facts, content=PDF[:9] + b"%d%%%%EOF" % number, now=NOW)
    with pytest.raises(EvidenceRefused) as refused:
        add_evidence(session, **facts, content=PDF[:9] + b"x%%EOF", now=NOW)

    assert refused.value.facts == {"bytes_max": PAPER_BYTES_MAX, "files_max": 5}


@pytest.fixture
def desks(make, city, signed_in):
    """Who works on it, who does not, and who works for another union."""
    maker = Role.FINANCE_MAKER
    return (
        signed_in(make.staff(maker, union=city)),
        signed_in(make.staff(Role.REGISTER_OFFICER, union=city)),
        signed_in(make.staff(maker, union=make.union(parent=city))),
    )


def test_the_desk_opens_it_and_that_is_written_down(session, phone, page, statement, desks):
    disputed(phone, page, PDF)
    [evidence] = session.query(DisputeEvidence).all()
    address = f"/desk/finance/statements/evidence/{evidence.id}"
    desk, clerk, foreign = desks

    opened = desk.open(address)

    assert opened.data == PDF
    assert "attachment" in opened.headers["Content-Disposition"]
    assert address in desk.open(f"/desk/finance/statements/{statement.id}").text
    assert clerk.open(address).status_code == 403
    assert foreign.open(address).status_code == 404
    [entry] = session.query(AuditEntry).filter_by(action="finance.statement_evidence_opened")
    assert entry.object_id == statement.id


def test_a_manager_adds_a_file_to_what_a_till_disputed(session, phone, page, statement, till):
    [line] = lines_of(session, statement_id=statement.id, rows=2)
    dispute = raise_dispute(
        session,
        voice=Voice(till.merchant_id, terminal_id=till.id),
        dispute_id=new_id(),
        statement_id=statement.id,
        journal_id=line.journal_id,
        reason="少算了一单",
        now=NOW,
    )
    fields = hidden(phone, page, f"{page}/evidence")

    def send(content):
        sent = fields | {"evidence": (io.BytesIO(content), "slip.pdf")}
        return phone.post(f"{page}/evidence", data=sent, content_type="multipart/form-data")

    assert send(b"").status_code == 422
    assert [send(PDF).status_code for _ in range(2)] == [303, 303]
    assert session.query(DisputeEvidence).one().dispute_id == dispute.id


@pytest.fixture
def decided(session, phone, page, maker, approver):
    """A dispute that two people of finance have decided."""
    disputed(phone, page, PDF)
    dispute = session.query(Dispute).one()
    return confirmed(session, approver, answered(session, maker, dispute))


def test_a_decided_dispute_takes_no_file(session, decided, manager):
    with pytest.raises(DisputeDecided):
        add_evidence_later(
            session,
            voice=Voice(manager.merchant_id, manager_id=manager.id),
            statement_id=decided.statement_id,
            journal_id=decided.line_journal_id,
            content=PDF,
            now=NOW,
        )
