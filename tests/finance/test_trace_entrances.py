"""Where a chain is entered from: every page of money leads to it, and what people have in hand."""

import pytest

from aid.models import AidClaimState
from discounts.models import RedemptionState, ReversalKind
from finance.models import (
    BatchState,
    Channel,
    ChannelAccount,
    Discrepancy,
    DiscrepancyCode,
    DisputeState,
    Invoice,
    InvoiceState,
    PaymentState,
    StatementState,
    Trade,
    TradeBill,
    TradeKind,
)
from finance.pages.trace_words import STATE_WORDS
from finance.queries.trace import chain
from finance.queries.trace_kinds import Ref, TraceKind
from kernel.actors import Role
from kernel.ids import new_id
from kernel.money import Fen
from members.models import UnionOrg
from merchants.models import Merchant
from tests.finance.chain import TODAY, ChainMaker
from tests.finance.traced import refs, settled, to_bank
from tests.make import NOW
from tests.staff.conftest import city, signed_in  # imported as fixtures
from training.models import EnrolmentState

TRACE = "/desk/finance/trace"
NUMBER = "26442000000000000077"
USCC = "81440399MC0000100R"


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    return make


@pytest.fixture
def desk(make, city, signed_in):  # noqa: F811
    desk = signed_in(make.staff(Role.AUDITOR, Role.FINANCE_MAKER, union=city))
    desk.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return desk


def invoiced(make, statement):
    merchant = make.session.get_one(Merchant, statement.merchant_id)
    return make.save(
        Invoice(
            id=new_id(),
            statement_id=statement.id,
            number=NUMBER,
            issued_on=TODAY,
            amount_fen=Fen(55_55),
            buyer_uscc=USCC,
            seller_uscc=USCC,
            entered_by_manager_id=make.manager(merchant=merchant).id,
            entered_at=NOW,
        )
    )


def traded(make, sale, *, order_fen=60_00):
    """The sale as a payment channel's bill says it."""
    account = make.save(
        ChannelAccount(
            channel=Channel.WECHAT,
            number="1900000109",
            merchant_id=sale.merchant_id,
            known_since=NOW,
        )
    )
    bill = make.save(
        TradeBill(
            account_id=account.id,
            name="bill.csv",
            sha256=b"bill",
            first_on=TODAY,
            last_on=TODAY,
            trades=1,
            new=1,
            imported_at=NOW,
        )
    )
    return make.save(
        Trade(
            bill_id=bill.id,
            account_id=account.id,
            trade_no="4200001234202611230000000001",
            order_no="DEMO-ORDER-0001",
            kind=TradeKind.SALE,
            refund_no="",
            traded_at=NOW,
            order_fen=Fen(order_fen),
            settled_fen=Fen(20_00),
            refund_fen=Fen(0),
            redemption_id=sale.id,
            matched_at=NOW,
        )
    )


# --- From the pages


@pytest.mark.parametrize(
    ("page", "leads_to"),
    [
        ("/desk/finance/payments/{at.payment_batch.id}", "payment_batch/{at.payment_batch.id}"),
        ("/desk/finance/payments/{at.payment_batch.id}", "payment/{at.payment.id}"),
        ("/desk/finance/statements/{at.statement.id}", "statement/{at.statement.id}"),
        ("/desk/finance/statements/{at.statement.id}", "statement_line/{at.journal.id}"),
        ("/desk/finance/statements/{at.statement.id}", "payment/{at.payment.id}"),
        ("/desk/finance/statements/{at.statement.id}", "invoice/{invoice.id}"),
        ("/desk/finance/statements/invoices", "invoice/{invoice.id}"),
        ("/desk/finance/bank/lines/{at.bank_line.id}", "bank_line/{at.bank_line.id}"),
        ("/desk/finance/bank/matches", "match/{at.match.id}"),
        ("/desk/finance/payments/owed", "payable/{payable.id}"),
    ],
)
def test_a_page_of_money_leads_to_its_chain(make, desk, page, leads_to):
    at = settled(make)
    named = {
        "at": at,
        "invoice": invoiced(make, at.statement),
        "payable": make.owed_to_a_member(source_id=new_id()),
    }

    text = desk.client.get(page.format(**named)).text

    assert f'href="{TRACE}/{leads_to.format(**named)}"' in text
    assert desk.client.get(f"{TRACE}/{leads_to.format(**named)}").status_code == 200


