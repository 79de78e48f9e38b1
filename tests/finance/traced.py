"""A sale on its whole way to the bank, for tests of the trace."""

from types import SimpleNamespace

from finance.models import BatchState, StatementState
from ledger.models import Family, Journal, PostingEvent


def paid_journal(make, match, payment, *, family=Family.DISCOUNT):
    return make.journal(
        source_type="match",
        source_id=match.id,
        kind="paid",
        family=family,
        event=PostingEvent.PAID,
        fund_source=payment.fund_source,
        amount_fen=payment.amount_fen,
        party_type=payment.payee_type,
        party_id=payment.payee_id,
    )


def settled(make, *, sales=2, back=True):
    """A shop's sales on a statement, paid by one payment that a bank line proves."""
    till = make.terminal()
    sold = [make.sale(till, seq=number) for number in range(1, sales + 1)]
    reversal = make.take_back(sold[0]) if back else None
    sources = [*sold, reversal] if back else sold
    journals = [make.journal_of(each) for each in sources]
    statement = make.stated(
        till.merchant_id, *(each.id for each in journals), state=StatementState.APPROVED
    )
    batch, (payment,) = make.batch(statement, state=BatchState.SENT)
    line = make.bank_line(-statement.lines_fen, bank_reference=f"BANK{make.next_number()}")
    match = make.match(line, payment)
    make.walk(statement, StatementState.PAID)
    return SimpleNamespace(
        till=till,
        redemption=sold[0],
        other=sold[1] if sales > 1 else None,
        redemption_reversal=reversal,
        verification=SimpleNamespace(id=sold[0].verification_id),
        journal=journals[0],
        statement_line=journals[0],
        paid=make.session.get_one(Journal, paid_journal(make, match, payment)),
        statement=statement,
        payment=payment,
        payment_batch=batch,
        match=match,
        bank_line=line,
    )


def refs(found, kind=None):
    return {node.ref for node in found.nodes if kind is None or node.kind is kind}


def to_bank(found, start):
    """Return what is reached from `start` along the chain's edges, towards the bank."""
    reached, more = set(), {start}
    while more:
        reached |= more
        more = {edge.target for edge in found.edges if edge.source in reached} - reached
    return reached
