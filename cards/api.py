"""JSON endpoints of cards: the member's own, the public lists, and a till's pairing."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from marshmallow import ValidationError

from cards.errors import PhoneUnreadable
from cards.models import CardState
from cards.queries import (
    RecordLine,
    RecordPlace,
    appeals_of_card,
    card_policy,
    live_devices,
    own_card,
    records_of_member,
    year_totals,
)
from cards.rules import issue_year
from cards.schemas import (
    AppealRequest,
    AppealResponse,
    CardResponse,
    ChallengeResponse,
    CredentialResponse,
    DeviceDeviceEnrolmentRequest,
    DeviceNameRequest,
    LostElsewhereRequest,
    LostElsewhereResponse,
    LostRequest,
    LostResponse,
    RecordPage,
    RecordQuery,
    RestoreRequest,
    SliceResponse,
    TerminalChallengeResponse,
)
from cards.services import (
    IssuedCredential,
    Slice,
    appeal,
    apply_for_card,
    close_challenges,
    confirm_membership,
    cooling_until,
    enrol_device,
    issue_slice,
    refresh_credential,
    rename_device,
    report_lost,
    report_lost_elsewhere,
    restore_by_device,
    retire_device,
    root_public_key,
    start_challenge,
    start_enrolment,
    status_token,
    trust_list_token,
)
from cards.uc1.keys import base64url, public_jwk
from cards.uc1.status import TYP as STATUS_TYPE
from cards.uc1.trust import TYP as TRUST_TYPE
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.phones import parse_phone
from kernel.qr import qr_svg
from kernel.web import Blueprint, current_actor, decode_cursor, encode_cursor
from merchants.schemas import PairRequest, PairResponse
from merchants.services import pair_terminal

api = Blueprint("cards_api", __name__, description="Cards: the member's own, phones, public lists")

# A dropped key or a revoked card is to be known within minutes; the ETag makes asking cheap.
_LIST_SECONDS = 300
_BYTES: dict[str, str] = {"type": "string", "format": "binary"}


@api.get("/cards/me")
@api.response(200, CardResponse)
def show_card() -> ResponseReturnValue:
    """Return the member's card, its state and its phones."""
    return _card_of(_member_id())


@api.post("/cards/me")
@api.response(201, CardResponse)
@api.alt_response(200, schema=CardResponse, description="There is a card already: this one.")
def apply_for_own_card() -> ResponseReturnValue:
    """Apply for a card. Whoever has one gets the same again."""
    member_id = _member_id()
    with transaction() as session:
        _, is_new = apply_for_card(session, member_id=member_id, now=utc_now())
    return _card_of(member_id), HTTPStatus.CREATED if is_new else HTTPStatus.OK


@api.get("/cards/me/slice")
@api.response(200, SliceResponse)
def show_slice() -> Slice:
    """Return a text that shows the card for thirty seconds, for a phone that can hold no key."""
    with transaction() as session:
        return issue_slice(session, member_id=_member_id(), now=utc_now())


@api.get("/cards/me/slice.svg")
@api.response(200, _BYTES, content_type="image/svg+xml")
def draw_slice() -> ResponseReturnValue:
    """Return the same, drawn as a QR code; `X-Expires-At` says until when it is good."""
    with transaction() as session:
        shown = issue_slice(session, member_id=_member_id(), now=utc_now())
    answer = Response(qr_svg(shown.text), content_type="image/svg+xml")
    answer.headers["X-Expires-At"] = shown.expires_at.isoformat()
    answer.headers["Cache-Control"] = "no-store"
    return answer


@api.post("/cards/me/devices/challenge")
@api.response(201, ChallengeResponse)
def ask_device() -> ResponseReturnValue:
    """Return the question that a phone signs to be enrolled."""
    with transaction() as session:
        question = start_enrolment(session, session_id=_session_id(), now=utc_now())
    return {"nonce": base64url(question.nonce), "expires_at": question.expires_at}


@api.post("/cards/me/devices")
@api.arguments(DeviceDeviceEnrolmentRequest)
@api.response(201, CredentialResponse)
def add_device(body: dict[str, Any]) -> ResponseReturnValue:
    """Put the card on a phone that proves to hold its key. The first one activates the card."""
    now = utc_now()
    with transaction() as session:
        issued = enrol_device(
            session,
            member_id=_member_id(),
            session_id=_session_id(),
            name=body["name"],
            public_key=body["public_key"],
            proof=body["enrolment"],
            now=now,
        )
        return _credential(issued, root_key=root_public_key(session, now=now))


