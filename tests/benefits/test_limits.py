"""Limits that count at once, are edited by who saw them, and add up to the fen."""

from datetime import timedelta

import pytest

from benefits.errors import (
    LimitNotFound,
    LimitReached,
    StripedLimitOnlyGrows,
)
from benefits.models import (
    LimitScope,
    LimitUnit,
    LimitWindow,
    Programme,
)
from benefits.queries import Scopes, limit_residuals, limits_of_programme, offers_at
from benefits.services import (
    change_limit,
    return_limits,
    take_limits,
    takes_for,
)
from kernel.actors import SYSTEM
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.refusals import EditConflict
from tests.make import NOW

HOUR = timedelta(hours=1)


def at_till(session, merchant, *, now=NOW, till=None):
    ids = [merchant.id, new_id(), till or new_id(), new_id()]
    return offers_at(session, scopes=Scopes(*ids), now=now)


# --- Versions


def sell(session, merchant, *, union_fen, till=None):
    """Take the limits of the merchant's offer as one sale does; returns what it was."""
    source = new_id()
    (line,) = at_till(session, merchant, till=till)
    takes = takes_for(line.limits, union_fen=union_fen, spread=till or new_id())
    with session.begin_nested():
        take_limits(session, source_id=source, takes=takes, is_held=False, day=shanghai_date(NOW))
    return source


def edit(session, rule, maximum, *, version=None):
    return change_limit(
        session,
        actor=SYSTEM,
        rule_id=rule.id,
        maximum=maximum,
        version=rule.version if version is None else version,
        now=NOW,
    )


def left_of(session, programme):
    (use,) = limits_of_programme(session, programme_id=programme.id, now=NOW)
    return use.taken, use.left


def test_an_edited_limit_counts_at_the_next_sale(session, plans, merchant):
    programme = plans.programme()
    plans.offer(programme=programme, merchant=merchant, valid_from=NOW - HOUR)
    rule = plans.limit(programme, maximum=100_00)
    sell(session, merchant, union_fen=60_00)

    edit(session, rule, 60_00)
    with pytest.raises(LimitReached):
        sell(session, merchant, union_fen=1)
    assert left_of(session, programme) == (60_00, 0)

    edit(session, rule, 60_01)
    sell(session, merchant, union_fen=1)
    assert left_of(session, programme) == (60_01, 0)


def test_a_limit_below_what_is_taken_takes_nothing_away_and_lets_nothing_through(
    session, plans, merchant
):
    programme = plans.programme()
    plans.offer(programme=programme, merchant=merchant, valid_from=NOW - HOUR)
    rule = plans.limit(programme, maximum=100_00)
    sale = sell(session, merchant, union_fen=60_00)

    edit(session, rule, 10_00)
    with pytest.raises(LimitReached):
        sell(session, merchant, union_fen=1)
    assert left_of(session, programme) == (60_00, 0)

    return_limits(session, source_id=sale)
    assert left_of(session, programme) == (0, 10_00)
    sell(session, merchant, union_fen=10_00)
    assert limit_residuals(session) == []


def test_a_striped_limit_grows_to_the_fen_and_never_shrinks(session, plans, merchant):
    programme = plans.programme()
    plans.offer(programme=programme, merchant=merchant, valid_from=NOW - HOUR)
    rule = plans.limit(programme, maximum=100_00, stripes=8)
    sell(session, merchant, union_fen=60_00)

    with pytest.raises(StripedLimitOnlyGrows):
        edit(session, rule, 99_99)
    edit(session, rule, 100_07)
    sell(session, merchant, union_fen=40_07)
    with pytest.raises(LimitReached):
        sell(session, merchant, union_fen=1)
    assert left_of(session, programme) == (100_07, 0)


def test_a_limit_is_edited_by_who_saw_it_as_it_is(session, plans):
    rule = plans.limit(plans.programme())
    edit(session, rule, 5)

    with pytest.raises(EditConflict):
        edit(session, rule, 7, version=1)
    assert rule.maximum == 5
    with pytest.raises(LimitNotFound):
        edit(session, Programme(id=new_id(), version=1), 7)


def test_what_is_taken_is_of_the_current_window(session, plans, merchant):
    programme = plans.programme()
    plans.offer(programme=programme, merchant=merchant, valid_from=NOW - HOUR)
    each_day = {"window": LimitWindow.DAY, "unit": LimitUnit.USES, "maximum": 3}
    plans.limit(programme, **each_day)
    sell(session, merchant, union_fen=1)

    (today,) = limits_of_programme(session, programme_id=programme.id, now=NOW)
    (tomorrow,) = limits_of_programme(
        session, programme_id=programme.id, now=NOW + timedelta(days=1)
    )
    assert (today.taken, today.left) == (1, 2)
    assert (tomorrow.taken, tomorrow.left) == (0, 3)


def test_of_limits_that_each_has_for_itself_nothing_is_summed(session, plans):
    programme = plans.programme()
    for scope in (LimitScope.MEMBER, LimitScope.OFFER):
        plans.limit(programme, scope=scope, unit=LimitUnit.USES)
    plans.limit(programme, scope=LimitScope.SESSION, unit=LimitUnit.USES)

    uses = limits_of_programme(session, programme_id=programme.id, now=NOW)
    assert [(use.rule.scope, use.taken) for use in uses] == [
        (LimitScope.MEMBER, None),
        (LimitScope.OFFER, None),
    ]
