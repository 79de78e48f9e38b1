"""A browser at the desk over HTTP: signs in with both factors, opens pages, sends forms."""

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

import requests

from app.demo.day.http import TIMEOUT_SECONDS, UnexpectedAnswer
from kernel.clock import unix, utc_now
from staff.rules import totp_code, totp_step

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_STEP_SECONDS = 30
_OK, _SEE_OTHER = 200, 303


class Desk:
    """What a member of staff does at the desk. `person` is an entry of demo.json's staff."""

    def __init__(self, base_url: str, person: Mapping[str, str], *, language: str = "en") -> None:
        self.base_url = base_url
        self.person = person
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Accept-Language"] = language

    def sign_in(self) -> Self:
        """Sign in with password and one-time code.

        A code is good for one sign-in, and the next step's is accepted a little early: who was here
        in this very minute takes that one, and after it waits for the clock.
        """
        self.send(
            "/desk/sign-in",
            username=self.person["username"],
            password=self.person["password"],
        )
        for steps_ahead in (0, 1):
            if self._give_code(utc_now(), steps_ahead):
                return self
        time.sleep(_STEP_SECONDS - unix(utc_now()) % _STEP_SECONDS)
        if not self._give_code(utc_now(), 1):
            raise UnexpectedAnswer(f"{self.person['username']} could not sign in: code refused.")
        return self

    def _give_code(self, now: datetime, steps_ahead: int) -> bool:
        code = totp_code(self.person["totp_secret"], step=totp_step(now) + steps_ahead)
        return self.try_to_send("/desk/sign-in/code", code=code).status_code == _SEE_OTHER

    def open(self, path: str) -> str:
        """Return the page at `path`. Raises UnexpectedAnswer unless it is there."""
        return self.download(path).text

    def download(self, path: str) -> requests.Response:
        """Return what is at `path`, a page or a file. Raises UnexpectedAnswer if it is not."""
        answer = self.http.get(f"{self.base_url}{path}", timeout=TIMEOUT_SECONDS)
        if answer.status_code != _OK:
            raise UnexpectedAnswer(f"{path} answered {answer.status_code}: {_words(answer)}")
        return answer

    def send(self, path: str, *, page: str | None = None, files: Any = None, **fields: Any) -> str:
        """Send a form drawn on `page` (by default at `path`) that must be carried out.

        Returns the address to which it leads. Raises UnexpectedAnswer.
        """
        answer = self.try_to_send(path, page=page, files=files, **fields)
        if answer.status_code != _SEE_OTHER:
            raise UnexpectedAnswer(f"{path} answered {answer.status_code}: {_words(answer)}")
        return answer.headers["Location"]

    def send_current(self, path: str, *, page: str, **fields: Any) -> str:
        """Send the form that leads to `path` with the version that `page` shows in it now."""
        return self.send(path, page=page, version=self.version(path, page=page), **fields)

    def try_to_send(
        self, path: str, *, page: str | None = None, files: Any = None, **fields: Any
    ) -> requests.Response:
        token = _found(_TOKEN, self.open(page or path), f"form at {page or path}")
        return self.http.post(
            f"{self.base_url}{path}",
            data={"csrf_token": token} | fields,
            files=files,
            allow_redirects=False,
            timeout=TIMEOUT_SECONDS,
        )

    def version(self, path: str, *, page: str) -> str:
        """Return the version in the form on `page` that leads to `path`."""
        form = re.compile(
            rf'<form[^>]*action="{re.escape(path)}"[^>]*>(?:(?!</form>).)*?'
            r'name="version" value="(\d+)"',
            re.DOTALL,
        )
        return _found(form, self.open(page), f"form to {path} at {page}")

    def choice(self, path: str, label: str) -> str:
        """Return the value of the option that reads `label` on the page at `path`."""
        option = re.compile(rf'<option value="([^"]*)"[^>]*>[^<]*{re.escape(label)}')
        return _found(option, self.open(path), f"choice {label} at {path}")

    def link(self, path: str, label: str) -> str:
        """Return where the first link that reads `label` on the page at `path` leads."""
        anchor = re.compile(rf'<a [^>]*href="([^"]*)"[^>]*>[^<]*{re.escape(label)}')
        return _found(anchor, self.open(path), f"link {label} at {path}")


def _found(pattern: re.Pattern[str], text: str, what: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise UnexpectedAnswer(f"There is no {what}.")
    return found[1]


def _words(answer: requests.Response) -> str:
    """Return what a page says, without its marks."""
    text = answer.text.partition("<main")[2] or answer.text
    return " ".join(re.sub("<[^>]+>", " ", text).split())[:600]
