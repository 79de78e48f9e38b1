"""JSON endpoints of "my data": what is held, who looked, corrections, moving unions, exports."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from marshmallow import ValidationError

from app.my_data.export import export_member
from app.my_data.held import held_data
from app.my_data.looks import Look, looks_at
from app.my_data.pdf import draw_copy
from app.my_data.schemas import (
    CorrectionBody,
    CorrectionList,
    ExportFile,
    LookPage,
    LookQuery,
    MyData,
    TransferBody,
    TransferList,
    UnionList,
    UnionQuery,
)
from audit.queries import Place
from cards.services.transfers import ask_for_transfer, withdraw_transfer
from kernel.clock import SHANGHAI, utc_now
from kernel.db import transaction
from kernel.masks import mask_document, mask_phone
from kernel.pages import attachment
from kernel.web import Blueprint, current_actor, decode_cursor, encode_cursor
from members.errors import MemberNotFound
from members.models import (
    MEMBER_DOCUMENT,
    MEMBER_NAME,
    MEMBER_PHONE,
    CorrectionRequest,
    Member,
    UnionOrg,
)
from members.queries import (
    TransferLine,
    corrections_of,
    member_by_id,
    parents_of,
    transfers_of,
    union_by_id,
    unions_named,
)
from members.services.correcting import asked_for
from members.services.corrections import ask_correction
from members.services.transfers import answer_of, reason_of

api = Blueprint("my_data_api", __name__, description="My data: held, looked at, put right, taken")

_BYTES: dict[str, str] = {"type": "string", "format": "binary"}


@api.get("/members/me")
@api.response(200, MyData)
def show_own() -> ResponseReturnValue:
    """Say what the register holds about the member, and every category of data there is."""
    member_id = current_actor().member_id
    with transaction() as session:
        member = member_by_id(session, member_id=member_id)
        if member is None:
            raise MemberNotFound
        union = union_by_id(session, union_id=member.union_id)
    return _own(member, union) | {"held": held_data(is_chinese=_is_chinese())}


def _own(member: Member, union: UnionOrg) -> dict[str, Any]:
    sealed = member.phone_sealed
    return {
        "name": MEMBER_NAME.open(member.id, member.name_sealed),
        "document_kind": member.document_kind,
        "document_masked": mask_document(MEMBER_DOCUMENT.open(member.id, member.document_sealed)),
        "phone_masked": mask_phone(MEMBER_PHONE.open(member.id, sealed)) if sealed else None,
        "union_code": union.code,
        "union_name": union.name,
        "status": member.status,
        "has_standing": member.has_standing(),
        "joined_on": member.joined_on,
        "born_on": member.born_on,
        "education": member.education,
        "employment": member.employment,
        "real_name_at": member.real_name_at,
        "changed_at": member.updated_at,
    }


@api.get("/members/me/views")
@api.arguments(LookQuery, location="query")
@api.response(200, LookPage)
def list_looks(query: dict[str, Any]) -> ResponseReturnValue:
    """List who looked at the member's data, by office, when and why; the newest first."""
    before = _place(query["cursor"]) if "cursor" in query else None
    member_id = current_actor().member_id
    with transaction() as session:
        looks = looks_at(session, member_id=member_id, before=before, rows=query["rows"])
    more = len(looks) == query["rows"]
    return {"items": looks, "next_cursor": _cursor(looks[-1]) if more else None}


def _cursor(look: Look) -> str:
    return encode_cursor(look.at.isoformat(), str(look.id))


def _place(cursor: str) -> Place:
    at, look_id = decode_cursor(cursor, parts=2)
    try:
        place = Place(datetime.fromisoformat(at), UUID(look_id))
    except ValueError:
        place = None
    if place is None or place.occurred_at.tzinfo is None:
        raise ValidationError({"cursor": ["Not a cursor of this list."]})
    return place


@api.get("/members/me/export.json")
@api.response(200, ExportFile)
def save_json() -> ResponseReturnValue:
    """Hand over all that is held, as a file for another service. It stands among the looks."""
    content = json.dumps(_export("json"), ensure_ascii=False, indent=2)
    return _file(content.encode(), "json", "application/json")


