"""JSON endpoints of what a member can use: the list, and where each offer counts."""

from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from benefits.models import LimitUnit, LimitWindow, OfferKind
from benefits.rules import Reason, condition_sentences, shares_said, terms_said
from benefits.schemas import BenefitPage, BenefitQuery, BenefitSitePage, BenefitSiteQuery
from benefits.services import OwnBenefit, benefits_of_member, sites_of_benefit
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.web import Blueprint, current_actor, decode_id_cursor, encode_cursor

api = Blueprint("benefits_api", __name__, description="Benefits: what a member can use")


@api.get("/members/me/benefits")
@api.arguments(BenefitQuery, location="query")
@api.response(200, BenefitPage)
def list_benefits(query: dict[str, Any]) -> ResponseReturnValue:
    """List what is offered to the member, judged as a till would judge it now."""
    with transaction() as session:
        found = benefits_of_member(
            session,
            member_id=current_actor().member_id,
            now=utc_now(),
            rows=query["rows"],
            kind=query.get("kind"),
            words=query.get("q"),
            after=decode_id_cursor(query["cursor"]) if "cursor" in query else None,
        )
    more = len(found) == query["rows"]
    last = found[-1].offer.line.offer_id if more else None
    return {
        "items": [_benefit(each) for each in found],
        "next_cursor": encode_cursor(str(last)) if last else None,
    }


@api.get("/members/me/benefits/<uuid:offer_id>/sites")
@api.arguments(BenefitSiteQuery, location="query")
@api.response(200, BenefitSitePage)
def list_sites(query: dict[str, Any], offer_id: UUID) -> ResponseReturnValue:
    """List where an offer counts. The phone may say a district, never where it is."""
    with transaction() as session:
        sites = sites_of_benefit(
            session,
            member_id=current_actor().member_id,
            offer_id=offer_id,
            district=query.get("district"),
            now=utc_now(),
            after=decode_id_cursor(query["cursor"]) if "cursor" in query else None,
            rows=query["rows"],
        )
    more = len(sites) == query["rows"]
    return {
        "items": [asdict(site) for site in sites],
        "next_cursor": encode_cursor(str(sites[-1].id)) if more else None,
    }


def _benefit(each: OwnBenefit) -> dict[str, Any]:
    offer, line = each.offer, each.offer.line
    first = each.reasons[0] if each.reasons else None
    return {
        "offer_id": line.offer_id,
        "title": _titled(line.title_zh, line.title_en),
        "kind": OfferKind(line.terms.kind),
        "terms": terms_said(line.terms, _, to_member=True),
        "conditions": condition_sentences(replace(line.conditions, stack_group=None), _),
        "who_pays": shares_said(line.terms, _, to_member=True),
        "merchant": offer.merchant,
        "category": offer.category,
        "programme": _titled(offer.programme_zh, offer.programme_en),
        "usable": each.usable,
        "reason": first.code if first else None,
        "reason_text": gettext(first.text) if first else None,
        "next_step": _next_step(first) if first else None,
        "needs_challenge": line.needs_challenge,
        "left": each.mine.left if each.mine else None,
        "left_unit": LimitUnit(each.mine.unit) if each.mine else None,
        "left_window": LimitWindow(each.mine.window) if each.mine else None,
        "ends_at": each.ends_at,
        "districts": [asdict(sites) for sites in each.sites],
    }


def _titled(zh: str, en: str) -> str:
    return zh if str(get_locale()).startswith("zh") else en


def _(sentence: str, **facts: object) -> str:
    return str(gettext(sentence, **facts))


def _next_step(reason: Reason) -> str:
    return _(reason.next_step, **reason.facts)
