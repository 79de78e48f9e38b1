"""Who signs a batch, by what it comes to: tiers that two people set, and nobody signs twice."""

import pytest
from sqlalchemy import select

from finance.errors import PreparedByYou
from finance.models import BatchState, PaymentBatch
from finance.payment_errors import (
    BatchNeedsNoCheck,
    BatchNotChecked,
    SignedByYou,
    TiersNotFound,
    TiersWaiting,
)
from finance.queries.payment_batches import waiting_batches
from finance.queries.payment_terms import tiers_in_force, tiers_waiting
from finance.services.payments import (
    approve_batch,
    approve_tiers,
    check_batch,
    propose_tiers,
    send_batch,
    withdraw_tiers,
)
from kernel.actors import Role
from kernel.db import transaction
from kernel.money import Fen
from kernel.refusals import EditConflict
from tests.finance.test_payment_races import at_once
from tests.make import NOW
from tests.make.maker import Maker

SMALL, CHECKED, TWICE = 49_999_99, 50_000_00, 500_000_00


def sign(session, step, batch, actor):
    return step(session, actor=actor, batch_id=batch.id, version=batch.version, now=NOW)


def prepared(make, fen, **facts):
    statement = make.approved_statement(sales=(fen,))
    return make.prepared_batch(only=[statement.id], **facts)


@pytest.mark.parametrize(
    ("fen", "needs_check", "approvals"),
    [(SMALL, False, 1), (CHECKED, True, 1), (TWICE - 1, True, 1), (TWICE, True, 2)],
)
def test_a_batch_asks_for_the_signatures_of_its_amount(make, fen, needs_check, approvals):
    batch = prepared(make, fen)

    assert (batch.needs_check, batch.approvals) == (needs_check, approvals)


def test_a_large_batch_goes_through_four_hands_to_the_bank(session, make):
    batch = prepared(make, TWICE)
    checker = make.staff_actor("finance_checker")
    first, second = make.staff_actor("finance_approver"), make.staff_actor("finance_approver")

    with pytest.raises(BatchNotChecked):
        sign(session, approve_batch, batch, first)
    sign(session, check_batch, batch, checker)
    assert batch.state is BatchState.CHECKED
    sign(session, approve_batch, batch, first)
    assert (batch.state, batch.approver_id) == (BatchState.APPROVED_ONCE, None)
    sign(session, approve_batch, batch, second)

    assert (batch.state, batch.approver_id) == (BatchState.APPROVED, second.id)
    assert (batch.checker_id, batch.first_approver_id) == (checker.id, first.id)
    sign(session, send_batch, batch, make.staff_actor("finance_maker"))
    assert batch.state is BatchState.SENT


def test_nobody_signs_twice_whatever_roles_they_hold(session, make):
    maker = make.staff_actor("finance_maker")
    batch = prepared(make, TWICE, maker=maker)
    checker, first = make.staff_actor("finance_checker"), make.staff_actor("finance_approver")

    with pytest.raises(PreparedByYou):
        sign(session, check_batch, batch, maker)
    sign(session, check_batch, batch, checker)
    with pytest.raises(SignedByYou):
        sign(session, approve_batch, batch, checker)
    with pytest.raises(PreparedByYou):
        sign(session, approve_batch, batch, maker)
    sign(session, approve_batch, batch, first)
    with pytest.raises(SignedByYou):
        sign(session, approve_batch, batch, first)


def test_a_small_batch_takes_no_check(session, make):
    batch = prepared(make, SMALL)

    with pytest.raises(BatchNeedsNoCheck):
        sign(session, check_batch, batch, make.staff_actor("finance_checker"))


def test_a_turn_is_counted_for_whom_it_is(session, make):
    batch = prepared(make, TWICE)
    checker, first = make.staff_actor("finance_checker"), make.staff_actor("finance_approver")
    turns = []
    for step, actor in ((check_batch, checker), (approve_batch, first)):
        turns.append([waiting_batches(session, each) for each in (checker, first)])
        sign(session, step, batch, actor)
    turns.append([waiting_batches(session, each) for each in (checker, first)])
    second = make.staff_actor("finance_approver")

    assert turns == [[1, 0], [0, 1], [0, 0]]
    assert waiting_batches(session, second) == 1


def test_two_people_set_the_tiers_and_what_is_prepared_keeps_its_own(session, make):
    maker, approver = make.staff_actor("finance_maker"), make.staff_actor("finance_approver")
    before = prepared(make, SMALL)
    proposed = propose_tiers(
        session, actor=maker, check_from_fen=Fen(1_00), twice_from_fen=Fen(2_00), now=NOW
    )
    assert tiers_waiting(session) == (proposed, maker.name)
    with pytest.raises(PreparedByYou):
        approve_tiers(session, actor=maker, tiers_id=proposed.id, version=1, now=NOW)
    assert tiers_in_force(session).number == 1
    with pytest.raises(EditConflict):
        approve_tiers(session, actor=approver, tiers_id=proposed.id, version=7, now=NOW)

    approve_tiers(session, actor=approver, tiers_id=proposed.id, version=1, now=NOW)

    after = prepared(make, 2_00)
    assert (after.needs_check, after.approvals) == (True, 2)
    assert (before.needs_check, before.approvals) == (False, 1)
    assert tiers_in_force(session) is proposed
    with pytest.raises(TiersNotFound):
        withdraw_tiers(session, actor=maker, tiers_id=proposed.id, version=2, now=NOW)


def test_a_proposal_that_is_withdrawn_leaves_room_for_another(session, make):
    maker = make.staff_actor("finance_maker")
    amounts = {"check_from_fen": Fen(1_00), "twice_from_fen": Fen(2_00)}
    first = propose_tiers(session, actor=maker, now=NOW, **amounts)
    with session.begin_nested() as point:
        with pytest.raises(TiersWaiting):
            propose_tiers(session, actor=maker, now=NOW, **amounts)
        point.rollback()

    withdraw_tiers(session, actor=maker, tiers_id=first.id, version=1, now=NOW)

    assert tiers_waiting(session) is None
    assert propose_tiers(session, actor=maker, now=NOW, **amounts).number > first.number


def test_of_two_first_approvers_at_once_both_cannot_be_the_last(committed):
    """One is the first of two; the other hears that it changed and must look again."""
    with transaction() as session:
        make = Maker(session)
        approvers = [make.staff_actor(Role.FINANCE_APPROVER) for _ in range(2)]
        batch = prepared(make, TWICE)
        sign(session, check_batch, batch, make.staff_actor(Role.FINANCE_CHECKER))
        batch_id, seen = batch.id, batch.version

    heard = at_once(
        [
            lambda session, by=approver: approve_batch(
                session, actor=by, batch_id=batch_id, version=seen, now=NOW
            )
            for approver in approvers
        ]
    )

    assert sorted(heard, key=str) == [EditConflict, None]
    with transaction() as session:
        found = session.scalars(select(PaymentBatch).where(PaymentBatch.id == batch_id)).one()
        assert (found.state, found.approver_id) == (BatchState.APPROVED_ONCE, None)
