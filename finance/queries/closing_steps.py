"""The steps of closing a month, each with what its check found now."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from finance.queries.ageing import Stage, aged_sums
from finance.queries.closing import Month, earlier_open_month
from finance.queries.vouchers import voucher_faults_now
from kernel.clock import shanghai_date, shanghai_day
from kernel.money import Fen


class StepName(StrEnum):
    OVER = "over"
    EARLIER = "earlier"
    BANK = "bank"
    NOT_STATED = "not_stated"
    STATED = "stated"
    AGREED = "agreed"
    DISPUTES = "disputes"
    TO_PAY = "to_pay"
    AT_THE_BANK = "at_the_bank"
    EXCEPTIONS = "exceptions"
    VOUCHERS = "vouchers"
    SUMS = "sums"
    ASKED = "asked"


# Without these nobody closes a month. What the others find goes on into the next one, by name.
MUSTS = frozenset(
    {
        StepName.OVER,
        StepName.EARLIER,
        StepName.EXCEPTIONS,
        StepName.VOUCHERS,
        StepName.SUMS,
        StepName.ASKED,
    }
)
_AGED = {
    StepName.NOT_STATED: Stage.NOT_STATED,
    StepName.STATED: Stage.STATED,
    StepName.AGREED: Stage.AGREED,
    StepName.TO_PAY: Stage.TO_PAY,
    StepName.AT_THE_BANK: Stage.AT_THE_BANK,
}


@dataclass(frozen=True)
class Step:
    """One step: how many things its check found, and the fen they are about where it is fen."""

    name: StepName
    found: int
    amount_fen: Fen | None = None

    @property
    def is_done(self) -> bool:
        return not self.found

    @property
    def is_must(self) -> bool:
        return self.name in MUSTS


_COUNTS = text(
    """
    SELECT
        (SELECT count(*) FROM bank_accounts a WHERE NOT EXISTS (
            SELECT FROM bank_files f WHERE f.account_id = a.id
                AND (f.last_on >= :last_on OR f.imported_at >= :ends_at))) AS bank,
        (SELECT count(*) FROM disputes d WHERE d.decided_at IS NULL
            AND d.raised_at < :ends_at) AS disputes,
        (SELECT count(*) FROM discrepancies d LEFT JOIN bank_lines l ON l.id = d.bank_line_id
            WHERE d.state = 'open' AND d.owner_id IS NULL
            AND coalesce(l.booked_on < :ends_on, d.opened_at < :ends_at)) AS unowned
    """
)


def unowned_exceptions(session: Session, *, ends_on: date) -> int:
    """Count the open exceptions about the days before `ends_on` that nobody has taken on."""
    return int(session.execute(_COUNTS, _days(ends_on)).one().unowned)


def _days(ends_on: date) -> dict[str, object]:
    last_on = date.fromordinal(ends_on.toordinal() - 1)
    return {"ends_on": ends_on, "last_on": last_on, "ends_at": shanghai_day(ends_on)[0]}


def closing_steps(session: Session, *, month: Month, wrong: int, now: datetime) -> list[Step]:
    """Return the steps in the order of work; `wrong` sums of the certificate do not agree."""
    today = shanghai_date(now)
    counts = session.execute(_COUNTS, _days(month.ends_on)).one()
    earlier = earlier_open_month(session, starts_on=month.starts_on)
    sums = aged_sums(session, today=today, before=month.ends_on)
    aged = {}
    for name, stage in _AGED.items():
        mine = [each for each in sums if each.stage is stage]
        count = sum(each.count for each in mine)
        aged[name] = Step(name, count, Fen(sum(each.amount_fen for each in mine)))
    return [
        Step(StepName.OVER, int(month.ends_on > today)),
        Step(StepName.EARLIER, int(earlier is not None)),
        Step(StepName.BANK, counts.bank),
        aged[StepName.NOT_STATED],
        aged[StepName.STATED],
        Step(StepName.DISPUTES, counts.disputes),
        aged[StepName.AGREED],
        aged[StepName.TO_PAY],
        aged[StepName.AT_THE_BANK],
        Step(StepName.EXCEPTIONS, counts.unowned),
        Step(StepName.VOUCHERS, voucher_faults_now(session, month=month)),
        Step(StepName.SUMS, wrong),
        Step(StepName.ASKED, int(month.asked_by is None)),
    ]
