from cards.models import PAPER_PART_CONTENT, Card, CardState, PaperPart
from cards.rules import card_number
from cards.services import (
    enrol_device,
    ensure_issuer_keys,
    forget_issuer_keys,
    start_enrolment,
)
from cards.uc1.enrolment import enrolment_proof
from cards.uc1.keys import new_private_key, public_jwk
from cards.uc1.presentation import present
from kernel.actors import SYSTEM
from kernel.clock import unix
from kernel.ids import new_id
from members.models import Member
from tests.make import NOW
from tests.make.members import MemberMaker

BASE_URL = "http://127.0.0.1:8000"


class Phone:
    """A phone with a key of its own. `credential` is what the service gave it last."""

    def __init__(self):
        self.key = new_private_key()
        self.device_id = None
        self.credential = None

    @property
    def jwk(self):
        return public_jwk(self.key.public_key())

    def proof(self, nonce, *, now=NOW):
        return enrolment_proof(self.key, nonce=nonce, iat=unix(now))

    def code(self, *, now=NOW, **facts):
        """The QR text that the phone shows at `now`; with audience and nonce, to a challenge."""
        return present(self.credential, self.key, iat=unix(now), **facts)

    def took(self, issued):
        self.device_id, self.credential = issued.device_id, issued.credential
        return self


class CardMaker(MemberMaker):
    def issuer_keys(self, *, now=NOW, base_url=BASE_URL):
        """The keys of this test's database; what the process kept of another is forgotten."""
        forget_issuer_keys()
        return ensure_issuer_keys(self.session, base_url=base_url, actor=SYSTEM, now=now)

    def card(self, *, member=None, **facts):
        """A card that was issued and never shown; its member has consented."""
        if member is None:
            member = self.member()
            self.consent(member)
        defaults = {
            "member_id": member.id,
            "number": card_number(900_000_000 + self.next_number(), year=2026),
            "state": CardState.ISSUED,
            "issued_at": NOW,
        }
        return self.save(Card(**defaults | facts))

    def paper_part(self, batch_id, *, number=0, content=b"%PDF-1.4"):
        """A file of a batch of paper cards, as the job stores it."""
        row_id = new_id()
        return self.save(
            PaperPart(
                id=row_id,
                batch_id=batch_id,
                number=number,
                cards=1,
                content_sealed=PAPER_PART_CONTENT.seal(row_id, content),
                made_at=NOW,
            )
        )

    def phone(self, card, *, now=NOW, **facts):
        """A phone on which the card is enrolled, through the services: the card is active."""
        member_session = self.member_session(self.session.get_one(Member, card.member_id))
        question = start_enrolment(self.session, session_id=member_session.id, now=now)
        phone = Phone()
        issued = enrol_device(
            self.session,
            member_id=card.member_id,
            session_id=member_session.id,
            name=facts.get("name", "演示手机"),
            public_key=phone.jwk,
            proof=phone.proof(question.nonce, now=now),
            now=now,
        )
        return phone.took(issued)
