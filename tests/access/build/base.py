"""What every part of a world is built with."""

from datetime import timedelta

from sqlalchemy import select

from kernel.clock import utc_now
from kernel.secrets import new_token
from members.models import UnionOrg
from tests.access.world import Caller
from tests.make.maker import Maker

OWNERS = "SZ-LG"
STRANGERS = "SZ-BA"
HOUR = timedelta(hours=1)


class TownMaker(Maker):
    """Makes rows in a town that has people already: the numbers of both must not meet."""

    def next_number(self):
        return 9_000 + super().next_number()


class Part:
    def __init__(self, world, session):
        self.world = world
        self.session = session
        self.make = TownMaker(session)
        self.now = utc_now()
        self.unions = {union.code: union for union in session.scalars(select(UnionOrg))}

    def own(self, **objects):
        self.world.ids |= {name: str(each.id) for name, each in objects.items()}

    def caller(self, name, kind, roles=()):
        found = Caller(name, kind, new_token(), frozenset(roles))
        self.world.callers[name] = found
        return found

    def ask(self, name, method, path, status, **body):
        answer = self.world.keep(self.world.callers[name], method, path, **body)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-3000:])
        return answer

    def post(self, name, path, status=201, **json):
        return self.ask(name, "POST", f"/api/v1{path}", status, json=json).json

    def send(self, name, path, **form):
        """Send a form of the desk; return the id at the end of where it leads."""
        files = {key: form.pop(key) for key in list(form) if isinstance(form[key], tuple)}
        answer = self.ask(name, "POST", f"/desk{path}", 303, form=form, files=files)
        return answer.location.rpartition("/")[2]
