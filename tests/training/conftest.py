from dataclasses import dataclass
from typing import Any

import pytest

from kernel.actors import Till
from kernel.ids import new_id
from tests.make import NOW
from tests.staff.conftest import baoan, city, longgang, signed_in
from training.models import Direction
from training.services import ScanRequest, attend, enrol


def till_of(terminal):
    return Till(terminal.id, terminal.site_id, terminal.merchant_id, terminal.code)


@dataclass
class Learner:
    """A member with a card on a phone, as the services and the API know them."""

    member: Any
    card: Any
    phone: Any
    token: str

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}


@pytest.fixture
def learner(make):
    """Return a function: a member whose card is active and whose phone is signed in."""
    make.issuer_keys()
    made = []

    def learn(**facts):
        member = make.member(**facts)
        make.consent(member)
        card = make.card(member=member)
        phone = make.phone(card)
        token = f"ucm_learner_{len(made)}"
        make.member_session(member, token=token)
        made.append(member)
        return Learner(member, card, phone, token)

    return learn


@pytest.fixture
def reader(make):
    """Return a function: a member with an issued card and a signed-in phone without a key."""

    def read(**facts):
        member = make.member(**facts)
        card = make.card(member=member)
        token = f"ucm_reader_{new_id()}"
        make.member_session(member, token=token)
        return Learner(member, card, None, token)

    return read


@pytest.fixture
def enrolled(session):
    """Return a function: enrol a learner in a session, answering the enrolment."""

    def put(learner, held, *, now=NOW, enrolment_id=None):
        return enrol(
            session,
            member_id=learner.member.id,
            enrolment_id=enrolment_id or new_id(),
            session_id=held.id,
            now=now,
        )

    return put


@pytest.fixture
def scanned(session):
    """Return a function: scan a learner's live code at a till, in or out."""

    def scan(learner, held, terminal, direction=Direction.IN, *, now=NOW, scan_id=None, text=None):
        return attend(
            session,
            till=till_of(terminal),
            request=ScanRequest(
                id=scan_id or new_id(),
                session_id=held.id,
                presentation=text or learner.phone.code(now=now),
                direction=direction,
                occurred_at=now,
            ),
            now=now,
        )

    return scan
