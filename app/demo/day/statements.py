"""Merchants' statements for the day: opened, issued, one disputed, agreed, approved by another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.demo.day.desk import Desk
from app.demo.day.http import UnexpectedAnswer, answered
from app.demo.day.scene import Scene
from app.demo.day.till import Till
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id

_PAGES = "/desk/finance/statements"
_MINE = "/terminals/me/statements"
_STATEMENT = re.compile(rf'href="({_PAGES}/[0-9a-f-]{{36}})"')
# What finance grants the merchant that disputes a line; it stands on its next statement.
GRANTED_FEN = 1_00


@dataclass(frozen=True)
class Stated:
    """How many statements were approved, of how many lines and fen; and what waits for the next.

    `kept_for_next` merchants have a statement for today already: an earlier run in the same 24
    hours made it, and a journal is on one statement for ever.
    """

    approved: int
    lines: int
    payable_fen: int
    disputed: int
    kept_for_next: int


def is_stated_today(till: Till) -> bool:
    """Say whether the till's merchant sees a statement that covers today."""
    today = shanghai_date(utc_now())
    return any(_covers(statement, today) for statement in _statements(till))


def state(scene: Scene, tills: Sequence[Till], *, sold_at: set[str]) -> Stated:
    """Open the day's statements and take those of these tills' merchants to approved.

    `sold_at` names the merchants to whom the union owes something. The first of them disputes a
    line: finance answers with a yuan more, and a second person confirms it. The others agree.
    """
    today = shanghai_date(utc_now())
    free = [
        till for till in tills if till.facts["merchant"] in sold_at and not is_stated_today(till)
    ]
    approved: list[Any] = []
    if free:
        maker = scene.desk("finance_maker")
        maker.send(
            _PAGES, page=f"{_PAGES}/new", starts_on=today.isoformat(), last_on=today.isoformat()
        )
        for till in free:
            page = _open_statement(maker, till, today)
            maker.send_current(f"{page}/issue", page=page)
            if till is free[0]:
                _dispute(scene, till, page)
            else:
                answered(till.post(f"{_MINE}/{_id_of(page)}/agreement"), 200)
            scene.desk("finance_approver").send_current(f"{page}/approve", page=page)
            approved.append(answered(till.get(f"{_MINE}/{_id_of(page)}"), 200))
    return Stated(
        approved=len(approved),
        lines=sum(each["lines"] for each in approved),
        payable_fen=sum(each["payable_fen"] for each in approved),
        disputed=1 if free else 0,
        kept_for_next=sum(till.facts["merchant"] in sold_at for till in tills) - len(free),
    )


def _dispute(scene: Scene, till: Till, page: str) -> None:
    """Let the merchant dispute its first line, and finance answer; the statement is agreed then."""
    line = answered(till.get(f"{_MINE}/{_id_of(page)}"), 200)["items"][0]
    dispute_id = str(new_id())
    answered(
        till.post(
            f"{_MINE}/{_id_of(page)}/disputes",
            id=dispute_id,
            journal_id=line["journal_id"],
            reason="小票金额多一元 (demo)",
        ),
        201,
    )
    act = f"{_PAGES}/disputes/{dispute_id}"
    scene.desk("finance_maker").send_current(
        f"{act}/answer",
        page=page,
        verdict="more",
        amount=f"{GRANTED_FEN / 100:.2f}",
        answer="已核对小票, 补付一元 (demo)",
    )
    scene.desk("finance_approver").send_current(f"{act}/confirm", page=page)


def _open_statement(desk: Desk, till: Till, today: date) -> str:
    """Return the page of the merchant's open statement for today. Raises UnexpectedAnswer."""
    query = f"state=open&merchant={till.facts['merchant']}&day={today.isoformat()}"
    pages = set(_STATEMENT.findall(desk.open(f"{_PAGES}?{query}")))
    if len(pages) != 1:
        raise UnexpectedAnswer(f"{till.facts['merchant']} has {len(pages)} open statements.")
    (page,) = pages
    return str(page)


def _statements(till: Till) -> list[Any]:
    items: list[Any] = answered(till.get(_MINE, rows=100), 200)["items"]
    return items


def _covers(statement: Any, day: date) -> bool:
    return bool(statement["starts_on"] <= day.isoformat() <= statement["last_on"])


def _id_of(page: str) -> str:
    return page.rpartition("/")[2]
