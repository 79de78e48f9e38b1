"""A network that stalls, resets and drops: the till asks again, and nothing is sold twice."""

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


@pytest.fixture
def far_till(network, till):  # noqa: F811 (the fixture)
    """The till as it is behind that network."""
    return Till(network.url, token=till.facts["token"], timeout_seconds=PATIENCE_SECONDS)


def sales_of(live, sale_id):
    with live.database() as session:
        query = select(func.count()).select_from(Redemption).where(Redemption.id == sale_id)
        return session.scalar(query)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sale_without_an_answer_is_asked_for_again_and_made_once(
    live,
    network,
    far_till,
    till,  # noqa: F811 (the fixture)
    phone,  # noqa: F811
    offer_id,  # noqa: F811
    fault,
):
    facts = {"redemption_id": new_id(), "verification_id": scan(till, phone)}

    with network.failing(fault):
        with pytest.raises(requests.RequestException):
            far_till.redeem(offer_id, 6_000, **facts)
        if fault.is_carried_out:
            assert network.carried_out.wait(10)
        assert sales_of(live, facts["redemption_id"]) == fault.is_carried_out
    first, second = (far_till.redeem(offer_id, 6_000, **facts) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert ("Idempotency-Replayed" in first.headers) == fault.is_carried_out
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json() == second.json()
    assert UUID(first.json()["id"]) == facts["redemption_id"]
    assert sales_of(live, facts["redemption_id"]) == 1


@pytest.mark.parametrize("fault", [Fault.DEAF, Fault.ANSWER_KEPT, Fault.HALF_ANSWERED])
def test_a_scan_without_an_answer_is_no_replay_of_itself(network, far_till, phone, fault):  # noqa: F811
    text, scan_id = phone.get("/cards/me/slice").json()["text"], new_id()

    with network.failing(fault):
        with pytest.raises(requests.RequestException):
            far_till.verify(text, scan_id)
        if fault.is_carried_out:
            assert network.carried_out.wait(10)

    assert far_till.verify(text, scan_id)["accepted"]
    assert far_till.verify(text, new_id())["reason"] == "replayed"


def test_a_void_without_an_answer_is_the_same_void(
    network,
    far_till,
    till,  # noqa: F811 (the fixture)
    phone,  # noqa: F811
    offer_id,  # noqa: F811
):
    sale = far_till.redeem(offer_id, 6_000, verification_id=scan(till, phone)).json()

    with network.failing(Fault.ANSWER_RESET), pytest.raises(requests.RequestException):
        far_till.post(f"/redemptions/{sale['id']}/void")
    again = far_till.post(f"/redemptions/{sale['id']}/void")

    assert (again.status_code, again.json()["state"]) == (200, "voided")
    assert again.headers["Idempotency-Replayed"] == "true"
