"""Closing a month: one person asks, another closes, and what was true then is kept.

Locks, in order: the month (alone; journals take it shared), then the month's row.
"""

import re
from datetime import date, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record, sign
from finance.errors import (
    CloseAlreadyAsked,
    CloseNotAsked,
    EarlierMonthOpen,
    MonthAlreadyClosed,
    MonthNotOver,
    PreparedByYou,
    ResidualsNotZero,
)
from finance.models import CloseCertificate, CloseRequest, ResidualCheck, WorkStage
from finance.queries.budget_sums import budget_sums
from finance.queries.closing import (
    close_request,
    earlier_open_month,
    named_exceptions,
    open_months,
)
from finance.queries.closing_steps import unowned_exceptions
from finance.queries.programme_sums import programme_sums
from finance.queries.residuals import Residuals, residuals
from finance.rules.works import Tell, say_nothing
from finance.services.vouchers import VoucherFileInvalid, faults_before_closing, write_vouchers
from kernel.actors import Actor
from kernel.clock import shanghai_date
from kernel.errors import Refusal
from kernel.i18n import N_
from kernel.refusals import refused_by
from ledger.models import Period, PeriodState
from ledger.services import close_period as close_books
from ledger.services import ensure_period, lock_period
from staff.queries import names_of


class ExceptionsUnowned(Refusal):
    """The fact `count` says how many."""

    status = 409
    code = "exceptions_unowned"
    title = N_(
        "Exceptions of this month have no owner yet. An exception is named when somebody answers"
        " for it: take them on first."
    )


_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)


def ask_to_close(session: Session, *, actor: Actor, month: str, now: datetime) -> CloseRequest:
    """Ask for a month, such as "2026-11", to be closed. Asking twice is asking once.

    Raises MonthNotOver, MonthAlreadyClosed, EarlierMonthOpen, CloseAlreadyAsked (by another).
    """
    starts_on = date.fromisoformat(f"{month}-01")
    if month >= f"{shanghai_date(now):%Y-%m}":
        raise MonthNotOver(month=month)
    period = ensure_period(session, day=starts_on)
    if period.state is PeriodState.CLOSED:
        raise MonthAlreadyClosed(month=month, closed_at=period.closed_at)
    _refuse_earlier(session, starts_on)
    asked = session.scalars(
        insert(CloseRequest)
        .values(month=month, maker_id=actor.staff_id, asked_at=now)
        .on_conflict_do_nothing()
        .returning(CloseRequest)
    ).one_or_none()
    if asked is None:
        asked = close_request(session, month=month)
        assert asked is not None
        if asked.maker_id != actor.staff_id:
            raise CloseAlreadyAsked(month=month)
        return asked
    record(
        session,
        actor=actor,
        action="period.close_asked",
        object_type="period",
        object_id=None,
        now=now,
        month=month,
    )
    return asked


def close_period(
    session: Session, *, actor: Actor, month: str, now: datetime, tell: Tell = say_nothing
) -> CloseCertificate:
    """Close a month for good and write its certificate. The closer is not who asked.

    Nothing is posted into the month while its sums are compared; two who close at once take turns,
    and the second hears that it is closed.

    Raises MonthAlreadyClosed, CloseNotAsked, PreparedByYou, EarlierMonthOpen, ResidualsNotZero,
    ExceptionsUnowned, VoucherFileInvalid.
    """
    period = lock_period(session, month=month) if _MONTH.fullmatch(month) else None
    if period is not None and period.state is PeriodState.CLOSED:
        raise MonthAlreadyClosed(month=month, closed_at=period.closed_at)
    asked = close_request(session, month=month)
    if period is None or asked is None:
        raise CloseNotAsked(month=month)
    if asked.maker_id == actor.staff_id:
        raise PreparedByYou
    _refuse_earlier(session, period.starts_on)
    tell(WorkStage.COMPARE, 0, 1)
    found = residuals(session, starts_on=period.starts_on, ends_on=period.ends_on)
    if not found.all_zero:
        raise ResidualsNotZero(residuals=found.not_zero)
    unowned = unowned_exceptions(session, ends_on=period.ends_on)
    if unowned:
        raise ExceptionsUnowned(count=unowned)
    _refuse_what_packages_refuse(session, period, asked, actor)
    tell(WorkStage.SIGN, 0, 1)
    written = _certificate(session, period, found, asked=asked, actor=actor, now=now)
    two_people = {
        "ck_periods_two_people": PreparedByYou,
        "ck_close_certificates_two_people": PreparedByYou,
    }
    with refused_by(two_people):
        close_books(
            session,
            period=period,
            maker_id=asked.maker_id,
            approver_id=actor.staff_id,
            now=now,
        )
        session.add(written)
        session.flush()
    tell(WorkStage.VOUCHERS, 0, 1)
    write_vouchers(session, month=month, starts_on=period.starts_on, ends_on=period.ends_on)
    record(
        session,
        actor=actor,
        action="period.closed",
        object_type="period",
        object_id=None,
        now=now,
        month=month,
        maker_id=asked.maker_id,
    )
    return written


