"""Programmes at the desk: what the federation pays for, for whom, and what is left of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from benefits.errors import FundPaysNoDiscounts, ProgrammeCodeTaken
from benefits.models import PROGRAMME_MOVES, Programme, ProgrammeState
from benefits.pages.words import (
    EMPLOYMENT_WORDS,
    FAMILY_WORDS,
    FUND_WORDS,
    HARDSHIP_CHOICES,
    INSTRUMENT_WORDS,
    OFFER_WORDS,
    PROGRAMME_WORDS,
    STATUS_CHOICES,
    ceiling_sentence,
    changing_reach,
    eligibility_sentences,
    insist_on_the_city,
    limit_sentence,
    may_change_programmes,
    quantity,
    reading_reach,
    terms_sentence,
    union_paths_of,
    worded,
)
from benefits.queries import (
    APPROVERS,
    OfferFilter,
    ProgrammeRow,
    Years,
    discount_funds,
    find_programme,
    limits_of_programme,
    may_approve,
    offers_within,
    programme_rows,
    rules_in_force,
    spending_of,
    union_names,
    version_terms,
)
from benefits.rules import eligibility_of
from benefits.schemas import ProgrammeForm, VersionForm
from benefits.services import ProgrammeFacts, draft_discount_programme, move_programme
from benefits.spending_errors import (
    AboveCeiling,
    CashNotGiven,
    CeilingNeedsAmount,
    InstrumentNotAllowed,
    OccasionUnknown,
)
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import CellKind, Column
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.pages import cursor_place, see_other
from kernel.web import current_actor
from ledger.models import Family
from merchants.errors import MerchantUnionUnknown
from merchants.queries import find_union_id, union_path_of, unions_within
from staff.queries import city_holders, names_of

pages = Blueprint(
    "programmes_pages", __name__, url_prefix="/desk/programmes", template_folder="../templates"
)

_SHOWN_OFFERS_MAX = 20
# Which field of a form a refusal is about; any other is about the form as a whole.
PROGRAMME_FIELD_OF: dict[type[Refusal], str] = {
    ProgrammeCodeTaken: "code",
    FundPaysNoDiscounts: "fund_source",
    MerchantUnionUnknown: "union_code",
    CashNotGiven: "instrument",
    InstrumentNotAllowed: "instrument",
    OccasionUnknown: "occasion",
    CeilingNeedsAmount: "member_year_fen",
    AboveCeiling: "member_year_fen",
}
_NOTICES = {
    ProgrammeState.RUNNING: N_("The programme is running."),
    ProgrammeState.PAUSED: N_("The programme is paused: its offers are refused at every till."),
    ProgrammeState.ENDED: N_("The programme has ended."),
}


@pages.get("")
def programmes() -> ResponseReturnValue:
    """List the programmes with what is left of their budgets, or save the list as a file."""
    place = cursor_place(parts=1)
    with transaction() as session:
        rows = programme_rows(
            session,
            now=utc_now(),
            after=place[0] if place else None,
            rows=rows_wanted(),
        )
    return listing(
        "benefits/programmes.html",
        rows,
        columns=_columns(),
        name="programmes",
        place=lambda row: (row.programme.code,),
        may_add=may_change_programmes(),
        **_words(),
    )


def _columns() -> list[Column[ProgrammeRow]]:
    return [
        Column(gettext("Code"), lambda row: row.programme.code),
        Column(gettext("Name in Chinese"), lambda row: row.programme.name_zh),
        Column(gettext("Name in English"), lambda row: row.programme.name_en),
        Column(gettext("Family"), lambda row: gettext(FAMILY_WORDS[row.programme.family])),
        Column(gettext("Fund"), lambda row: gettext(FUND_WORDS[row.programme.fund_source])),
        Column(gettext("State"), lambda row: gettext(PROGRAMME_WORDS[row.programme.state])),
        Column(gettext("First day"), lambda row: row.programme.starts_on, CellKind.DAY),
        Column(gettext("Last day"), lambda row: row.programme.last_on, CellKind.DAY),
        Column(gettext("Offers"), lambda row: row.offer_count, CellKind.NUMBER),
        Column(gettext("Limits"), _in_one_cell),
    ]


def _in_one_cell(row: ProgrammeRow) -> str:
    return "; ".join(
        gettext(
            "%(limit)s, %(taken)s taken",
            limit=limit_sentence(use.rule),
            taken=quantity(use.taken or 0, use.rule.unit),
        )
        for use in row.budgets
    )


@pages.get("/new")
def new_programme_form() -> ResponseReturnValue:
    """Ask for a new programme's facts."""
    insist_on_the_city()
    return ask_for_programme(
        blank_form(
            starts_on=shanghai_date(utc_now()), statuses=[each.value for each in STATUS_CHOICES]
        )
    )


@pages.post("")
def save_new_programme() -> ResponseReturnValue:
    """Write a programme down as a draft."""
    insist_on_the_city()
    form = read_form(ProgrammeForm())
    if not form.ok:
        return ask_for_programme(form)
    try:
        with transaction() as session:
            reach = changing_reach().merchants
            union_id = find_union_id(session, code=form.values["union_code"], reach=reach)
            programme = draft_discount_programme(
                session,
                actor=current_actor(),
                facts=programme_facts(form.values, union_path_of(session, union_id=union_id)),
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, PROGRAMME_FIELD_OF.get(type(refusal)))
        return ask_for_programme(form)
    return back_to_programme(
        programme.id,
        N_("The programme is drafted. Set its limits and offers, then ask for its approval."),
    )


