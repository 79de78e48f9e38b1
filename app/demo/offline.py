"""Sales without a network at two tills, signed and judged like any: one of each kind of verdict."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select
from sqlalchemy.orm import Session

from benefits.models import Offer, OfferVersion
from cards.models import Card, CardState, Device
from cards.services import enrol_device, start_enrolment
from cards.services.lifecycle import report_lost_at_desk
from cards.uc1.enrolment import enrolment_proof
from cards.uc1.keys import public_jwk
from cards.uc1.presentation import present
from discounts.models import OfflineRecord
from discounts.services import SentRecord, grant_lease, judge_record, read_records
from kernel.actors import SYSTEM, Till
from kernel.clock import from_unix, unix
from kernel.db import transaction
from kernel.ids import new_id
from kernel.jws import base64url, write_jws
from kernel.secrets import demo_code, token_hash
from members.models import MEMBER_DOCUMENT, MEMBER_NAME, MEMBER_PHONE, Member, MemberSession
from members.services import (
    CONSENT_VERSIONS,
    end_other_sessions,
    finish_sign_in,
    start_sign_in,
)
from merchants.models import Merchant, MerchantState, Site, SiteState
from merchants.services import Pairing, issue_pairing_code, pair_terminal

_CONSENT = "card_real_name"
_SMALL_FEN = 60_00
# Five per cent of it are the union's, and more than a lease grants of one sale.
_LARGE_FEN = 3_000_00
_SHOPPERS = 3
_TILLS = 2


def seed_offline(*, now: datetime) -> None:
    """Let two tills sell without a network, and send what they sold but one record.

    Safe to run again: nothing is sold where something was. Takes members from the end of the
    register, where the demo file does not come to.
    """
    with transaction() as session:
        if session.scalar(select(OfflineRecord.id).limit(1)) is not None:
            return
        places = _places(session)
        tills = [OfflineTill(session, site, now=now) for site, _ in places]
        phones = [DemoPhone(session, card, now=now) for card in unused_cards(session)]
        if len(tills) < _TILLS or len(phones) < _SHOPPERS:
            return
        # Lost after the tills' last contact: they cannot know.
        report_lost_at_desk(
            session, card_id=phones[2].card_id, reason="演示: 钱包丢了", actor=SYSTEM, now=now
        )
    till, other = tills
    (_, version), (_, others) = places
    seconds = count(unix(now) + 1)
    first = phones[0].shows(next(seconds))
    sent = [
        till.sells(first, version.id, _SMALL_FEN),
        till.sells(phones[1].shows(next(seconds)), version.id, _LARGE_FEN),
        till.sells(phones[0].shows(next(seconds)), version.id, _SMALL_FEN),
        till.sells(phones[2].shows(next(seconds)), version.id, _SMALL_FEN),
    ]
    send_records(till.place, [sent[0], sent[1], sent[3]], now=now)
    send_records(other.place, [other.sells(first, others.id, _SMALL_FEN)], now=now)


def _places(session: Session) -> list[tuple[Site, OfferVersion]]:
    """Return sites with an offer that a till can judge alone, of the last merchants to come."""
    query = (
        select(Site, OfferVersion)
        .join(Merchant, Merchant.id == Site.merchant_id)
        .join(Offer, Offer.merchant_id == Merchant.id)
        .join(OfferVersion, OfferVersion.offer_id == Offer.id)
        .where(
            Merchant.state == MerchantState.ACTIVE,
            Site.state == SiteState.OPEN,
            OfferVersion.kind == "percent",
            OfferVersion.union_share_bp > 0,
        )
        .order_by(Merchant.created_at.desc(), Merchant.id.desc())
        .limit(_TILLS)
    )
    return [(row.Site, row.OfferVersion) for row in session.execute(query)]


def unused_cards(session: Session) -> list[Card]:
    query = (
        select(Card)
        .where(Card.state == CardState.ISSUED, Card.id.not_in(select(Device.card_id)))
        .order_by(Card.number.desc())
        .limit(_SHOPPERS)
    )
    return list(session.scalars(query))


def _signed_in(session: Session, *, member_id: UUID, now: datetime) -> UUID:
    """Sign a member in as they would at first, with name, document and consent."""
    member = session.get_one(Member, member_id)
    assert member.phone_sealed is not None, "everybody in the demo's register has a phone"
    phone = MEMBER_PHONE.open(member.id, member.phone_sealed)
    start_sign_in(session, phone=phone, code=demo_code(), now=now)
    outcome = finish_sign_in(
        session,
        phone=phone,
        code=demo_code(),
        name=MEMBER_NAME.open(member.id, member.name_sealed),
        document_tail=MEMBER_DOCUMENT.open(member.id, member.document_sealed)[-4:],
        consents={_CONSENT: CONSENT_VERSIONS[_CONSENT]},
        now=now,
    )
    assert isinstance(outcome, tuple), f"the register knows them: {outcome}"
    found = select(MemberSession.id).where(MemberSession.token_hash == token_hash(outcome[1]))
    return session.scalars(found).one()


class DemoPhone:
    """A member's phone with a key of its own, enrolled at `now` and signed out again."""

    def __init__(self, session: Session, card: Card, *, now: datetime) -> None:
        self.card_id = card.id
        self._key = ec.generate_private_key(ec.SECP256R1())
        session_id = _signed_in(session, member_id=card.member_id, now=now)
        question = start_enrolment(session, session_id=session_id, now=now)
        issued = enrol_device(
            session,
            member_id=card.member_id,
            session_id=session_id,
            name="演示手机",
            public_key=public_jwk(self._key.public_key()),
            proof=enrolment_proof(self._key, nonce=question.nonce, iat=unix(now)),
            now=now,
        )
        self._credential = issued.credential
        end_other_sessions(session, member_id=card.member_id, but=None, now=now)

    def shows(self, second: int) -> "Shown":
        return Shown(present(self._credential, self._key, iat=second), from_unix(second))


