"""Speaking to the service as its users do, and insisting on the answer that must come."""

import base64
from typing import Any

import requests

TIMEOUT_SECONDS = 30


class UnexpectedAnswer(Exception):
    """The service gave another answer than the one that the day cannot go on without."""


class Caller:
    """Speaks JSON to the service, keeping its connection and its token.

    Waits `timeout_seconds` for each answer, then raises what requests raises.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.base_url = base_url
        self._timeout = timeout_seconds
        self.http = requests.Session()
        # What a proxy of the surroundings would do to the loopback address is nobody's wish.
        self.http.trust_env = False
        self.http.headers["Accept-Language"] = "en"
        if token:
            self.use(token)

    def use(self, token: str) -> None:
        self.http.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **body: Any) -> requests.Response:
        return self.http.request(
            method, f"{self.base_url}/api/v1{path}", json=body or None, timeout=self._timeout
        )

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.http.get(f"{self.base_url}/api/v1{path}", params=query, timeout=self._timeout)

    def post(self, path: str, **body: Any) -> requests.Response:
        return self.http.post(f"{self.base_url}/api/v1{path}", json=body, timeout=self._timeout)

    def hand_in(
        self, path: str, *, file: tuple[str, bytes, str], **fields: str
    ) -> requests.Response:
        """Send a form with a file: its name, content and media type."""
        return self.http.post(
            f"{self.base_url}/api/v1{path}",
            data=fields,
            files={"file": file},
            timeout=self._timeout,
        )


def answered(response: requests.Response, status: int) -> Any:
    """Return the JSON of an answer that must have a status. Raises UnexpectedAnswer."""
    if response.status_code != status:
        request = response.request
        raise UnexpectedAnswer(
            f"{request.method} {request.url} answered {response.status_code}, not {status}: "
            f"{response.text[:600]}"
        )
    return response.json()


def bytes_of(text: str) -> bytes:
    """Return what a text in base64url without padding stands for."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
