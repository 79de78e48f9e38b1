"""The steps of closing a month, the programmes and the signature of its certificate."""

import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from audit.queries import public_keys
from discounts.models import ReceiptCounter
from finance.models import BankFile, BatchState, Discrepancy, DiscrepancyCode, StatementState
from finance.queries.closing import find_month, named_exceptions
from finance.queries.closing_steps import MUSTS, StepName, closing_steps, unowned_exceptions
from finance.queries.programme_sums import programme_sums
from finance.services.closing import ask_to_close, certificate_claims, close_period
from finance.services.vouchers import VoucherFileInvalid
from kernel.actors import Role
from kernel.clock import shanghai_day
from kernel.ids import new_id
from kernel.jws import jwk_thumbprint, read_jws
from ledger.errors import PeriodClosed
from ledger.queries import balances, period_by_month
from ledger.services import SourceKey, ensure_period, post_reversal
from tests.finance.chain import TODAY, ChainMaker
from tests.make import NOW

MONTH = "2026-11"
LATER = NOW + timedelta(days=20)


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    ensure_period(session, day=TODAY)
    return make


def steps(session, *, wrong=0, now=LATER):
    month = find_month(session, month=MONTH)
    return {each.name: each for each in closing_steps(session, month=month, wrong=wrong, now=now)}


def found(session, **facts):
    return {name: step.found for name, step in steps(session, **facts).items() if step.found}


def test_a_quiet_month_needs_only_to_be_asked_for(session, make):
    assert found(session) == {StepName.ASKED: 1}
    assert steps(session).keys() == set(StepName)
    assert found(session, wrong=3, now=NOW) == {
        StepName.OVER: 1,
        StepName.SUMS: 3,
        StepName.ASKED: 1,
    }


def test_each_stage_of_what_is_owed_is_a_step_with_its_amount(session, make):
    till, other, third = make.terminal(), make.terminal(), make.terminal()
    make.sale(till, union_fen=1_00)
    for place, fen, state in (
        (till, 20_00, StatementState.ISSUED),
        (other, 300_00, StatementState.AGREED),
        (third, 4_000_00, StatementState.APPROVED),
    ):
        sale = make.sale(place, union_fen=fen)
        make.stated(place.merchant_id, make.journal_of(sale).id, state=state)

    amounts = {name: step.amount_fen for name, step in steps(session).items() if step.amount_fen}

    assert amounts == {
        StepName.NOT_STATED: 1_00,
        StepName.STATED: 20_00,
        StepName.AGREED: 300_00,
        StepName.TO_PAY: 4_000_00,
    }
    assert not {*amounts} & MUSTS


def test_what_was_sold_after_the_month_is_no_step_of_it(session, make):
    sale = make.sale(make.terminal(), union_fen=1_00)
    assert found(session)[StepName.NOT_STATED] == 1

    make.journal(
        source_id=new_id(),
        party_id=sale.merchant_id,
        amount_fen=2_00,
        book_date=TODAY.replace(month=12, day=1),
    )
    step = steps(session)[StepName.NOT_STATED]

    assert (step.found, step.amount_fen) == (1, 1_00)


def test_a_bank_account_is_known_to_the_end_of_the_month(session, make):
    account_id = make.bank_file.account_id
    assert found(session)[StepName.BANK] == 1

    make.save(
        BankFile(
            account_id=account_id,
            name="later.csv",
            sha256=b"later".ljust(32, b"0"),
            profile="test",
            lines=0,
            new=0,
            imported_at=shanghai_day(TODAY.replace(month=12, day=1))[0],
        )
    )
    assert StepName.BANK not in found(session)


@pytest.fixture
def people(session, make):
    maker = make.staff_actor(Role.FINANCE_MAKER)
    ask_to_close(session, actor=maker, month=MONTH, now=LATER)
    return maker, make.staff_actor(Role.FINANCE_APPROVER)


def close(session, people):
    return close_period(session, actor=people[1], month=MONTH, now=LATER)


