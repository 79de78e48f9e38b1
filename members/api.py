"""JSON endpoints of the register and of a member's sign-in."""

from typing import Any

from flask import current_app
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.gateway import gateway
from kernel.phones import parse_phone
from kernel.secrets import demo_code, new_code
from kernel.web import Blueprint, current_actor, decode_id_cursor, encode_cursor
from members.errors import CodesNotSent, SignInCodeWrong
from members.models import Notice
from members.queries import members_within, notices_of, unread_count
from members.schemas import (
    Accepted,
    CodeRequest,
    ConsentList,
    ConsentsRequest,
    MemberPage,
    MemberQuery,
    NoticePage,
    NoticeQuery,
    NoticesRead,
    SignedIn,
    SignInCorrectionRequest,
    SignInRequest,
    UnreadCount,
)
from members.services import (
    ConsentLine,
    ask_for_code,
    consents_of,
    end_session,
    finish_sign_in,
    give_consents,
    mark_read,
    mark_read_up_to,
    withdraw_consent,
)
from members.services.sign_in import SESSION_LIFE, ask_correction_before_sign_in

api = Blueprint("members_api", __name__, description="Members: sign-in and the register")

REGISTER_READERS = (Role.REGISTER_OFFICER, Role.AUDITOR)


@api.post("/members/sign-in/code")
@api.arguments(CodeRequest)
@api.response(202, Accepted)
def send_code(body: dict[str, Any]) -> ResponseReturnValue:
    """Send a sign-in code to a phone. The answer never tells whether anybody has that phone."""
    if gateway() is None:
        raise CodesNotSent
    phone = parse_phone(body["phone"])
    if phone is not None:
        code = demo_code() if current_app.config["SETTINGS"].is_demo else new_code()
        with transaction() as session:
            ask_for_code(session, phone=phone, code=code, is_chinese=_is_chinese(), now=utc_now())
    return {"ok": True}


@api.post("/members/sign-in")
@api.arguments(SignInRequest)
@api.response(200, SignedIn)
def sign_in(body: dict[str, Any]) -> ResponseReturnValue:
    """Exchange a code for a token; the first time name and document must match the register."""
    phone = parse_phone(body["phone"])
    if phone is None:
        raise SignInCodeWrong
    now = utc_now()
    with transaction() as session:
        outcome = finish_sign_in(
            session,
            phone=phone,
            code=body["code"],
            name=body["name"],
            document_tail=body["document_tail"],
            consents={each["purpose"]: each["version"] for each in body["consents"]},
            now=now,
        )
    # A wrong code was counted, so its transaction had to commit before it is refused.
    if isinstance(outcome, Refusal):
        raise outcome
    return {"token": outcome[1], "expires_at": now + SESSION_LIFE}


@api.post("/members/sign-in/correction")
@api.arguments(SignInCorrectionRequest)
@api.response(202, Accepted)
def ask_for_correction(body: dict[str, Any]) -> ResponseReturnValue:
    """Ask a register officer to look, for a proven phone whose sign-in does not match."""
    phone = parse_phone(body["phone"])
    if phone is None:
        raise SignInCodeWrong
    with transaction() as session:
        outcome = ask_correction_before_sign_in(session, **body | {"phone": phone}, now=utc_now())
    if isinstance(outcome, Refusal):
        raise outcome
    return {"ok": True}


@api.delete("/members/sign-in")
@api.response(204)
def sign_out() -> None:
    """End the session of the token that is sent."""
    actor = current_actor()
    assert actor.session_id is not None
    with transaction() as session:
        end_session(session, session_id=actor.session_id, now=utc_now())


@api.get("/members/me/consents")
@api.response(200, ConsentList)
def list_consents() -> ResponseReturnValue:
    """Say what a member is asked to agree to, and what they agreed to."""
    with transaction() as session:
        lines = consents_of(session, member_id=current_actor().member_id)
    return _consents(lines)


@api.post("/members/me/consents")
@api.arguments(ConsentsRequest)
@api.response(200, ConsentList)
def add_consents(body: dict[str, Any]) -> ResponseReturnValue:
    """Agree to one or more purposes, each in the version of its text that was read."""
    member_id = current_actor().member_id
    with transaction() as session:
        given = {each["purpose"]: each["version"] for each in body["consents"]}
        give_consents(session, member_id=member_id, consents=given, now=utc_now())
        lines = consents_of(session, member_id=member_id)
    return _consents(lines)


@api.delete("/members/me/consents/<string:purpose>")
@api.response(200, ConsentList)
def end_consent(purpose: str) -> ResponseReturnValue:
    """Withdraw a consent: what needed it stops."""
    member_id = current_actor().member_id
    with transaction() as session:
        withdraw_consent(session, member_id=member_id, purpose=purpose, now=utc_now())
        lines = consents_of(session, member_id=member_id)
    return _consents(lines)


def _consents(lines: list[ConsentLine]) -> dict[str, Any]:
    is_chinese = _is_chinese()
    return {
        "items": [
            {
                "purpose": line.text.purpose,
                "version": line.text.version,
                "title": line.text.title_zh if is_chinese else line.text.title_en,
                "text": line.text.text_zh if is_chinese else line.text.text_en,
                "given_at": line.given_at,
            }
            for line in lines
        ]
    }


@api.get("/members/me/notices")
@api.arguments(NoticeQuery, location="query")
@api.response(200, NoticePage)
def list_notices(query: dict[str, Any]) -> ResponseReturnValue:
    """List what the member was told, newest first, and how much of it they have not read."""
    member_id = current_actor().member_id
    after = decode_id_cursor(query["cursor"]) if "cursor" in query else None
    with transaction() as session:
        notices = notices_of(session, member_id=member_id, after=after, rows=query["rows"])
        unread = unread_count(session, member_id=member_id)
    more = len(notices) == query["rows"]
    return {
        "items": [_notice(each) for each in notices],
        "next_cursor": encode_cursor(str(notices[-1].id)) if more else None,
        "unread": unread,
    }


@api.post("/members/me/notices/read")
@api.arguments(NoticesRead)
@api.response(200, UnreadCount)
def read_notices(body: dict[str, Any]) -> ResponseReturnValue:
    """Note that the member read some notices; ids that are not theirs are passed over."""
    member_id = current_actor().member_id
    now = utc_now()
    with transaction() as session:
        if "ids" in body:
            mark_read(session, member_id=member_id, notice_ids=body["ids"], now=now)
        else:
            mark_read_up_to(session, member_id=member_id, notice_id=body["up_to"], now=now)
        unread = unread_count(session, member_id=member_id)
    return {"unread": unread}


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "kind": notice.kind,
        "title": notice.title_zh if _is_chinese() else notice.title_en,
        "place": notice.place,
        "created_at": notice.created_at,
        "read_at": notice.read_at,
    }


def _is_chinese() -> bool:
    return str(get_locale()).startswith("zh")


@api.get("/members")
@api.arguments(MemberQuery, location="query")
@api.response(200, MemberPage)
def list_members(query: dict[str, Any]) -> ResponseReturnValue:
    """List the members of the unions that the caller looks after, masked."""
    after = decode_id_cursor(query["cursor"]) if "cursor" in query else None
    with transaction() as session:
        lines = members_within(
            session,
            paths=current_actor().paths(*REGISTER_READERS),
            union_code=query.get("union_code"),
            after=after,
            rows=query["rows"],
        )
    more = len(lines) == query["rows"]
    return {"items": lines, "next_cursor": encode_cursor(str(lines[-1].id)) if more else None}
