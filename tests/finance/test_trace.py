"""The chain of an amount from every thing on it: both ends are there, and nothing that is not."""

from datetime import date

import pytest

from finance.errors import TraceNotFound
from finance.models import BatchState, DisputeState, StatementState
from finance.queries.trace import chain
from finance.queries.trace_kinds import Ref, Stage, TraceKind
from kernel.ids import new_id
from kernel.money import Fen
from ledger.models import Family, FundSource, PartyType, PostingEvent
from tests.finance.chain import ChainMaker
from tests.finance.traced import paid_journal, refs, settled, to_bank
from tests.ledger.conftest import count_statements  # imported as a fixture
from tests.make import NOW
from training.models import Enrolment, EnrolmentState

DECEMBER = (date(2026, 11, 24), date(2026, 12, 31))


@pytest.fixture
def make(session):
    make = ChainMaker(session)
    make.chart()
    return make


ON_A_STATEMENT = (
    "verification",
    "redemption",
    "redemption_reversal",
    "journal",
    "statement_line",
    "statement",
    "payment",
    "payment_batch",
    "match",
    "bank_line",
)


@pytest.mark.parametrize("kind", ON_A_STATEMENT)
def test_from_every_thing_both_ends_are_there(session, make, kind):
    at = settled(make)

    found = chain(session, kind=TraceKind(kind), id=getattr(at, kind).id)

    line = Ref(TraceKind.BANK_LINE, at.bank_line.id)
    statement = Ref(TraceKind.STATEMENT, at.statement.id)
    assert {line, statement} <= refs(found)
    if kind != "payment_batch":  # whose statements name their own scans
        sale = Ref(TraceKind.REDEMPTION, at.redemption.id)
        assert {line, statement} <= to_bank(found, sale)
        assert len({node.stage for node in found.nodes}) == len(Stage)
    assert found.at in refs(found)


def test_a_posting_of_a_payment_leads_to_the_scans_too(session, make):
    at = settled(make)

    found = chain(session, kind=TraceKind.JOURNAL, id=at.paid.id)

    assert found.at == Ref(TraceKind.JOURNAL, at.paid.id)
    assert Ref(TraceKind.REDEMPTION, at.redemption.id) in refs(found)
    assert Ref(TraceKind.BANK_LINE, at.bank_line.id) in refs(found)


def test_what_is_said_of_each_thing(session, make):
    at = settled(make)

    found = chain(session, kind=TraceKind.REDEMPTION, id=at.redemption.id)

    nodes = {node.ref: node for node in found.nodes}
    sale = nodes[TraceKind.REDEMPTION, at.redemption.id]
    assert sale.facts["receipt_no"] == f"{at.till.code}-20261123-0001"
    assert (sale.amount_fen, sale.state) == (40_00, "partly_reversed")
    assert nodes[TraceKind.REVERSAL, at.redemption_reversal.id].amount_fen == -10_00
    assert nodes[TraceKind.STATEMENT, at.statement.id].facts["number"] == at.statement.number
    payment = nodes[TraceKind.PAYMENT, at.payment.id]
    assert (payment.amount_fen, payment.state) == (70_00, "paid")
    line = nodes[TraceKind.BANK_LINE, at.bank_line.id]
    assert (line.amount_fen, line.state) == (-70_00, "matched")
    passed = {(edge.source.kind, edge.target.kind): edge.amount_fen for edge in found.edges}
    assert passed[TraceKind.STATEMENT, TraceKind.PAYMENT] == 70_00
    assert passed[TraceKind.REVERSAL, TraceKind.JOURNAL] == -10_00


@pytest.mark.parametrize("kind", ["aid_claim", "journal", "payment", "bank_line"])
def test_a_claim_is_paid_without_a_statement(session, make, kind):
    claim = make.aid_claim()
    owed = make.owed_to_a_member(source_id=claim.id)
    _, (payment,) = make.batch(owed, state=BatchState.SENT)
    line = make.bank_line(-owed.amount_fen)
    match = make.match(line, payment)
    paid_journal(make, match, payment, family=Family.AID)
    ids = {"aid_claim": claim.id, "journal": owed.journal_id, "payment": payment.id}

    found = chain(session, kind=TraceKind(kind), id=ids.get(kind, line.id))

    reached = to_bank(found, Ref(TraceKind.CLAIM, claim.id))
    assert {(TraceKind.PAYMENT, payment.id), (TraceKind.BANK_LINE, line.id)} <= reached
    assert refs(found, TraceKind.STATEMENT) == set()