def test_an_exception_that_nobody_owns_is_not_named_and_keeps_the_month_open(session, make, people):
    _, [payment] = make.batch(make.owed_to_a_member(), state=BatchState.SENT)
    exception = make.save(
        Discrepancy(code=DiscrepancyCode.AMOUNT_MISMATCH, payment_id=payment.id, opened_at=NOW)
    )
    assert found(session)[StepName.EXCEPTIONS] == 1
    assert StepName.EXCEPTIONS in MUSTS

    assert unowned_exceptions(session, ends_on=TODAY.replace(month=12, day=1)) == 1
    assert unowned_exceptions(session, ends_on=TODAY.replace(day=1)) == 0

    exception.owner_id = people[0].id
    session.flush()
    assert StepName.EXCEPTIONS not in found(session)
    found_now = {each.code: each.owner_id for each in named_exceptions(session)}
    assert found_now[exception.code] == people[0].id


def sold(make):
    """A sale of 40, of which 10 are taken back, under a programme that there is."""
    till = make.terminal()
    sale = make.sale(till, union_fen=40_00, seq=1)
    make.take_back(sale, union_fen=10_00)
    make.save(ReceiptCounter(terminal_id=till.id, receipt_on=TODAY, last=1))
    return sale


def test_each_programme_says_what_it_came_to(session, make):
    sale = sold(make)
    make.owed_to_a_member(fen=500_00)

    sums = programme_sums(session, starts_on=TODAY.replace(day=1), ends_on=LATER.date())

    by_id = {each.programme_id: each for each in sums}
    assert {each.residual for each in sums} == {0}
    mine = by_id[str(sale.programme_id)]
    assert (mine.captured, mine.taken_back, mine.booked, mine.held) == (40_00, 10_00, 30_00, 0)
    assert by_id[""].awarded == by_id[""].booked == 500_00


def test_a_certificate_is_signed_and_whoever_changes_it_is_found(session, make, people):
    sold(make)
    kept = close(session, people)

    jws = read_jws(kept.signed)
    claims = json.loads(jws.payload)
    [public] = public_keys(session)
    key = key_of(public.jwk)
    assert jwk_thumbprint(key) == public.thumbprint == claims.pop("key")
    assert jws.is_signed_by(key)
    assert claims == json.loads(json.dumps(certificate_claims(kept)))
    assert [each["captured"] for each in claims["programmes"]] == [40_00]


def key_of(jwk):
    said = json.loads(jwk)
    x, y = (int.from_bytes(base64.urlsafe_b64decode(said[name] + "=")) for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def test_vouchers_that_no_package_takes_keep_the_month_open(session, make, people):
    sold(make)
    session.execute(text("UPDATE accounts SET code = '5030102' WHERE code = '50302'"))

    assert found(session)[StepName.VOUCHERS] == 3
    with pytest.raises(VoucherFileInvalid):
        close(session, people)


def test_after_closing_a_sale_is_taken_back_in_the_next_month(session, make, people):
    """A correction is a new entry: the closed month stays, the next one has it in red."""
    sale = sold(make)
    close(session, people)
    before = balances(session, period=period_by_month(session, month=MONTH))

    with pytest.raises(PeriodClosed):
        take_back(session, sale, book_date=TODAY)
    take_back(session, sale)

    assert balances(session, period=period_by_month(session, month=MONTH)) == before
    [cost] = [
        each
        for each in balances(session, period=period_by_month(session, month="2026-12"))
        if each.account.code == "50301"
    ]
    assert (cost.opening_fen, cost.debit_fen, cost.closing_fen) == (30_00, -5_00, 25_00)


def take_back(session, sale, **facts):
    post_reversal(
        session,
        original=SourceKey("redemption", sale.id, "captured"),
        source_type="redemption_reversal",
        source_id=new_id(),
        kind="reversal",
        amount_fen=5_00,
        occurred_at=LATER,
        now=LATER,
        **facts,
    )
