"""An invoice and a dispute with its evidence, as a merchant's manager brings them in."""

from finance.models import EVIDENCE_CONTENT, Dispute, DisputeEvidence, EvidenceMedia, Invoice
from kernel.clock import utc_now
from kernel.ids import new_id
from kernel.money import Fen

BUYER = "81440399MC0000100R"
NUMBER = "26442000000000000001"


def dispute_with_evidence(make, *, statement, journal_id, manager):
    """A dispute of one line, with a PDF beside it."""
    dispute = make.save(
        Dispute(
            id=new_id(),
            statement_id=statement.id,
            line_journal_id=journal_id,
            raised_by_manager_id=manager.id,
            reason="小票金额多一元",
            raised_at=utc_now(),
        )
    )
    row_id = new_id()
    make.save(
        DisputeEvidence(
            id=row_id,
            dispute_id=dispute.id,
            media_type=EvidenceMedia.PDF,
            size_bytes=4,
            content_sha256=b"%PDF",
            content_sealed=EVIDENCE_CONTENT.seal(row_id, b"%PDF"),
            manager_id=manager.id,
            added_at=utc_now(),
        )
    )
    return dispute


def entered_invoice(make, *, statement, merchant, manager, fen=12_50):
    """An invoice for a part of a statement; it waits to be checked."""
    return make.save(
        Invoice(
            statement_id=statement.id,
            number=NUMBER,
            issued_on=statement.starts_on,
            amount_fen=Fen(fen),
            buyer_uscc=BUYER,
            seller_uscc=merchant.uscc,
            entered_by_manager_id=manager.id,
            entered_at=utc_now(),
        )
    )
