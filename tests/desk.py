"""A browser at the desk over real HTTP: signs in with both factors, opens pages, sends forms."""

import re

import requests

from kernel.clock import utc_now
from tests.make.staff import code_at

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_TIMEOUT_SECONDS = 30


class Desk:
    """What a member of staff does at the desk. `person` is an entry of demo.json's staff."""

    def __init__(self, base_url, person, *, language="en"):
        self.base_url = base_url
        self.person = person
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = language

    def sign_in(self):
        self.send(
            "/desk/sign-in",
            username=self.person["username"],
            password=self.person["password"],
        )
        code = code_at(utc_now(), secret=self.person["totp_secret"])
        self.send("/desk/sign-in/code", code=code)
        return self

    def open(self, path):
        """Return the page at `path`, which must be there."""
        answer = self.http.get(f"{self.base_url}{path}", timeout=_TIMEOUT_SECONDS)
        assert answer.status_code == 200, (path, answer.status_code, _words(answer))
        return answer.text

    def send(self, path, *, page=None, files=None, **fields):
        """Send a form drawn on `page` (by default at `path`) that must be carried out.

        Returns the address to which it leads.
        """
        answer = self.try_to_send(path, page=page, files=files, **fields)
        assert answer.status_code == 303, (path, answer.status_code, _words(answer))
        return answer.headers["Location"]

    def try_to_send(self, path, *, page=None, files=None, **fields):
        token = _TOKEN.search(self.open(page or path))[1]
        return self.http.post(
            f"{self.base_url}{path}",
            data={"csrf_token": token} | fields,
            files=files,
            allow_redirects=False,
            timeout=_TIMEOUT_SECONDS,
        )

    def choice(self, path, label):
        """Return the value of the option that reads `label` on the page at `path`."""
        found = re.search(rf'<option value="([^"]*)"[^>]*>[^<]*{re.escape(label)}', self.open(path))
        assert found, f"no choice {label} at {path}"
        return found[1]


def _words(answer):
    text = answer.text.partition("<main")[2] or answer.text
    return " ".join(re.sub("<[^>]+>", " ", text).split())[:600]
