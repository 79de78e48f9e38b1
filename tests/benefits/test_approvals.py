"""Programmes by two people, within what a union may spend on a member."""

from datetime import date, timedelta

import pytest

from audit.models import AuditEntry
from benefits.errors import LimitReached
from benefits.models import (
    Instrument,
    Limit,
    LimitRule,
    LimitScope,
    LimitUnit,
    LimitWindow,
    ProgrammeState,
)
from benefits.queries import LimitLine, Years, approvals_waiting, spending_of
from benefits.rules import window_key
from benefits.services import (
    LimitFacts,
    ProgrammeFacts,
    RuleFacts,
    approve_programme,
    approve_rule,
    change_limit,
    draft_discount_programme,
    edit_draft,
    move_programme,
    propose_programme,
    propose_rule,
    refuse_rule,
    send_back_programme,
    take_limits,
    take_what_is_left,
    takes_for,
)
from benefits.spending_errors import (
    AboveCeiling,
    CashNotGiven,
    CeilingNeedsAmount,
    CeilingStays,
    InstrumentNotAllowed,
    OccasionUnknown,
    OfferOtherInstrument,
    ProgrammeAwaitsApproval,
    ProgrammeNotADraft,
    ProgrammesAboveRule,
    ProposedByYou,
    SpendRuleWaits,
)
from kernel.actors import Role
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.money import Fen
from kernel.refusals import EditConflict
from kernel.states import MoveNotAllowed
from ledger.models import Family, FundSource
from tests.benefits.conftest import gift, percent
from tests.make import NOW


class Two:
    """A designer and somebody else; drafts are birthday presents of goods, ¥300 a member."""

    def __init__(self, session, make):
        self.session = session
        make.chart()
        self.city = make.union()
        self.designer = make.staff_actor(Role.PROGRAMME_DESIGNER, union=self.city)
        self.second = make.staff_actor(Role.FINANCE_APPROVER, union=self.city)

    def facts(self, **changes):
        defaults = {
            "code": "BIRTHDAY",
            "name_zh": "生日慰问",
            "name_en": "Birthday",
            "family": Family.DISCOUNT,
            "fund_source": FundSource.UNION_FUND,
            "starts_on": date(2026, 1, 1),
            "ends_on": date(2027, 1, 1),
            "eligibility": [],
            "occasion": "birthday",
            "instrument": Instrument.GOODS,
            "member_year_fen": Fen(300_00),
        }
        return ProgrammeFacts(**defaults | changes)

    def draft(self, **changes):
        return draft_discount_programme(
            self.session, actor=self.designer, facts=self.facts(**changes), now=NOW
        )

    def call(self, verb, programme, actor, **facts):
        return verb(
            self.session,
            actor=actor,
            programme_id=programme.id,
            version=programme.version,
            now=NOW,
            **facts,
        )

    def propose(self, programme):
        return self.call(propose_programme, programme, self.designer)

    def approve(self, programme, actor=None):
        return self.call(approve_programme, programme, actor or self.second)

    def running(self, **changes):
        return self.approve(self.propose(self.draft(**changes)))

    def rule(self, ceiling, *, occasion="birthday", instruments=(Instrument.GOODS,)):
        facts = RuleFacts(occasion, "生日", "Birthday", ceiling, instruments, "演示文件", "核对")
        return propose_rule(self.session, actor=self.designer, facts=facts, now=NOW)

    def left(self, year=2026, last=9999):
        return spending_of(self.session, occasion="birthday", years=Years(year, last)).left_fen


@pytest.fixture
def two(session, make):
    return Two(session, make)


