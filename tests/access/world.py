"""A seeded town with callers of every kind, and one object of every kind that belongs to 龙岗."""

import re
from dataclasses import dataclass, field

from app.access import rule_for
from kernel.actors import ActorKind, Role
from kernel.pages import DESK_PATH, MANAGER_PATH, area_of
from merchants.pages import MANAGER_COOKIE
from staff.pages import DESK_COOKIE

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_FORM_COOKIE = "uc_form"
# Of each part with forms: where a visitor and somebody signed in draw what a form must carry, and
# whose forms those are.
_FORM_PAGES = {
    DESK_PATH: ("/desk/sign-in", "/desk/account", ActorKind.STAFF),
    MANAGER_PATH: ("/scan/manager/sign-in", "/scan/manager/account", ActorKind.MANAGER),
}
_COOKIES = {ActorKind.STAFF: (DESK_COOKIE, "/"), ActorKind.MANAGER: (MANAGER_COOKIE, MANAGER_PATH)}


@dataclass(frozen=True)
class Caller:
    """Somebody with credentials, or without. `name` is how the tables of the test call them."""

    name: str
    kind: ActorKind
    token: str = ""
    roles: frozenset[Role] = frozenset()

    @property
    def headers(self):
        if self.kind in (ActorKind.MEMBER, ActorKind.TERMINAL):
            return {"Authorization": f"Bearer {self.token}"}
        return {}


@dataclass
class World:
    """The callers and the ids of their objects. Every call is undone before the next."""

    app: object
    connection: object
    callers: dict = field(default_factory=dict)
    ids: dict = field(default_factory=dict)
    _forms: dict = field(default_factory=dict)
    _visits: dict = field(default_factory=dict)

    def call(self, caller, method, path, **body):
        """Answer as `caller` hears it, and undo whatever it did."""
        with self.connection.begin_nested() as undone:
            try:
                return self.keep(caller, method, path, **body)
            finally:
                undone.rollback()

    def keep(self, caller, method, path, *, form=None, json=None, files=None):
        """Answer as `caller` hears it; what it did stays."""
        if area_of(path) and method not in ("GET", "HEAD", "OPTIONS"):
            # Drawn first: the browser takes the visitor's cookie that it may have come with.
            data = {"csrf_token": self._form_token(caller, method, path)} | (form or {})
            client = self._browser(caller)
            return client.open(path, method=method, data=data | (files or {}), buffered=True)
        client = self._browser(caller)
        options = {"data": (form or {}) | files} if files else {"json": json}
        return client.open(path, method=method, headers=caller.headers, buffered=True, **options)

    def _browser(self, caller):
        client = self.app.test_client()
        if caller.kind in _COOKIES:
            name, path = _COOKIES[caller.kind]
            client.set_cookie(name, caller.token, path=path)
        for path, value in self._visits.items():
            client.set_cookie(_FORM_COOKIE, value, path=path)
        return client

    def _form_token(self, caller, method, path):
        """Return what a form must carry: of the session where the endpoint asks who it is."""
        endpoint, _ = self.app.url_map.bind("localhost").match(path, method)
        asks = rule_for(method, endpoint).kind
        signing_in, own_page, kind = _FORM_PAGES[area_of(path)]
        if caller.kind is not kind or asks is not kind:
            return self._drawn(signing_in, signing_in, self.callers["nobody"])
        return self._drawn(caller.name, own_page, caller)

    def _drawn(self, key, page, caller):
        if key not in self._forms:
            client = self._browser(caller)
            self._forms[key] = _TOKEN.search(client.get(page).text)[1]
            area = area_of(page)
            cookie = client.get_cookie(_FORM_COOKIE, path=area)
            if cookie is not None:
                self._visits[area] = cookie.value
        return self._forms[key]
