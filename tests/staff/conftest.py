import re

import pytest

from kernel.clock import utc_now
from kernel.secrets import new_token
from staff.pages import DESK_COOKIE
from tests.make.staff import PASSWORD, code_at

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Desk:
    """A browser at the desk: opens pages, and sends their forms with the token they carry."""

    def __init__(self, client):
        self.client = client

    def open(self, path, **options):
        return self.client.get(path, **options)

    def token(self, path):
        return _TOKEN.search(self.open(path).text)[1]

    def send(self, path, *, page=None, **fields):
        """Send a form to `path` that was drawn on `page`, by default the page at `path`."""
        data = {"csrf_token": self.token(page or path)} | fields
        return self.client.post(path, data=data)

    def give_password(self, username, password=PASSWORD, **fields):
        return self.send("/desk/sign-in", username=username, password=password, **fields)

    def give_code(self, code=None, **fields):
        return self.send("/desk/sign-in/code", code=code or code_at(utc_now()), **fields)


@pytest.fixture
def desk(client):
    return Desk(client)


@pytest.fixture
def signed_in(app, make):
    """Return a function: the desk of a browser in which `account` is signed in."""

    def sign_in(account):
        token = new_token()
        now = utc_now()
        make.staff_session(account, token=token, at=now)
        client = app.test_client()
        client.set_cookie(DESK_COOKIE, token)
        return Desk(client)

    return sign_in


@pytest.fixture
def city(make):
    return make.union(code="SZ", name="深圳市总工会")


@pytest.fixture
def baoan(make, city):
    return make.union(code="SZ-BA", name="宝安区总工会", parent=city)


@pytest.fixture
def longgang(make, city):
    return make.union(code="SZ-LG", name="龙岗区总工会", parent=city)
