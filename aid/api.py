"""JSON endpoints of mutual aid, for the member: schemes, papers, claims."""

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from aid.errors import ClaimNotFound
from aid.models import AidClaim
from aid.queries import claim_of_member, claims_of_member, scheme_of
from aid.rules import PAPER_BYTES_MAX, LineAmounts, PaperLine, Step, Terms, Words
from aid.schemas import (
    ClaimPage,
    ClaimQuery,
    ClaimRequestBody,
    ClaimResponse,
    PaperFile,
    PaperForm,
    PaperResponse,
    ResubmissionBody,
    SchemeList,
    SimulationBody,
    SimulationResponse,
)
from aid.services import (
    ClaimRequest,
    resubmit_claim,
    simulate_claim,
    store_paper,
    submit_claim,
    withdraw_claim,
)
from aid.services.sheet import ClaimSheet, SchemeSheet, my_schemes, own_sheet
from benefits.rules import Reason
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.money import Fen
from kernel.web import REPLAYED_HEADER, Blueprint, current_actor, decode_id_cursor, encode_cursor

api = Blueprint("aid_api", __name__, description="Mutual aid: schemes, papers, claims")

# What a multipart body has beside the file itself.
_ENVELOPE_BYTES = 16 * 1024

P = ParamSpec("P")
T = TypeVar("T")


def takes_paper(view: Callable[P, T]) -> Callable[P, T]:
    """Let one paper through, where other bodies stay small: said before the body is read."""

    @wraps(view)
    def with_room(*args: P.args, **kwargs: P.kwargs) -> T:
        request.max_content_length = PAPER_BYTES_MAX + _ENVELOPE_BYTES
        return view(*args, **kwargs)

    return with_room


@api.get("/aid/schemes")
@api.response(200, SchemeList)
def list_schemes() -> ResponseReturnValue:
    """Say which schemes there are, whether I am covered, and why or why not."""
    with transaction() as session:
        sheets = my_schemes(session, member_id=current_actor().member_id, now=utc_now())
    return {"items": [_scheme(sheet) for sheet in sheets]}


@api.post("/aid/documents")
@takes_paper
@api.arguments(PaperForm, location="form")
@api.arguments(PaperFile, location="files")
@api.response(201, PaperResponse)
def add_document(form: dict[str, Any], files: dict[str, Any]) -> ResponseReturnValue:
    """Hand in a paper (multipart/form-data) for a claim to name. Unclaimed, it is forgotten."""
    content = files["file"].read()
    with transaction() as session:
        stored = store_paper(
            session,
            member_id=current_actor().member_id,
            kind=form["kind"],
            content=content,
            now=utc_now(),
        )
    return _paper(stored.document), 201, _replayed(replayed=stored.replayed)


@api.post("/aid/claims/simulate")
@api.arguments(SimulationBody)
@api.response(200, SimulationResponse)
def simulate(body: dict[str, Any]) -> ResponseReturnValue:
    """Say what a claim would come to, step by step; keeps nothing."""
    with transaction() as session:
        found = simulate_claim(
            session,
            member_id=current_actor().member_id,
            scheme=body["scheme"],
            event_type=body["event_type"],
            event_date=body["event_date"],
            lines=[_amounts(line) for line in body["lines"]],
            now=utc_now(),
        )
    calculation = found.calculation
    return {
        "covered": not found.ground.reasons,
        "reasons": [_reason(each) for each in found.ground.reasons],
        "steps": [_step(step, found.ground.terms) for step in calculation.steps]
        if calculation
        else [],
        "benefit_fen": calculation.benefit_fen if calculation else 0,
    }


@api.post("/aid/claims")
@api.arguments(ClaimRequestBody)
@api.response(201, ClaimResponse)
def claim(body: dict[str, Any]) -> ResponseReturnValue:
    """Claim under a scheme, with the papers that were handed in before."""
    asked = ClaimRequest(
        id=body["id"],
        scheme=body["scheme"],
        event_type=body["event_type"],
        event_date=body["event_date"],
        lines=tuple(_line(line) for line in body["lines"]),
        document_ids=tuple(body["documents"]),
    )
    with transaction() as session:
        member_id = current_actor().member_id
        answer = submit_claim(session, member_id=member_id, request=asked, now=utc_now())
        sheet = own_sheet(session, claim=answer.claim)
    return _claim(sheet), 201, _replayed(replayed=answer.replayed)


@api.get("/aid/claims")
@api.arguments(ClaimQuery, location="query")
@api.response(200, ClaimPage)
def list_claims(query: dict[str, Any]) -> ResponseReturnValue:
    """List my claims, newest first."""
    with transaction() as session:
        claims = claims_of_member(
            session,
            member_id=current_actor().member_id,
            after=decode_id_cursor(query["cursor"]) if "cursor" in query else None,
            rows=query["rows"],
        )
        items = [_item(each, scheme_of(session, claim=each)[0]) for each in claims]
    more = len(claims) == query["rows"]
    return {"items": items, "next_cursor": encode_cursor(str(claims[-1].id)) if more else None}


@api.get("/aid/claims/<uuid:claim_id>")
@api.response(200, ClaimResponse)
def show_claim(claim_id: UUID) -> ResponseReturnValue:
    """Show one of my claims: where it stands, what it comes to and by which articles."""
    with transaction() as session:
        found = claim_of_member(session, claim_id=claim_id, member_id=current_actor().member_id)
        if found is None:
            raise ClaimNotFound
        sheet = own_sheet(session, claim=found)
    return _claim(sheet)


