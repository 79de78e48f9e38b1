"""demo.json: what a load test, a browser test or an auditor needs to begin. Mode 0600."""

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.managers import manager_entries
from app.demo.people import Person
from app.demo.seed import demo_people, probe_offer_id
from cards.models import Card, CardState, Device
from kernel.actors import SYSTEM, Role
from kernel.phones import parse_phone
from kernel.secrets import blind_index, demo_code
from members.models import Member
from members.rules import PHONE_FIELD
from members.services import CONSENT_VERSIONS
from merchants.models import Merchant, MerchantKind, MerchantState, Site
from merchants.queries import pairing_code_is_usable
from merchants.services import issue_pairing_code
from staff.models import StaffAccount
from staff.services import create_account, grant_role, reset_credentials

# Only so many people are looked through for unused phones; the file needs sixty.
_PEOPLE_LOOKED_AT = 3000


def write_demo_file(
    session: Session, path: Path, *, data: dict[str, Any], base_url: str, now: datetime
) -> dict[str, Any]:
    """Write the demo file, keeping the sign-ins and the unused codes of the one before."""
    before: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    content = {
        "base_url": base_url,
        "sign_in_code": demo_code(),
        "consents": [
            {"purpose": purpose, "version": version}
            for purpose, version in CONSENT_VERSIONS.items()
            if purpose == "card_real_name"
        ],
        "staff": list(_staff(session, data, before=before, now=now)),
        "terminals": list(_terminals(session, data, before=before, now=now)),
        "managers": list(manager_entries(session)),
        "members": list(_members(session, data)),
        "probes": {
            "limited_offer_id": str(probe_offer_id(session, data)),
            "limit": data["probe"]["limit"]["maximum"],
        },
    }
    _write_private(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return content


def _write_private(path: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner only."""
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    unfinished.replace(path)


def _staff(
    session: Session, data: dict[str, Any], *, before: dict[str, Any], now: datetime
) -> Iterator[dict[str, str]]:
    known = {entry["username"]: entry for entry in before.get("staff", [])}
    for person in data["staff"]:
        account = session.scalars(
            select(StaffAccount).where(StaffAccount.username == person["username"])
        ).one_or_none()
        if account is not None and person["username"] in known:
            yield known[person["username"]]
            continue
        if account is None:
            credentials = create_account(
                session,
                actor=SYSTEM,
                username=person["username"],
                display_name=person["name"],
                union_code=person["union"],
                is_temporary=False,
                now=now,
            )
            grant_role(
                session,
                actor=SYSTEM,
                account_id=credentials.account.id,
                role=Role(person["role"]),
                union_code=person["union"],
                now=now,
            )
        else:
            credentials = reset_credentials(
                session, actor=SYSTEM, account_id=account.id, version=account.version, now=now
            )
        yield {
            "role": person["role"],
            "union": person["union"],
            "username": person["username"],
            "password": credentials.password,
            "totp_secret": credentials.totp_secret,
        }


def _terminals(
    session: Session, data: dict[str, Any], *, before: dict[str, Any], now: datetime
) -> Iterator[dict[str, str]]:
    """Yield an unpaired till at each of ten merchants and at each service site."""
    usable = {
        (entry["merchant"], entry["site"]): entry["pairing_code"]
        for entry in before.get("terminals", [])
        if pairing_code_is_usable(session, code=entry["pairing_code"], now=now)
    }
    for merchant, site in _till_places(session, data):
        code = usable.get((merchant.name, site.name)) or issue_pairing_code(
            session,
            site_id=site.id,
            actor=SYSTEM,
            now=now,
            lifetime=timedelta(days=data["tills"]["code_days"]),
        )
        yield {
            "merchant": merchant.name,
            "site": site.name,
            "kind": merchant.kind.value,
            "pairing_code": code,
        }


def _till_places(session: Session, data: dict[str, Any]) -> Iterator[tuple[Merchant, Site]]:
    for kind, count in (
        (MerchantKind.MERCHANT, data["tills"]["merchants"]),
        (MerchantKind.SERVICE_SITE, len(data["service_sites"])),
    ):
        rows = session.execute(
            select(Merchant, Site)
            .join(Site, Site.merchant_id == Merchant.id)
            .where(Merchant.kind == kind, Merchant.state == MerchantState.ACTIVE)
            .order_by(Merchant.created_at, Merchant.id)
            .limit(count)
        )
        yield from ((row.Merchant, row.Site) for row in rows)


def _members(session: Session, data: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield people whose cards are issued and who have not enrolled a device."""
    wanted = data["members"]
    enrolled = select(Device.card_id)
    persons: dict[bytes, Person] = {}
    for person in demo_people(session, data, count=_PEOPLE_LOOKED_AT):
        phone = parse_phone(person.phone)
        assert phone is not None
        persons[blind_index(PHONE_FIELD, phone)] = person
    rows = session.execute(
        select(Member.phone_index, Card.number)
        .join(Card, Card.member_id == Member.id)
        .where(Card.state.in_([CardState.ISSUED, CardState.ACTIVE]), Card.id.not_in(enrolled))
        .order_by(Card.number)
        .limit(_PEOPLE_LOOKED_AT)
    )
    for row in rows:
        found = persons.get(row.phone_index)
        if found is not None and wanted:
            wanted -= 1
            yield {
                "name": found.name,
                "phone": found.phone,
                "document_tail": found.document_tail,
                "card_number": row.number,
            }
