"""The lines of a claim: an invoice and a stay each, and each of them once for all (R10)."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from aid.errors import AdmissionUsed, InvoiceUsed
from aid.models import (
    AID_LINE_ADMISSION,
    AID_LINE_HOSPITAL,
    AID_LINE_INVOICE,
    AidClaim,
    AidClaimLine,
)
from aid.rules import PaperLine, plain_number
from kernel.ids import new_id
from kernel.refusals import refused_by
from kernel.secrets import blind_index

_USED = {
    "uq_aid_claim_lines_invoice": InvoiceUsed,
    "uq_aid_claim_lines_admission": AdmissionUsed,
}


def refuse_used_papers(session: Session, lines: Sequence[PaperLine]) -> None:
    """Raise InvoiceUsed or AdmissionUsed, naming the line; the constraints are for the race."""
    seen: set[bytes] = set()
    for number, line in enumerate(lines, start=1):
        invoice, admission = _indexes(line)
        live = select(AidClaimLine.id).where(AidClaimLine.is_live)
        used = live.where(AidClaimLine.invoice_index == invoice)
        if invoice in seen or session.scalar(used) is not None:
            raise InvoiceUsed(line=number)
        used = live.where(AidClaimLine.admission_index == admission)
        if admission in seen or session.scalar(used) is not None:
            raise AdmissionUsed(line=number)
        seen |= {invoice, admission}


def write_lines(session: Session, claim: AidClaim, lines: Sequence[PaperLine]) -> None:
    """Write the lines of a claim's round, sealed. Raises InvoiceUsed, AdmissionUsed."""
    for number, line in enumerate(lines, start=1):
        row_id = new_id()
        invoice, admission = _indexes(line)
        session.add(
            AidClaimLine(
                id=row_id,
                claim_id=claim.id,
                round=claim.round,
                line_no=number,
                is_live=True,
                invoice_no_sealed=AID_LINE_INVOICE.seal(row_id, line.invoice_no),
                invoice_index=invoice,
                hospital_sealed=AID_LINE_HOSPITAL.seal(row_id, line.hospital),
                admission_no_sealed=AID_LINE_ADMISSION.seal(row_id, line.admission_no),
                admission_index=admission,
                pool_paid_fen=line.amounts.pool_paid_fen,
                self_paid_fen=line.amounts.self_paid_fen,
                days=line.amounts.days,
            )
        )
    with refused_by(_USED):
        session.flush()


def release_lines(session: Session, claim: AidClaim) -> None:
    """Let a claim's papers be claimed again. The caller holds the claim's lock."""
    session.execute(
        update(AidClaimLine)
        .where(AidClaimLine.claim_id == claim.id, AidClaimLine.is_live)
        .values(is_live=False)
    )


def _indexes(line: PaperLine) -> tuple[bytes, bytes]:
    """Return the blind indexes of the invoice, and of the stay: hospital and number together."""
    stay = f"{plain_number(line.hospital)}|{plain_number(line.admission_no)}"
    return (
        blind_index("aid_invoice", plain_number(line.invoice_no)),
        blind_index("aid_admission", stay),
    )
