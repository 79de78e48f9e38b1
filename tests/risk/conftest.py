"""The tills of tests/discounts, and a watch that looks at them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cards.models import CardState
from risk.jobs import look_at_sales
from risk.models import RiskFlag, RiskRule, Signal
from tests.discounts.conftest import place
from tests.make import NOW
from tests.staff.conftest import baoan, city, longgang, signed_in


@pytest.fixture
def buyer(make):
    """Return a function: the id of a new member with a card in use."""

    def new_buyer():
        member = make.member()
        make.consent(member)
        make.card(member=member, state=CardState.ACTIVE)
        return member.id

    return new_buyer


@pytest.fixture
def watch(session):
    """Return a function: look at the sales until then; return the signals that were flagged."""

    def look(now=NOW + timedelta(hours=1)):
        look_at_sales(now=now)
        return [flag.signal for flag in session.scalars(select(RiskFlag).order_by(RiskFlag.id))]

    return look


@pytest.fixture
def only(session):
    """Return a function: watch for one signal alone, by these numbers."""

    def choose(signal, **numbers):
        for rule in session.scalars(select(RiskRule)):
            rule.active = rule.signal is signal
            if rule.active:
                for name, value in numbers.items():
                    setattr(rule, name, value)
        session.flush()

    return choose


def flag_of(session):
    return session.scalars(select(RiskFlag)).one()
