"""Who is there on the day: the people, tills and staff of the demo file, each signed in once."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.demo.day.desk import Desk
from app.demo.day.http import UnexpectedAnswer
from app.demo.day.phone import Phone
from app.demo.day.till import Till

# So many phones and tills are busy at once.
HANDS = 8


class Scene:
    """The running service with everybody that the demo file names. `demo` is its content."""

    def __init__(self, demo: Mapping[str, Any], *, base_url: str) -> None:
        self.demo = demo
        self.base_url = base_url
        self._desks: dict[str, Desk] = {}

    def phones(self, count: int) -> list[Phone]:
        """Return the phones of the first `count` members, signed in, their devices enrolled.

        Raises UnexpectedAnswer, also where the file names fewer members.
        """
        people = self.demo["members"][:count]
        if len(people) < count:
            raise UnexpectedAnswer(
                f"The demo file names {len(people)} members who have no phone yet; "
                f"the day needs {count}. Choose a smaller size."
            )
        with ThreadPoolExecutor(HANDS) as pool:
            return list(pool.map(self._phone, people))

    def _phone(self, person: Mapping[str, str]) -> Phone:
        phone = Phone(self.base_url, person, sign_in_code=self.demo["sign_in_code"])
        return phone.sign_in(self.demo["consents"]).enrol("Demo phone")

    def tills(self, kind: str) -> Iterator[Till]:
        """Pair the file's tills of a kind, one at a time, as far as the caller asks."""
        for place in self.demo["terminals"]:
            if place["kind"] == kind:
                yield Till(self.base_url).pair(place["pairing_code"], name="Demo till")

    def desk(self, role: str) -> Desk:
        """Return the desk at which somebody with a role is signed in: the first that the file has.

        A one-time code is good for one sign-in, so nobody signs in twice.
        """
        if role not in self._desks:
            person = next(person for person in self._staff() if person["role"] == role)
            self._desks[role] = Desk(self.base_url, person).sign_in()
        return self._desks[role]

    def _staff(self) -> Sequence[Mapping[str, str]]:
        staff: Sequence[Mapping[str, str]] = self.demo["staff"]
        return staff