@api.post("/aid/claims/<uuid:claim_id>/resubmit")
@api.arguments(ResubmissionBody)
@api.response(200, ClaimResponse)
def resubmit(body: dict[str, Any], claim_id: UUID) -> ResponseReturnValue:
    """Hand a returned claim in again: all its lines, and the papers that were missing."""
    with transaction() as session:
        answer = resubmit_claim(
            session,
            member_id=current_actor().member_id,
            claim_id=claim_id,
            lines=tuple(_line(line) for line in body["lines"]),
            document_ids=tuple(body["documents"]),
            now=utc_now(),
        )
        sheet = own_sheet(session, claim=answer.claim)
    return _claim(sheet), 200, _replayed(replayed=answer.replayed)


@api.post("/aid/claims/<uuid:claim_id>/withdraw")
@api.response(200, ClaimResponse)
def withdraw(claim_id: UUID) -> ResponseReturnValue:
    """Take a claim back before it is payable; its papers may be claimed again."""
    with transaction() as session:
        answer = withdraw_claim(
            session, member_id=current_actor().member_id, claim_id=claim_id, now=utc_now()
        )
        sheet = own_sheet(session, claim=answer.claim)
    return _claim(sheet), 200, _replayed(replayed=answer.replayed)


def _replayed(*, replayed: bool) -> dict[str, str]:
    return {REPLAYED_HEADER: "true"} if replayed else {}


def _amounts(line: dict[str, Any]) -> LineAmounts:
    return LineAmounts(Fen(line["pool_paid_fen"]), Fen(line["self_paid_fen"]), line["days"])


def _line(line: dict[str, Any]) -> PaperLine:
    return PaperLine(line["invoice_no"], line["hospital"], line["admission_no"], _amounts(line))


def _worded(zh: str, en: str) -> str:
    return zh if str(get_locale()).startswith("zh") else en


def _reason(reason: Reason) -> dict[str, str]:
    return {
        "code": reason.code,
        "text": gettext(reason.text),
        "next_step": gettext(reason.next_step, **reason.facts),
    }


def _paper(paper: Any) -> dict[str, Any]:
    return {
        "id": paper.id,
        "kind": paper.kind,
        "media_type": paper.media_type,
        "size_bytes": paper.size_bytes,
    }


def _step(step: Step, terms: Terms | None) -> dict[str, Any]:
    """Return a step with the words of its article in the version that the amount rests on."""
    article = terms.articles.get(step.article) if terms is not None else None
    text = _worded(article.zh, article.en) if article is not None else None
    return asdict(step) | {"article_text": text}


def _kind(kind: str, words: Words) -> dict[str, str]:
    return {"kind": kind, "title": _worded(words.zh, words.en)}


def _event_title(sheet: ClaimSheet) -> str | None:
    words = sheet.terms.events.get(sheet.event_type) if sheet.event_type is not None else None
    return _worded(words.zh, words.en) if words is not None else sheet.event_type


def _item(claim: AidClaim, scheme: Any) -> dict[str, Any]:
    return {
        "id": claim.id,
        "state": claim.state.value,
        "scheme": scheme.code,
        "scheme_name": _worded(scheme.name_zh, scheme.name_en),
        "event_date": claim.event_date,
        "benefit_fen": claim.benefit_fen,
        "submitted_at": claim.submitted_at,
        "waiting_since": claim.waiting_since,
    }


def _claim(sheet: ClaimSheet) -> dict[str, Any]:
    kinds = [_kind(kind, words) for kind, words in sheet.terms.papers.items()]
    return _item(sheet.claim, sheet.scheme) | {
        "event_type": sheet.event_type,
        "event_title": _event_title(sheet),
        "steps": [_step(step, sheet.terms) for step in sheet.steps],
        "lines": [asdict(line) for line in sheet.lines],
        "documents": [_paper(paper) for paper in sheet.papers],
        "paper_kinds": kinds,
        "missing_papers": [kind for kind in kinds if kind["kind"] in sheet.missing],
        "decisions": [
            {
                "kind": each.kind.value,
                "at": each.created_at,
                "note": each.note,
                "reason": each.reason,
                "papers": each.papers,
            }
            for each in sheet.decisions
        ],
    }


def _scheme(sheet: SchemeSheet) -> dict[str, Any]:
    terms, cover = sheet.terms, sheet.cover
    return {
        "scheme": sheet.scheme.code,
        "name": _worded(sheet.scheme.name_zh, sheet.scheme.name_en),
        "covered": any(not event.reasons for event in sheet.events),
        "cover": {
            "starts_on": cover.starts_on,
            "ends_on": cover.ends_on,
            "shares": cover.shares,
            "left": sheet.left,
        }
        if cover is not None
        else None,
        "filing_days": terms.filing_days,
        "events": [
            {
                "event_type": event.event_type,
                "title": _worded(words.zh, words.en),
                "waiting_days": terms.waiting_days(event.event_type),
                "covered": not event.reasons,
                "reasons": [_reason(each) for each in event.reasons],
            }
            for event in sheet.events
            for words in [terms.events[event.event_type]]
        ],
        "papers": [_kind(kind, words) for kind, words in terms.papers.items()],
        "articles": [
            {"article": number, "text": _worded(words.zh, words.en)}
            for number, words in terms.articles.items()
        ],
    }
