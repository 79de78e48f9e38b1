"""Clerks and their tills: paired by invitation, shut out when idle or ended."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.db import reading
from merchants.errors import (
    ClerkNotFound,
    PairingCodeInvalid,
    TerminalIdle,
)
from merchants.models import (
    ClerkState,
    Merchant,
    PairingCode,
    Terminal,
)
from merchants.queries import clerks_of
from merchants.services import (
    clerk_idle_time,
    end_clerk,
    end_idle_clerks,
    forget_old_manager_sign_ins,
    refuse_idle,
    renew_clerk_code,
    touch_terminal,
    unpair_idle_tills,
)
from tests.make import NOW
from tests.merchants.conftest import dump
from tests.merchants.managing import MINUTE, PHONE, acting, ask, invite, pair, sign_in, till_of


@pytest.fixture
def place(make):
    site = make.site()
    return site, make.manager(merchant=make.session.get(Merchant, site.merchant_id))


def test_a_clerk_pairs_by_their_code_and_is_refused_once_ended(session, place):
    invitation = invite(session, place)
    till = pair(session, invitation.code)

    assert till_of(session, till.token).clerk_id == invitation.clerk.id
    assert clerks_of(session, merchant_id=place[0].merchant_id)[0].state is ClerkState.ACTIVE

    end_clerk(session, clerk_id=invitation.clerk.id, actor=acting(place[1]), now=NOW + MINUTE)
    assert till_of(session, till.token) is None
    with pytest.raises(ClerkNotFound):
        renew_clerk_code(
            session, clerk_id=invitation.clerk.id, actor=acting(place[1]), now=NOW + MINUTE
        )
    assert "司马店员" not in dump(session, "clerks", "audit_entries", "terminals")


def test_a_form_sent_twice_makes_one_clerk_whose_newest_code_pairs(session, place):
    first = invite(session, place)
    second = invite(session, place, now=NOW + MINUTE)

    assert first.clerk.id == second.clerk.id
    later = NOW + 2 * MINUTE
    assert isinstance(pair(session, first.code, now=later), PairingCodeInvalid)
    assert not isinstance(pair(session, second.code, now=later), PairingCodeInvalid)


def test_the_code_of_an_ended_clerk_pairs_nothing(session, place):
    invitation = invite(session, place)
    end_clerk(session, clerk_id=invitation.clerk.id, actor=acting(place[1]), now=NOW)

    assert session.scalar(select(PairingCode.manager_id)) == place[1].id
    assert isinstance(pair(session, invitation.code), PairingCodeInvalid)


def test_a_clerks_till_is_shut_out_when_idle_and_not_before(session, place):
    till = pair(session, invite(session, place).code)
    idle = clerk_idle_time()

    refuse_idle(till_of(session, till.token), now=NOW + idle)
    with pytest.raises(TerminalIdle):
        refuse_idle(till_of(session, till.token), now=NOW + idle + MINUTE)

    with reading() as connection:
        seen_at = NOW + timedelta(days=20)
        touch_terminal(connection, actor=till_of(session, till.token), now=seen_at)
    refuse_idle(till_of(session, till.token), now=NOW + idle + MINUTE)
    assert unpair_idle_tills(session, now=seen_at + idle) == 0
    assert unpair_idle_tills(session, now=seen_at + idle + MINUTE) == 1
    assert end_idle_clerks(session, now=seen_at + idle + MINUTE) == 1
    assert till_of(session, till.token) is None


def test_a_till_paired_at_the_desk_has_no_such_end(session, make):
    make.terminal(token="uct_desk")
    late = NOW + 10 * clerk_idle_time()

    refuse_idle(till_of(session, "uct_desk"), now=late)
    assert unpair_idle_tills(session, now=late) == 0
    assert session.scalar(select(Terminal.unpaired_at)) is None


def test_what_is_over_is_forgotten(session, make):
    make.manager(phone=PHONE)
    ask(session)
    sign_in(session)

    assert forget_old_manager_sign_ins(session, now=NOW + timedelta(days=1)) == 0
    assert forget_old_manager_sign_ins(session, now=NOW + timedelta(days=61)) == 2