def _certificate(
    session: Session,
    period: Period,
    found: Residuals,
    *,
    asked: CloseRequest,
    actor: Actor,
    now: datetime,
) -> CloseCertificate:
    """Return what is kept of the closing, all of it signed with the service's audit key."""
    days = {"starts_on": period.starts_on, "ends_on": period.ends_on}
    written = CloseCertificate(
        month=period.month,
        residuals=found.as_dict(),
        identities=found.identities(),
        named=[each.as_dict(now) for each in named_exceptions(session)],
        programmes=[each.as_dict() for each in programme_sums(session, **days)],
        budgets=[each.as_dict() for each in budget_sums(session, **days)],
        maker_id=asked.maker_id,
        approver_id=actor.staff_id,
        closed_at=now,
    )
    written.signed = sign(session, claims=certificate_claims(written), now=now)
    return written


def certificate_claims(kept: CloseCertificate) -> dict[str, Any]:
    """Return what a certificate's signature is over; whoever changed a row cannot sign it anew.

    One that was signed before certificates said budgets says none.
    """
    budgets = {} if kept.budgets is None else {"budgets": kept.budgets}
    return {
        "record": "close_certificate",
        "month": kept.month,
        "closed_at": kept.closed_at.isoformat(),
        "maker_id": str(kept.maker_id),
        "approver_id": str(kept.approver_id),
        "residuals": kept.residuals,
        "identities": kept.identities,
        "named": kept.named,
        "programmes": kept.programmes,
        **budgets,
    }


def _refuse_what_packages_refuse(
    session: Session, period: Period, asked: CloseRequest, actor: Actor
) -> None:
    names = names_of(session, account_ids=[asked.maker_id, actor.staff_id])
    faults = faults_before_closing(
        session,
        month=period.month,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        people=(names[asked.maker_id], names[actor.staff_id]),
    )
    if faults:
        raise VoucherFileInvalid(
            faults=[{"rule": each.rule, "line": each.line} for each in next(iter(faults.values()))]
        )


def _refuse_earlier(session: Session, starts_on: date) -> None:
    earlier = earlier_open_month(session, starts_on=starts_on)
    if earlier is not None:
        raise EarlierMonthOpen(month=earlier)


def watch_residuals(session: Session, *, month: str, now: datetime) -> dict[str, int]:
    """Keep what the residuals of an open month are now; return those that are not 0.

    A month that is closed or not there any more is left alone.
    """
    watched = next((each for each in open_months(session) if each.month == month), None)
    if watched is None:
        return {}
    found = residuals(session, starts_on=watched.starts_on, ends_on=watched.ends_on)
    check = insert(ResidualCheck).values(month=month, residuals=found.as_dict(), checked_at=now)
    session.execute(
        check.on_conflict_do_update(
            index_elements=[ResidualCheck.month],
            set_={"residuals": check.excluded.residuals, "checked_at": check.excluded.checked_at},
        )
    )
    return found.not_zero
