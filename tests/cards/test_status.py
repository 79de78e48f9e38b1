"""Status lists: what they say, when they are signed anew, when a new one begins."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cards.errors import StatusListNotFound
from cards.models import Credential, StatusListRow
from cards.queries import status_list
from cards.services import (
    close_full_lists,
    current_trust,
    lists_to_build,
    refresh_credential,
    renew_trust_list,
    retire_device,
    status_token,
)
from cards.uc1.status import ENTRIES, Status, verify_status_list
from kernel.actors import SYSTEM
from kernel.clock import unix
from tests.make import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture
def card(make):
    make.issuer_keys()
    return make.card()


@pytest.fixture
def phone(make, card):
    return make.phone(card)


@pytest.fixture
def entry(session, phone):
    """The place of the phone's credential in the lists."""
    row = session.scalars(select(Credential)).one()
    return row.status_list, row.status_index


def read(session, number, now):
    trust = current_trust(session, now=now)
    uri = f"http://127.0.0.1:8000/api/v1/status/{number}"
    token = status_token(session, number=number, now=now)
    return verify_status_list(token, uri=uri, trust=trust, now=unix(now))


def retire(session, card, phone, now):
    retire_device(session, member_id=card.member_id, device_id=phone.device_id, now=now)


def test_a_new_credential_is_valid_on_the_list_of_its_week(session, entry):
    number, index = entry

    assert status_list(session, number=number).period == "2026-W50"
    assert read(session, number, NOW).entry(index) is Status.VALID


def test_a_retired_phone_is_invalid_on_its_list(session, card, phone, entry):
    number, index = entry
    retire(session, card, phone, NOW)

    assert read(session, number, NOW).entry(index) is Status.INVALID


def test_a_list_lives_seven_days_and_may_be_kept_for_twelve_hours(session, entry):
    found = read(session, entry[0], NOW)

    assert found.exp == unix(NOW + timedelta(days=7))
    assert found.ttl_seconds == 43_200


def test_slices_have_a_list_on_which_everything_is_valid(session, card):
    found = read(session, 0, NOW)

    assert {found.entry(index) for index in (0, 1, ENTRIES - 1)} == {Status.VALID}


def test_a_change_is_on_the_list_a_minute_later_and_not_built_in_between(
    session, card, phone, entry
):
    number, index = entry
    first = status_token(session, number=number, now=NOW)
    retire(session, card, phone, NOW + SECOND)

    assert status_token(session, number=number, now=NOW + 60 * SECOND) == first
    assert read(session, number, NOW + 61 * SECOND).entry(index) is Status.INVALID


def test_without_changes_a_list_is_signed_again_after_six_hours(session, entry):
    first = status_token(session, number=entry[0], now=NOW)
    before, after = NOW + timedelta(hours=6) - SECOND, NOW + timedelta(hours=6)

    assert status_token(session, number=entry[0], now=before) == first
    assert status_token(session, number=entry[0], now=after) != first


def test_a_list_follows_the_service_to_a_new_address(session, entry):
    status_token(session, number=entry[0], now=NOW)
    later = NOW + 5 * SECOND
    renew_trust_list(session, base_url="https://card.example.org.cn", actor=SYSTEM, now=later)

    token = status_token(session, number=entry[0], now=later)

    uri = f"https://card.example.org.cn/api/v1/status/{entry[0]}"
    trust = current_trust(session, now=later)
    assert verify_status_list(token, uri=uri, trust=trust, now=unix(later)).uri == uri


def test_the_job_finds_what_is_due_and_nothing_else(session, card, phone, entry):
    number, _ = entry
    assert lists_to_build(session, now=NOW) == [0, number]
    for each in (0, number):
        status_token(session, number=each, now=NOW)
    assert lists_to_build(session, now=NOW) == []

    retire(session, card, phone, NOW + SECOND)

    assert lists_to_build(session, now=NOW + 61 * SECOND) == [number]
    assert lists_to_build(session, now=NOW + timedelta(days=60)) == [0]


def test_a_change_is_not_built_again_and_again(session, card, phone, entry):
    number, _ = entry
    retire(session, card, phone, NOW)
    for minutes in (0, 2, 4):
        status_token(session, number=number, now=NOW + timedelta(minutes=minutes))

    assert lists_to_build(session, now=NOW + timedelta(minutes=6)) == [0]


def test_a_full_list_is_closed_and_the_next_credential_opens_another(
    session, make, card, phone, entry
):
    refresh_credential(session, member_id=card.member_id, device_id=phone.device_id, now=NOW)

    assert close_full_lists(session, now=NOW, entries_max=2) == []
    assert close_full_lists(session, now=NOW, entries_max=1) == [entry[0]]
    make.phone(make.card())

    lists = session.scalars(select(StatusListRow).where(StatusListRow.number > 0)).all()
    assert [(each.period, each.is_full) for each in lists] == [
        ("2026-W50", True),
        ("2026-W50", False),
    ]


def test_another_week_has_another_list(session, make, card, phone):
    make.phone(make.card(), now=NOW + timedelta(days=7))

    periods = session.scalars(select(StatusListRow.period).order_by(StatusListRow.number))
    assert list(periods) == ["always", "2026-W50", "2026-W51"]


def test_there_is_no_such_list(session, card):
    with pytest.raises(StatusListNotFound):
        status_token(session, number=4711, now=NOW)
