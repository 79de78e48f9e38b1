"""A bank file is taken in once, line by line, whichever layout it comes in."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from finance.errors import BankFileRefused, BankLinesDiffer, BankLinesMissing
from finance.models import (
    BankAccount,
    BankFile,
    BankLine,
    Discrepancy,
    DiscrepancyCode,
    Match,
    PaymentState,
)
from finance.services.bank_import import import_bank_file
from kernel.money import Fen
from tests.make import NOW
from tests.make.bank import ACCOUNT, bank_file

DATA = Path(__file__).resolve().parents[1] / "data"
ENCODINGS = {"bank-a.csv": "utf-8-sig", "bank-b.csv": "gb18030"}


def sample(name, references):
    """Return one of the two layouts of the same statement, with references of ours filled in."""
    text = (DATA / name).read_bytes().decode(ENCODINGS[name])
    for number, reference in enumerate(references, start=1):
        text = text.replace(f"{{E2E{number}}}", reference)
    return text.encode(ENCODINGS[name])


def take_in(session, content, *, name="bank.csv", now=NOW):
    return import_bank_file(session, content=content, name=name, staff_id=None, now=now)


def lines_of(session):
    return session.scalars(select(BankLine).order_by(BankLine.seq)).all()


@pytest.fixture
def at_the_bank(make):
    """The four payments that the sample files are about, sent on the first of November."""
    sent_at = NOW.replace(day=1)
    sales = ((12_345_00,), (890_50,), (890_50,))
    statements = [make.approved_statement(sales=each) for each in sales]
    payments = [make.sent_payment(statement=each, sent_at=sent_at) for each in statements]
    payable = make.payable(amount_fen=1_920_00)
    return [*payments, make.sent_payment(payable=payable, payee="张*明", sent_at=sent_at)]


@pytest.mark.parametrize("name", sorted(ENCODINGS))
def test_each_layout_gives_the_same_lines_matches_and_exceptions(session, at_the_bank, name):
    content = sample(name, [each.reference for each in at_the_bank])

    taken = take_in(session, content)

    assert (taken.lines, taken.new, taken.matched, taken.named) == (7, 7, 5, 2)
    lines = lines_of(session)
    assert [(line.booked_on.day, line.amount_fen) for line in lines] == [
        (2, -12_345_00),
        (2, -890_50),
        (2, -890_50),
        (3, 890_50),
        (4, -1_920_00),
        (5, -3_50),
        (6, 50_000_00),
    ]
    for payment in at_the_bank:
        session.refresh(payment)
    assert [each.state for each in at_the_bank] == [
        PaymentState.PAID,
        PaymentState.PAID,
        PaymentState.RETURNED,
        PaymentState.PAID,
    ]
    named = session.execute(
        select(BankLine.booked_on, Discrepancy.code).join(
            Discrepancy, Discrepancy.bank_line_id == BankLine.id
        )
    ).all()
    assert {(day.day, code) for day, code in named} == {
        (5, DiscrepancyCode.BANK_FEE),
        (6, DiscrepancyCode.ALLOCATION),
    }
    account = session.scalars(select(BankAccount)).one()
    assert account.number == ACCOUNT
    assert (account.opening_fen, account.closing_fen) == (200_000_00, 234_841_00)


@pytest.mark.parametrize(
    ("first", "second"), [("bank-a.csv", "bank-b.csv"), ("bank-b.csv", "bank-a.csv")]
)
def test_the_other_layout_of_known_lines_brings_nothing_new(session, at_the_bank, first, second):
    references = [each.reference for each in at_the_bank]
    take_in(session, sample(first, references))

    taken = take_in(session, sample(second, references))

    assert (taken.lines, taken.new, taken.matched, taken.named) == (7, 0, 0, 0)
    assert session.scalar(select(func.count()).select_from(BankLine)) == 7
    assert session.scalar(select(func.count()).select_from(Match)) == 5


def test_the_same_file_twice_brings_nothing_new(session, make):
    make.chart()
    content = sample("bank-a.csv", [])
    first = take_in(session, content)

    again = take_in(session, content)

    assert (first.new, again.new, again.lines) == (7, 0, 7)
    assert again.repeated
    assert again.file_id == first.file_id
    assert session.scalar(select(func.count()).select_from(BankFile)) == 1


def test_two_equal_lines_of_one_file_are_two(session, make):
    """The balance comes round to where it was, and the same sum goes out again."""
    make.bank_import(
        ("2026-11-02", -5_00, "手续费"),
        ("2026-11-02", 5_00, "退款"),
        ("2026-11-02", -5_00, "手续费"),
    )

    lines = lines_of(session)
    assert [(line.amount_fen, line.balance_fen, line.occurrence) for line in lines] == [
        (-5_00, 199_995_00, 1),
        (5_00, 200_000_00, 1),
        (-5_00, 199_995_00, 2),
    ]


def test_a_later_file_may_overlap_what_is_known(session, make):
    make.bank_import(("2026-11-02", -5_00, "一"), ("2026-11-03", -6_00, "二"))

    taken = make.bank_import(
        ("2026-11-03", -6_00, "二"), ("2026-11-03", -6_00, "三"), opening_fen=199_995_00
    )

    assert (taken.lines, taken.new) == (2, 1)
    assert [(line.seq, line.summary) for line in lines_of(session)] == [
        (1, "一"),
        (2, "二"),
        (3, "三"),
    ]
    assert session.scalars(select(BankAccount.closing_fen)).one() == 199_983_00


def test_an_older_file_goes_before_what_is_known(session, make):
    make.bank_import(("2026-11-05", -7_00, "三"), opening_fen=199_989_00)

    taken = make.bank_import(("2026-11-02", -5_00, "一"), ("2026-11-03", -6_00, "二"))

    assert taken.new == 2
    lines = lines_of(session)
    assert [line.summary for line in lines] == ["一", "二", "三"]
    account = session.scalars(select(BankAccount)).one()
    assert account.opening_fen + sum(line.amount_fen for line in lines) == account.closing_fen


def test_a_file_around_what_is_known_adds_both_ends(session, make):
    make.bank_import(("2026-11-03", -6_00, "二"), opening_fen=199_995_00)

    taken = make.bank_import(
        ("2026-11-02", -5_00, "一"), ("2026-11-03", -6_00, "二"), ("2026-11-04", -7_00, "三")
    )

    assert taken.new == 2
    assert [line.summary for line in lines_of(session)] == ["一", "二", "三"]


@pytest.mark.parametrize(("day", "opening_fen"), [("2026-11-09", 1_00), ("2026-10-09", 1_00)])
def test_a_gap_is_refused_in_words(session, make, day, opening_fen):
    make.bank_import(("2026-11-02", -5_00, "一"))

    with pytest.raises(BankLinesMissing) as refused:
        make.bank_import((day, 5_00, "二"), opening_fen=opening_fen)

    assert set(refused.value.facts) == {"expected", "found"}


def test_other_lines_for_known_days_are_refused(session, make):
    make.bank_import(*((f"2026-11-0{day}", -5_00, "手续费") for day in (2, 3, 4)))

    with pytest.raises(BankLinesDiffer):
        make.bank_import(("2026-11-03", -9_00, "手续费"), opening_fen=199_995_00)


def test_a_return_that_came_in_before_its_payment_is_matched_when_the_older_file_comes(
    session, make
):
    payment = make.sent_payment(sent_at=NOW.replace(day=1))
    summary = f"退汇 {payment.reference}"
    make.bank_import(("2026-11-05", 52_50, summary), opening_fen=199_947_50)
    returned = session.scalars(select(Discrepancy).where(Discrepancy.bank_line_id.is_not(None)))
    assert returned.one().code is DiscrepancyCode.REFUND_UNPAIRED

    make.bank_import(("2026-11-02", -52_50, f"结算 {payment.reference}"))

    session.refresh(payment)
    assert payment.state is PaymentState.RETURNED
    session.expire_all()
    open_ones = select(Discrepancy).where(Discrepancy.resolved_at.is_(None))
    assert session.scalars(open_ones).all() == []


def test_what_carries_our_reference_and_does_not_fit_is_named(session, make):
    sent_at = NOW.replace(day=1)
    twice, other = make.sent_payment(sent_at=sent_at), make.sent_payment(sent_at=sent_at)
    make.bank_import(
        ("2026-11-02", -52_50, twice.reference),
        ("2026-11-02", -52_50, twice.reference),
        ("2026-11-03", -52_49, other.reference),
        ("2026-11-03", -9_99, "代扣"),
        ("2026-11-03", 8_88, "利息"),
    )

    named = session.execute(
        select(BankLine.seq, Discrepancy.code)
        .join(Discrepancy, Discrepancy.bank_line_id == BankLine.id)
        .order_by(BankLine.seq)
    ).all()
    assert [tuple(each) for each in named] == [
        (2, DiscrepancyCode.DUPLICATE),
        (3, DiscrepancyCode.AMOUNT_MISMATCH),
        (4, DiscrepancyCode.EXTERNAL_ONLY),
        (5, DiscrepancyCode.EXTERNAL_ONLY),
    ]


def test_a_payment_that_the_bank_does_not_say_is_named_until_it_does(session, make):
    payment = make.sent_payment(sent_at=NOW.replace(day=1))
    make.bank_import(("2026-11-01", -1_00, "手续费"))
    about = select(Discrepancy).where(Discrepancy.payment_id == payment.id)
    assert session.scalars(about).all() == []

    make.bank_import(("2026-11-02", -1_00, "手续费"), opening_fen=199_999_00)
    named = session.scalars(about).one()
    assert (named.code, named.resolved_at) == (DiscrepancyCode.PLATFORM_ONLY, None)

    make.bank_import(("2026-11-03", -52_50, payment.reference), opening_fen=199_998_00)
    session.refresh(named)
    assert named.resolved_at == NOW


def test_a_refused_file_leaves_nothing(session, make):
    with pytest.raises(BankFileRefused):
        make.bank_import(("2026-11-24", -1_00, "手续费"))

    assert session.scalar(select(func.count()).select_from(BankAccount)) == 0


def test_ten_thousand_lines_are_taken_in_once(session):
    lines = [("2026-11-02", -1 - number % 3, f"手续费 {number}") for number in range(10_000)]
    content = bank_file(*lines)

    first = take_in(session, content)
    again = take_in(session, content)
    # The same lines as another file: every one of them is laid over what is known.
    other = take_in(session, content + b"\r\n")

    assert (first.new, again.new, other.new) == (10_000, 0, 0)
    last = session.scalars(select(BankLine).order_by(BankLine.seq.desc()).limit(1)).one()
    assert (last.seq, last.booked_on) == (10_000, date(2026, 11, 2))
    assert last.matched_fen == Fen(0)
