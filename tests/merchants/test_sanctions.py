"""Measures against a merchant: by a person, lifted by another, appealed against from the till."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from audit.models import AuditEntry
from kernel.actors import Actor, ActorKind
from kernel.ids import new_id
from kernel.refusals import EditConflict, RequestKeyReused
from kernel.states import MoveNotAllowed
from merchants.errors import (
    AppealOpen,
    SanctionAppealAnswered,
    SanctionFinal,
    SanctionInForce,
    SanctionLifted,
    SanctionNotFound,
    SanctionSetByYou,
)
from merchants.models import (
    Merchant,
    MerchantState,
    Sanction,
    SanctionAppeal,
    SanctionAppealState,
    SanctionKind,
)
from merchants.services import (
    activate_merchant,
    answer_sanction_appeal,
    appeal_sanction,
    impose_sanction,
    lift_sanction,
)
from tests.make import NOW

HOLD = SanctionKind.PAYOUT_HOLD


@pytest.fixture
def setter(make):
    return make.staff_actor("programme_designer")


@pytest.fixture
def other(make, setter):
    return make.staff_actor("programme_designer")


@pytest.fixture
def shop(make):
    return make.merchant()


@pytest.fixture
def till(make, shop):
    terminal = make.terminal(token="uct_held", site=make.site(merchant_id=shop.id))
    return Actor(ActorKind.TERMINAL, id=terminal.id)


def impose(session, shop, setter, kind=HOLD):
    return impose_sanction(
        session, actor=setter, merchant_id=shop.id, kind=kind, reason="核对票据", now=NOW
    )


def lift(session, sanction, actor):
    version = sanction.version
    facts = {"sanction_id": sanction.id, "version": version, "reason": "已核对", "now": NOW}
    return lift_sanction(session, actor=actor, **facts)


def appeal(session, shop, sanction, till, **facts):
    defaults = {"appeal_id": new_id(), "text": "票据齐全", "merchant_id": shop.id, "now": NOW}
    return appeal_sanction(session, actor=till, sanction_id=sanction.id, **defaults | facts)


def test_who_set_a_measure_does_not_lift_it(session, shop, setter, other):
    sanction = impose(session, shop, setter)

    with pytest.raises(SanctionSetByYou):
        lift(session, sanction, setter)
    lift(session, sanction, other)

    assert sanction.lifted_by == other.id
    with pytest.raises(SanctionLifted):
        lift(session, sanction, other)


def test_the_database_knows_of_the_two_people_too(session, shop, setter):
    sanction = impose(session, shop, setter)
    sanction.lifted_by, sanction.lifted_at, sanction.lift_reason = setter.id, NOW, "已核对"

    with pytest.raises(IntegrityError, match="ck_merchant_sanctions_two_people"):
        session.flush()


def test_of_a_kind_one_measure_stands_and_warnings_add_up(session, shop, setter, other):
    first = impose(session, shop, setter)
    impose(session, shop, setter, SanctionKind.WARNING)
    impose(session, shop, setter, SanctionKind.WARNING)
    with session.begin_nested(), pytest.raises(SanctionInForce):
        impose(session, shop, other)
    lift(session, first, other)

    assert impose(session, shop, other).stands


def test_lifting_a_suspension_lets_the_merchant_work_and_nothing_else_does(
    session, shop, setter, other
):
    sanction = impose(session, shop, setter, SanctionKind.SUSPENSION)
    assert session.get_one(Merchant, shop.id).state is MerchantState.SUSPENDED
    with pytest.raises(SanctionInForce):
        activate_merchant(session, merchant_id=shop.id, actor=setter, now=NOW)

    lift(session, sanction, other)
    assert session.get_one(Merchant, shop.id).state is MerchantState.ACTIVE


def test_an_end_is_final(session, shop, setter, other):
    sanction = impose(session, shop, setter, SanctionKind.TERMINATION)

    with pytest.raises(SanctionFinal):
        lift(session, sanction, other)
    with pytest.raises(MoveNotAllowed):
        impose(session, shop, setter, SanctionKind.SUSPENSION)


def test_a_stale_editor_hears_so(session, shop, setter, other):
    sanction = impose(session, shop, setter)
    with pytest.raises(EditConflict):
        lift_sanction(
            session, actor=other, sanction_id=sanction.id, version=9, reason="已核对", now=NOW
        )


def test_an_appeal_is_made_once_whatever_the_network_does(session, shop, setter, till):
    sanction = impose(session, shop, setter)
    made, was_known = appeal(session, shop, sanction, till)
    again, is_known = appeal(session, shop, sanction, till, appeal_id=made.id)

    assert (again, was_known, is_known) == (made, False, True)
    with pytest.raises(RequestKeyReused):
        appeal(session, shop, sanction, till, appeal_id=made.id, text="别的")
    with session.begin_nested(), pytest.raises(AppealOpen):
        appeal(session, shop, sanction, till)
    with pytest.raises(SanctionNotFound):
        appeal(session, shop, sanction, till, merchant_id=new_id())


@pytest.mark.parametrize("grant", [True, False])
def test_another_person_answers_and_granting_lifts(session, shop, setter, *, other, till, grant):
    sanction = impose(session, shop, setter)
    made, _ = appeal(session, shop, sanction, till)
    answer = {"appeal_id": made.id, "grant": grant, "answer": "已看过票据", "now": NOW}

    with pytest.raises(SanctionSetByYou):
        answer_sanction_appeal(session, actor=setter, **answer)
    answer_sanction_appeal(session, actor=other, **answer)

    assert sanction.stands is not grant
    expected = SanctionAppealState.GRANTED if grant else SanctionAppealState.REJECTED
    assert made.state is expected
    with pytest.raises(SanctionAppealAnswered):
        answer_sanction_appeal(session, actor=other, **answer)


def test_lifting_answers_the_appeal_that_waits(session, shop, setter, other, till):
    sanction = impose(session, shop, setter)
    made, _ = appeal(session, shop, sanction, till)
    lift(session, sanction, other)

    assert (made.state, made.answer) == (SanctionAppealState.GRANTED, "已核对")
    with pytest.raises(SanctionLifted):
        appeal(session, shop, sanction, till)


def test_every_act_is_on_the_record_without_its_words(session, shop, setter, other, till):
    sanction = impose(session, shop, setter)
    appeal(session, shop, sanction, till)
    lift(session, sanction, other)

    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.object_id == sanction.id).order_by(AuditEntry.id)
    ).all()
    assert [each.action for each in entries] == [
        "sanction.imposed",
        "sanction.appealed",
        "sanction.lifted",
        "sanction.appeal_granted",
    ]
    assert "核对" not in str([each.facts for each in entries])


def test_the_till_reads_the_reason_appeals_and_hears_the_answer(
    session, client, *, shop, setter, other, till
):
    sanction = impose(session, shop, setter)
    headers = {"Authorization": "Bearer uct_held", "Accept-Language": "en"}
    body = {"id": str(new_id()), "sanction_id": str(sanction.id), "text": "票据齐全"}

    listed = client.get("/api/v1/terminals/me/sanctions", headers=headers).json["items"]
    first = client.post("/api/v1/terminals/me/sanctions/appeals", json=body, headers=headers)
    again = client.post("/api/v1/terminals/me/sanctions/appeals", json=body, headers=headers)
    lift(session, session.get_one(Sanction, sanction.id), other)
    heard = client.get("/api/v1/terminals/me/sanctions", headers=headers).json["items"][0]

    assert (listed[0]["kind_text"], listed[0]["reason"]) == ("Payout held", "核对票据")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(session.scalars(select(SanctionAppeal)).all()) == 1
    assert heard["appeals"][0]["answer"] == "已核对"
    assert heard["lifted_at"] is not None
