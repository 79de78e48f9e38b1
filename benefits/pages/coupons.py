"""Coupons at the desk: publish a release, hand out the reserve, draw lots."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.errors import CardNumberUnknown, SeedDiffers
from benefits.models import CouponState, ReleaseMode, ReleaseState, Rerelease
from benefits.pages.words import changing_reach, worded
from benefits.queries import (
    OfferReach,
    ReleaseRow,
    find_release,
    offer_is_within,
    release_counts,
    releases_within,
)
from benefits.schemas import HandForm, SeedForm, SeedSourceForm, VersionForm
from benefits.services import (
    SeedOutcome,
    SeedSource,
    drop_release,
    hand_coupon,
    name_another_seed,
    publish_entrants,
    publish_release,
    type_seed,
)
from cards.queries import card_within, cards_within
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.ids import new_id
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_id, see_other
from kernel.web import current_actor
from merchants.queries import MerchantReach

pages = Blueprint("coupons_pages", __name__, url_prefix="/desk", template_folder="../templates")

MODE_WORDS = {
    ReleaseMode.GRAB: N_("Grab: first come, first served"),
    ReleaseMode.DRAW: N_("Draw: by lot among all who enter"),
}
STATE_WORDS = {
    ReleaseState.DRAFT: N_("Draft"),
    ReleaseState.PUBLISHED: N_("Announced"),
    ReleaseState.LISTED: N_("List published"),
    ReleaseState.DRAWN: N_("Drawn"),
    ReleaseState.ENDED: N_("Ended"),
}
RERELEASE_WORDS = {
    Rerelease.BY_ITSELF: N_("By itself: back on sale, or to the next in the order drawn"),
    Rerelease.BY_HAND: N_("By hand: kept for a release of its own"),
}
COUPON_WORDS = {
    CouponState.OFFERED: N_("Won, to be claimed"),
    CouponState.LIVE: N_("Ready to use"),
    CouponState.USED: N_("Used"),
    CouponState.EXPIRED: N_("Not used in time"),
    CouponState.LAPSED: N_("Not claimed in time"),
}


def _reading_reach() -> OfferReach:
    """Return which releases the caller may see: of offers for every merchant, everybody's."""
    paths = current_actor().paths(Role.PROGRAMME_DESIGNER, Role.SITE_WORKER, Role.AUDITOR)
    return OfferReach(MerchantReach(paths=paths), for_all=True)


@pages.get("/coupons")
def releases() -> ResponseReturnValue:
    """List the releases that I look after, or save the list as a file."""
    with transaction() as session:
        rows = releases_within(
            session,
            reach=_reading_reach(),
            after=cursor_id(),
            rows=rows_wanted(),
        )
    return listing(
        "benefits/releases.html",
        rows,
        columns=_columns(),
        name="coupons",
        place=lambda row: (str(row.release.id),),
        **words(),
    )


def _columns() -> list[Column[ReleaseRow]]:
    return [
        Column(gettext("Offer"), lambda row: worded(row.offer.title_zh, row.offer.title_en)),
        Column(gettext("Merchant"), lambda row: row.merchant_name or gettext("All merchants")),
        Column(gettext("Given out"), lambda row: gettext(MODE_WORDS[row.release.mode])),
        Column(gettext("Pieces"), lambda row: row.release.pieces, CellKind.NUMBER),
        Column(gettext("Opens"), lambda row: row.release.opens_at, CellKind.MOMENT),
        Column(gettext("Closes"), lambda row: row.release.closes_at, CellKind.MOMENT),
        Column(gettext("State"), lambda row: gettext(STATE_WORDS[row.release.state])),
    ]


def words() -> dict[str, Any]:
    return {
        "mode_words": MODE_WORDS,
        "state_words": STATE_WORDS,
        "rerelease_words": RERELEASE_WORDS,
        "coupon_words": COUPON_WORDS,
        "worded": worded,
    }


@pages.get("/coupons/<uuid:release_id>")
def release(release_id: UUID) -> ResponseReturnValue:
    """Show one release: where its pieces are, and what can be done next."""
    return _show(release_id, {})


def _show(release_id: UUID, forms: dict[str, Form]) -> ResponseReturnValue:
    now = utc_now()
    with transaction() as session:
        row = find_release(session, release_id=release_id, reach=_reading_reach())
        counts = release_counts(session, release_id=release_id)
        may_change = offer_is_within(session, offer_id=row.offer.id, reach=changing_reach())
    actor = current_actor()
    status = max((form.status for form in forms.values()), default=HTTPStatus.OK)
    blank = blank_form()
    return render_template(
        "benefits/release.html",
        row=row,
        counts=counts,
        may_change=may_change,
        may_hand=bool(actor.paths(Role.SITE_WORKER)),
        is_first=row.release.seed_first_by == actor.id,
        now=now,
        action=forms.get("action", blank),
        hand=forms.get("hand", blank),
        seed=forms.get("seed", blank),
        source=forms.get("source", blank),
        **words(),
    ), status


