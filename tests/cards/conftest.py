import pytest

from cards.services import forget_issuer_keys
from tests.browser import chromium
from tests.staff.conftest import baoan, city, longgang, signed_in


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests():
    """What the process keeps of the issuer's keys belongs to a database that is gone."""
    forget_issuer_keys()
    yield
    forget_issuer_keys()
