"""Accounts within an administrator's reach: list, open, change, roles, disable, reset."""

from http import HTTPStatus
from uuid import UUID

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import Column
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_place, see_other
from kernel.web import current_actor
from staff.errors import (
    AccountNotFound,
    RolesDoNotMix,
    UnionOutOfReach,
    UsernameTaken,
    UsernameUnusable,
)
from staff.models import AccountState
from staff.pages.blueprint import ROLE_WORDS, STATE_WORDS, factor_image, pages
from staff.queries import (
    AccountLine,
    account_within,
    accounts_within,
    grants_of,
    union_choices,
    union_of,
)
from staff.schemas import (
    AccountFilter,
    EditAccountForm,
    GrantForm,
    NewAccountForm,
    VersionForm,
)
from staff.services import (
    NewCredentials,
    create_account,
    disable_account,
    enable_account,
    grant_role,
    rename_account,
    reset_credentials,
    revoke_grant,
)

# Which field of a form a refusal is about; any other is about the form as a whole.
_FIELD_OF: dict[type[Refusal], str] = {
    UsernameTaken: "username",
    UsernameUnusable: "username",
    UnionOutOfReach: "union_code",
    RolesDoNotMix: "role",
}


def _reach() -> tuple[str, ...]:
    return current_actor().paths(Role.ADMINISTRATOR)


@pages.get("/staff")
def accounts() -> ResponseReturnValue:
    """List the accounts within my reach, or save the list as a file."""
    form = read_query(AccountFilter())
    place = cursor_place(parts=1)
    with transaction() as session:
        rows = accounts_within(
            session,
            paths=_reach(),
            after=place[0] if place else None,
            limit=rows_wanted(),
            **form.values,
        )
    return listing(
        "staff/accounts.html",
        rows,
        columns=_columns(),
        name="staff-accounts",
        place=lambda line: (line.username,),
        form=form,
        role_words=ROLE_WORDS,
        state_words=STATE_WORDS,
    )


def _columns() -> list[Column[AccountLine]]:
    return [
        Column(gettext("Username"), lambda line: line.username),
        Column(gettext("Displayed name"), lambda line: line.display_name),
        Column(gettext("Union"), lambda line: line.union_name),
        Column(
            gettext("Roles"), lambda line: ", ".join(gettext(ROLE_WORDS[r]) for r in line.roles)
        ),
        Column(gettext("State"), lambda line: gettext(STATE_WORDS[line.state])),
    ]


@pages.get("/staff/new")
def new_account_form() -> ResponseReturnValue:
    """Ask who the account is for."""
    return _ask_new_account(blank_form())


@pages.post("/staff")
def save_new_account() -> ResponseReturnValue:
    """Open an account and show its first credentials, this once."""
    form = read_form(NewAccountForm())
    if not form.ok:
        return _ask_new_account(form)
    try:
        with transaction() as session:
            made = create_account(session, actor=current_actor(), now=utc_now(), **form.values)
    except Refusal as refusal:
        form.refuse(refusal, _FIELD_OF.get(type(refusal)))
        return _ask_new_account(form)
    return _show_credentials(made)


@pages.get("/staff/<uuid:account_id>")
def account(account_id: UUID) -> ResponseReturnValue:
    """Show one account: who it is, what it may do, what can be done about it."""
    return _show_account(account_id)


@pages.post("/staff/<uuid:account_id>")
def save_account(account_id: UUID) -> ResponseReturnValue:
    """Correct the name and the union of an account."""
    form = read_form(EditAccountForm())
    if form.ok:
        try:
            with transaction() as session:
                rename_account(
                    session,
                    actor=current_actor(),
                    account_id=account_id,
                    now=utc_now(),
                    **form.values,
                )
        except AccountNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal, _FIELD_OF.get(type(refusal)))
    if not form.ok:
        return _show_account(account_id, edit=form)
    return _back_to(account_id, N_("The account is changed."))


