"""JSON endpoints of a till about itself. Pairing stands in `cards`, which knows the root key."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue
from flask_babel import gettext

from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.web import REPLAYED_HEADER, Blueprint, current_actor
from merchants.models import Occupation, SanctionKind
from merchants.queries import (
    SanctionLine,
    TerminalFacts,
    sanctions_of,
    terminal_facts,
    visits_on,
)
from merchants.rules import OCCUPATION_WORDS, SANCTION_WORDS
from merchants.schemas import (
    SanctionAppealRequest,
    SanctionAppealSaid,
    SanctionList,
    TerminalResponse,
    VisitRequest,
    VisitsOfToday,
)
from merchants.services import (
    appeal_sanction,
    count_visit,
    note_terminal_seen,
    take_visit_back,
)

api = Blueprint("merchants_api", __name__, description="Tills: what they are and where they stand")


@api.get("/terminals/me")
@api.response(200, TerminalResponse)
def show_terminal() -> TerminalFacts:
    """Say what the calling till is, where it stands and whether it may redeem."""
    terminal_id = current_actor().id
    assert terminal_id is not None
    with transaction() as session:
        facts = terminal_facts(session, terminal_id=terminal_id)
        note_terminal_seen(session, terminal_id=terminal_id, now=utc_now())
    return facts


@api.get("/terminals/me/sanctions")
@api.response(200, SanctionList)
def list_sanctions() -> dict[str, Any]:
    """List what the union has done about this till's merchant and why, what stands first."""
    with transaction() as session:
        lines = sanctions_of(session, merchant_id=current_actor().till.merchant_id)
    return {"items": [_sanction(line) for line in lines]}


@api.post("/terminals/me/sanctions/appeals")
@api.arguments(SanctionAppealRequest)
@api.response(201, SanctionAppealSaid)
def appeal(body: dict[str, Any]) -> ResponseReturnValue:
    """Appeal against a measure; another person than who set it answers."""
    actor = current_actor()
    with transaction() as session:
        made, was_known = appeal_sanction(
            session,
            actor=actor,
            merchant_id=actor.till.merchant_id,
            sanction_id=body["sanction_id"],
            appeal_id=body["id"],
            text=body["text"],
            now=utc_now(),
        )
    headers = {REPLAYED_HEADER: "true"} if was_known else {}
    return made, 201, headers  # type: ignore[return-value]


@api.get("/visits/today")
@api.response(200, VisitsOfToday)
def list_visits() -> dict[str, Any]:
    """Say how many came to this till's site today, by what they do."""
    day = shanghai_date(utc_now())
    with transaction() as session:
        counts = visits_on(session, site_id=current_actor().till.site_id, day=day)
    return _visits(day, counts)


@api.post("/visits")
@api.arguments(VisitRequest)
@api.response(201, VisitsOfToday)
def add_visit(body: dict[str, Any]) -> ResponseReturnValue:
    """Count a visitor of this service site, nameless. The same id is counted once."""
    now, till = utc_now(), current_actor().till
    day = shanghai_date(now)
    with transaction() as session:
        was_known = count_visit(
            session, till=till, visit_id=body["id"], occupation=body["occupation"], now=now
        )
        counts = visits_on(session, site_id=till.site_id, day=day)
    return _visits(day, counts), 201, {REPLAYED_HEADER: "true"} if was_known else {}


@api.delete("/visits/<uuid:visit_id>")
@api.response(200, VisitsOfToday)
def remove_visit(visit_id: UUID) -> dict[str, Any]:
    """Take a visit of today back, which this till counted by mistake."""
    now, till = utc_now(), current_actor().till
    day = shanghai_date(now)
    with transaction() as session:
        take_visit_back(session, till=till, visit_id=visit_id, now=now)
        counts = visits_on(session, site_id=till.site_id, day=day)
    return _visits(day, counts)


def _visits(day: date, counts: Mapping[Occupation, int]) -> dict[str, Any]:
    return {
        "day": day,
        "total": sum(counts.values()),
        "items": [
            {"occupation": each, "title": gettext(OCCUPATION_WORDS[each]), "count": count}
            for each, count in counts.items()
        ],
    }


def _sanction(line: SanctionLine) -> dict[str, Any]:
    sanction = line.sanction
    return {
        "sanction_id": sanction.id,
        "kind": sanction.kind,
        "kind_text": gettext(SANCTION_WORDS[SanctionKind(sanction.kind)]),
        "reason": sanction.reason,
        "set_at": sanction.set_at,
        "lifted_at": sanction.lifted_at,
        "lift_reason": sanction.lift_reason,
        "appeals": line.appeals,
    }
