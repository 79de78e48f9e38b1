"""The register at the desk: who is a member where, masked until there is a reason."""

from typing import Any
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from audit.queries import looks_at_member
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import Column
from kernel.forms import blank_form, read_form, read_query
from kernel.listing import listing, rows_wanted
from kernel.masks import mask_document, mask_phone
from kernel.pages import cursor_id
from kernel.web import NotFound, current_actor
from members.models import MEMBER_DOCUMENT, MEMBER_PHONE, Member
from members.pages.blueprint import (
    DOCUMENT_WORDS,
    LEVEL_WORDS,
    STATUS_WORDS,
    keeping_paths,
    pages,
    reading_paths,
)
from members.queries import (
    MemberLine,
    member_within,
    members_within,
    search_indexes,
    union_by_id,
    union_tree,
)
from members.schemas import MemberFilter, RevealForm
from members.services.reveal import FullValues, reveal_member


@pages.get("/members")
def members() -> ResponseReturnValue:
    """List the members that I look after, or save the list as a file."""
    form = read_query(MemberFilter())
    values = form.values
    with transaction() as session:
        rows = members_within(
            session,
            paths=reading_paths(),
            union_code=values.get("union_code"),
            status=values.get("status"),
            indexes=search_indexes(values["text"]) if values.get("text") else None,
            after=cursor_id(),
            rows=rows_wanted(),
        )
    return listing(
        "members/members.html",
        rows,
        columns=_columns(),
        name="members",
        place=lambda row: (str(row.id),),
        form=form,
        may_import=bool(keeping_paths()),
        status_words=STATUS_WORDS,
    )


def _columns() -> list[Column[MemberLine]]:
    return [
        Column(gettext("Member name"), lambda row: row.name_masked),
        Column(gettext("Union code"), lambda row: row.union_code),
        Column(gettext("Union"), lambda row: row.union_name),
        Column(gettext("Membership"), lambda row: gettext(STATUS_WORDS[row.status])),
    ]


@pages.get("/members/<uuid:member_id>")
def member(member_id: UUID) -> ResponseReturnValue:
    """Show one member, masked."""
    return _show(member_id)


@pages.post("/members/<uuid:member_id>/reveal")
def reveal(member_id: UUID) -> ResponseReturnValue:
    """Show the full values for a reason; the member can read who looked and why."""
    form = read_form(RevealForm())
    if not form.ok:
        return _show(member_id, form=form)
    try:
        with transaction() as session:
            full = reveal_member(
                session,
                member_id=member_id,
                paths=keeping_paths(),
                actor=current_actor(),
                purpose=form.values["purpose"],
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, "purpose")
        return _show(member_id, form=form)
    return _show(member_id, full=full)


def _show(
    member_id: UUID, *, full: FullValues | None = None, form: Any = None
) -> ResponseReturnValue:
    form = form or blank_form()
    with transaction() as session:
        found = member_within(session, member_id=member_id, paths=reading_paths())
        if found is None:
            raise NotFound
        union = union_by_id(session, union_id=found.union_id)
        # A purpose is what an officer typed, or one of our own sentences.
        looks = [
            (look.occurred_at, gettext(look.purpose))
            for look in looks_at_member(session, member_id=member_id)
        ]
    return render_template(
        "members/member.html",
        member=found,
        union=union,
        full=full,
        form=form,
        document_masked=mask_document(_document(found)),
        phone_masked=_phone_masked(found),
        looks=looks,
        may_reveal=bool(keeping_paths()),
        status_words=STATUS_WORDS,
        document_words=DOCUMENT_WORDS,
    ), form.status


def _document(found: Member) -> str:
    return MEMBER_DOCUMENT.open(found.id, found.document_sealed)


def _phone_masked(found: Member) -> str:
    if found.phone_sealed is None:
        return ""
    return mask_phone(MEMBER_PHONE.open(found.id, found.phone_sealed))


@pages.get("/unions")
def unions() -> ResponseReturnValue:
    """Show the tree of unions that I look after."""
    with transaction() as session:
        tree = union_tree(session, paths=reading_paths())
    return render_template("members/unions.html", unions=tree, level_words=LEVEL_WORDS)
