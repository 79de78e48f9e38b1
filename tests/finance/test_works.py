"""Long work: asked for at a page, done by a worker, watched, cancelled, ended once."""

import io
import re
from datetime import date

import pytest
from sqlalchemy import func, select

from audit.models import AuditEntry
from finance.jobs import do_work
from finance.models import (
    BankFile,
    BankLine,
    Outcome,
    Statement,
    Work,
    WorkFile,
    WorkKind,
    WorkStage,
)
from finance.pages import bank, closing, statements
from finance.rules.works import STAGES, percent
from finance.services.closing import ask_to_close
from finance.services.works import (
    WorkCancelled,
    cancel_work,
    start_work,
    take_work,
    tell_progress,
)
from finance.work_errors import WorkEnded, WorkGoingOn
from kernel.actors import Role
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Family, FundSource, PartyType, Period, PeriodState, PostingEvent
from ledger.services import Entry, post_many
from tests.finance.test_bank_pages import BANK, checker, desk_of, maker, upload, words
from tests.make import NOW
from tests.make.bank import bank_file
from tests.make.trades import NUMBER, trade, trade_bill
from tests.staff.conftest import city, signed_in

SHARED = (checker, city, desk_of, maker, signed_in)
LARGE = 2_500
WORKS = "/desk/finance/works"


def large_file(lines=LARGE, *, last="手续费"):
    said = [("2026-11-05", -50, f"手续费 {number:06d} 演示银行深圳分行") for number in range(lines)]
    return bank_file(*said, ("2026-11-06", -3_50, last))


def only_work(session):
    return session.scalars(select(Work).execution_options(populate_existing=True)).one()


def run(app, work):
    with app.app_context():
        do_work(work_id=str(work.id))


@pytest.mark.parametrize("kind", WorkKind)
def test_the_stages_of_a_kind_come_to_the_whole(kind):
    assert sum(STAGES[kind].values()) == 100
    said = [percent(kind, stage, done=part, total=2) for stage in STAGES[kind] for part in range(3)]
    assert said == sorted(said)
    assert percent(kind, None, done=0, total=0) == said[0] == 0
    assert said[-1] == 99  # 100 is for what is finished


def test_a_large_file_is_taken_in_by_a_worker(app, session, maker):
    content = large_file()
    assert len(content) > bank.AT_ONCE_BYTES_MAX

    answer = upload(maker, content, name="十一月.csv")

    assert answer.status_code == 303
    work = only_work(session)
    assert answer.location.endswith(f"{WORKS}/{work.id}")
    assert session.scalar(select(func.count()).select_from(BankFile)) == 0
    page = maker.open(answer.location)
    assert "<progress" in page.text
    assert "十一月.csv" in words(page)
    assert "Waiting for a worker" in words(page)
    assert "Taking in a bank file 0 %" in words(maker.open(BANK))
    assert maker.open(f"{answer.location}/progress").json == {
        "done": 0,
        "total": 100,
        "finished": False,
        "stage": "Waiting for a worker",
    }
    assert content not in session.scalars(select(WorkFile.content_sealed)).one()

    run(app, work)

    assert maker.open(f"{answer.location}/progress").json["finished"]
    page = words(maker.open(answer.location))
    assert f"{LARGE + 1} lines, {LARGE + 1} of them new: 0 matched" in page
    assert "Going on" not in words(maker.open(BANK))
    file = session.scalars(select(BankFile)).one()
    assert (file.name, file.new, file.imported_by) == ("十一月.csv", LARGE + 1, work.maker_id)
    assert session.scalars(select(WorkFile)).all() == []

    run(app, work)
    assert session.scalar(select(func.count()).select_from(BankLine)) == LARGE + 1
    done = select(AuditEntry.action).where(AuditEntry.object_id.in_([work.id, file.id]))
    assert sorted(session.scalars(done)) == ["bank_file.imported", "work.started"]


