"""A membership moves at the desk, and the card with it."""

from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from cards.errors import MembershipNotChosen
from cards.pages.blueprint import STATE_WORDS, keeping_paths, pages
from cards.queries import card_of_member
from cards.schemas import MembershipForm
from cards.services import move_membership
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.pages import see_other
from kernel.web import NotFound, current_actor
from members.models import LEFT, MEMBERSHIP_MOVES, Member, MembershipStatus
from members.pages.blueprint import STATUS_WORDS
from members.queries import member_within

# A transfer, and records that turn out to be one person, have pages of their own.
_CHOICES = {
    MembershipStatus.ACTIVE: N_("Member again"),
    MembershipStatus.RETAINED: N_("Membership retained: the card stays"),
    MembershipStatus.WITHDRAWN: N_("Left the union: the card is cancelled"),
    MembershipStatus.EXPELLED: N_("Expelled: the card is cancelled"),
    MembershipStatus.DECEASED: N_("Deceased: the card is cancelled"),
}


@pages.get("/members/<uuid:member_id>")
def membership(member_id: UUID) -> ResponseReturnValue:
    """Show how somebody's membership stands, and what it may become."""
    return _show(member_id, blank_form())


@pages.post("/members/<uuid:member_id>")
def save_membership(member_id: UUID) -> ResponseReturnValue:
    """Move a membership; whoever leaves has no card from then on."""
    form = read_form(MembershipForm())
    if not form.ok:
        return _show(member_id, form)
    try:
        with transaction() as session:
            found = _reached(member_within(session, member_id=member_id, paths=keeping_paths()))
            to = _chosen(form.values["to"], found)
            move_membership(
                session, member_id=found.id, actor=current_actor(), now=utc_now(), **form.values
            )
    except MembershipNotChosen as refusal:
        form.refuse(refusal, "to")
        return _show(member_id, form)
    sentence = (
        N_("The membership has ended, and the card with it.")
        if to in LEFT
        else N_("The membership is changed; the card stays as it is.")
    )
    return see_other(url_for("cards_pages.membership", member_id=member_id), sentence)


def _show(member_id: UUID, form: Form) -> ResponseReturnValue:
    with transaction() as session:
        found = _reached(member_within(session, member_id=member_id, paths=keeping_paths()))
        card = card_of_member(session, member_id=member_id)
    return render_template(
        "cards/membership.html",
        member=found,
        card=card,
        form=form,
        choices=_choices_from(found),
        status_words=STATUS_WORDS,
        state_words=STATE_WORDS,
    ), form.status


def _choices_from(member: Member) -> dict[MembershipStatus, str]:
    """Return what the membership may become here; a transfer under way is its unions' to end."""
    allowed = MEMBERSHIP_MOVES[member.status]
    if member.status is MembershipStatus.TRANSFERRING:
        allowed = allowed & LEFT
    if member.status is MembershipStatus.APPLIED:
        allowed = frozenset()
    return {status: word for status, word in _CHOICES.items() if status in allowed}


def _chosen(to: MembershipStatus, member: Member) -> MembershipStatus:
    """Return `to` if it is offered for this member. Raises MembershipNotChosen."""
    if to not in _choices_from(member):
        raise MembershipNotChosen
    return to


def _reached(member: Member | None) -> Member:
    if member is None:
        raise NotFound
    return member