def test_a_place_on_a_course_is_traced_to_its_voucher(session, make):
    held = make.course_session()
    card = make.card()
    enrolment = make.save(
        Enrolment(
            id=new_id(),
            session_id=held.id,
            member_id=card.member_id,
            card_id=card.id,
            queue_no=1,
            state=EnrolmentState.COMPLETED,
            created_at=NOW,
            seated_at=NOW,
            ended_at=NOW,
        )
    )
    journal_id = make.journal(
        source_type="enrolment",
        source_id=enrolment.id,
        kind="completed",
        family=Family.TRAINING,
        event=PostingEvent.COMPLETED,
        party_type=PartyType.MEMBER,
        party_id=card.member_id,
        amount_fen=Fen(300_00),
    )

    found = chain(session, kind=TraceKind.ENROLMENT, id=enrolment.id)

    assert refs(found) == {(TraceKind.ENROLMENT, enrolment.id), (TraceKind.JOURNAL, journal_id)}


def test_a_dispute_links_the_line_it_is_about_with_what_it_adjusted(session, make):
    till = make.terminal()
    sale = make.sale(till)
    line = make.journal_of(sale)
    statement = make.stated(till.merchant_id, line.id)
    dispute = make.disputed(statement, line.id, till)
    adjusted = make.journal(
        source_type="adjustment",
        source_id=dispute.id,
        kind="raised",
        party_id=till.merchant_id,
        amount_fen=Fen(5_00),
    )
    dispute.state, dispute.maker_id, dispute.answer = DisputeState.ANSWERED, make.clerk.id, "补"
    dispute.adjustment_fen = Fen(5_00)
    session.flush()
    dispute.state, dispute.approver_id = DisputeState.ACCEPTED, make.approver.id
    dispute.decided_at, dispute.journal_id = NOW, adjusted
    session.flush()
    later = make.stated(till.merchant_id, adjusted, days=DECEMBER)

    everywhere = (
        ("dispute", dispute.id),
        ("redemption", sale.id),
        ("journal", adjusted),
        ("statement", later.id),
    )
    for kind, id_ in everywhere:
        found = chain(session, kind=TraceKind(kind), id=id_)
        reached = to_bank(found, Ref(TraceKind.REDEMPTION, sale.id))
        assert {(TraceKind.STATEMENT, statement.id), (TraceKind.STATEMENT, later.id)} <= reached


def test_what_a_statement_carries_on_leads_to_the_next(session, make):
    till = make.terminal()
    sale = make.sale(till)
    reversal = make.take_back(sale)
    first = make.stated(till.merchant_id, make.journal_of(reversal).id)
    second = make.carrying_on(first, make.journal_of(sale).id, days=DECEMBER)

    for kind, id_ in (("statement", first.id), ("statement", second.id)):
        found = chain(session, kind=TraceKind(kind), id=id_)
        carried = [e for e in found.edges if e.target == (TraceKind.STATEMENT, second.id)]
        assert (TraceKind.STATEMENT, first.id) in [edge.source for edge in carried]


def test_a_payment_of_one_fund_leads_to_the_sales_of_that_fund(session, make):
    till = make.terminal()
    sale, of_dues = make.sale(till), make.sale(till, fund=FundSource.DUES)
    statement = make.stated(
        till.merchant_id,
        make.journal_of(sale).id,
        make.journal_of(of_dues).id,
        state=StatementState.APPROVED,
    )
    _, (payment,) = make.batch(statement)

    found = chain(session, kind=TraceKind.PAYMENT, id=payment.id)

    assert refs(found, TraceKind.REDEMPTION) == {(TraceKind.REDEMPTION, sale.id)}
    not_paid = chain(session, kind=TraceKind.REDEMPTION, id=of_dues.id)
    assert refs(not_paid, TraceKind.PAYMENT) == set()


