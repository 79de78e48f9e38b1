"""A seeded town with callers of every kind, and one object of every kind that belongs to 龙岗."""

import re
from dataclasses import dataclass, field

from app.access import rule_for
from kernel.actors import ActorKind, Role
from staff.pages import DESK_COOKIE

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_FORM_COOKIE = "uc_form"


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

    def call(self, caller, method, path, **body):
        """Answer as `caller` hears it, and undo whatever it did."""
        with self.connection.begin_nested() as undone:
            try:
                return self.keep(caller, method, path, **body)
            finally:
                undone.rollback()

    def keep(self, caller, method, path, *, form=None, json=None, files=None):
        """Answer as `caller` hears it; what it did stays."""
        client = self._browser(caller)
        if path.startswith("/desk") and method not in ("GET", "HEAD", "OPTIONS"):
            data = {"csrf_token": self._form_token(caller, method, path)} | (form or {})
            return client.open(path, method=method, data=data | (files or {}), buffered=True)
        options = {"data": (form or {}) | files} if files else {"json": json}
        return client.open(path, method=method, headers=caller.headers, buffered=True, **options)

    def _browser(self, caller):
        client = self.app.test_client()
        if caller.kind is ActorKind.STAFF:
            client.set_cookie(DESK_COOKIE, caller.token)
        if _FORM_COOKIE in self._forms:
            client.set_cookie(_FORM_COOKIE, self._forms[_FORM_COOKIE], path="/desk/")
        return client

    def _form_token(self, caller, method, path):
        """Return what a form must carry: of the session where the endpoint asks who it is."""
        endpoint, _ = self.app.url_map.bind("localhost").match(path, method)
        asks = rule_for(method, endpoint).kind is ActorKind.STAFF
        if caller.kind is not ActorKind.STAFF or not asks:
            return self._drawn("visitor", "/desk/sign-in", self.callers["nobody"])
        return self._drawn(caller.name, "/desk/account", caller)

    def _drawn(self, key, page, caller):
        if key not in self._forms:
            client = self._browser(caller)
            self._forms[key] = _TOKEN.search(client.get(page).text)[1]
            cookie = client.get_cookie(_FORM_COOKIE, path="/desk/")
            if cookie is not None:
                self._forms[_FORM_COOKIE] = cookie.value
        return self._forms[key]