@api.post("/cards/me/devices/<uuid:device_id>/credential")
@api.response(201, CredentialResponse)
def renew_credential(device_id: UUID) -> ResponseReturnValue:
    """Return a fresh credential for a phone; the one before is invalid from now on."""
    now = utc_now()
    with transaction() as session:
        issued = refresh_credential(session, member_id=_member_id(), device_id=device_id, now=now)
        return _credential(issued, root_key=root_public_key(session, now=now))


@api.patch("/cards/me/devices/<uuid:device_id>")
@api.arguments(DeviceNameRequest)
@api.response(200, CardResponse)
def name_device(body: dict[str, Any], device_id: UUID) -> ResponseReturnValue:
    """Call a phone something else."""
    with transaction() as session:
        rename_device(
            session,
            member_id=_member_id(),
            device_id=device_id,
            name=body["name"],
            now=utc_now(),
        )
    return _card_of(_member_id())


@api.delete("/cards/me/devices/<uuid:device_id>")
@api.response(204)
def remove_device(device_id: UUID) -> None:
    """Take the card off a phone."""
    with transaction() as session:
        retire_device(session, member_id=_member_id(), device_id=device_id, now=utc_now())


@api.post("/cards/me/lost")
@api.arguments(LostRequest)
@api.response(200, LostResponse)
def lose_card(body: dict[str, Any]) -> ResponseReturnValue:
    """Report the card lost: every code of it is refused from now on."""
    with transaction() as session:
        card = report_lost(
            session,
            member_id=_member_id(),
            session_id=_session_id(),
            what=body["what"],
            device_id=body["device_id"],
            now=utc_now(),
        )
    return {"card_id": card.id, "state": card.state}


@api.post("/cards/lost")
@api.arguments(LostElsewhereRequest)
@api.response(202, LostElsewhereResponse)
def lose_card_elsewhere(body: dict[str, Any]) -> ResponseReturnValue:
    """Report a card lost without signing in. The answer never tells whether it was found."""
    phone = parse_phone(body["phone"])
    if phone is None:
        raise PhoneUnreadable
    with transaction() as session:
        refusal = report_lost_elsewhere(
            session,
            phone=phone,
            name=body["name"],
            document_tail=body["document_tail"],
            address=request.remote_addr or "",
            now=utc_now(),
        )
    # The try was counted, so its transaction had to commit before it is refused.
    if refusal is not None:
        raise refusal
    return {"ok": True}


@api.post("/cards/me/restore")
@api.arguments(RestoreRequest)
@api.response(200, CardResponse)
def restore_own_card(body: dict[str, Any]) -> ResponseReturnValue:
    """Use a lost card again, by the proof of a phone that still has it."""
    with transaction() as session:
        restore_by_device(
            session,
            member_id=_member_id(),
            session_id=_session_id(),
            device_id=body["device_id"],
            proof=body["enrolment"],
            replace=body["replace"],
            now=utc_now(),
        )
    return _card_of(_member_id())


@api.post("/cards/me/appeals")
@api.arguments(AppealRequest)
@api.response(201, AppealResponse)
def appeal_freeze(body: dict[str, Any]) -> ResponseReturnValue:
    """Say why the freeze of the card is wrong; somebody at a desk answers."""
    with transaction() as session:
        made = appeal(session, member_id=_member_id(), text=body["text"], now=utc_now())
        return asdict(appeals_of_card(session, card_id=made.card_id, rows=1)[0])


@api.post("/cards/me/confirmation")
@api.response(200, CardResponse)
def confirm_own_membership() -> ResponseReturnValue:
    """Confirm that I still am a member: the card does not expire, or can be used again."""
    with transaction() as session:
        confirm_membership(session, member_id=_member_id(), now=utc_now())
    return _card_of(_member_id())


@api.get("/members/me/records")
@api.arguments(RecordQuery, location="query")
@api.response(200, RecordPage)
def list_records(query: dict[str, Any]) -> ResponseReturnValue:
    """Return discounts, aid, training and the card's own events in one timeline, newest first."""
    before = _place(query["cursor"]) if "cursor" in query else None
    year = query.get("year", issue_year(utc_now()))
    with transaction() as session:
        lines = records_of_member(
            session,
            member_id=_member_id(),
            kind=query.get("kind"),
            before=before,
            rows=query["rows"],
        )
        totals = year_totals(session, member_id=_member_id(), year=year)
    more = len(lines) == query["rows"]
    return {
        "items": [_record(line) for line in lines],
        "next_cursor": _cursor(lines[-1]) if more else None,
        "totals": totals,
    }


