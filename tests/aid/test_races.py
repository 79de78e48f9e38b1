"""What may happen once, tried at once through the real service: two workers, real HTTP.

Each was seen to fail with its guard taken away (the partial indexes, the cover's lock with the
occurrences' key, the lock of the claim with its version).
"""

import re
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select

from aid.models import AidClaimLine, AidOccurrence
from aid.services import assess_claim
from cards.models import CardRecord
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id
from kernel.secrets import new_token
from ledger.models import Journal, Payable
from staff.pages import DESK_COOKIE
from tests.aid.test_api import body
from tests.drive import Caller
from tests.town import at_once

pytestmark = pytest.mark.service

CLAIMS = "/aid/claims"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def covered_members(make, wanted):
    """Return the tokens of members whom the inpatient scheme covers since a hundred days."""
    tokens = []
    for _ in range(wanted):
        starts_on = shanghai_date(utc_now()) - timedelta(days=100)
        member = make.covered_member(starts_on=starts_on)
        tokens.append(f"ucm_{new_id()}")
        make.member_session(member, token=tokens[-1])
    return tokens


def claim_calls(served, tokens, bodies):
    callers = [Caller(served.base_url, token=token) for token in tokens]
    return [
        lambda caller=caller, asked=asked: caller.post(CLAIMS, **asked)
        for caller, asked in zip(callers, bodies, strict=True)
    ]


def outcomes(answers):
    return sorted((answer.status_code, answer.json().get("code")) for answer in answers)


def rows(served, query):
    with served.database() as session:
        return session.scalars(query).all()


@pytest.mark.parametrize(
    ("field", "code"),
    [("invoice_no", "aid_invoice_used"), ("admission_no", "aid_admission_used")],
)
def test_one_paper_of_eight_members_is_claimed_once(served, maker_on, field, code):
    with served.database() as session:
        tokens = covered_members(maker_on(session), 8)
    bodies = [body() for _ in tokens]
    for asked in bodies:
        asked["lines"][0][field] = f"ONE-{field}"

    answers = at_once(claim_calls(served, tokens, bodies))

    assert outcomes(answers) == [(201, None)] + [(409, code)] * 7
    ids = [asked["id"] for asked in bodies]
    assert len(rows(served, select(AidClaimLine.id).where(AidClaimLine.claim_id.in_(ids)))) == 1


def test_a_period_has_two_places_however_many_ask_for_them(served, maker_on):
    with served.database() as session:
        [token] = covered_members(maker_on(session), 1)
    bodies = [body() for _ in range(12)]

    answers = at_once(claim_calls(served, [token] * 12, bodies))

    assert outcomes(answers) == [(201, None)] * 2 + [(409, "aid_not_covered")] * 10
    paid = sorted(each.json()["benefit_fen"] for each in answers if each.status_code == 201)
    assert paid == [1_680_00, 1_920_00]
    ids = [asked["id"] for asked in bodies]
    places = select(AidOccurrence.number).where(AidOccurrence.claim_id.in_(ids))
    assert sorted(rows(served, places)) == [1, 2]


def test_one_claim_sent_eight_times_is_one_claim(served, maker_on):
    with served.database() as session:
        [token] = covered_members(maker_on(session), 1)
    asked = body()

    answers = at_once(claim_calls(served, [token] * 8, [asked] * 8))

    assert outcomes(answers) == [(201, None)] * 8
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 7
    assert len({answer.text for answer in answers}) == 1
    assert len(rows(served, select(CardRecord.id).where(CardRecord.source_id == asked["id"]))) == 1


def test_six_approvals_at_once_pay_once(served, maker_on):
    now = utc_now()
    with served.database() as session:
        make = maker_on(session)
        make.chart()
        city = make.union()
        starts_on = shanghai_date(now) - timedelta(days=100)
        member = make.covered_member(union=city, starts_on=starts_on)
        yesterday = shanghai_date(now) - timedelta(days=1)
        claim = make.aid_claim(member, event_date=yesterday, now=now)
        assess_claim(
            session,
            actor=make.staff_actor(Role.CLAIMS_ASSESSOR, union=city),
            claim_id=claim.id,
            version=claim.version,
            originals_seen=False,
            now=now,
        )
        cookies = [new_token() for _ in range(6)]
        for cookie in cookies:
            account = make.staff(Role.CLAIMS_APPROVER, union=city)
            make.staff_session(account, token=cookie, at=now)
    page = f"{served.base_url}/desk/aid/{claim.id}"

    def approval(cookie):
        browser = requests.Session()
        browser.cookies.set(DESK_COOKIE, cookie)
        form = {
            "csrf_token": _TOKEN.search(browser.get(page, timeout=30).text)[1],
            "version": str(claim.version),
        }
        return lambda: browser.post(f"{page}/approve", data=form, allow_redirects=False, timeout=30)

    answers = at_once([approval(cookie) for cookie in cookies])

    assert sorted(answer.status_code for answer in answers) == [303] + [412] * 5
    for table in (Journal, Payable):
        assert len(rows(served, select(table.id).where(table.source_id == claim.id))) == 1
    approved = select(CardRecord.id).where(
        CardRecord.source_id == claim.id, CardRecord.event == "approved"
    )
    assert len(rows(served, approved)) == 1
