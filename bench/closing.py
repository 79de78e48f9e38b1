"""What closing a month of the bench takes: the steps' page, the certificate, the vouchers."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from bench.town import Town
from bench.work import took
from finance.queries.closing import find_month
from finance.queries.closing_steps import closing_steps
from finance.queries.programme_sums import programme_sums
from finance.queries.residuals import residuals
from finance.queries.vouchers import draft_vouchers, kept_vouchers
from finance.services.closing import ask_to_close, close_period
from kernel.db import transaction


def closed(town: Town, *, starts_on: date, ends_on: date, now: datetime) -> dict[str, Any]:
    """Close a month by two people, after each part of it alone; say what each took."""
    days = {"starts_on": starts_on, "ends_on": ends_on}
    month = f"{starts_on:%Y-%m}"
    told: dict[str, Any] = {"case": "close_month"}

    def clock(name: str, run: Callable[[Session], Any]) -> Any:
        def in_transaction() -> Any:
            with transaction() as session:
                return run(session)

        answer, used = took(in_transaction)
        told[f"{name}_seconds"] = used.seconds
        told[f"{name}_cpu"] = used.cpu_seconds
        return answer

    found = clock("residuals", lambda session: residuals(session, **days))
    clock("programmes", lambda session: programme_sums(session, **days))
    drafts = clock("vouchers", lambda session: draft_vouchers(session, **days))

    def steps(session: Session) -> Any:
        shown = find_month(session, month=month)
        assert shown is not None
        return closing_steps(session, month=shown, wrong=0, now=now)

    clock("steps", steps)
    clock("ask", lambda session: ask_to_close(session, actor=town.maker, month=month, now=now))
    clock("close", lambda session: close_period(session, actor=town.approver, month=month, now=now))
    with transaction() as session:
        kept = len(kept_vouchers(session, month=month))
    return told | {
        "vouchers": kept,
        "errors": sum(found.not_zero.values()) + abs(kept - len(drafts)) + int(not kept),
    }
