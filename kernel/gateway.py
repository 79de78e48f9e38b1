"""The way out for text messages: logged in a demo, HTTP in production. docs/decisions/0023.

A gateway is asked by a job, never inside a transaction. What it was asked before under the same id
it does not send again, so a job that died between the answer and its note may simply ask again.
"""

import logging
import time
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

logger = logging.getLogger("union_card.gateway")

# So many calls in a row that came to nothing, and the gateway is left alone for a while: a worker
# that waits for one that is dead does nothing else.
FAILURES_MAX = 5
PAUSE_SECONDS = 30.0

# What another try may change. Every other refusal is about the message itself.
_PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,  # the same id is being worked on
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        # About us, not about the message: an operator mends the token or the address.
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
    }
)
_CLIENT_ERRORS = 400
_SERVER_ERRORS = 500


class NotSentError(Exception):
    """A message did not go out. `code` tells why; `is_final`: trying again would not help."""

    def __init__(self, code: str, *, is_final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.is_final = is_final


class Gateway(Protocol):
    """Sends text messages."""

    def send(self, phone: str, text: str, id: str) -> None:  # noqa: A002 (the gateways' own word)
        """Send `text` to `phone` (`+8615400000001`), once for each `id`. Raises NotSentError."""


class LoggedGateway:
    """Sends nothing and logs that it was asked: what a demo has (security.md)."""

    def send(self, phone: str, text: str, id: str) -> None:  # noqa: A002
        # Neither the number nor the words: a code in a log would be a way in.
        logger.info(
            "text message %s to a number ending %s, %d characters", id, phone[-2:], len(text)
        )


class _Bearer(AuthBase):
    """The token of the gateway, said so that no .netrc of the machine takes its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class HttpGateway:
    """Hands messages to an HTTP service: POST {"to", "text"}, with the id as `Idempotency-Key`.

    2xx means taken. `timeout_seconds` holds for the connection and again for the answer;
    `pause_seconds` is how long it is left alone after FAILURES_MAX failures in a row.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str,
        timeout_seconds: float,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._url = url
        self._timeout = timeout_seconds
        self._pause = pause_seconds
        self._failures = 0
        self._closed_until = 0.0
        # A connection of its own for each thread is not needed: requests pools them.
        self._http = requests.Session()
        self._http.auth = _Bearer(token)
        for scheme in ("https://", "http://"):
            self._http.mount(scheme, HTTPAdapter(max_retries=0))

    def send(self, phone: str, text: str, id: str) -> None:  # noqa: A002
        """See Gateway. Raises NotSentError `paused` without calling after repeated failures."""
        if time.monotonic() < self._closed_until:
            raise NotSentError("paused")
        try:
            self._ask(phone, text, id)
        except NotSentError as error:
            # A refusal of one message is an answer: the gateway lives.
            self._note(failed=not error.is_final)
            raise
        self._note(failed=False)

    def _ask(self, phone: str, text: str, key: str) -> None:
        try:
            # Streamed and never read: the answer is its status, whatever comes after it.
            with self._http.post(
                self._url,
                json={"to": phone, "text": text},
                headers={"Idempotency-Key": key},
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
        except requests.Timeout:
            raise NotSentError("timeout") from None
        except requests.RequestException:
            # Without its cause: the text of some of these errors repeats the request.
            raise NotSentError("unreachable") from None
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return
        is_about_message = _CLIENT_ERRORS <= status < _SERVER_ERRORS and status not in _PASSING
        raise NotSentError(f"answered_{status}", is_final=is_about_message)

    def _note(self, *, failed: bool) -> None:
        self._failures = self._failures + 1 if failed else 0
        if self._failures >= FAILURES_MAX:
            # One try after the pause; if it fails too, the next pause begins.
            self._closed_until = time.monotonic() + self._pause
            logger.warning("the text-message gateway is left alone for %g s", self._pause)


class _Out:
    """Holds the process's gateway, as kernel.secrets holds its keyring."""

    current: Gateway | None = None


def use_gateway(gateway: Gateway | None) -> None:
    """Send through `gateway` from now on; None: nothing can be sent. Called by create_app()."""
    _Out.current = gateway


def gateway() -> Gateway | None:
    return _Out.current


def is_safe_address(url: str) -> bool:
    """Say whether phone numbers may travel to `url`: over TLS, or within this machine."""
    parts = urlsplit(url)
    is_here = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_here)
    )
