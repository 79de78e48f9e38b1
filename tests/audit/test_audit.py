"""The audit trail: written with its cause, never changed, free of personal data, read by scope."""

from datetime import date, timedelta
from enum import StrEnum

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from audit.queries import entries, looks_at_member, place_of
from audit.services import record
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.db import transaction, violated_constraint
from kernel.ids import new_id
from tests.make import NOW


class Reason(StrEnum):
    LOST = "lost"


def write(session, *, at=NOW, path="SZ/SZ-BA", **facts):
    defaults = {
        "actor": Actor(ActorKind.STAFF, new_id()),
        "action": "card.frozen",
        "object_type": "card",
        "object_id": new_id(),
    }
    return record(session, now=at, union_path=path, **(defaults | facts))


def test_facts_are_kept_as_codes_ids_amounts_and_times(session):
    import_id = new_id()

    entry = write(
        session,
        reason=Reason.LOST,
        import_id=import_id,
        amount_fen=1234,
        on=date(2026, 11, 23),
        at_till=NOW,
        codes=("a.b", "c"),
        again=True,
        note=None,
    )
    session.expire(entry)

    assert entry.facts == {
        "reason": "lost",
        "import_id": str(import_id),
        "amount_fen": 1234,
        "on": "2026-11-23",
        "at_till": "2026-11-23T04:00:00+00:00",
        "codes": ["a.b", "c"],
        "again": True,
        "note": None,
    }


@pytest.mark.parametrize(
    "personal",
    [
        "张小明",
        "two words",
        "",
        "x" * 101,
        "15400000013",
        "phone:15400000013",
        "440399199001010022",
        "44039919900101002X",
        ["ok", "15400000013"],
        {"nested": "ok"},
        b"bytes",
        1.5,
    ],
)
def test_what_could_be_personal_is_refused_without_repeating_it(session, personal):
    with pytest.raises(ValueError, match="audit fact 'said'") as refused:
        write(session, said=personal)

    assert "154" not in str(refused.value)
    assert "张" not in str(refused.value)


@pytest.mark.parametrize(
    "code",
    [
        "0193536d-1111-7111-8111-123456789012",
        "sha256:" + "12345678901a" * 5,
        "2026-11",
        "T0001-20261123-000007",
    ],
)
def test_ids_hashes_periods_and_receipts_are_codes(session, code):
    assert write(session, code=code).facts == {"code": code}


def test_an_auditor_reads_their_subtree_newest_first_a_page_at_a_time(session):
    first = write(session, path="SZ/SZ-BA")
    second = write(session, path="SZ/SZ-BA/SZ-BA-E033")
    third = write(session, path="SZ/SZ-BA/SZ-BA-E033", at=NOW + timedelta(seconds=1))
    write(session, path="SZ/SZ-BAX")
    write(session, path="SZ")
    unscoped = write(session, actor=SYSTEM, path=None, at=NOW - timedelta(days=1))

    page = entries(session, paths=["SZ/SZ-BA"], limit=2)
    rest = entries(session, paths=["SZ/SZ-BA"], before=place_of(page[-1]))

    # Two of one moment are told apart by their ids.
    older = sorted([first, second], key=lambda entry: entry.id, reverse=True)
    assert [*page, *rest] == [third, *older]
    assert entries(session, paths=[]) == []
    assert entries(session, paths=[], with_unscoped=True) == [unscoped]
    assert len(entries(session, paths=["SZ"], with_unscoped=True)) == 6


def test_a_path_is_no_pattern(session):
    write(session, path="SZ/A1/B")

    assert entries(session, paths=["SZ/A_"]) == []
    assert entries(session, paths=["%"]) == []


def test_entries_are_found_by_action_and_by_actor(session):
    frozen = write(session)
    lost = write(session, action="card.lost")
    read = write(session, action="cards.listed", object_id=None)

    assert entries(session, paths=["SZ"], action="card.frozen") == [frozen]
    assert set(entries(session, paths=["SZ"], action="card.")) == {frozen, lost}
    assert entries(session, paths=["SZ"], actor_id=read.actor_id) == [read]


def test_a_member_reads_who_opened_their_data_and_why(session):
    member_id = new_id()
    opened = write(
        session,
        action="member.revealed",
        object_type="member",
        object_id=member_id,
        purpose="claim 2026-11 call back",
        field="phone",
    )
    of_claim = write(
        session,
        action="claim.file_opened",
        object_type="claim",
        member_id=member_id,
        purpose="assessment",
        at=NOW + timedelta(hours=1),
    )
    write(session, action="member.moved", object_type="member", object_id=member_id)
    write(
        session, action="member.revealed", object_type="member", object_id=new_id(), purpose="other"
    )

    looks = looks_at_member(session, member_id=member_id)

    assert looks == [of_claim, opened]
    assert looks_at_member(session, member_id=member_id, before=place_of(of_claim)) == [opened]


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"action": "frozen"}, "ck_audit_entries_action_is_dotted_code"),
        ({"action": "Card.frozen"}, "ck_audit_entries_action_is_dotted_code"),
        ({"actor": Actor(ActorKind.STAFF)}, "ck_audit_entries_actor_is_named"),
        ({"actor": Actor(ActorKind.SYSTEM, new_id())}, "ck_audit_entries_actor_is_named"),
    ],
)
def test_the_database_refuses_a_nameless_actor_and_a_vague_action(session, facts, constraint):
    with pytest.raises(DBAPIError) as refused:
        write(session, **facts)

    assert violated_constraint(refused.value) == constraint


FORBIDDEN = [
    "UPDATE audit_entries SET purpose = 'none'",
    "UPDATE audit_entries SET purpose = 'none' WHERE false",
    "DELETE FROM audit_entries",
    "DELETE FROM audit_entries WHERE false",
    "TRUNCATE audit_entries",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_application_may_not_change_the_trail(session, statement):
    write(session)

    with pytest.raises(DBAPIError, match="permission denied"):
        session.execute(text(statement))


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_nor_may_the_owner_by_mistake(databases, committed, statement):
    with transaction() as session:
        write(session)
    owner = create_engine(databases.urls.owner.format(name=committed.url.database))

    with owner.connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(text(statement))

    owner.dispose()
    assert violated_constraint(refused.value) == "audit_entries_append_only"
