"""A flood from outside is answered 429 in words; the demo's own machine is left alone."""

import pytest

from app.factory import create_app
from app.volume import ADDRESS_LIMIT, RECEIPT_LIMIT
from kernel import db

OUTSIDE = {"REMOTE_ADDR": "203.0.113.7"}
MORE_THAN_A_MINUTE = int(ADDRESS_LIMIT.split("/")[0]) + 1


@pytest.fixture
def fresh_client(engine, settings_for):
    """A client of an application of its own: the counts belong to the process's limiter."""
    before = dict(db.session_factory.kw)
    app = create_app(settings_for(engine.url.database))
    own = db.session_factory.kw["bind"]
    yield app.test_client()
    own.dispose()
    db.session_factory.kw.clear()
    db.session_factory.configure(**before)


def statuses(client, **environ):
    return {
        client.get("/healthz", environ_overrides=environ).status_code
        for _ in range(MORE_THAN_A_MINUTE)
    }


def test_a_flood_from_outside_is_slowed_down(fresh_client):
    assert statuses(fresh_client, **OUTSIDE) == {200, 429}

    refused = fresh_client.get("/api/v1/trust-list", environ_overrides=OUTSIDE)
    assert refused.status_code == 429
    assert refused.content_type == "application/problem+json"
    assert refused.json["code"] == "too_many_requests"


def test_the_demos_own_machine_is_left_alone(fresh_client):
    assert statuses(fresh_client) == {200}


def test_receipts_are_opened_slowly_from_outside_and_nothing_else_pays_for_it(fresh_client):
    answers = [
        fresh_client.get("/r/K7M2XQ4P", environ_overrides=OUTSIDE).status_code
        for _ in range(int(RECEIPT_LIMIT.split("/")[0]) + 1)
    ]

    assert set(answers[:-1]) == {404}
    assert answers[-1] == 429
    assert fresh_client.get("/healthz", environ_overrides=OUTSIDE).status_code == 200
