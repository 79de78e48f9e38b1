"""The desk's pages of mutual aid: the queue, and a claim beside its papers, checks and trail."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from aid.errors import ClaimNotFound
from aid.models import AidClaimState, AidDecisionKind, AidRejectReason
from aid.queries import QueueLine, Reach, claims_within, schemes
from aid.rules import ENDINGS
from aid.schemas import (
    ANY_STATE,
    ApproveForm,
    AssessForm,
    QueueFilter,
    RejectForm,
    ReturnForm,
)
from aid.services import (
    approve_claim,
    assess_claim,
    open_paper,
    reject_claim,
    return_claim,
)
from aid.services.decisions import waiting_for
from aid.services.papers import WORKERS
from aid.services.sheet import open_claim
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import (
    attachment,
    cursor_moment,
    moment_place,
    see_other,
)
from kernel.web import current_actor

pages = Blueprint("aid_pages", __name__, url_prefix="/desk/aid", template_folder="templates")

STATE_WORDS = {
    AidClaimState.SUBMITTED: N_("Handed in"),
    AidClaimState.RETURNED: N_("With the member"),
    AidClaimState.ASSESSED: N_("Assessed"),
    AidClaimState.APPROVED: N_("Approved, to be confirmed"),
    AidClaimState.PAYABLE: N_("To be paid"),
    AidClaimState.REJECTED: N_("Rejected"),
    AidClaimState.WITHDRAWN: N_("Withdrawn"),
}
# Which mark a state has beside its word.
STATE_KINDS = {
    AidClaimState.SUBMITTED: "wait",
    AidClaimState.RETURNED: "wait",
    AidClaimState.ASSESSED: "wait",
    AidClaimState.APPROVED: "wait",
    AidClaimState.PAYABLE: "yes",
    AidClaimState.REJECTED: "no",
    AidClaimState.WITHDRAWN: "",
}
DECISION_WORDS = {
    AidDecisionKind.SUBMITTED: N_("Handed in"),
    AidDecisionKind.RESUBMITTED: N_("Handed in again"),
    AidDecisionKind.RETURNED: N_("Sent back"),
    AidDecisionKind.ASSESSED: N_("Assessed"),
    AidDecisionKind.APPROVED: N_("Approved"),
    AidDecisionKind.CONFIRMED: N_("Confirmed"),
    AidDecisionKind.REJECTED: N_("Rejected"),
    AidDecisionKind.WITHDRAWN: N_("Withdrawn"),
}
REJECT_WORDS = {
    AidRejectReason.EXCLUDED: N_("An exclusion of the scheme applies"),
    AidRejectReason.NOT_COVERED: N_("What happened is not covered"),
    AidRejectReason.PAID_ELSEWHERE: N_("It was paid by somebody else already"),
    AidRejectReason.PAPERS_DOUBTFUL: N_("The papers do not bear it out"),
    AidRejectReason.PAPERS_MISSING: N_("Papers are still missing"),
}
# code: (what is so when it passed, what is so when it did not)
CHECK_WORDS = {
    "consents": (
        N_("The member agrees to the use of health papers and to being paid."),
        N_("The member has withdrawn a consent: the health facts are closed."),
    ),
    "covered": (
        N_("It happened under the member's cover, after the waiting period."),
        N_("It did not happen under the member's cover, or within the waiting period."),
    ),
    "papers_complete": (
        N_("Every paper that the scheme asks for is here."),
        N_("Papers that the scheme asks for are missing."),
    ),
    "papers_new": (
        N_("None of the papers came with another claim."),
        N_("A paper is the same file as one of another claim."),
    ),
    "amount_holds": (
        N_("The amount is still what the articles give."),
        N_("Another claim has changed what this one comes to: assess it again."),
    ),
}

Verb = Callable[..., object]


@pages.get("")
def queue() -> ResponseReturnValue:
    """List the claims on which it is my turn, or those of a state; or save the list."""
    form = read_query(QueueFilter())
    actor, now = current_actor(), utc_now()
    reads_only = not actor.has_role(WORKERS)
    state = form.values.get("state") or (ANY_STATE if reads_only else None)
    everything = [Reach(actor.paths(*WORKERS, Role.AUDITOR))]
    with transaction() as session:
        rows = claims_within(
            session,
            reaches=everything if state else waiting_for(actor),
            state=AidClaimState(state) if state and state != ANY_STATE else None,
            scheme=form.values.get("scheme"),
            after=cursor_moment(),
            limit=rows_wanted(),
        )
        choices = [(each.code, _worded(each.name_zh, each.name_en)) for each in schemes(session)]
    return listing(
        "aid/queue.html",
        rows,
        columns=_columns(),
        name="aid-claims",
        place=lambda row: moment_place(row.waiting_since, row.id),
        form=form,
        days={row.id: _days_since(row.waiting_since, now) for row in rows},
        is_my_turn=state is None,
        schemes=choices,
        states=[(ANY_STATE, gettext(N_("Any state"))), *_choices()],
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
        worded=_worded,
    )


@pages.get("/<uuid:claim_id>")
def claim(claim_id: UUID) -> ResponseReturnValue:
    """Show a claim beside its papers, its checks and the trail of its amount."""
    return _show(claim_id)


@pages.post("/<uuid:claim_id>/assess")
def assess(claim_id: UUID) -> ResponseReturnValue:
    """Say that the papers bear the claim out."""
    said = N_("Assessed. Somebody else approves it from here.")
    return _decide(claim_id, "assess", read_form(AssessForm()), assess_claim, said)


@pages.post("/<uuid:claim_id>/approve")
def approve(claim_id: UUID) -> ResponseReturnValue:
    """Approve what somebody else assessed."""
    return _decide(claim_id, "approve", read_form(ApproveForm()), approve_claim, N_("Approved."))


@pages.post("/<uuid:claim_id>/return")
def send_back(claim_id: UUID) -> ResponseReturnValue:
    """Send a claim back to the member for papers."""
    said = N_("Sent back. The member reads what is wanted.")
    return _decide(claim_id, "back", read_form(ReturnForm()), return_claim, said)


@pages.post("/<uuid:claim_id>/reject")
def reject(claim_id: UUID) -> ResponseReturnValue:
    """Refuse a claim for a reason."""
    said = N_("Rejected. The member reads why.")
    return _decide(claim_id, "reject", read_form(RejectForm()), reject_claim, said)


@pages.get("/papers/<uuid:document_id>")
def paper(document_id: UUID) -> Response:
    """Save a paper; that I looked is written down where the member reads it."""
    with transaction() as session:
        opened = open_paper(session, actor=current_actor(), document_id=document_id, now=utc_now())
    kind = opened.document.media_type
    name = f"{opened.document.kind}-{str(document_id)[-6:]}.{ENDINGS[kind.value]}"
    return attachment(opened.content, filename=name, mimetype=kind.value)


def _decide(
    claim_id: UUID, name: str, form: Form, verb: Verb, sentence: str
) -> ResponseReturnValue:
    """Carry a decision out, or show the claim again with what is wrong beside the form `name`."""
    if form.ok:
        try:
            with transaction() as session:
                verb(
                    session,
                    actor=current_actor(),
                    claim_id=claim_id,
                    now=utc_now(),
                    **form.values,
                )
        except ClaimNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        return _show(claim_id, **{name: form})
    return see_other(url_for("aid_pages.claim", claim_id=claim_id), sentence)


def _show(claim_id: UUID, **sent: Form) -> ResponseReturnValue:
    """Show a claim; of `sent`, each is a form by name that was sent and has faults."""
    actor = current_actor()
    with transaction() as session:
        desk = open_claim(session, actor=actor, claim_id=claim_id, now=utc_now())
    forms = {name: sent.get(name, blank_form()) for name in ("assess", "approve", "back", "reject")}
    claim = desk.sheet.claim
    status = next((form.status for form in sent.values()), HTTPStatus.OK)
    return render_template(
        "aid/claim.html",
        desk=desk,
        sheet=desk.sheet,
        claim=claim,
        forms=forms,
        has_decided=actor.id in {claim.assessed_by, claim.approved_by},
        check_words=CHECK_WORDS,
        decision_words=DECISION_WORDS,
        reject_words=REJECT_WORDS,
        state_words=STATE_WORDS,
        state_kinds=STATE_KINDS,
        paper_choices=[
            (kind, _worded(words.zh, words.en)) for kind, words in desk.sheet.terms.papers.items()
        ],
        worded=_worded,
    ), status


def _choices() -> list[tuple[str, str]]:
    return [(state.value, gettext(word)) for state, word in STATE_WORDS.items()]


def _worded(zh: str, en: str) -> str:
    return zh if str(get_locale()).startswith("zh") else en


def _days_since(moment: datetime, now: datetime) -> int:
    return (shanghai_date(now) - shanghai_date(moment)).days


def _columns() -> list[Column[QueueLine]]:
    def scheme(row: QueueLine) -> object:
        return _worded(row.scheme_zh, row.scheme_en)

    def state(row: QueueLine) -> Any:
        return gettext(STATE_WORDS[row.state])

    return [
        Column(gettext("Member"), lambda row: row.name_masked),
        Column(gettext("Union"), lambda row: row.union_name),
        Column(gettext("Scheme"), scheme),
        Column(gettext("Day of the event"), lambda row: row.event_date, CellKind.DAY),
        Column(gettext("Amount"), lambda row: row.benefit_fen, CellKind.MONEY),
        Column(gettext("State"), state),
        Column(gettext("Waiting since"), lambda row: row.waiting_since, CellKind.MOMENT),
    ]
