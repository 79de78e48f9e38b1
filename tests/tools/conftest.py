import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(params=["reachable", "closed"])
def home(request):
    """A folder for a cluster, below parents that `nobody` may or may not enter.

    As root the two make the two ways in which the server gives up being root.
    """
    parent = Path(tempfile.mkdtemp(prefix="union-card-tests-"))
    parent.chmod(0o755 if request.param == "reachable" else 0o700)
    yield parent / "postgres"
    shutil.rmtree(parent)