def test_a_draft_is_proposed_approved_by_another_and_runs_with_its_ceiling(session, two):
    programme = two.draft()
    assert programme.state is ProgrammeState.DRAFT
    with pytest.raises(MoveNotAllowed):
        two.approve(programme)

    two.propose(programme)
    with pytest.raises(ProposedByYou):
        two.approve(programme, two.designer)
    with pytest.raises(ProgrammeAwaitsApproval):
        two.call(move_programme, programme, two.designer, target=ProgrammeState.RUNNING)
    two.approve(programme)

    assert (programme.state, programme.approver_id) == (ProgrammeState.RUNNING, two.second.id)
    rule = session.get_one(LimitRule, programme.id)
    assert (rule.scope, rule.window, rule.unit, rule.maximum) == (
        LimitScope.MEMBER,
        LimitWindow.YEAR,
        LimitUnit.FEN,
        300_00,
    )
    with pytest.raises(CeilingStays):
        change_limit(
            session, actor=two.second, rule_id=rule.id, maximum=1, version=rule.version, now=NOW
        )
    actions = [
        entry.action
        for entry in session.query(AuditEntry)
        .filter_by(object_id=programme.id)
        .order_by(AuditEntry.id)
    ]
    assert actions == ["programme.added", "programme.proposed", "programme.approved"]


def test_a_proposal_goes_back_with_a_reason_is_edited_and_proposed_again(session, two):
    programme = two.propose(two.draft())
    assert [approvals_waiting(session, each) for each in (two.designer, two.second)] == [0, 1]
    with pytest.raises(ProgrammeNotADraft):
        two.call(edit_draft, programme, two.designer, facts=two.facts())
    with pytest.raises(ProposedByYou):
        two.call(send_back_programme, programme, two.designer, reason="不行")
    session.refresh(programme)

    two.call(send_back_programme, programme, two.second, reason="金额过高")
    assert (programme.state, programme.sent_back_reason) == (ProgrammeState.DRAFT, "金额过高")
    two.call(edit_draft, programme, two.designer, facts=two.facts(member_year_fen=Fen(200_00)))
    two.approve(two.propose(programme))

    assert (programme.member_year_fen, programme.sent_back_reason) == (200_00, None)
    with pytest.raises(EditConflict):
        edit_draft(
            session,
            actor=two.designer,
            programme_id=programme.id,
            facts=two.facts(),
            version=1,
            now=NOW,
        )


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"instrument": Instrument.CASH}, CashNotGiven),
        ({"instrument": Instrument.SHOPPING_CARD}, CashNotGiven),
        ({"instrument": Instrument.TRANSFER}, InstrumentNotAllowed),
        ({"occasion": "jubilee"}, OccasionUnknown),
        ({"member_year_fen": None}, CeilingNeedsAmount),
        ({"member_year_fen": Fen(500_01)}, AboveCeiling),
    ],
)
def test_what_no_union_may_spend_is_refused_when_it_is_written_down(two, changes, refusal):
    with pytest.raises(refusal):
        two.draft(**changes)


def test_programmes_of_an_occasion_share_its_ceiling_year_by_year(session, two):
    two.running()
    assert two.left() == 200_00
    with pytest.raises(AboveCeiling) as refused:
        two.draft(code="MORE", member_year_fen=Fen(200_01))
    assert refused.value.facts == {
        "ceiling_fen": 500_00,
        "committed_fen": 300_00,
        "left_fen": 200_00,
    }

    # The next year is another one; two that touch it count together, one after the other or not.
    two.running(
        code="NEXT",
        starts_on=date(2027, 1, 1),
        ends_on=date(2027, 7, 1),
        member_year_fen=Fen(400_00),
    )
    assert (two.left(2026, 2026), two.left(2027, 2027), two.left(2028)) == (200_00, 100_00, 500_00)
    with pytest.raises(AboveCeiling):
        two.draft(
            code="BOTH", starts_on=date(2026, 12, 1), ends_on=None, member_year_fen=Fen(1_01_00)
        )
    two.running(code="LAST", starts_on=date(2027, 7, 1), ends_on=None, member_year_fen=Fen(100_00))
    assert (two.left(2027, 2027), two.left(2028)) == (0, 400_00)


def test_an_end_frees_the_years_behind_it(session, two):
    programme = two.running(ends_on=None)
    later = two.running(
        code="LATER", starts_on=date(2030, 1, 1), member_year_fen=Fen(200_00), ends_on=None
    )

    for each in (programme, later):
        two.call(move_programme, each, two.designer, target=ProgrammeState.ENDED)

    # What one got this year may have been got; the other had not begun.
    assert (two.left(2026, 2026), two.left(2027)) == (200_00, 500_00)


