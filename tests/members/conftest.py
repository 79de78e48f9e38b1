"""What tests of members share."""

import pytest

from tests.members.gateway import SmsServer
from tests.members.texting import (
    http_gateway,
    sending_through,
)


@pytest.fixture
def server():
    with SmsServer() as server, sending_through(http_gateway(server.url)):
        yield server
