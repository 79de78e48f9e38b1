"""The drill of docs/how-to/compromised-key-drill.md, as phones, tills and the operator live it."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from cards import jobs
from cards.services import root_public_key
from cards.uc1.answers import Refused, Verified
from cards.uc1.credential import read_credential
from cards.uc1.keys import bytes_of_base64url
from cards.uc1.status import Status, StatusCheck, verify_status_list
from cards.uc1.terms import Reason
from cards.uc1.trust import verify_trust_list
from cards.uc1.verify import verify_text
from kernel.clock import unix, utc_now
from tests.cards.test_api import enrol
from tests.make.cards import BASE_URL


class Operator:
    """Runs commands, and the jobs that they leave to the worker."""

    def __init__(self, app, session):
        self._app, self._session = app, session

    def keys(self, *arguments):
        arguments = ["cards", "keys", *arguments, "--json"]
        outcome = self._app.test_cli_runner().invoke(args=arguments)
        assert outcome.exit_code == 0, outcome.output
        return json.loads(outcome.output.splitlines()[-1])

    def work(self):
        query = text("SELECT args FROM procrastinate_jobs WHERE task_name LIKE 'cards.end_cred%'")
        with self._app.app_context():
            for arguments in self._session.scalars(query).all():
                jobs.end_credentials(**arguments)


@pytest.fixture
def operator(app, session):
    return Operator(app, session)


class OfflineTill:
    """Keeps the newest trust list that it could verify, and judges codes by it alone."""

    def __init__(self, client, root_key):
        self._client, self._root_key = client, root_key
        self.trust = None

    def fetch(self, message=None):
        if message is None:
            message = self._client.get("/api/v1/trust-list").data
        newest_seq = self.trust.seq if self.trust else 0
        found = verify_trust_list(
            message, root_key=self._root_key, now=unix(utc_now()), newest_seq=newest_seq
        )
        if not isinstance(found, Refused):
            self.trust = found
        return found

    def judge(self, phone):
        now = unix(utc_now())
        code = phone.code(now=utc_now())
        return verify_text(code, now=now, trust=self.trust, statuses=StatusCheck.CALLER)

    def entry(self, facts):
        """What the list, fetched now, says of a credential."""
        uri = f"{BASE_URL}/api/v1/status/{facts.status_list}"
        token = self._client.get(f"/api/v1/status/{facts.status_list}").data
        found = verify_status_list(token, uri=uri, trust=self.trust, now=unix(utc_now()))
        return found.entry(facts.status_index)


@pytest.fixture
def away(client, session, card):
    """A till that has fetched the trust list once and is offline since."""
    till = OfflineTill(client, root_public_key(session, now=utc_now()))
    till.fetch()
    return till


def scan(client, headers, phone, *, seconds=0):
    """Show the code of so many seconds ahead: each is accepted once."""
    code = phone.code(now=utc_now() + timedelta(seconds=seconds))
    answer = client.post("/api/v1/verifications", json={"presentation": code}, headers=headers)
    assert answer.status_code == 200, answer.json
    return answer.json["accepted"], answer.json["reason"]


def test_a_leaked_key_is_out_and_the_phone_heals_without_its_owner(
    client, member, till, away, operator
):
    phone, _ = enrol(client, member)
    leaked = read_credential(phone.credential).facts
    old_list = client.get("/api/v1/trust-list").data
    assert scan(client, till[1], phone) == (True, None)
    assert isinstance(away.judge(phone), Verified)

    done = operator.keys("retire", leaked.kid.hex(), "--compromised")

    assert scan(client, till[1], phone, seconds=1) == (False, "unknown_key")
    # The till that is away accepts it until it hears of the new list: an honest limit.
    assert isinstance(away.judge(phone), Verified)
    away.fetch()
    assert away.judge(phone).code is Reason.UNKNOWN_KEY
    assert away.fetch(old_list).code is Reason.STALE
    assert away.judge(phone).code is Reason.UNKNOWN_KEY

    # What the phone's page does by itself once its key has left the list.
    path = f"/api/v1/cards/me/devices/{phone.device_id}/credential"
    answer = client.post(path, headers=member)
    phone.credential = bytes_of_base64url(answer.json["credential"])
    assert read_credential(phone.credential).facts.kid.hex() == done["successor"]
    assert scan(client, till[1], phone, seconds=2) == (True, None)
    assert isinstance(away.judge(phone), Verified)

    operator.work()
    assert away.entry(leaked) is Status.INVALID


def test_a_rotation_goes_unnoticed(client, member, till, away, operator):
    phone, _ = enrol(client, member)

    key = operator.keys("rotate", "--use", "card")
    away.fetch()

    assert bytes.fromhex(key["kid"]) in away.trust.keys
    assert scan(client, till[1], phone) == (True, None)
    assert isinstance(away.judge(phone), Verified)