@dataclass(frozen=True)
class Shown:
    """A code on a phone, and when it was signed."""

    text: str
    at: datetime


class OfflineTill:
    """A paired till with a lease; it numbers, chains and signs what it sells, as its page does."""

    def __init__(self, session: Session, site: Site, *, now: datetime) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._seq, self._prev = 0, ""
        paired = pair_terminal(
            session,
            pairing_code=issue_pairing_code(session, site_id=site.id, actor=SYSTEM, now=now),
            name="地下收银终端(演示)",
            public_key=public_jwk(self._key.public_key()),
            address="127.0.0.1",
            now=now,
        )
        assert isinstance(paired, Pairing), "a code that was just made pairs a till"
        self.place = Till(paired.terminal_id, site.id, site.merchant_id, paired.code)
        self.lease(session, now=now)

    def lease(self, session: Session, *, now: datetime) -> None:
        """Be online for a moment: what may be sold from now on."""
        self._lease_id = grant_lease(session, till=self.place, now=now).lease.id

    def sells(self, shown: Shown, version_id: UUID, gross_fen: int) -> str:
        """Return the next record of the chain, signed."""
        self._seq += 1
        said = {
            "id": str(new_id()),
            "seq": self._seq,
            "prev": self._prev,
            "presentation": shown.text,
            "offer_version": str(version_id),
            "gross_fen": gross_fen,
            "occurred_at": shown.at.isoformat(),
            "lease_id": str(self._lease_id),
        }
        record = write_jws(self._key, json.dumps(said).encode())
        self._prev = base64url(hashlib.sha256(record.encode()).digest())
        return record


def send_records(till: Till, records: Sequence[str], *, now: datetime) -> list[OfflineRecord]:
    """Have records judged as they are when they come over the network, each by itself."""
    judged = []
    with transaction() as session:
        read = read_records(session, till=till, records=records)
    for each in read:
        assert isinstance(each, SentRecord), "the till's own key signed it"
        with transaction() as session:
            kept = judge_record(session, sent=each, till=till, is_suspended=False, now=now)
        assert kept is not None, "no other sale has its number"
        judged.append(kept)
    return judged
