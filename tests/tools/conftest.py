import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def folder(mode):
    parent = Path(tempfile.mkdtemp(prefix="union-card-tests-"))
    parent.chmod(mode)
    yield parent / "数据 of a clone" / "postgres"
    shutil.rmtree(parent)


@pytest.fixture
def home():
    """A folder for a cluster that any user can reach."""
    with folder(0o755) as home:
        yield home


@pytest.fixture(params=[0o755, 0o700], ids=["reachable", "closed"])
def any_home(request):
    """A folder for a cluster, below parents that `nobody` may or may not enter.

    As root the two make the two ways in which the server gives up being root.
    """
    with folder(request.param) as home:
        yield home
