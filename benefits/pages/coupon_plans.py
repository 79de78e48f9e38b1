"""Planning a release of coupons at the desk: the first time, and what came back of one."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from benefits.errors import ReleaseFactsWrong
from benefits.models import Rerelease
from benefits.pages.coupons import back_to, pages, reached, words
from benefits.pages.words import changing_reach
from benefits.queries import find_offer, find_release, release_counts
from benefits.schemas import AgainForm, ReleaseForm
from benefits.services import ReleaseFacts, SeedSource, plan_release, release_again
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.web import current_actor

_FACT_FIELDS = (
    "reserve_pieces",
    "opens_at",
    "closes_at",
    "use_within_days",
    "mode",
    "expected_entrants",
    "claim_within_hours",
    "rerelease",
)


@pages.get("/offers/<uuid:offer_id>/coupons/new")
def new_release_form(offer_id: UUID) -> ResponseReturnValue:
    """Ask how many coupons of an offer are given out, when and how."""
    return _ask(offer_id, blank_form(rerelease=Rerelease.BY_ITSELF.value, reserve_pieces=0))


@pages.post("/offers/<uuid:offer_id>/coupons")
def save_new_release(offer_id: UUID) -> ResponseReturnValue:
    """Plan a release as a draft."""
    form = read_form(ReleaseForm())
    if not form.ok:
        return _ask(offer_id, form)
    try:
        with transaction() as session:
            find_offer(session, offer_id=offer_id, reach=changing_reach(), now=utc_now())
            release = plan_release(
                session,
                actor=current_actor(),
                offer_id=offer_id,
                facts=_facts(form.values, pieces=form.values["pieces"]),
                now=utc_now(),
            )
    except ReleaseFactsWrong as refusal:
        form.refuse(refusal, str(refusal.facts["field"]))
        return _ask(offer_id, form)
    except Refusal as refusal:
        if refusal.status == HTTPStatus.NOT_FOUND:
            raise
        form.refuse(refusal)
        return _ask(offer_id, form)
    return back_to(
        release.id, N_("The release is planned. From now on the offer counts with a coupon only.")
    )


def _facts(values: dict[str, Any], *, pieces: int) -> ReleaseFacts:
    source = values["seed_source_zh"]
    seed = SeedSource(source, values["seed_source_en"], values["seed_known_at"]) if source else None
    return ReleaseFacts(pieces=pieces, seed=seed, **{name: values[name] for name in _FACT_FIELDS})


def _ask(offer_id: UUID, form: Form) -> ResponseReturnValue:
    with transaction() as session:
        row = find_offer(session, offer_id=offer_id, reach=changing_reach(), now=utc_now())
    return render_template(
        "benefits/release_form.html", form=form, row=row, again=None, **words()
    ), form.status


@pages.get("/coupons/<uuid:release_id>/again")
def again_form(release_id: UUID) -> ResponseReturnValue:
    """Ask how what came back of a release is given out."""
    with transaction() as session:
        row = find_release(session, release_id=release_id, reach=changing_reach())
    old = row.release
    return _ask_again(
        release_id,
        blank_form(
            version=old.version,
            reserve_pieces=0,
            mode=old.mode.value,
            use_within_days=old.use_within_days,
            claim_within_hours=old.claim_within_hours,
            rerelease=old.rerelease.value,
        ),
    )


@pages.post("/coupons/<uuid:release_id>/again")
def save_again(release_id: UUID) -> ResponseReturnValue:
    """Plan a release of what nobody took or used."""
    reached(release_id)
    form = read_form(AgainForm())
    if not form.ok:
        return _ask_again(release_id, form)
    try:
        with transaction() as session:
            new = release_again(
                session,
                actor=current_actor(),
                release_id=release_id,
                version=form.values["version"],
                facts=_facts(form.values, pieces=0),
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, refusal.facts.get("field"))  # type: ignore[arg-type]
        return _ask_again(release_id, form)
    return back_to(new.id, N_("What came back is planned as a release of its own."))


def _ask_again(release_id: UUID, form: Form) -> ResponseReturnValue:
    with transaction() as session:
        row = find_release(session, release_id=release_id, reach=changing_reach())
        counts = release_counts(session, release_id=release_id)
    left = counts.on_sale + counts.reserve + row.release.set_aside
    return render_template(
        "benefits/release_form.html", form=form, row=row, again=left, **words()
    ), form.status
