"""A merchant's statements at its tills: read, agree, dispute a line. Nothing names a member."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from finance.errors import StatementNotFound
from finance.models import Dispute, DisputeEvidence, DisputeState, Invoice, Payment
from finance.queries.invoices import invoices_of
from finance.queries.statement_lines import LineRow, evidence_of, line_of, lines_of, sums_of
from finance.queries.statements import (
    StatementFacts,
    StatementRow,
    payments_of,
    statement_of_merchant,
    statements_of_merchant,
)
from finance.rules.capitals import capital_amount
from finance.schemas.statements import (
    DisputeRequest,
    LineSeen,
    PageQuery,
    StatementDetail,
    StatementList,
    StatementSeen,
)
from finance.services import (
    Voice,
    agree_statement,
    dispute_until,
    raise_dispute,
    takes_disputes,
)
from kernel.actors import Till
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.web import (
    REPLAYED_HEADER,
    Blueprint,
    current_actor,
    decode_cursor,
    encode_cursor,
)

api = Blueprint(
    "finance_statements_api", __name__, description="Tills: the merchant's statements and disputes"
)

_NUMBER_DIGITS_MAX = 9
_TAIL = 4

Files = Mapping[UUID, Sequence[DisputeEvidence]]  # by dispute


@api.get("/terminals/me/statements")
@api.arguments(PageQuery, location="query")
@api.response(200, StatementList)
def list_statements(query: dict[str, Any]) -> ResponseReturnValue:
    """List the statements that this till's merchant was issued, the newest first."""
    with transaction() as session:
        rows = statements_of_merchant(
            session,
            merchant_id=current_actor().till.merchant_id,
            before=_number_of(query),
            rows=query["rows"] + 1,
        )
    kept = rows[: query["rows"]]
    more = len(rows) > len(kept)
    return {
        "items": [_row(row) for row in kept],
        "next_cursor": encode_cursor(str(kept[-1].number)) if more else None,
    }


@api.get("/terminals/me/statements/<uuid:statement_id>")
@api.arguments(PageQuery, location="query")
@api.response(200, StatementDetail)
def show_statement(query: dict[str, Any], statement_id: UUID) -> ResponseReturnValue:
    """Show one statement with its sums and a stretch of its lines, in their order."""
    with transaction() as session:
        found = statement_of_merchant(
            session, statement_id=statement_id, merchant_id=current_actor().till.merchant_id
        )
        if found is None:
            raise StatementNotFound
        lines = lines_of(
            session,
            statement_id=statement_id,
            after=_number_of(query) or 0,
            rows=query["rows"] + 1,
        )
        sums = sums_of(session, statement_id=statement_id)
        files = evidence_of(session, dispute_ids=_disputed(lines))
        invoices = invoices_of(session, statement_id=statement_id)
        payments = payments_of(session, statement_id=statement_id)
    kept = lines[: query["rows"]]
    more = len(lines) > len(kept)
    return {
        **_row(found.row),
        **_header(found),
        "invoices": [_invoice(each) for each in invoices],
        "payments": [_payment(each) for each in payments],
        "sales": sums.sales,
        "gross_fen": sums.gross_fen,
        "member_pays_fen": sums.member_fen,
        "merchant_bears_fen": sums.merchant_fen,
        "union_pays_fen": sums.union_fen,
        "taken_back_fen": sums.taken_back_fen,
        "adjusted_fen": sums.adjusted_fen,
        "carried_in_fen": sums.carried_in_fen,
        "payable_in_capitals": capital_amount(sums.payable_fen),
        "items": [_line(line, files) for line in kept],
        "next_cursor": encode_cursor(str(kept[-1].line_no)) if more else None,
    }


@api.post("/terminals/me/statements/<uuid:statement_id>/agreement")
@api.response(200, StatementSeen)
def agree(statement_id: UUID) -> ResponseReturnValue:
    """Agree to a statement, once for all of the merchant's tills."""
    till = current_actor().till
    now = utc_now()
    with transaction() as session:
        statement = agree_statement(session, voice=_voice(till), statement_id=statement_id, now=now)
        found = statement_of_merchant(
            session, statement_id=statement_id, merchant_id=till.merchant_id
        )
    assert found is not None
    return _row(found.row), 200, _replayed(replayed=statement.agreed_at != now)


