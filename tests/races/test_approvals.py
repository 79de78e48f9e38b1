"""Ten approvals at once, of programmes of which the occasion's ceiling has room for five."""

from datetime import date

import pytest

from benefits.models import Instrument
from benefits.queries import Years, spending_of
from benefits.services import add_programme, approve_programme
from benefits.spending_errors import AboveCeiling
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.clock import utc_now
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Family, FundSource
from tests.town import at_once

pytestmark = pytest.mark.service

PROGRAMMES, ROOM = 10, 5


def test_approvals_at_once_share_a_ceiling(live):
    now = utc_now()
    with live.database() as session:
        years = Years.of(date(2026, 1, 1), None)
        left = spending_of(session, occasion="retirement", years=years).left_fen
        waiting = [
            add_programme(
                session,
                actor=SYSTEM,
                code=f"RETIRE-{number}",
                name_zh="退休慰问(演示)",
                name_en="Retirement (demo)",
                family=Family.DISCOUNT,
                fund_source=FundSource.UNION_FUND,
                starts_on=date(2026, 1, 1),
                ends_on=None,
                eligibility=[],
                occasion="retirement",
                instrument=Instrument.GOODS,
                member_year_fen=Fen(left // ROOM),
                now=now,
            ).id
            for number in range(PROGRAMMES)
        ]

    def approve(programme_id):
        somebody = Actor(ActorKind.STAFF, id=new_id())
        try:
            with live.database() as session:
                approve_programme(
                    session, actor=somebody, programme_id=programme_id, version=1, now=now
                )
        except AboveCeiling:
            return False
        return True

    approved = at_once([lambda each=each: approve(each) for each in waiting])

    assert sum(approved) == ROOM
    with live.database() as session:
        assert spending_of(session, occasion="retirement", years=years).left_fen == 0