def test_a_file_that_is_refused_says_why_where_it_was_watched(app, session, maker):
    answer = upload(maker, large_file().replace(b"-3.50", b"").replace(b"3.50", b"3.51"))
    work = only_work(session)

    run(app, work)

    assert only_work(session).outcome is Outcome.REFUSED
    page = words(maker.open(answer.location))
    assert "Refused" in page
    assert "Balance that was expected" in page
    assert "Nothing was changed. Mend what is named here and start again." in page
    assert session.scalars(select(BankFile)).all() == []
    assert session.scalars(select(WorkFile)).all() == []


def test_the_same_file_is_not_worked_on_twice_at_once(app, session, maker):
    upload(maker, large_file())

    answer = upload(maker, large_file())

    assert answer.status_code == 409
    assert "This very thing is being done already." in words(answer)
    run(app, only_work(session))
    assert upload(maker, large_file()).status_code == 303


def test_cancelled_work_leaves_nothing(app, session, maker):
    answer = upload(maker, large_file())
    work = only_work(session)
    assert "Cancel it" in words(maker.open(answer.location))

    cancelled = maker.send(f"{WORKS}/{work.id}/cancel", page=answer.location)

    assert cancelled.status_code == 303
    page = words(maker.open(answer.location))
    assert "Being cancelled" in page
    assert "Cancel it" not in page
    run(app, work)
    assert only_work(session).outcome is Outcome.CANCELLED
    assert session.scalars(select(BankFile)).all() == []
    assert session.scalars(select(WorkFile)).all() == []
    page = words(maker.open(answer.location))
    assert "Nothing was changed. It can be started again at any time." in page
    late = maker.send(f"{WORKS}/{work.id}/cancel", page=answer.location)
    assert "This work has ended" in words(maker.open(late.location))


def test_how_far_it_is_stands_in_the_list(session, make, maker):
    actor = make.staff_actor(Role.FINANCE_MAKER)
    work = asked_for(session, actor)
    tell_progress(work.id, WorkStage.MATCH, 30_000, 60_000)

    page = words(maker.open(f"{WORKS}/{work.id}"))

    assert "60 % Matching 30,000 / 60,000" in page
    assert "Going on 60 %" in words(maker.open(WORKS))
    sheet = maker.open(f"{WORKS}?format=csv").text
    assert re.search("Taking in a bank file,a.csv,.*,Going on", sheet)
    cancel_work(session, actor=actor, work_id=work.id, now=NOW)
    session.flush()
    with pytest.raises(WorkCancelled):
        tell_progress(work.id, WorkStage.NAME, 0, 1)


def asked_for(session, actor, **facts):
    defaults = {"kind": WorkKind.BANK_FILE, "subject": "a", "asked": {"name": "a.csv"}}
    return start_work(session, actor=actor, now=NOW, **defaults | facts)


def test_work_of_somebody_who_lost_the_role_is_refused(app, session, make):
    work = asked_for(session, make.staff_actor(Role.AUDITOR), content=large_file(3))

    run(app, work)

    found = only_work(session)
    assert (found.outcome, found.answer["code"]) == (Outcome.REFUSED, "work_maker_gone")


def test_a_fault_of_ours_ends_the_work(app, session, make, caplog):
    # A file is missing that there always is: nothing the person could have done differently.
    work = asked_for(session, make.staff_actor(Role.FINANCE_MAKER))

    run(app, work)

    assert only_work(session).outcome is Outcome.FAILED
    assert f"work_failed {work.id}" in caplog.text


def test_two_pieces_of_one_thing_and_what_has_ended(session, make):
    actor = make.staff_actor(Role.FINANCE_MAKER)
    work = asked_for(session, actor)
    with pytest.raises(WorkGoingOn), session.begin_nested():
        asked_for(session, actor)
    asked_for(session, actor, subject="b")

    assert take_work(session, work_id=work.id)
    work.outcome, work.finished_at = Outcome.DONE, NOW
    session.flush()
    assert not take_work(session, work_id=work.id)
    with pytest.raises(WorkEnded):
        cancel_work(session, actor=actor, work_id=work.id, now=NOW)


