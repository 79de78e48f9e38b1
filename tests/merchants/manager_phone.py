"""A manager's phone in tests: signed in, and following forms as a browser without scripts does."""

import re

from merchants.pages import MANAGER_COOKIE

HOME = "/scan/manager"
_HIDDEN = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')


class ManagerPhone:
    """The phone of one manager; pages in English, so that a test can be read."""

    def __init__(self, client, make, manager):
        self.client = client
        token = f"the phone of {manager.id}"
        make.manager_session(manager, token=token)
        client.set_cookie(MANAGER_COOKIE, token, path=f"{HOME}/")
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"

    def open(self, path=""):
        return self.client.get(f"{HOME}/{path}")

    def hidden(self, page, *, form):
        """Return what `page` hid in the form that goes to `form`."""
        shown = self.open(page).text
        found = re.search(rf'<form[^>]*action="{HOME}/{form}">(.*?)</form>', shown, re.DOTALL)
        assert found, f"{page} has no form that goes to {form}"
        return dict(_HIDDEN.findall(found[1]))

    def send(self, path, *, on, **typed):
        return self.client.post(f"{HOME}/{path}", data=self.hidden(on, form=path) | typed)
