"""The requests of tills: scans, sales, and a day of both. Each code is shown once."""

import json
import time
import uuid
from collections.abc import Callable
from itertools import cycle
from typing import Any
from uuid import UUID

from bench.load import burst, request_bytes
from bench.world import BILL_FEN, World

Lanes = list[list[bytes]]
_DAY = ("scan", "sale", "scan", "sale", "scan", "quote", "scan", "sale", "scan", "list")


class _Moment:
    """The second at which phones showed their codes last, for all that share the phones."""

    last = 0


class Sales:
    """Builds the requests of tills. Each phone shows one code a round; a second apart is fresh."""

    def __init__(
        self,
        world: World,
        port: Callable[[], int],
        *,
        offer_id: UUID | None = None,
        moment: _Moment | None = None,
    ) -> None:
        self._world = world
        self._port = port
        self._offer_id = offer_id or world.offer_id
        self._moment = moment or _Moment()

    def verifications(self, clients: int, count: int) -> Lanes:
        moment = self._next_moment()
        return [self._scans(client, clients, count, moment) for client in range(clients)]

    def _scans(self, client: int, clients: int, count: int, moment: int) -> list[bytes]:
        return [
            request_bytes(
                "POST",
                "/api/v1/verifications",
                token=self._token(client),
                body={"presentation": self._world.phones[number].show(moment)},
            )
            for number in range(client, count, clients)
        ]

    def redemptions(self, clients: int, count: int) -> Lanes:
        """Verify first, untimed; what is timed is the sale of each accepted card."""
        return [
            [self.sale(client, seen) for seen in lane]
            for client, lane in enumerate(self._seen(clients, count))
        ]

    def _seen(self, clients: int, count: int) -> list[list[dict[str, Any]]]:
        """Scan lane by lane; each shows its codes at its turn, so that none grows stale waiting."""
        self._next_moment()
        lanes = []
        for client in range(clients):
            self._moment.last = int(time.time())
            lane = self._scans(client, clients, count, self._moment.last)
            scanned = burst(self._port(), [lane], keep=True)
            lanes.append([json.loads(body) for body in scanned.bodies])
        return lanes

    def of(self, offer_id: UUID) -> "Sales":
        """Return the same tills and phones selling another offer."""
        return Sales(self._world, self._port, offer_id=offer_id, moment=self._moment)

    def mixed_day(self, clients: int, count: int) -> Lanes:
        """Half scans, a third sales, the rest quotes and the till's own list, in turns.

        What is sold and quoted was scanned before, untimed.
        """
        seen = self._seen(clients, count)
        scans = self.verifications(clients, count)
        day = []
        for client, lane in enumerate(seen):
            turns = zip(cycle(_DAY), lane, scans[client], strict=False)
            day.append([self._turn(kind, client, each, scan) for kind, each, scan in turns])
        return day

    def _turn(self, kind: str, client: int, seen: dict[str, Any], scan: bytes) -> bytes:
        token = self._token(client)
        match kind:
            case "scan":
                return scan
            case "sale":
                return self.sale(client, seen)
            case "list":
                return request_bytes("GET", "/api/v1/redemptions?rows=20", token=token)
        body = {
            "verification_id": seen["verification_id"],
            "offer_id": str(self._offer_id),
            "gross_fen": BILL_FEN,
        }
        return request_bytes("POST", "/api/v1/quotes", token=token, body=body)

    def sale(self, client: int, seen: dict[str, Any]) -> bytes:
        assert seen["accepted"], seen
        body = {
            "id": str(uuid.uuid4()),
            "verification_id": seen["verification_id"],
            "offer_id": str(self._offer_id),
            "gross_fen": BILL_FEN,
        }
        return request_bytes("POST", "/api/v1/redemptions", token=self._token(client), body=body)

    def _token(self, client: int) -> str:
        return self._world.tokens[client % len(self._world.tokens)]

    def _next_moment(self) -> int:
        """Return a second that is later than the last round's: the same code works once."""
        while int(time.time()) <= self._moment.last:
            time.sleep(0.1)
        self._moment.last = int(time.time())
        return self._moment.last
