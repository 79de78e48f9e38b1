"""The blueprint that the modules beside this one fill, and what they share."""

from typing import Any
from uuid import UUID

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from kernel.actors import Role
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.web import current_actor
from ledger.models import PayableState
from training.models import (
    AttendanceBasis,
    EnrolmentState,
    Payer,
    SessionState,
    TrainingCategory,
)

pages = Blueprint(
    "training_pages", __name__, url_prefix="/desk/training", template_folder="../templates"
)

CATEGORY_WORDS = {
    TrainingCategory.DREAM_PLAN: N_("Dream Plan"),
    TrainingCategory.TEAM_LEADER: N_("Team-leader training"),
    TrainingCategory.POST_SKILL: N_("Post-skill training"),
    TrainingCategory.CULTURE: N_("Culture"),
    TrainingCategory.LECTURE: N_("Lecture"),
}
PAYER_WORDS = {
    Payer.UNION: N_("The union"),
    Payer.EMPLOYER: N_("The employer"),
    Payer.FISCAL: N_("Public funds"),
    Payer.SELF: N_("The members themselves"),
}
BASIS_WORDS = {
    AttendanceBasis.MEETINGS: N_("Meetings, scanned in and out"),
    AttendanceBasis.MINUTES: N_("Minutes between the two scans"),
}
SESSION_WORDS = {
    SessionState.DRAFT: N_("Draft"),
    SessionState.OPEN: N_("Open"),
    SessionState.COMPLETED: N_("Completed"),
    SessionState.CANCELLED: N_("Called off"),
}
ENROLMENT_WORDS = {
    EnrolmentState.ENROLLED: N_("Enrolled"),
    EnrolmentState.WAITING: N_("On the waiting list"),
    EnrolmentState.WITHDRAWN: N_("Withdrawn"),
    EnrolmentState.LAPSED: N_("Lapsed"),
    EnrolmentState.COMPLETED: N_("Completed the course"),
    EnrolmentState.NOT_COMPLETED: N_("Not completed"),
}
PAYABLE_WORDS = {
    PayableState.OWED: N_("Owed"),
    PayableState.PAYING: N_("Being paid"),
    PayableState.PAID: N_("Paid"),
    PayableState.RETURNED: N_("Sent back by the bank"),
}
WORDS: dict[str, Any] = {
    "category_words": CATEGORY_WORDS,
    "payer_words": PAYER_WORDS,
    "basis_words": BASIS_WORDS,
    "session_words": SESSION_WORDS,
    "enrolment_words": ENROLMENT_WORDS,
    "payable_words": PAYABLE_WORDS,
}


def reading_paths() -> tuple[str, ...]:
    return current_actor().paths(Role.TRAINING_OFFICER, Role.AUDITOR)


def changing_paths() -> tuple[str, ...]:
    return current_actor().paths(Role.TRAINING_OFFICER)


def titled(zh: str, en: str) -> str:
    """Return a title in the reader's language."""
    return zh if str(get_locale()).startswith("zh") else en


def back_to(session_id: UUID, sentence: str, **facts: Any) -> ResponseReturnValue:
    return see_other(
        url_for("training_pages.one_session", session_id=session_id), sentence, **facts
    )