@api.get("/members/me/export.pdf")
@api.response(200, _BYTES, content_type="application/pdf")
def save_pdf() -> ResponseReturnValue:
    """Hand over all that is held, as pages to read. It stands among the looks."""
    now = utc_now()
    # Drawn after the transaction: it takes a second, and holds nothing meanwhile.
    content = draw_copy(_export("pdf"), made_at=now)
    return _file(content, "pdf", "application/pdf")


def _export(file_format: str) -> dict[str, Any]:
    with transaction() as session:
        return export_member(
            session,
            member_id=current_actor().member_id,
            is_chinese=_is_chinese(),
            file_format=file_format,
            now=utc_now(),
        )


def _file(content: bytes, extension: str, mimetype: str) -> Response:
    today = f"{utc_now().astimezone(SHANGHAI):%Y-%m-%d}"
    return attachment(content, filename=f"my-data-{today}.{extension}", mimetype=mimetype)


@api.get("/members/me/corrections")
@api.response(200, CorrectionList)
def list_corrections() -> ResponseReturnValue:
    """List what the member asked to have corrected, and what became of it."""
    with transaction() as session:
        found = corrections_of(session, member_id=current_actor().member_id)
    return {"items": [_correction(each) for each in found]}


@api.post("/members/me/corrections")
@api.arguments(CorrectionBody)
@api.response(201, CorrectionList)
def add_correction(body: dict[str, Any]) -> ResponseReturnValue:
    """Say that a fact in the register is wrong; saying it again changes the words."""
    member_id = current_actor().member_id
    with transaction() as session:
        ask_correction(
            session, member_id=member_id, field=body["field"], text=body["text"], now=utc_now()
        )
        found = corrections_of(session, member_id=member_id)
    return {"items": [_correction(each) for each in found]}


def _correction(request: CorrectionRequest) -> Mapping[str, object]:
    said = asked_for(request)
    return {
        "id": request.id,
        "field": request.field,
        "text": said.text,
        "state": request.state,
        "asked_at": request.created_at,
        "decided_at": request.decided_at,
        "answer": said.answer,
    }


@api.get("/members/me/transfers")
@api.response(200, TransferList)
def list_transfers() -> ResponseReturnValue:
    """List the member's moves between unions, the newest first."""
    with transaction() as session:
        found = transfers_of(session, member_id=current_actor().member_id)
    return {"items": [_transfer(each) for each in found]}


@api.post("/members/me/transfers")
@api.arguments(TransferBody)
@api.response(201, TransferList)
def ask_transfer(body: dict[str, Any]) -> ResponseReturnValue:
    """Ask another union to take the member over; every benefit goes on meanwhile."""
    member_id = current_actor().member_id
    with transaction() as session:
        ask_for_transfer(
            session,
            member_id=member_id,
            union_code=body["to"],
            reason=body["reason"],
            now=utc_now(),
        )
        found = transfers_of(session, member_id=member_id)
    return {"items": [_transfer(each) for each in found]}


@api.delete("/members/me/transfers/open")
@api.response(200, TransferList)
def take_transfer_back() -> ResponseReturnValue:
    """Take back the transfer that nobody has decided yet."""
    member_id = current_actor().member_id
    with transaction() as session:
        withdraw_transfer(session, member_id=member_id, now=utc_now())
        found = transfers_of(session, member_id=member_id)
    return {"items": [_transfer(each) for each in found]}


def _transfer(line: TransferLine) -> Mapping[str, object]:
    transfer = line.transfer
    return {
        "id": transfer.id,
        "from_name": line.from_name,
        "to_name": line.to_name,
        "to_code": line.to_code,
        "reason": reason_of(transfer),
        "state": transfer.state,
        "asked_at": transfer.asked_at,
        "escalated_at": transfer.escalated_at,
        "decided_at": transfer.decided_at,
        "answer": answer_of(transfer),
    }


@api.get("/unions")
@api.arguments(UnionQuery, location="query")
@api.response(200, UnionList)
def find_unions(query: dict[str, Any]) -> ResponseReturnValue:
    """Find a union to move to, by a part of its name or the beginning of its code."""
    with transaction() as session:
        found = unions_named(session, text=query["q"]) if "q" in query else []
        above = parents_of(session, unions=found)
    return {
        "items": [
            {"code": each.code, "name": each.name, "district": above.get(each.id, "")}
            for each in found
        ]
    }


def _is_chinese() -> bool:
    return str(get_locale()).startswith("zh")
