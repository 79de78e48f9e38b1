"""The blueprint that the modules beside this one fill, and what they share."""

from uuid import UUID

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from cards.models import AppealState, BatchState, CardState
from cards.rules import grouped_number
from kernel.actors import Role
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.web import current_actor

pages = Blueprint("cards_pages", __name__, url_prefix="/desk/cards", template_folder="../templates")
pages.add_app_template_filter(grouped_number, "card_number")

STATE_WORDS = {
    CardState.PENDING_VERIFY: N_("Waiting for real name"),
    CardState.ISSUED: N_("Issued, never shown"),
    CardState.ACTIVE: N_("In use"),
    CardState.LOST: N_("Reported lost"),
    CardState.FROZEN: N_("Frozen"),
    CardState.EXPIRED: N_("Expired"),
    CardState.CANCELLED: N_("Cancelled"),
}
BATCH_WORDS = {
    BatchState.WAITING: N_("Waiting for its turn"),
    BatchState.RUNNING: N_("Being issued"),
    BatchState.DONE: N_("All issued"),
}
APPEAL_WORDS = {
    AppealState.OPEN: N_("Waiting for an answer"),
    AppealState.GRANTED: N_("Granted"),
    AppealState.REJECTED: N_("Rejected"),
    AppealState.OVERTAKEN: N_("The freeze was over first"),
}


def reading_paths() -> tuple[str, ...]:
    """Return the union paths whose cards the caller may see."""
    return current_actor().paths(Role.REGISTER_OFFICER, Role.AUDITOR)


def keeping_paths() -> tuple[str, ...]:
    """Return the union paths whose cards the caller may stop and issue."""
    return current_actor().paths(Role.REGISTER_OFFICER)


def back_to_card(card_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("cards_pages.card", card_id=card_id), sentence)