@pytest.mark.parametrize("about", ["bank_line", "payment", "trade", "redemption", "invoice"])
def test_an_exception_leads_to_the_chain_of_what_it_is_about(make, desk, about):
    at = settled(make)
    at.trade, at.invoice = traded(make, at.redemption), invoiced(make, at.statement)
    amount = {} if about in ("bank_line", "payment") else {"amount_fen": Fen(1_00)}
    subject_id = getattr(at, about).id
    found = make.save(
        Discrepancy(
            code=DiscrepancyCode.AMOUNT_MISMATCH,
            opened_at=NOW,
            **{f"{about}_id": subject_id},
            **amount,
        )
    )

    text = desk.client.get(f"/desk/finance/exceptions/{found.id}").text

    assert f'href="{TRACE}/{about}/{subject_id}"' in text
    assert desk.client.get(f"{TRACE}/{about}/{subject_id}").status_code == 200


@pytest.mark.parametrize("about", ["bank_line", "payment", "redemption", "invoice"])
def test_what_a_month_names_leads_to_where_it_is_seen(make, desk, about):
    at = settled(make)
    at.invoice = invoiced(make, at.statement)
    amount = {} if about in ("bank_line", "payment") else {"amount_fen": Fen(1_00)}
    subject_id = getattr(at, about).id
    code = DiscrepancyCode.AMOUNT_MISMATCH
    make.save(Discrepancy(code=code, opened_at=NOW, **{f"{about}_id": subject_id}, **amount))
    lines = "/desk/finance/bank/lines"  # whose own page leads on to the trace

    text = desk.client.get("/desk/finance/close/2026-11").text

    assert f'href="{lines if about == "bank_line" else f"{TRACE}/{about}"}/{subject_id}"' in text


def test_a_claim_leads_to_its_chain_whoever_may_read_the_books(make, signed_in):  # noqa: F811
    member = make.covered_member()
    claim = make.aid_claim(member)
    union = make.session.get_one(UnionOrg, member.union_id)
    page, link = f"/desk/aid/{claim.id}", f'href="{TRACE}/aid_claim/{claim.id}"'
    assessor = signed_in(make.staff(Role.CLAIMS_ASSESSOR, union=union))
    auditor = signed_in(make.staff(Role.AUDITOR, union=union))

    assert link in auditor.open(page).text
    assert link not in assessor.open(page).text


def test_a_district_reads_its_statement_without_links_that_lead_nowhere(make, city, signed_in):  # noqa: F811
    at = settled(make)
    merchant = make.session.get_one(Merchant, at.till.merchant_id)
    district = make.union(parent=city)
    merchant.union_id = district.id
    make.session.flush()
    desk = signed_in(make.staff(Role.FINANCE_CHECKER, union=district))

    answer = desk.open(f"/desk/finance/statements/{at.statement.id}")

    assert answer.status_code == 200
    assert f"{TRACE}/" not in answer.text


def test_the_rail_counts_the_invoices_that_wait(make, city, signed_in):  # noqa: F811
    invoiced(make, settled(make).statement)
    desk = signed_in(make.staff(Role.FINANCE_CHECKER, union=city))

    text = desk.client.get("/desk/", headers={"Accept-Language": "en"}).text

    assert 'href="/desk/finance/statements/invoices"' in text
    assert "Invoices" in text.partition("</nav>")[2]


# --- By what others say about it


