"""Vouchers of a month: what they sum up, that they add up to the books, and their files."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from audit.models import AuditEntry
from discounts.models import ReceiptCounter
from finance.queries.vouchers import draft_vouchers, journals_of, kept_vouchers
from finance.rules.voucher_checks import voucher_faults
from finance.rules.vouchers import voucher_profiles
from finance.services.closing import ask_to_close, close_period
from finance.services.vouchers import (
    NoVouchers,
    VoucherFileInvalid,
    export_vouchers,
    faults_before_closing,
)
from kernel.actors import Role
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Book, FundSource
from ledger.queries import balances, period_by_month
from ledger.services import SourceKey, post_reversal
from tests.finance.chain import TODAY, ChainMaker
from tests.make import NOW

DAYS = {"starts_on": TODAY.replace(day=1), "ends_on": TODAY.replace(month=12, day=1)}
LATER = NOW + timedelta(days=20)


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    return make


@pytest.fixture
def month(make):
    """Two sales, a part of one taken back, another fund, a member's claim, paid and not proven."""
    till = make.terminal()
    sale = make.sale(till, union_fen=40_00)
    make.sale(till, union_fen=2_50)
    make.take_back(sale, union_fen=10_00)
    make.sale(till, union_fen=7_00, fund=FundSource.DUES)
    make.owed_to_a_member(fen=500_00)
    return till


def shown(vouchers):
    return [
        (
            each.book,
            each.number,
            each.source_type,
            each.fund_source,
            each.journals,
            [(side.code, side.debit_fen, side.credit_fen) for side in each.sides],
        )
        for each in vouchers
    ]


EXPECTED = [
    (
        "mutual_aid", 1, "aid_claim", "mutual_aid", 1,
        [("M501", 500_00, 0), ("M225", 0, 500_00)],
    ),
    ("union", 1, "redemption", "dues", 1, [("50301", 7_00, 0), ("22501", 0, 7_00)]),
    ("union", 2, "redemption", "union_fund", 2, [("50301", 42_50, 0), ("22501", 0, 42_50)]),
    (
        "union", 3, "redemption_reversal", "union_fund", 1,
        [("22501", 0, -10_00), ("50301", -10_00, 0)],
    ),
]  # fmt: skip


def test_a_day_a_fund_and_a_kind_make_a_voucher_and_what_is_taken_back_is_red(session, month):
    drafts = draft_vouchers(session, **DAYS)

    found = shown(drafts)
    found[3] = (*found[3][:5], sorted(found[3][5]))
    assert found == EXPECTED
    assert drafts[2].summary == "11-23普惠补贴\uff08工会经费\uff092笔"
    assert {each.attachments for each in drafts} == {1}
    assert [row.amount_fen for row in entries(session, drafts[2])] == [40_00, 2_50]


def entries(session, voucher):
    return journals_of(session, voucher=voucher, after=None, limit=10)


def test_vouchers_come_to_the_turnovers_of_the_books(session, month):
    turnovers = {}
    for voucher in draft_vouchers(session, **DAYS):
        for side in voucher.sides:
            known = turnovers.setdefault((side.code, voucher.fund_source), [0, 0])
            known[0] += side.debit_fen
            known[1] += side.credit_fen

    assert turnovers == {
        (each.account.code, each.fund_source): [each.debit_fen, each.credit_fen]
        for each in balances(session, period=period_by_month(session, month="2026-11"))
    }


@pytest.fixture
def closed(session, make):
    """A month of two sales, of one a part taken back; closed by two people."""
    till = make.terminal()
    sale = make.sale(till, union_fen=40_00, seq=1)
    make.sale(till, union_fen=2_50, seq=2)
    make.take_back(sale, union_fen=10_00)
    make.save(ReceiptCounter(terminal_id=till.id, receipt_on=TODAY, last=2))
    maker = make.staff_actor(Role.FINANCE_MAKER)
    approver = make.staff_actor(Role.FINANCE_APPROVER)
    drafts = draft_vouchers(session, **DAYS)
    ask_to_close(session, actor=maker, month="2026-11", now=LATER)
    close_period(session, actor=approver, month="2026-11", now=LATER)
    return maker, drafts


def test_the_vouchers_of_a_closed_month_are_kept_and_what_comes_later_is_another_months(
    session, make, closed
):
    _, drafts = closed
    kept = kept_vouchers(session, month="2026-11")

    assert shown(kept) == shown(drafts)
    assert kept_vouchers(session, voucher_id=kept[0].id) == kept[:1]
    assert len(entries(session, kept[0])) == 2

    sale_id = entries(session, kept[0])[0].source_id
    post_reversal(
        session,
        original=SourceKey("redemption", sale_id, "captured"),
        source_type="redemption_reversal",
        source_id=new_id(),
        kind="reversal",
        amount_fen=Fen(5_00),
        occurred_at=LATER,
        now=LATER,
    )

    assert kept_vouchers(session, month="2026-11") == kept
    [later] = draft_vouchers(
        session, starts_on=DAYS["ends_on"], ends_on=LATER.date() + timedelta(1)
    )
    assert (later.number, later.is_red, later.amount_fen) == (1, True, -5_00)


@pytest.mark.parametrize("profile", voucher_profiles())
def test_a_file_is_what_its_package_takes_and_is_on_the_record(session, closed, profile):
    actor, _ = closed
    content = export(session, actor, profile)

    layout = voucher_profiles()[profile]
    codes = ["22501", "50301"]
    assert voucher_faults(content, layout, month="2026-11", codes=codes) == []
    assert export(session, actor, profile) == content
    facts = session.scalars(
        select(AuditEntry.facts).where(AuditEntry.action == "vouchers.saved")
    ).all()
    assert [each["count"] for each in facts] == [2, 2]


def test_what_the_package_would_refuse_is_refused_here_and_mended_in_the_chart(session, closed):
    actor, _ = closed
    make_parent = "UPDATE accounts SET code = '5030102' WHERE code = '50302'"
    session.execute(text(make_parent))

    with pytest.raises(VoucherFileInvalid) as refused:
        export(session, actor, "general")

    assert {each["rule"] for each in refused.value.facts["faults"]} == {"account"}
    session.execute(text("UPDATE accounts SET code = '50302' WHERE code = '5030102'"))
    assert export(session, actor, "general")


def test_before_closing_a_month_says_what_the_packages_would_refuse(session, month):
    def found(people):
        faults = faults_before_closing(session, month="2026-11", **DAYS, people=people)
        return {name: {each.rule for each in of} for name, of in faults.items()}

    assert found(("甲", "乙")) == {}
    assert found(("甲", "名" * 21)) == {"general": {"people"}, "kingdee": {"people"}}


def test_a_book_without_vouchers_has_no_file(session, closed):
    with pytest.raises(NoVouchers):
        export(session, closed[0], "general", book=Book.MUTUAL_AID)


def export(session, actor, profile, *, book=Book.UNION):
    return export_vouchers(
        session, actor=actor, month="2026-11", book=book, profile_name=profile, now=LATER
    )