def test_a_match_that_was_undone_leads_nowhere_but_is_still_there(session, make):
    at = settled(make)
    at.match.undone_by, at.match.undone_at, at.match.undone_reason = make.approver.id, NOW, "错"
    session.flush()

    found = chain(session, kind=TraceKind.REDEMPTION, id=at.redemption.id)
    undone = chain(session, kind=TraceKind.MATCH, id=at.match.id)

    assert refs(found, TraceKind.BANK_LINE) == set()
    (match,) = (node for node in undone.nodes if node.kind is TraceKind.MATCH)
    assert match.state == "undone"
    assert Ref(TraceKind.BANK_LINE, at.bank_line.id) in refs(undone)


def test_a_sale_nobody_stated_is_a_chain_of_itself(session, make):
    sale = make.sale(make.terminal())

    found = chain(session, kind=TraceKind.REDEMPTION, id=sale.id)

    assert {node.kind for node in found.nodes} == {TraceKind.REDEMPTION, TraceKind.JOURNAL}
    assert (found.rows, found.next_after) == (0, None)


def test_two_payments_on_one_line_lead_to_both_statements(session, make):
    shops = [settled(make, sales=1, back=False) for _ in range(2)]
    line = make.bank_line(-80_00)
    statements = [
        make.stated(
            each.till.merchant_id,
            make.journal_of(make.sale(each.till)).id,
            state=StatementState.APPROVED,
            days=DECEMBER,
        )
        for each in shops
    ]
    _, payments = make.batch(*statements, state=BatchState.SENT)
    for payment in payments:
        make.match(line, payment, fen=-40_00)

    found = chain(session, kind=TraceKind.BANK_LINE, id=line.id)

    assert refs(found, TraceKind.STATEMENT) == {
        (TraceKind.STATEMENT, each.id) for each in statements
    }
    assert refs(found, TraceKind.REDEMPTION) == set()


# --- Long statements, and many payments


@pytest.mark.parametrize("kind", ["statement", "payment", "bank_line"])
def test_a_long_statement_is_shown_a_stretch_at_a_time(session, make, kind):
    at = settled(make, sales=5, back=False)
    seen, after = [], None

    for expected in (2, 2, 1):
        found = chain(session, kind=TraceKind(kind), id=getattr(at, kind).id, after=after, rows=2)
        shown = refs(found, TraceKind.REDEMPTION)
        assert len(shown) == expected
        assert found.rows == 5
        seen += shown
        after = found.next_after

    assert after is None
    assert len(set(seen)) == 5


def test_many_payments_of_a_batch_too(session, make):
    owed = [make.owed_to_a_member() for _ in range(3)]
    batch, payments = make.batch(*owed)
    found = chain(session, kind=TraceKind.BATCH, id=batch.id, rows=2)
    rest = chain(session, kind=TraceKind.BATCH, id=batch.id, rows=2, after=found.next_after)

    shown = refs(found, TraceKind.PAYMENT) | refs(rest, TraceKind.PAYMENT)
    assert shown == {(TraceKind.PAYMENT, payment.id) for payment in payments}
    assert (found.rows, rest.next_after) == (3, None)


def test_a_long_chain_asks_no_more_often_than_a_short_one(session, make, count_statements):  # noqa: F811
    short, long = settled(make, sales=1, back=False), settled(make, sales=6, back=False)

    def asked(at):
        session.expire_all()
        with count_statements() as statements:
            chain(session, kind=TraceKind.BANK_LINE, id=at.bank_line.id)
        return len(statements)

    asked(short)
    assert asked(long) <= asked(short)


# --- What is not there


@pytest.mark.parametrize("kind", list(TraceKind))
def test_another_things_id_names_nothing(session, make, kind):
    at = settled(make)
    foreign = at.till.id

    with pytest.raises(TraceNotFound):
        chain(session, kind=kind, id=foreign)


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        ("redemption", "statement"),
        ("statement", "payment"),
        ("payment", "bank_line"),
        ("bank_line", "match"),
        ("journal", "redemption"),
        ("dispute", "journal"),
    ],
)
def test_an_id_of_another_kind_names_nothing(session, make, kind, of):
    at = settled(make)

    with pytest.raises(TraceNotFound):
        chain(session, kind=TraceKind(kind), id=getattr(at, of).id)
