"""The client: keep-alive connections that send ready-made requests, one after another each."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_STATUS = slice(9, 12)
_RUN_SECONDS_MAX = 600


@dataclass
class Measured:
    """What a burst came to. `seconds` are per request, in the order they were answered."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    wall_seconds: float = 0.0
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.wall_seconds

    def percentile_ms(self, percent: int) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000


def request_bytes(method: str, path: str, *, token: str = "", body: object = None) -> bytes:
    """Return a request as it goes over the wire, built before the clock starts."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: en"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(lines).encode() + _HEAD_END + content


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the last answer is complete."""

    def __init__(self, requests: Sequence[bytes], measured: Measured, *, keep: bool) -> None:
        self._requests = iter(requests)
        self._measured = measured
        self._keep = keep
        self._buffer = bytearray()
        self._started = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(_HEAD_END)
        if head_end < 0:
            return
        head = bytes(self._buffer[:head_end]).lower()
        place = head.find(_LENGTH)
        length = int(head[place + len(_LENGTH) :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(self._buffer) < head_end + len(_HEAD_END) + length:
            return
        self._measured.seconds.append(time.perf_counter() - self._started)
        status = int(head[_STATUS])
        self._measured.statuses[status] = self._measured.statuses.get(status, 0) + 1
        if self._keep:
            self._measured.bodies.append(bytes(self._buffer[head_end + len(_HEAD_END) :]))
        self._buffer.clear()
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the service closed the connection"))

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._started = time.perf_counter()
        self._transport.write(request)


async def _burst(port: int, lanes: Sequence[Sequence[bytes]], *, keep: bool) -> Measured:
    measured = Measured()
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    connections = [
        (
            await loop.create_connection(
                lambda lane=lane: _Connection(lane, measured, keep=keep),  # type: ignore[misc]
                "127.0.0.1",
                port,
            )
        )[1]
        for lane in lanes
    ]
    async with asyncio.timeout(_RUN_SECONDS_MAX):
        await asyncio.gather(*(connection.done for connection in connections))
    measured.wall_seconds = time.perf_counter() - started
    return measured


def burst(port: int, lanes: Sequence[Sequence[bytes]], *, keep: bool = False) -> Measured:
    """Send each lane over a connection of its own, all at once; return when all are answered.

    Raises TimeoutError after two minutes, ConnectionError when the service hangs up.
    """
    return asyncio.run(_burst(port, lanes, keep=keep))


class _Echo(asyncio.Protocol):
    """Answers anything with nothing: what the client could do if services took no time."""

    ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith((b"}", _HEAD_END)):
            self._transport.write(self.ANSWER)


async def _serve_echo(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Echo, "127.0.0.1", port)
    await server.serve_forever()


def serve_echo(port: int) -> None:
    """Serve until killed; run in a process of its own."""
    asyncio.run(_serve_echo(port))
