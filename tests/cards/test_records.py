"""The card's record: who paid what, in one timeline."""

from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from cards.models import CardRecord, RecordKind
from cards.queries import RecordPlace, records_of_member, year_totals
from cards.services import add_record, cancel_card, record_insert_values
from kernel.actors import SYSTEM
from kernel.ids import new_id
from kernel.money import Fen
from tests.make import NOW


def facts(card, **changes):
    return {
        "card_id": card.id,
        "kind": RecordKind.DISCOUNT,
        "event": "captured",
        "source_type": "redemption",
        "source_id": new_id(),
        "title_zh": "演示面馆 满50减40",
        "title_en": "Demo noodles, 40 off 50",
        "occurred_at": NOW,
        "now": NOW,
        "member_pays_fen": Fen(10_00),
        "merchant_bears_fen": Fen(15_00),
        "union_pays_fen": Fen(25_00),
    } | changes


@pytest.fixture
def card(make):
    return make.card()


def test_a_line_says_who_bore_what(session, card):
    add_record(session, **facts(card))

    [line] = records_of_member(session, member_id=card.member_id)
    assert (line.gross_fen, line.member_pays_fen) == (50_00, 10_00)
    assert (line.merchant_bears_fen, line.union_pays_fen) == (15_00, 25_00)


def test_a_line_may_be_merged_into_another_statement(session, card):
    session.execute(insert(CardRecord).values(record_insert_values(**facts(card))))

    assert len(records_of_member(session, member_id=card.member_id)) == 1


def test_the_same_event_of_the_same_thing_is_written_once(session, card):
    once = facts(card)
    add_record(session, **once)

    with pytest.raises(IntegrityError, match="uq_card_records_source"), session.begin_nested():
        add_record(session, **once)


def test_the_timeline_is_the_members_own_across_cards(session, make, card):
    add_record(session, **facts(card))
    cancel_card(session, card_id=card.id, actor=SYSTEM, now=NOW + timedelta(seconds=1))
    member = session.get_one(type(make.member()), card.member_id)
    add_record(session, **facts(make.card(member=member), event="voided"))
    add_record(session, **facts(make.card()))

    events = [line.event for line in records_of_member(session, member_id=card.member_id)]
    assert events == ["cancelled", "voided", "captured"]


def test_pages_follow_each_other_even_within_one_moment(session, card):
    for _ in range(5):
        add_record(session, **facts(card))

    first = records_of_member(session, member_id=card.member_id, rows=2)
    place = RecordPlace(first[-1].occurred_at, first[-1].id)
    rest = records_of_member(session, member_id=card.member_id, before=place)

    assert len({line.id for line in [*first, *rest]}) == 5


def test_totals_are_those_of_one_shanghai_year_and_taking_back_subtracts(session, card):
    new_year = NOW.replace(month=12, day=31, hour=16)  # midnight in Shanghai
    add_record(session, **facts(card))
    add_record(
        session,
        **facts(
            card,
            event="reversed",
            member_pays_fen=Fen(-4_00),
            merchant_bears_fen=Fen(-6_00),
            union_pays_fen=Fen(-10_00),
        ),
    )
    add_record(session, **facts(card, occurred_at=new_year))

    totals = year_totals(session, member_id=card.member_id, year=2026)
    assert (totals.gross_fen, totals.member_pays_fen) == (30_00, 6_00)
    assert (totals.merchant_bears_fen, totals.union_pays_fen) == (9_00, 15_00)
    assert year_totals(session, member_id=card.member_id, year=2027).gross_fen == 50_00
    assert year_totals(session, member_id=card.member_id, year=2025).gross_fen == 0