def test_two_drafts_that_would_share_what_is_left_are_not_both_approved(two):
    first, second = two.propose(two.draft()), two.propose(two.draft(code="SECOND"))

    two.approve(first)
    with pytest.raises(AboveCeiling):
        two.approve(second)


def test_a_rule_counts_once_another_person_approves_it(two):
    two.running()
    higher = two.rule(Fen(600_00))
    with pytest.raises(SpendRuleWaits):
        two.rule(Fen(700_00))
    with pytest.raises(ProposedByYou):
        approve_rule(two.session, actor=two.designer, rule_id=higher.id, now=NOW)
    assert two.left() == 200_00

    approve_rule(two.session, actor=two.second, rule_id=higher.id, now=NOW)
    assert two.left() == 300_00
    refuse_rule(two.session, actor=two.second, rule_id=two.rule(Fen(900_00)).id, now=NOW)
    assert two.left() == 300_00
    with pytest.raises(CashNotGiven):
        two.rule(Fen(600_00), instruments=[Instrument.CASH])


def test_no_rule_goes_below_what_is_approved(two):
    two.running()
    lower = two.rule(Fen(299_99))

    with pytest.raises(ProgrammesAboveRule):
        approve_rule(two.session, actor=two.second, rule_id=lower.id, now=NOW)


def test_a_new_occasion_is_a_rule_of_its_own(two):
    rule = two.rule(None, occasion="jubilee")
    with pytest.raises(OccasionUnknown):
        two.draft(occasion="jubilee")

    approve_rule(two.session, actor=two.second, rule_id=rule.id, now=NOW)
    assert (
        two.running(code="JUBILEE", occasion="jubilee", member_year_fen=None).state
        is ProgrammeState.RUNNING
    )


def test_an_offer_gives_what_its_programme_says(session, two, plans):
    programme = two.draft()
    with pytest.raises(OfferOtherInstrument):
        plans.offer(programme=programme, terms=percent())
    plans.offer(programme=programme, terms=gift())

    discount = two.draft(code="EVERYDAY", occasion="everyday", instrument=Instrument.DISCOUNT)
    plans.offer(programme=discount, terms=percent())
    with pytest.raises(OfferOtherInstrument):
        two.call(edit_draft, discount, two.designer, facts=two.facts(code="EVERYDAY"))


def ceiling_of(programme, member_id, *, day, maximum=None):
    return LimitLine(
        rule_id=programme.id,
        scope=LimitScope.MEMBER,
        scope_id=member_id,
        window=LimitWindow.YEAR,
        win=window_key(LimitWindow.YEAR, day),
        unit=LimitUnit.FEN,
        maximum=maximum or programme.member_year_fen,
        stripes=1,
        taken=0,
    )


def test_the_ceiling_frees_on_the_first_of_january(session, two):
    programme, member = two.running(ends_on=None), new_id()
    last, first = date(2026, 12, 31), date(2027, 1, 1)

    def take(fen, day):
        line = ceiling_of(programme, member, day=day)
        takes = takes_for([line], union_fen=fen, spread=new_id())
        take_limits(session, source_id=new_id(), takes=takes, is_held=False, day=day)

    take(300_00, last)
    with pytest.raises(LimitReached) as refused:
        take(1, last)
    assert (refused.value.facts["window"], refused.value.facts["next_on"]) == ("year", "2027-01-01")
    take(1, first)


def test_of_what_is_owed_by_rule_as_much_is_given_as_there_is(session, two):
    programme, member = two.running(), new_id()
    day = shanghai_date(NOW)
    line = ceiling_of(programme, member, day=day)

    def take(fen):
        return take_what_is_left(session, source_id=new_id(), line=line, wanted=fen, day=day)

    assert [take(each) for each in (200_00, 200_00, 200_00)] == [200_00, 100_00, 0]
    [row] = session.query(Limit).filter_by(rule_id=programme.id)
    assert row.used == 300_00
