"""JSON endpoints of a till about itself. Pairing stands in `cards`, which knows the root key."""

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.web import Blueprint, current_actor
from merchants.queries import TerminalFacts, terminal_facts
from merchants.schemas import TerminalResponse
from merchants.services import note_terminal_seen

api = Blueprint("merchants_api", __name__, description="Tills: what they are and where they stand")


@api.get("/terminals/me")
@api.response(200, TerminalResponse)
def show_terminal() -> TerminalFacts:
    """Say what the calling till is, where it stands and whether it may redeem."""
    terminal_id = current_actor().id
    assert terminal_id is not None
    with transaction() as session:
        facts = terminal_facts(session, terminal_id=terminal_id)
        note_terminal_seen(session, terminal_id=terminal_id, now=utc_now())
    return facts