def programme_facts(values: Mapping[str, Any], union_path: str | None) -> ProgrammeFacts:
    return ProgrammeFacts(
        code=values["code"],
        name_zh=values["name_zh"],
        name_en=values["name_en"],
        family=Family.DISCOUNT,
        fund_source=values["fund_source"],
        occasion=values["occasion"],
        instrument=values["instrument"],
        member_year_fen=values["member_year_fen"],
        starts_on=values["starts_on"],
        ends_on=values["ends_on"],
        eligibility=eligibility_of(
            union_path=union_path,
            statuses=values["statuses"],
            joined_within_days=values["joined_within_days"],
            joined_for_days=values["joined_for_days"],
            age_from=values["age_from"],
            age_to=values["age_to"],
            employment=values["employment"],
            hardship=values["hardship"],
        ),
    )


@pages.get("/<uuid:programme_id>")
def programme(programme_id: UUID) -> ResponseReturnValue:
    """Show one programme: for whom, its limits, its offers, what can be done."""
    return show_programme(programme_id, blank_form())


@pages.post("/<uuid:programme_id>/run")
def run(programme_id: UUID) -> ResponseReturnValue:
    """Resume a paused programme."""
    return _move(programme_id, ProgrammeState.RUNNING)


@pages.post("/<uuid:programme_id>/pause")
def pause(programme_id: UUID) -> ResponseReturnValue:
    """Refuse a programme's offers for now."""
    return _move(programme_id, ProgrammeState.PAUSED)


@pages.post("/<uuid:programme_id>/end")
def end(programme_id: UUID) -> ResponseReturnValue:
    """End a programme for good."""
    return _move(programme_id, ProgrammeState.ENDED)


def _move(programme_id: UUID, target: ProgrammeState) -> ResponseReturnValue:
    insist_on_the_city()
    form = read_form(VersionForm())
    if not form.ok:
        return show_programme(programme_id, form)
    try:
        with transaction() as session:
            move_programme(
                session,
                actor=current_actor(),
                programme_id=programme_id,
                target=target,
                version=form.values["version"],
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return show_programme(programme_id, form)
    return back_to_programme(programme_id, _NOTICES[target])


def show_programme(programme_id: UUID, form: Form) -> ResponseReturnValue:
    now = utc_now()
    with transaction() as session:
        found = find_programme(session, programme_id=programme_id)
        limits = limits_of_programme(session, programme_id=programme_id, now=now)
        offers = offers_within(
            session,
            reach=reading_reach(),
            now=now,
            wanted=OfferFilter(programme=programme_id),
            rows=_SHOWN_OFFERS_MAX + 1,
        )
        names = union_names(session, paths=union_paths_of(found.eligibility))
        spending = spending_of(
            session,
            occasion=found.occasion,
            years=Years.of(found.starts_on, found.ends_on),
            besides=found.id,
        )
        waits_for = city_holders(session, roles=APPROVERS, besides=found.maker_id)
        people = names_of(
            session, account_ids=[each for each in (found.maker_id, found.approver_id) if each]
        )
    actor = current_actor()
    may_change = may_change_programmes()
    takes_offers = found.family is Family.DISCOUNT and found.state is not ProgrammeState.ENDED
    return render_template(
        "benefits/programme.html",
        form=form,
        programme=found,
        last_on=found.last_on,
        is_over=_is_over(found, now),
        eligibility=eligibility_sentences(found.eligibility, union_names=names),
        spending=spending,
        waits_for=waits_for,
        people=people,
        may_decide=may_approve(actor) and actor.id != found.maker_id,
        limits=limits,
        offers=offers[:_SHOWN_OFFERS_MAX],
        has_more=len(offers) > _SHOWN_OFFERS_MAX,
        may_change=may_change,
        may_offer=takes_offers and bool(changing_reach().merchants.paths),
        moves=PROGRAMME_MOVES[found.state],
        terms_sentence=terms_sentence,
        version_terms=version_terms,
        **_words(),
    ), form.status


def _is_over(programme: Programme, now: datetime) -> bool:
    return programme.ends_on is not None and shanghai_date(now) >= programme.ends_on


def _words() -> dict[str, Any]:
    return {
        "family_words": FAMILY_WORDS,
        "fund_words": FUND_WORDS,
        "programme_words": PROGRAMME_WORDS,
        "offer_words": OFFER_WORDS,
        "limit_sentence": limit_sentence,
        "quantity": quantity,
        "instrument_words": INSTRUMENT_WORDS,
        "ceiling_sentence": ceiling_sentence,
        "worded": worded,
    }


def ask_for_programme(form: Form, edited: Programme | None = None) -> ResponseReturnValue:
    """Show the form of a programme: of a new one, or of a draft that is written down anew."""
    with transaction() as session:
        rules = rules_in_force(session, years=Years.of(shanghai_date(utc_now()), None))
        unions = unions_within(session, paths=changing_reach().merchants.paths)
        funds = discount_funds(session)
    return render_template(
        "benefits/programme_form.html",
        form=form,
        edited=edited,
        occasions=[
            (
                each.rule.occasion,
                f"{worded(each.rule.name_zh, each.rule.name_en)} · {ceiling_sentence(each)}",
            )
            for each in rules
        ],
        instrument_words=INSTRUMENT_WORDS,
        worded=worded,
        unions=[(each.code, each.name) for each in unions],
        fund_words={fund: FUND_WORDS[fund] for fund in funds},
        status_words=STATUS_CHOICES,
        employment_words=EMPLOYMENT_WORDS,
        hardship_words=HARDSHIP_CHOICES,
    ), form.status


def back_to_programme(programme_id: UUID, sentence: str) -> ResponseReturnValue:
    return see_other(url_for("programmes_pages.programme", programme_id=programme_id), sentence)