@api.post("/terminals/me/statements/<uuid:statement_id>/disputes")
@api.arguments(DisputeRequest)
@api.response(201, LineSeen)
def dispute(body: dict[str, Any], statement_id: UUID) -> ResponseReturnValue:
    """Say what is wrong with a line. The same id hears the same, whatever was decided since."""
    now = utc_now()
    with transaction() as session:
        raised = raise_dispute(
            session,
            voice=_voice(current_actor().till),
            dispute_id=body["id"],
            statement_id=statement_id,
            journal_id=body["journal_id"],
            reason=body["reason"],
            now=now,
        )
        line = line_of(session, journal_id=raised.line_journal_id)
        files = evidence_of(session, dispute_ids=[raised.id])
    return _line(line, files), 201, _replayed(replayed=raised.raised_at != now)


def _voice(till: Till) -> Voice:
    return Voice(till.merchant_id, terminal_id=till.terminal_id)


def _number_of(query: dict[str, Any]) -> int | None:
    """Return the number that the cursor holds, None without one. Raises ValidationError."""
    if "cursor" not in query:
        return None
    [text] = decode_cursor(query["cursor"], parts=1)
    if not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS_MAX):
        raise ValidationError({"cursor": ["Not a cursor of this list."]})
    return int(text)


def _replayed(*, replayed: bool) -> dict[str, str]:
    return {REPLAYED_HEADER: "true"} if replayed else {}


def _row(row: StatementRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "starts_on": row.starts_on,
        "last_on": row.last_on,
        "state": row.state,
        "lines": row.lines,
        "lines_fen": row.lines_fen,
        "payable_fen": row.payable_fen,
        "carried_out_fen": row.carried_out_fen,
        "open_disputes": row.open_disputes,
        "confirm_by": row.confirm_by,
    }


def _header(found: StatementFacts) -> dict[str, Any]:
    masked = found.merchant.account_masked
    return {
        "merchant": found.merchant.name,
        "uscc": found.merchant.uscc,
        "agreement_no": found.agreement.number if found.agreement else None,
        "account_tail": masked[-_TAIL:] if masked else None,
        "issued_at": found.statement.issued_at,
        "agreed_at": found.statement.agreed_at,
        "agreed_by_silence": found.statement.agreed_by_silence,
        "pay_from": found.statement.pay_from,
        "takes_disputes": takes_disputes(found.statement, now=utc_now()),
        "dispute_until": dispute_until(found.statement),
        "asks_for_invoices": found.statement.invoice_buyer_uscc is not None,
    }


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "number": invoice.number,
        "issued_on": invoice.issued_on,
        "amount_fen": invoice.amount_fen,
        "state": invoice.state,
        "reason": invoice.reason,
    }


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "amount_fen": payment.amount_fen,
        "attempt": payment.attempt,
        "state": payment.state,
    }


def _disputed(lines: Iterable[LineRow]) -> list[UUID]:
    return [line.dispute.id for line in lines if line.dispute is not None]


def _line(line: LineRow, files: Files) -> dict[str, Any]:
    return {
        "journal_id": line.journal_id,
        "line_no": line.line_no,
        "kind": line.kind,
        "day": line.book_date,
        "receipt_no": line.receipt_no,
        "site": line.site,
        "gross_fen": line.gross_fen,
        "member_pays_fen": line.member_fen,
        "merchant_bears_fen": line.merchant_fen,
        "amount_fen": line.amount_fen,
        "dispute": _dispute(line.dispute, files) if line.dispute else None,
    }


def _dispute(dispute: Dispute, files: Files) -> dict[str, Any]:
    """Return what the merchant may read: an answer only once a second person confirmed it."""
    is_decided = dispute.decided_at is not None
    is_answered = dispute.state is DisputeState.ANSWERED
    return {
        "id": dispute.id,
        "state": DisputeState.OPEN if is_answered else dispute.state,
        "reason": dispute.reason,
        "raised_at": dispute.raised_at,
        "answer": dispute.answer if is_decided else None,
        "adjustment_fen": dispute.adjustment_fen if is_decided else None,
        "files": len(files.get(dispute.id, ())),
    }