def test_a_large_trade_bill_is_taken_in_by_a_worker(app, session, make, maker):
    shop = make.merchant()
    day = NOW.replace(day=20)
    trades = [trade(f"42000{n:020d}", f"UC{n:012d}", at=day) for n in range(1_000)]
    content = trade_bill(*trades)
    assert len(content) > bank.AT_ONCE_BYTES_MAX
    fields = {"file": (io.BytesIO(content), "bill.csv"), "uscc": shop.uscc}
    channels = "/desk/finance/channels"

    answer = maker.send(channels, page=channels, **fields)

    assert answer.status_code == 303
    assert "Taking in a trade bill 0 %" in words(maker.open(channels))
    run(app, only_work(session))
    said = "1000 trades, 1000 of them new: 0 agree with our sales, 1000 put down as exceptions."
    assert said in words(maker.open(answer.location))
    assert NUMBER in words(maker.open(channels))


def booked(session, party_ids, *, day):
    entries = [
        Entry(
            source_id=new_id(),
            family=Family.DISCOUNT,
            fund_source=FundSource.UNION_FUND,
            amount_fen=Fen(40_00),
            party_type=PartyType.MERCHANT,
            party_id=party_id,
            programme_id=None,
            occurred_at=NOW,
            book_date=day,
        )
        for party_id in party_ids
    ]
    facts = {"source_type": "adjustment", "kind": "captured", "event": PostingEvent.CAPTURED}
    post_many(session, entries=entries, now=NOW, **facts)


def test_statements_of_many_merchants_are_opened_by_a_worker(app, session, make, maker):
    make.chart()
    many = statements.AT_ONCE_MERCHANTS_MAX + 1
    booked(session, [make.merchant().id for _ in range(many)], day=NOW.date())
    days = {"starts_on": "2026-11-01", "last_on": NOW.date().isoformat()}
    where = "/desk/finance/statements"

    answer = maker.send(where, page=f"{where}/new", **days)

    assert answer.status_code == 303
    work = only_work(session)
    assert answer.location.endswith(f"{WORKS}/{work.id}")
    assert "Opening statements 0 %" in words(maker.open(where))
    run(app, work)
    assert session.scalar(select(func.count()).select_from(Statement)) == many
    assert f"{many} statements are open." in words(maker.open(answer.location))


def test_a_large_month_is_closed_by_a_worker_or_not_at_all(app, session, make, desk_of):
    make.chart()
    asking = make.staff_actor(Role.FINANCE_MAKER)
    ask_to_close(session, actor=asking, month="2026-10", now=NOW)
    many = closing.AT_ONCE_JOURNALS_MAX + 1
    booked(session, [make.merchant().id] * many, day=date(2026, 10, 5))
    closer = desk_of(Role.FINANCE_APPROVER)
    page = "/desk/finance/close/2026-10"

    answer = closer.send(f"{page}/close", page=page)

    assert answer.location.endswith(f"{WORKS}/{only_work(session).id}")
    assert "Closing a month 0 %" in words(closer.open(page))
    run(app, only_work(session))
    # These journals are of no sale: the sums say so.
    assert "Some sums do not agree, so the month stays open." in words(closer.open(answer.location))
    assert session.get_one(Period, "2026-10", populate_existing=True).state is PeriodState.OPEN


def test_a_month_is_closed_by_a_worker(app, session, make):
    asking = make.staff_actor(Role.FINANCE_MAKER)
    ask_to_close(session, actor=asking, month="2026-10", now=NOW)
    closer = make.staff_actor(Role.FINANCE_APPROVER)
    asked = {"kind": WorkKind.CLOSING, "subject": "2026-10", "asked": {"month": "2026-10"}}

    run(app, asked_for(session, closer, **asked))

    assert only_work(session).answer == {"month": "2026-10"}
    closed = session.get_one(Period, "2026-10", populate_existing=True)
    assert (closed.state, closed.approver_id) == (PeriodState.CLOSED, closer.id)
