"""Cards get their numbers: on application, in batches, once a person."""

import json
import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stdnum import luhn

from audit.models import AuditEntry
from cards.errors import UnionNotYours
from cards.models import BatchState, Card, CardRecord, CardState
from cards.services import apply_for_card, cancel_card, issue_cards, issue_next, start_batch
from cards.services.issue import step_batch
from kernel.actors import SYSTEM, Role
from kernel.db import transaction
from members.errors import NoStanding
from members.models import MembershipStatus
from tests.make import NOW
from tests.make.maker import Maker


def count(session, table=Card):
    return session.scalar(select(func.count()).select_from(table))


def test_an_application_gives_a_numbered_card(session, make):
    member = make.member()

    card, is_new = apply_for_card(session, member_id=member.id, now=NOW)

    assert is_new
    assert card.state is CardState.ISSUED
    assert card.number.startswith("440326")
    assert luhn.is_valid(card.number)


def test_a_second_application_returns_the_first_card(session, make):
    member = make.member()
    first, _ = apply_for_card(session, member_id=member.id, now=NOW)

    second, is_new = apply_for_card(session, member_id=member.id, now=NOW)

    assert (second.id, is_new) == (first.id, False)
    assert count(session) == 1
    assert count(session, CardRecord) == 1


def test_after_a_cancelled_card_comes_a_new_one_with_another_number(session, make):
    member = make.member()
    first, _ = apply_for_card(session, member_id=member.id, now=NOW)
    cancel_card(session, card_id=first.id, actor=SYSTEM, now=NOW)

    second, is_new = apply_for_card(session, member_id=member.id, now=NOW)

    assert is_new
    assert second.number != first.number


@pytest.mark.parametrize(
    "status",
    [status for status in MembershipStatus if status not in {"active", "transferring", "retained"}],
)
def test_without_standing_there_is_no_card(session, make, status):
    member = make.member(status=status)

    with pytest.raises(NoStanding):
        apply_for_card(session, member_id=member.id, now=NOW)
    issued = issue_cards(session, member_ids=[member.id], actor=SYSTEM, now=NOW)

    assert (issued.issued, issued.already) == (0, 0)


def test_a_batch_issues_to_those_who_have_none(session, make):
    union = make.union()
    members = [make.member(union=union) for _ in range(5)]
    make.card(member=members[0])

    issued = issue_cards(session, member_ids=[m.id for m in members], actor=SYSTEM, now=NOW)

    assert (issued.issued, issued.already) == (4, 1)
    assert count(session) == 5
    assert count(session, CardRecord) == 4


def test_a_batch_leaves_one_audit_entry_with_its_count(session, make):
    members = [make.member() for _ in range(3)]

    issue_cards(session, member_ids=[m.id for m in members], actor=SYSTEM, now=NOW)

    entries = session.scalars(select(AuditEntry)).all()
    assert [(each.action, each.facts) for each in entries] == [
        ("card.issued_in_batch", {"issued": 3})
    ]


def test_batches_walk_through_the_register(session, make):
    union = make.union()
    for _ in range(5):
        make.member(union=union)

    def step(after):
        return issue_next(session, path=None, after=after, actor=SYSTEM, now=NOW, rows=2)

    first = step(None)
    second = step(first.last_member_id)
    third = step(second.last_member_id)
    fourth = step(third.last_member_id)

    assert [each.issued for each in (first, second, third, fourth)] == [2, 2, 1, 0]
    assert fourth.last_member_id is None


def test_issuing_goes_on_when_the_driver_has_prepared_the_statement(session, make):
    # psycopg prepares a statement at its sixth use, and PostgreSQL then plans it without values.
    members = [make.member() for _ in range(12)]

    for member in members:
        issue_cards(session, member_ids=[member.id], actor=SYSTEM, now=NOW)

    assert count(session) == 12


def test_a_union_gets_cards_for_its_subtree_only(session, make):
    city = make.union()
    ours, other = make.union(parent=city), make.union(parent=city)
    below = make.union(parent=ours)
    wanted = {make.member(union=ours).id, make.member(union=below).id}
    make.member(union=other)

    issue_next(session, path=ours.path, after=None, actor=SYSTEM, now=NOW)

    assert set(session.scalars(select(Card.member_id))) == wanted


def test_a_desk_batch_counts_itself_to_the_end(session, make):
    union = make.union()
    members = [make.member(union=union) for _ in range(3)]
    make.card(member=members[1])
    actor = make.staff_actor(Role.REGISTER_OFFICER, union=union)
    batch = start_batch(session, union_code=union.code, paths=[union.path], actor=actor, now=NOW)

    def step():
        return step_batch(session, batch_id=batch.id, path=union.path, now=NOW)

    assert (batch.total, batch.done) == (3, 0)
    assert step()
    assert not step()
    assert not step()
    assert (batch.state, batch.issued, batch.already) == (BatchState.DONE, 2, 1)
    assert batch.done == batch.total


def test_a_batch_for_a_foreign_union_is_not_started(session, make):
    ours, other = make.union(), make.union()
    actor = make.staff_actor(Role.REGISTER_OFFICER, union=ours)

    with pytest.raises(UnionNotYours):
        start_batch(session, union_code=other.code, paths=[ours.path], actor=actor, now=NOW)


def test_the_command_issues_to_everybody_and_again_to_nobody(session, make, app):
    make.member()
    make.member()
    make.member(status=MembershipStatus.WITHDRAWN)
    run = app.test_cli_runner().invoke

    first = run(args=["cards", "issue", "--all", "--json"])
    second = run(args=["cards", "issue", "--all", "--json"])

    answers = [json.loads(each.output.splitlines()[-1]) for each in (first, second)]
    assert [(each["issued"], each["already"]) for each in answers] == [(2, 0), (0, 2)]
    assert all(each["seconds"] >= 0 for each in answers)


@pytest.mark.parametrize("arguments", [[], ["--all", "--union", "SZ"]])
def test_the_command_wants_to_know_for_whom(session, app, arguments):
    outcome = app.test_cli_runner().invoke(args=["cards", "issue", *arguments])

    assert outcome.exit_code == 2


def test_the_command_refuses_a_union_that_is_not_there(session, app):
    outcome = app.test_cli_runner().invoke(args=["cards", "issue", "--union", "SZ-NONE"])

    assert outcome.exit_code == 1
    assert "no union" in outcome.output


def test_eight_simultaneous_applications_give_one_card(committed):
    with Session(committed) as session:
        member_id = Maker(session).member().id
        session.commit()
    barrier = threading.Barrier(8)
    answers = []

    def apply():
        barrier.wait()
        with transaction() as session:
            card, is_new = apply_for_card(session, member_id=member_id, now=NOW)
            answers.append((card.id, is_new))

    threads = [threading.Thread(target=apply) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with Session(committed) as session:
        cards = session.scalars(select(Card.id)).all()
    assert len(cards) == 1
    assert [card_id for card_id, _ in answers] == cards * 8
    assert [is_new for _, is_new in answers].count(True) == 1
