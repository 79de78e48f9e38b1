"""A statement on paper, for the tills of its merchant."""

from uuid import UUID

from flask.typing import ResponseReturnValue
from flask_babel import gettext

from finance.errors import StatementNotFound
from finance.pages.statement_files import paper_file
from finance.queries.statement_lines import sums_of
from finance.queries.statements import funds_of, statement_of_merchant
from kernel.db import transaction
from kernel.web import Blueprint, current_actor

api = Blueprint("till_papers_api", __name__, description="Tills: statements on paper")
_BYTES: dict[str, str] = {"type": "string", "format": "binary"}


@api.get("/terminals/me/statements/<uuid:statement_id>/paper")
@api.response(200, _BYTES, content_type="application/pdf")
def save_statement(statement_id: UUID) -> ResponseReturnValue:
    """Save one statement of my merchant as a page to print."""
    with transaction() as session:
        found = statement_of_merchant(
            session, statement_id=statement_id, merchant_id=current_actor().till.merchant_id
        )
        if found is None:
            raise StatementNotFound
        sums = sums_of(session, statement_id=statement_id)
        funds = funds_of(session, statement_id=statement_id)
    return paper_file(found, sums, funds, maker=gettext("The union's finance"), approver=None)