def test_an_invoice_is_on_the_chain_of_its_statement(session, make):
    at = settled(make)
    invoice = invoiced(make, at.statement)

    found = chain(session, kind=TraceKind.INVOICE, id=invoice.id)

    assert found.at == Ref(TraceKind.INVOICE, invoice.id)
    assert Ref(TraceKind.INVOICE, invoice.id) in to_bank(found, Ref(*_sale(at)))
    assert {Ref(*_sale(at)), Ref(TraceKind.BANK_LINE, at.bank_line.id)} <= refs(found)


def test_a_channels_trade_leads_to_the_bank_line(session, make):
    at = settled(make)
    trade = traded(make, at.redemption)

    for kind, id_ in (_sale(at), (TraceKind.TRADE, trade.id)):
        found = chain(session, kind=kind, id=id_)
        reached = to_bank(found, Ref(TraceKind.TRADE, trade.id))
        assert Ref(TraceKind.BANK_LINE, at.bank_line.id) in reached


def test_a_trade_of_no_sale_stands_alone(session, make):
    trade = traded(make, make.sale(make.terminal()))
    trade.matched_at, trade.redemption_id = None, None
    session.flush()

    found = chain(session, kind=TraceKind.TRADE, id=trade.id)

    assert refs(found) == {(TraceKind.TRADE, trade.id)}


def _sale(at):
    return TraceKind.REDEMPTION, at.redemption.id


# --- By what people have in hand


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ({"q": NUMBER}, "invoice/{invoice.id}"),
        ({"q": "26442 00000 00000 00077"}, "invoice/{invoice.id}"),
        ({"q": "55.55"}, "invoice/{invoice.id}"),
        ({"q": "DEMO-ORDER-0001"}, "trade/{trade.id}"),
        ({"q": "4200001234202611230000000001"}, "trade/{trade.id}"),
        ({"q": "10", "on": "2026-11-23"}, "redemption_reversal/{at.redemption_reversal.id}"),
        ({"q": "¥70.00", "on": "2026-11-23"}, "bank_line/{at.bank_line.id}"),
    ],
)
def test_one_hit_is_shown_at_once(make, desk, asked, leads_to):
    at = settled(make)
    named = {
        "at": at,
        "invoice": invoiced(make, at.statement),
        "trade": traded(make, at.redemption),
    }

    answer = desk.client.get(TRACE, query_string=asked)

    assert answer.status_code == 302, answer.text
    assert answer.location == f"{TRACE}/{leads_to.format(**named)}"


@pytest.mark.parametrize(
    ("amount", "what"), [("60", "the bill"), ("20", "the member's"), ("40", "ours")]
)
def test_an_amount_and_a_day_find_the_sales(make, desk, amount, what):
    at = settled(make, back=False)

    text = desk.client.get(TRACE, query_string={"q": amount, "on": "2026-11-23"}).text
    day_before = desk.client.get(TRACE, query_string={"q": amount, "on": "2026-11-22"}).text

    assert str(at.redemption.id) in text, what
    assert str(at.other.id) in text
    assert str(at.redemption.id) not in day_before


@pytest.mark.parametrize(
    "asked", [{"on": "2026-11-23"}, {"on": "2026-11-23", "q": "深圳"}, {"on": "23.11.", "q": "40"}]
)
def test_a_day_without_an_amount_says_what_is_missing(desk, asked):
    answer = desk.client.get(TRACE, query_string=asked)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{asked.get("q", "")}"' in answer.text


# --- Words


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        (TraceKind.REDEMPTION, RedemptionState),
        (TraceKind.REVERSAL, ReversalKind),
        (TraceKind.CLAIM, AidClaimState),
        (TraceKind.ENROLMENT, EnrolmentState),
        (TraceKind.STATEMENT, StatementState),
        (TraceKind.INVOICE, InvoiceState),
        (TraceKind.DISPUTE, DisputeState),
        (TraceKind.PAYMENT, PaymentState),
        (TraceKind.BATCH, BatchState),
    ],
)
def test_every_state_of_a_thing_on_a_chain_has_its_word(kind, states):
    assert {state.value for state in states} <= STATE_WORDS[kind].keys()