@api.get("/trust-list")
@api.response(200, _BYTES, content_type=TRUST_TYPE)
@api.alt_response(304, description="What you have is the newest.")
def show_trust_list() -> ResponseReturnValue:
    """Return the issuer keys in force, signed by the root key."""
    with transaction() as session:
        token = trust_list_token(session, now=utc_now())
    return _public(token, TRUST_TYPE)


@api.get("/status/<int:number>")
@api.response(200, _BYTES, content_type=STATUS_TYPE)
@api.alt_response(304, description="What you have is the newest.")
def show_status_list(number: int) -> ResponseReturnValue:
    """Return one whole list of revoked and suspended credentials, signed (Token Status List)."""
    with transaction() as session:
        token = status_token(session, number=number, now=utc_now())
    return _public(token, STATUS_TYPE)


@api.post("/terminals/pair")
@api.arguments(PairRequest)
@api.response(201, PairResponse)
def pair(body: dict[str, Any]) -> ResponseReturnValue:
    """Make a till of the device that shows a pairing code; its token is answered this once."""
    now = utc_now()
    with transaction() as session:
        root_key = root_public_key(session, now=now)
        paired = pair_terminal(
            session,
            pairing_code=body["pairing_code"],
            name=body["name"],
            public_key=body["public_key"],
            address=request.remote_addr or "",
            now=now,
        )
    # A wrong code was counted, so its transaction had to commit before it is refused.
    if isinstance(paired, Refusal):
        raise paired
    return asdict(paired) | {"root_key": public_jwk(root_key)}


@api.post("/terminals/me/challenges")
@api.response(201, TerminalChallengeResponse)
def ask_card() -> ResponseReturnValue:
    """Return a question that only a code made for this till, now, can answer."""
    till = current_actor()
    assert till.id is not None
    with transaction() as session:
        question = start_challenge(session, terminal_id=till.id, now=utc_now())
    return {
        "aud": till.code,
        "nonce": base64url(question.nonce),
        "expires_at": question.expires_at,
    }


@api.delete("/terminals/me/challenges")
@api.response(204)
def close_questions() -> None:
    """End this till's open questions: it takes plain codes again at once."""
    till = current_actor()
    assert till.id is not None
    with transaction() as session:
        close_challenges(session, terminal_id=till.id, now=utc_now())


def _member_id() -> UUID:
    member_id = current_actor().id
    assert member_id is not None
    return member_id


def _session_id() -> UUID:
    session_id = current_actor().session_id
    assert session_id is not None
    return session_id


def _card_of(member_id: UUID) -> Mapping[str, object]:
    now = utc_now()
    with transaction() as session:
        card = own_card(session, member_id=member_id)
        devices = live_devices(session, card_id=card.card_id, now=now)
        devices_max = card_policy(session).devices_max
        is_frozen = card.state is CardState.FROZEN
        appeals = appeals_of_card(session, card_id=card.card_id, rows=1) if is_frozen else []
        too_new_until = cooling_until(session, member_id=member_id, now=now) if devices else None
    return asdict(card) | {
        "appeal": appeals[0] if appeals else None,
        "number_too_new_until": too_new_until,
        "tail": card.tail,
        "has_standing": card.has_standing,
        "devices": devices,
        "devices_max": devices_max,
        "server_time": now,
    }


def _credential(
    issued: IssuedCredential, *, root_key: EllipticCurvePublicKey
) -> Mapping[str, object]:
    return {
        "device_id": issued.device_id,
        "credential": base64url(issued.credential),
        "expires_at": issued.expires_at,
        "root_key": public_jwk(root_key),
    }


def _record(line: RecordLine) -> Mapping[str, object]:
    is_chinese = str(get_locale()).startswith("zh")
    return asdict(line) | {"title": line.title_zh if is_chinese else line.title_en}


def _cursor(line: RecordLine) -> str:
    return encode_cursor(line.occurred_at.isoformat(), str(line.id))


def _place(cursor: str) -> RecordPlace:
    occurred_at, line_id = decode_cursor(cursor, parts=2)
    try:
        place = RecordPlace(datetime.fromisoformat(occurred_at), UUID(line_id))
    except ValueError:
        place = None
    if place is None or place.occurred_at.tzinfo is None:
        raise ValidationError({"cursor": ["Not a cursor of this list."]})
    return place


def _public(content: bytes, content_type: str) -> Response:
    """Answer with a list that anyone may keep: 304 to whoever has it already."""
    answer = Response(content, content_type=content_type)
    answer.add_etag()
    answer.cache_control.public = True
    answer.cache_control.max_age = _LIST_SECONDS
    answer.make_conditional(request)
    return answer
