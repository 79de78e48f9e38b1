"""Who takes part: enrolled phones and paired tills, made by the services, kept between runs."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from flask import Flask
from sqlalchemy import select

from app.demo.people import Person
from app.demo.seed import demo_data, demo_people, has_members, probe_offer_id, seed
from bench.programmes import running_programme
from benefits.models import LimitScope, LimitUnit, LimitWindow
from benefits.rules import Terms
from benefits.services import LimitFacts, add_limit, add_offer
from cards.services import enrol_device, ensure_issuer_keys, start_enrolment
from cards.uc1.enrolment import enrolment_proof
from cards.uc1.keys import (
    new_private_key,
    private_key_bytes,
    private_key_from_bytes,
    public_jwk,
)
from cards.uc1.presentation import present
from kernel.actors import SYSTEM
from kernel.clock import unix, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.ids import new_id
from kernel.money import BasisPoints, Fen
from kernel.phones import parse_phone
from kernel.secrets import demo_code, token_hash
from ledger.models import Family, FundSource
from members.models import MemberSession
from members.services import CARD_CONSENT, CONSENT_VERSIONS, finish_sign_in, start_sign_in
from merchants.models import Merchant, MerchantKind, Site
from merchants.services import issue_pairing_code, pair_terminal

DEVICES = 2000
TILLS = 32
BILL_FEN = 6000
_PROGRAMME = "BENCH"
_FRESH_SECONDS = 3 * 24 * 3600


@dataclass(frozen=True)
class Phone:
    """An enrolled phone: its key and its credential."""

    key: EllipticCurvePrivateKey
    credential: bytes

    def show(self, moment: int) -> str:
        return present(self.credential, self.key, iat=moment)


@dataclass(frozen=True)
class World:
    """Everything a case needs: the phones, the tills' tokens, and an offer usable everywhere."""

    phones: list[Phone]
    tokens: list[str]
    offer_id: UUID


def prepare(app: Flask, folder: Path) -> World:
    """Return the world of `folder`, made anew when it is missing or its credentials are old."""
    kept = folder / "world.json"
    with app.app_context():
        if kept.exists() and time.time() - kept.stat().st_mtime < _FRESH_SECONDS:
            facts: dict[str, Any] = json.loads(kept.read_text())
        else:
            facts = _make()
            handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w") as file:
                json.dump(facts, file)
    return World(
        phones=[
            Phone(private_key_from_bytes(bytes.fromhex(key)), bytes.fromhex(credential))
            for key, credential in facts["phones"]
        ],
        tokens=facts["tokens"],
        offer_id=UUID(facts["offer_id"]),
    )


def _make() -> dict[str, Any]:
    now = utc_now()
    if not has_members():
        seed(size="demo", base_url="http://127.0.0.1:8000", now=now)
    data = demo_data()
    with transaction() as session:
        assert probe_offer_id(session, data) is not None
        people = list(demo_people(session, data, count=data["sizes"]["demo"]))
    phones: list[tuple[str, str]] = []
    for person in people:
        enrolled = _enrol(person)
        if enrolled is not None:
            phones.append(enrolled)
        if len(phones) == DEVICES:
            break
    return {"phones": phones, "tokens": _pair_tills(), "offer_id": str(_offer())}


def _enrol(person: Person) -> tuple[str, str] | None:
    """Sign a person in and enrol a phone, as the API does; None for who cannot."""
    phone = parse_phone(person.phone)
    assert phone is not None
    key = new_private_key()
    now = utc_now()
    with transaction() as session:
        start_sign_in(session, phone=phone, code=demo_code(), now=now)
        found = finish_sign_in(
            session,
            phone=phone,
            code=demo_code(),
            name=person.name,
            document_tail=person.document_tail,
            consents={CARD_CONSENT: CONSENT_VERSIONS[CARD_CONSENT]},
            now=now,
        )
        if isinstance(found, Refusal):
            return None
        member, token = found
        query = select(MemberSession.id).where(MemberSession.token_hash == token_hash(token))
        session_id = session.scalars(query).one()
        question = start_enrolment(session, session_id=session_id, now=now)
        issued = enrol_device(
            session,
            member_id=member.id,
            session_id=session_id,
            name="Bench phone",
            public_key=public_jwk(key.public_key()),
            proof=enrolment_proof(key, nonce=question.nonce, iat=unix(now)),
            now=now,
        )
    return private_key_bytes(key).hex(), issued.credential.hex()


def _pair_tills() -> list[str]:
    """Pair a till at each of so many merchants' sites and return the tokens."""
    now = utc_now()
    tokens = []
    with transaction() as session:
        query = (
            select(Site.id)
            .join(Merchant, Merchant.id == Site.merchant_id)
            .where(Merchant.kind == MerchantKind.MERCHANT)
            .limit(TILLS)
        )
        for site_id in session.scalars(query).all():
            code = issue_pairing_code(session, site_id=site_id, actor=SYSTEM, now=now)
            pairing = pair_terminal(
                session,
                pairing_code=code,
                name="Bench till",
                public_key=public_jwk(new_private_key().public_key()),
                address="127.0.0.1",
                now=now,
            )
            assert not isinstance(pairing, Refusal)
            tokens.append(pairing.token)
    return tokens


def _offer() -> UUID:
    """Offer something at every merchant, limited per member a day, that no run can use up."""
    now = utc_now()
    with transaction() as session:
        ensure_issuer_keys(session, base_url="http://127.0.0.1:8000", actor=SYSTEM, now=now)
        programme = running_programme(
            session,
            code=f"{_PROGRAMME}-{new_id().hex[-8:]}",
            name_zh="测速",
            name_en="Bench",
            family=Family.DISCOUNT,
            fund_source=FundSource.UNION_FUND,
            starts_on=now.date(),
            ends_on=None,
            eligibility=[{"rule": "membership", "statuses": ["active"]}],
            now=now,
        )
        offer = add_offer(
            session,
            actor=SYSTEM,
            programme_id=programme.id,
            merchant_id=None,
            title_zh="满50减40",
            title_en="40 off from 50",
            terms=Terms(
                "full_reduction", None, Fen(5000), Fen(4000), None, None, BasisPoints(7500), None
            ),
            assurances=["possession", "session"],
            valid_from=now,
            now=now,
        )
        add_limit(
            session,
            actor=SYSTEM,
            programme_id=programme.id,
            facts=LimitFacts(LimitScope.MEMBER, LimitWindow.DAY, LimitUnit.USES, 1_000_000),
            now=now,
        )
        return offer.id
