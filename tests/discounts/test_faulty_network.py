"""A network that stalls, resets and drops: the till asks again, and nothing is sold twice."""

from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
import requests
from sqlalchemy import func, select

from discounts.models import Redemption
from kernel.ids import new_id
from tests.discounts.test_till import offer_id, phone, scan, till
from tests.drive import Till
from tests.faults import Fault, FaultyNetwork

pytestmark = pytest.mark.service

PATIENCE_SECONDS = 0.4
FAULTS = [fault for fault in Fault if fault is not Fault.NONE]


@pytest.fixture(scope="module")
def network(live):
    with FaultyNetwork(live.service.port) as network:
        yield network


@dataclass
class Line:
    """A till as it is behind that network (`far`) and beside the service (`near`)."""

    live: object
    network: FaultyNetwork
    near: Till
    phone: object
    offer_id: str

    def __post_init__(self):
        token = self.near.facts["token"]
        self.far = Till(self.network.url, token=token, timeout_seconds=PATIENCE_SECONDS)

    def scan(self):
        return scan(self.near, self.phone)

    def redeem(self, **facts):
        return self.far.redeem(self.offer_id, 6_000, **facts)

    @contextmanager
    def failing(self, fault):
        """What is asked in this block has no answer; whether it is done is known at its end."""
        with self.network.failing(fault):
            with pytest.raises(requests.RequestException):
                yield
            assert self.network.carried_out.wait(10 if fault.is_carried_out else 0) == (
                fault.is_carried_out
            )

    def sales_of(self, sale_id):
        with self.live.database() as session:
            query = select(func.count()).select_from(Redemption).where(Redemption.id == sale_id)
            return session.scalar(query)


@pytest.fixture
def line(live, network, till, phone, offer_id):  # noqa: F811 (the fixtures)
    return Line(live, network, till, phone, offer_id)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sale_without_an_answer_is_asked_for_again_and_made_once(line, fault):
    facts = {"redemption_id": new_id(), "verification_id": line.scan()}

    with line.failing(fault):
        line.redeem(**facts)
    assert line.sales_of(facts["redemption_id"]) == fault.is_carried_out
    first, second = (line.redeem(**facts) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert ("Idempotency-Replayed" in first.headers) == fault.is_carried_out
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json() == second.json()
    assert UUID(first.json()["id"]) == facts["redemption_id"]
    assert line.sales_of(facts["redemption_id"]) == 1


@pytest.mark.parametrize("fault", [Fault.DEAF, Fault.ANSWER_KEPT, Fault.HALF_ANSWERED])
def test_a_scan_without_an_answer_is_no_replay_of_itself(line, fault):
    text, scan_id = line.phone.get("/cards/me/slice").json()["text"], new_id()

    with line.failing(fault):
        line.far.verify(text, scan_id)

    assert line.far.verify(text, scan_id)["accepted"]
    assert line.far.verify(text, new_id())["reason"] == "replayed"


def test_a_void_without_an_answer_is_the_same_void(line):
    path = f"/redemptions/{line.redeem(verification_id=line.scan()).json()['id']}/void"

    with line.failing(Fault.ANSWER_RESET):
        line.far.post(path)
    again = line.far.post(path)

    assert (again.status_code, again.json()["state"]) == (200, "voided")
    assert again.headers["Idempotency-Replayed"] == "true"
