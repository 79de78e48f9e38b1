import pytest

from cards.services import forget_issuer_keys
from kernel.clock import utc_now
from kernel.ids import new_id
from tests.cards.web import signed_in_member
from tests.staff.conftest import baoan, city, longgang, signed_in
from tools import phone_codec


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests():
    """What the process keeps of the issuer's keys belongs to a database that is gone."""
    forget_issuer_keys()
    yield
    forget_issuer_keys()


@pytest.fixture
def now():
    """The views read the clock, so what they find must be of today."""
    return utc_now()


@pytest.fixture
def card(make, now):
    make.issuer_keys(now=now)
    return make.card()


@pytest.fixture
def member(session, make, card):
    """The headers of the card's member."""
    return signed_in_member(make, session, card.member_id)


@pytest.fixture
def stranger(session, make):
    """The headers of another member, who has a card of their own."""
    return signed_in_member(make, session, make.card().member_id)


@pytest.fixture
def till(make):
    token = f"uct_test_{new_id()}"
    terminal = make.terminal(token=token)
    return terminal, {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="session")
def uc1_bundle():
    with phone_codec.bundled() as bundle:
        yield bundle


@pytest.fixture(params=["node", pytest.param("chromium", marks=pytest.mark.browser)])
def phones(request, uc1_bundle):
    """Return what asks the phone apps' UC1, in Node and in Chromium (tools/phone_codec.py)."""
    if request.param == "node":
        yield phone_codec.in_node(uc1_bundle)
        return
    browser = request.getfixturevalue("chromium")
    with phone_codec.in_chromium(uc1_bundle, browser) as ask:
        yield ask
