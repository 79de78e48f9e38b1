import pytest

from proof.jobs import log_new_records
from tests.finance.chain import ChainMaker
from tests.make import NOW


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    return make


@pytest.fixture
def log(session):
    """Log whatever there is, as the sequencer does."""
    return lambda now=NOW: log_new_records(now=now, all_of_them=True)
