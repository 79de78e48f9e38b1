"""A network between a till and the service that fails as it is told, over real sockets."""

import re
import socket
import struct
import threading
from contextlib import contextmanager
from enum import StrEnum
from socketserver import BaseRequestHandler, ThreadingTCPServer

_LENGTH = re.compile(rb"(?i)^content-length: *(\d+)", re.MULTILINE)
_RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Fault(StrEnum):
    """What becomes of an exchange."""

    NONE = "none"
    DEAF = "accepted and never answered"
    RESET = "reset before it is passed on"
    HALF_ASKED = "dropped halfway through the request"
    ANSWER_KEPT = "carried out and never answered"
    ANSWER_RESET = "carried out and reset"
    HALF_ANSWERED = "dropped halfway through the answer"

    @property
    def is_carried_out(self):
        return self in {Fault.ANSWER_KEPT, Fault.ANSWER_RESET, Fault.HALF_ANSWERED}


class FaultyNetwork:
    """`with FaultyNetwork(port) as network:` passes on what is sent to `network.url`."""

    def __init__(self, port):
        self._service = ("127.0.0.1", port)
        self._fault = Fault.NONE
        self._over = threading.Event()
        # Set once the service has answered an exchange that failed: what was asked is done.
        self.carried_out = threading.Event()
        self._server = ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def failing(self, fault):
        """Fail every exchange that begins in this block; whoever waits at its end is cut off."""
        self._over.clear()
        self.carried_out.clear()
        self._fault = fault
        yield self
        self._fault = Fault.NONE
        self._over.set()

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(network):  # noqa: N805 (the inner class has its own self)
        class Handler(BaseRequestHandler):
            def handle(self):
                try:
                    while request := _message(self.request):
                        if not network._pass_on(self.request, request):
                            return
                except OSError:
                    return  # whoever asked has hung up

        return Handler

    def _pass_on(self, client, request):
        """Do one exchange; tell whether the connection lives on."""
        fault = self._fault
        if fault is Fault.NONE or fault.is_carried_out or fault is Fault.HALF_ASKED:
            with socket.create_connection(self._service) as service:
                if fault is Fault.HALF_ASKED:
                    service.sendall(_first_half(request))
                else:
                    service.sendall(request)
                    answer = _message(service)
        if fault is Fault.NONE:
            client.sendall(answer)
            return True
        if fault.is_carried_out:
            self.carried_out.set()
        if fault in {Fault.DEAF, Fault.ANSWER_KEPT}:
            self._over.wait(60)
        elif fault is Fault.HALF_ANSWERED:
            client.sendall(_first_half(answer))
        else:
            _reset(client)
        return False


def _message(connection):
    """Read one whole HTTP message; empty at the end of the connection."""
    message = b""
    while b"\r\n\r\n" not in message:
        more = connection.recv(65_536)
        if not more:
            return b""
        message += more
    found = _LENGTH.search(message.partition(b"\r\n\r\n")[0])
    missing = int(found[1]) - len(_body(message)) if found else 0
    while missing > 0:
        more = connection.recv(missing)
        if not more:
            return b""
        message += more
        missing -= len(more)
    return message


def _body(message):
    return message.partition(b"\r\n\r\n")[2]


def _first_half(message):
    """Return the head, and half of the body that it promises."""
    return message[: len(message) - len(_body(message)) // 2]


def _reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    connection.close()