@pages.post("/staff/<uuid:account_id>/grants")
def save_grant(account_id: UUID) -> ResponseReturnValue:
    """Let somebody hold a role for a union's subtree."""
    form = read_form(GrantForm())
    if form.ok:
        try:
            with transaction() as session:
                grant_role(
                    session,
                    actor=current_actor(),
                    account_id=account_id,
                    now=utc_now(),
                    **form.values,
                )
        except AccountNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal, _FIELD_OF.get(type(refusal)))
    if not form.ok:
        return _show_account(account_id, grant=form)
    return _back_to(account_id, N_("The role is granted. It counts from the next click on."))


@pages.post("/staff/<uuid:account_id>/grants/<uuid:grant_id>/revoke")
def drop_grant(account_id: UUID, grant_id: UUID) -> ResponseReturnValue:
    """Take a role back."""
    with transaction() as session:
        revoke_grant(
            session,
            actor=current_actor(),
            account_id=account_id,
            grant_id=grant_id,
            now=utc_now(),
        )
    return _back_to(account_id, N_("The role is taken back. It counts no more."))


@pages.post("/staff/<uuid:account_id>/disable")
def disable(account_id: UUID) -> ResponseReturnValue:
    """Shut an account out."""
    with transaction() as session:
        disable_account(
            session,
            actor=current_actor(),
            account_id=account_id,
            version=_version(),
            now=utc_now(),
        )
    return _back_to(account_id, N_("The account is disabled. Its sessions have ended."))


@pages.post("/staff/<uuid:account_id>/enable")
def enable(account_id: UUID) -> ResponseReturnValue:
    """Let a disabled account in again."""
    with transaction() as session:
        enable_account(
            session,
            actor=current_actor(),
            account_id=account_id,
            version=_version(),
            now=utc_now(),
        )
    return _back_to(account_id, N_("The account is in use again."))


@pages.post("/staff/<uuid:account_id>/reset")
def reset(account_id: UUID) -> ResponseReturnValue:
    """Replace lost credentials and show the new ones, this once."""
    with transaction() as session:
        made = reset_credentials(
            session,
            actor=current_actor(),
            account_id=account_id,
            version=_version(),
            now=utc_now(),
        )
    return _show_credentials(made)


def _version() -> int:
    """Return the version that the button was drawn for; 400 where a form lacks it."""
    form = read_form(VersionForm())
    if not form.ok:
        abort(HTTPStatus.BAD_REQUEST)
    version: int = form.values["version"]
    return version


def _back_to(account_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("staff_pages.account", account_id=account_id), sentence)


def _ask_new_account(form: Form) -> ResponseReturnValue:
    with transaction() as session:
        unions = union_choices(session, paths=_reach())
    return render_template("staff/new_account.html", form=form, unions=unions), form.status


def _show_credentials(made: NewCredentials) -> ResponseReturnValue:
    image = factor_image(made.totp_secret, username=made.account.username)
    return render_template("staff/credentials.html", made=made, image=image)


def _show_account(
    account_id: UUID, *, edit: Form | None = None, grant: Form | None = None
) -> ResponseReturnValue:
    """Show an account; `edit` or `grant` is the form that was sent and has faults."""
    with transaction() as session:
        found = account_within(session, account_id=account_id, paths=_reach())
        if found is None:
            raise AccountNotFound
        union = union_of(session, union_id=found.union_id)
        grants = grants_of(session, account_id=account_id)
        unions = union_choices(session, paths=_reach())
    form = edit or blank_form(display_name=found.display_name, union_code=union.code)
    return render_template(
        "staff/account.html",
        account=found,
        union=union,
        grants=grants,
        unions=unions,
        edit=form,
        grant=grant or blank_form(),
        is_own=current_actor().staff_id == found.id,
        is_active=found.state is AccountState.ACTIVE,
        role_words=ROLE_WORDS,
        state_words=STATE_WORDS,
    ), (edit or grant or form).status
