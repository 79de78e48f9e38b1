"""A paper card's daily limit, over real HTTP: a copy draws on the same few yuan, at any till."""

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text

from benefits.queries import limit_residuals
from benefits.rules import STATIC_DAILY_RULE
from cards.models import Card, CardPolicy
from cards.services import issue_paper_card
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.db import transaction
from tests.drive import Till, answered
from tests.races.scene import FIVE_OFF, OFF_FEN, offer_of
from tests.town import at_once

CALLS = 24
DAILY_FEN = 4 * OFF_FEN + 100  # what is left over is too little for one more

pytestmark = pytest.mark.service


def offer_on_paper(session, *, union_share_bp=10_000, assurances=("session", "static")):
    """Offer 5 yuan off from 20; nothing limits it but what paper is limited to."""
    terms = replace(FIVE_OFF, union_share_bp=union_share_bp)
    return offer_of(session, terms=terms, assurances=assurances)


def test_copies_of_one_paper_card_together_take_what_its_day_holds(town):
    phone, tills = town.phone(), [town.till(0), town.till(1)]
    card_id = answered(phone.get("/cards/me"), 200)["card_id"]
    with transaction() as session:
        session.get_one(CardPolicy, 1).static_daily_fen = DAILY_FEN
        paper = issue_paper_card(session, card_id=card_id, actor=SYSTEM, now=utc_now()).text
        offer = offer_on_paper(session)
        merchants_own = offer_on_paper(session, union_share_bp=0)
        live_only = offer_on_paper(session, assurances=("possession", "session"))

    def sell(till, what=offer):
        return Till(town.base_url, token=till.facts["token"]).redeem(what, 5000, presentation=paper)

    answers = at_once([lambda till=till: sell(till) for till in tills * (CALLS // 2)])

    assert Counter(each.status_code for each in answers) == {201: 4, 409: CALLS - 4}
    refused = [each.json() for each in answers if each.status_code == 409]
    assert {each["code"] for each in refused} == {"limit_reached"}
    facts = refused[0]["facts"]
    assert facts["reason"] == "paper_limit_reached"
    assert facts["reason_text"]
    assert facts["next_step"]
    # The scan says so beforehand, and what the union has no part in goes on.
    seen = {each["offer_id"]: each for each in tills[0].verify(paper)["offers"]}
    assert (seen[offer]["reason"], seen[offer]["left"]) == ("paper_limit_reached", 100)
    assert seen[merchants_own]["usable"]
    assert seen[live_only]["reason"] == "wrong_assurance"
    assert sell(tills[0], merchants_own).status_code == 201
    # The live code on the phone is not held to it.
    live = answered(phone.get("/cards/me/slice"), 200)["text"]
    assert tills[0].redeem(offer, 5000, presentation=live).status_code == 201

    # A sale that is voided gives back what it took, once.
    sold = next(each.json() for each in answers if each.status_code == 201)
    for till in tills:
        till.post(f"/redemptions/{sold['id']}/void")
    assert Counter(sell(till).status_code for till in tills) == {201: 1, 409: 1}
    with transaction() as session:
        rows = session.execute(
            text("SELECT scope_id, held, used, max FROM limits WHERE rule_id = :rule"),
            {"rule": STATIC_DAILY_RULE},
        ).all()
        assert [(str(row.scope_id), *row[1:]) for row in rows] == [(card_id, 0, 2000, DAILY_FEN)]
        assert limit_residuals(session) == []

        # Policy may let the union pay nothing on paper: then the offer needs the live code.
        session.get_one(CardPolicy, 1).static_daily_fen = 0
    answer = sell(tills[0]).json()
    assert (answer["code"], answer["facts"]["reason"]) == ("offer_not_usable", "wrong_assurance")
    seen = {each["offer_id"]: each for each in tills[0].verify(paper)["offers"]}
    assert seen[offer]["reason"] == "wrong_assurance"
    with transaction() as session:
        assert session.get_one(Card, card_id).is_usable()