def back_to(release_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("coupons_pages.release", release_id=release_id), sentence)


def reached(release_id: UUID) -> None:
    """Raise ReleaseNotFound unless the caller may change the release's offer."""
    with transaction() as session:
        find_release(session, release_id=release_id, reach=changing_reach())


def _act(
    release_id: UUID, name: str, form: Form, do: Callable[[dict[str, Any]], str]
) -> ResponseReturnValue:
    """Carry out one form of the page, or show the page with what was refused beside it."""
    reached(release_id)
    if not form.ok:
        return _show(release_id, {name: form})
    try:
        sentence = do(form.values)
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(release_id, {name: form})
    return back_to(release_id, sentence)


@pages.post("/coupons/<uuid:release_id>/publish")
def publish(release_id: UUID) -> ResponseReturnValue:
    """Announce a release to members."""

    def do(values: dict[str, Any]) -> str:
        with transaction() as session:
            publish_release(
                session,
                actor=current_actor(),
                release_id=release_id,
                version=values["version"],
                now=utc_now(),
            )
        return N_("The release is announced: members see it and count down to its opening.")

    return _act(release_id, "action", read_form(VersionForm()), do)


@pages.post("/coupons/<uuid:release_id>/drop")
def drop(release_id: UUID) -> ResponseReturnValue:
    """Give up a draft."""

    def do(values: dict[str, Any]) -> str:
        with transaction() as session:
            drop_release(
                session,
                actor=current_actor(),
                release_id=release_id,
                version=values["version"],
                now=utc_now(),
            )
        return N_("The draft is given up.")

    return _act(release_id, "action", read_form(VersionForm()), do)


@pages.post("/coupons/<uuid:release_id>/list")
def publish_list(release_id: UUID) -> ResponseReturnValue:
    """Publish who takes part in a draw; the worker does it by itself soon after the closing."""

    def do(_: dict[str, Any]) -> str:
        with transaction() as session:
            publish_entrants(session, actor=current_actor(), release_id=release_id, now=utc_now())
        return N_("The list of entrants and its hash are published.")

    return _act(release_id, "action", read_form(VersionForm()), do)


@pages.post("/coupons/<uuid:release_id>/seed-source")
def save_seed_source(release_id: UUID) -> ResponseReturnValue:
    """Name another public number for a draw whose moment has passed."""

    def do(values: dict[str, Any]) -> str:
        with transaction() as session:
            name_another_seed(
                session,
                actor=current_actor(),
                release_id=release_id,
                version=values["version"],
                seed=SeedSource(
                    values["seed_source_zh"], values["seed_source_en"], values["seed_known_at"]
                ),
                now=utc_now(),
            )
        return N_("The new source of the seed is announced.")

    return _act(release_id, "source", read_form(SeedSourceForm()), do)


@pages.post("/coupons/<uuid:release_id>/seed")
def save_seed(release_id: UUID) -> ResponseReturnValue:
    """Take the seed from one person; from the second, draw."""
    reached(release_id)
    form = read_form(SeedForm())
    if not form.ok:
        return _show(release_id, {"seed": form})
    try:
        with transaction() as session:
            outcome = type_seed(
                session,
                actor=current_actor(),
                release_id=release_id,
                version=form.values["version"],
                seed=form.values["seed"],
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(release_id, {"seed": form})
    if outcome is SeedOutcome.DIFFERED:
        form.refuse(SeedDiffers())
        return _show(release_id, {"seed": form})
    if outcome is SeedOutcome.FIRST:
        return back_to(release_id, N_("Noted. Now somebody else types the seed as well."))
    return back_to(release_id, N_("The lots are drawn, and the winners are told."))


@pages.post("/coupons/<uuid:release_id>/hand")
def hand_out(release_id: UUID) -> ResponseReturnValue:
    """Hand a member without a phone a piece of the reserve."""
    with transaction() as session:
        find_release(session, release_id=release_id, reach=_reading_reach())
    form = read_form(HandForm())
    if not form.ok:
        return _show(release_id, {"hand": form})
    try:
        with transaction() as session:
            answer = hand_coupon(
                session,
                actor=current_actor(),
                member_id=_member_of(session, form.values["card_number"]),
                release_id=release_id,
                id_=new_id(),
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, "card_number" if isinstance(refusal, CardNumberUnknown) else None)
        return _show(release_id, {"hand": form})
    if answer.replayed:
        return back_to(release_id, N_("This member has a piece of this release already."))
    return back_to(release_id, N_("Handed out: it counts when the member's card is shown."))


def _member_of(session: Any, number: str) -> UUID:
    """Return whose card it is, within the site worker's unions. Raises CardNumberUnknown."""
    paths = current_actor().paths(Role.SITE_WORKER)
    found = cards_within(session, paths=paths, number=number, rows=1)
    if not found:
        raise CardNumberUnknown
    return card_within(session, card_id=found[0].id, paths=paths).card.member_id
