"""Cards on paper: who gets one, what it replaces, what a batch does with a hundred of them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from audit.models import AuditEntry
from cards import jobs
from cards.errors import (
    CardNotFound,
    CardNotUsable,
    ConsentMissing,
    DocumentNotSeen,
    NameNotPrintable,
    NothingToPrint,
    UnionNotYours,
)
from cards.models import (
    Card,
    CardPolicy,
    CardState,
    Credential,
    CredentialState,
    DeskProof,
    PaperBatch,
    PaperLayout,
    PaperLine,
    PaperPart,
    PaperState,
    StatusListRow,
    StatusSeries,
)
from cards.queries import paper_candidates, paper_content, paper_files, paper_refusals
from cards.services import (
    LostWhat,
    forget_paper,
    freeze_card,
    issue_paper_card,
    next_paper_to_draw,
    prove_at_desk,
    report_lost,
    report_paper_lost,
    start_paper_batch,
    start_paper_for,
    step_paper_batch,
)
from cards.services.verify import verify_presentation
from kernel.actors import SYSTEM, Role
from members.errors import NoStanding, RealNameRequired
from members.models import Consent, Member, MembershipStatus, UnionOrg
from tests.cards.paper import pages_of, unseen_card, verified
from tests.make import NOW

RARE = "𠮷"  # outside the Basic Multilingual Plane, and not in the font


@pytest.fixture
def baoan(make):
    return make.union(code="SZ-BA", name="宝安区总工会(演示)")


@pytest.fixture
def officer(make, baoan):
    return make.staff_actor(Role.REGISTER_OFFICER, union=baoan)


@pytest.fixture
def card(make, baoan):
    make.issuer_keys()
    return unseen_card(make, union=baoan)


@pytest.fixture
def proven(session, card, officer):
    prove_at_desk(session, member_id=card.member_id, actor=officer, now=NOW)
    return card


def issue(session, card, actor=SYSTEM, now=NOW):
    return issue_paper_card(session, card_id=card.id, actor=actor, now=now)


def states(session, card):
    query = select(Credential.state).where(Credential.card_id == card.id, Credential.profile == 2)
    return sorted(session.scalars(query))


def test_an_unseen_person_gets_no_paper_and_nothing_is_written(session, card):
    with pytest.raises(RealNameRequired):
        issue(session, card)

    assert (card.state, states(session, card)) == (CardState.ISSUED, [])


def test_an_officer_answers_for_document_and_consent(session, card, officer):
    prove_at_desk(session, member_id=card.member_id, actor=officer, now=NOW)
    prove_at_desk(session, member_id=card.member_id, actor=officer, now=NOW + timedelta(days=1))

    assert session.get_one(DeskProof, card.member_id).seen_by == officer.id
    assert session.scalar(select(func.count()).select_from(Consent)) == 1
    entries = session.execute(
        select(AuditEntry.action, AuditEntry.actor_id).where(AuditEntry.action.like("member.%"))
    ).all()
    assert set(entries) == {
        ("member.consent_given_on_paper", officer.id),
        ("member.seen_at_desk", officer.id),
    }


def test_a_desks_proof_is_none_for_a_phone(session, proven):
    """Whose phone a number is, nobody at a desk has proven: a first sign-in still asks for all."""
    assert session.get_one(Member, proven.member_id).real_name_at is None


def test_the_first_paper_activates_the_card_and_verifies_as_static(session, proven, officer):
    issued = issue(session, proven, officer)

    answer = verified(session, issued.text, now=NOW)
    assert (answer.assurance, answer.cti) == ("static", issued.cti)
    assert answer.hint == "张*"
    assert issued.expires_at == NOW + timedelta(days=730)
    session.refresh(proven)
    assert (proven.state, proven.activated_at) == (CardState.ACTIVE, NOW)
    series = session.scalars(select(StatusListRow.series).where(StatusListRow.number > 0)).all()
    assert series == [StatusSeries.PAPER]
    actions = session.scalars(
        select(AuditEntry.action).where(AuditEntry.actor_id == officer.id).order_by(AuditEntry.id)
    ).all()
    assert actions[-2:] == ["card.activated", "card.paper_issued"]


def test_a_hint_is_left_out_where_policy_says_so(session, proven):
    session.get_one(CardPolicy, 1).paper_has_hint = False
    session.flush()

    assert verified(session, issue(session, proven).text, now=NOW).hint is None


def test_new_paper_ends_the_old_and_leaves_the_phone(session, make, card):
    session.get_one(Member, card.member_id).real_name_at = NOW
    make.consent(session.get_one(Member, card.member_id))
    phone = make.phone(card)
    terminal = make.terminal()
    first, second = issue(session, card), issue(session, card)

    def judged(presentation):
        return verify_presentation(
            session,
            terminal_id=terminal.id,
            audience=terminal.code,
            presentation=presentation,
            scan_id=None,
            now=NOW,
        )

    assert (judged(first.text).accepted, judged(first.text).reason) == (False, "revoked")
    shown = [judged(second.text) for _ in range(2)]
    assert [(each.accepted, each.assurance) for each in shown] == [(True, "static")] * 2
    assert judged(phone.code()).accepted
    assert states(session, card) == [CredentialState.INVALID, CredentialState.VALID]


@pytest.mark.parametrize("where", ["desk", "app"])
def test_losing_paper_revokes_paper_only(session, make, proven, officer, where):
    issue(session, proven)
    if where == "desk":
        assert report_paper_lost(session, card_id=proven.id, actor=officer, now=NOW)
        assert not report_paper_lost(session, card_id=proven.id, actor=officer, now=NOW)
    else:
        signed_in = make.member_session(session.get_one(Member, proven.member_id))
        report_lost(
            session,
            member_id=proven.member_id,
            session_id=signed_in.id,
            what=LostWhat.PAPER,
            now=NOW,
        )

    session.refresh(proven)
    assert proven.state is CardState.ACTIVE
    assert states(session, proven) == [CredentialState.INVALID]


def test_who_may_not_have_paper(session, make, proven):
    member = session.get_one(Member, proven.member_id)

    session.execute(text("UPDATE consents SET withdrawn_at = now()"))
    with pytest.raises(ConsentMissing):
        issue(session, proven)
    make.consent(member)
    freeze_card(
        session,
        card_id=proven.id,
        reason="核查中",
        until=NOW + timedelta(days=1),
        actor=SYSTEM,
        now=NOW,
    )
    with pytest.raises(CardNotUsable):
        issue(session, proven)
    member.status = MembershipStatus.WITHDRAWN
    with pytest.raises(NoStanding):
        issue(session, proven)


def test_a_name_that_cannot_be_printed_is_refused_by_its_character(session, make, baoan, officer):
    make.issuer_keys()
    card = unseen_card(make, union=baoan, name=f"{RARE}野家")
    prove_at_desk(session, member_id=card.member_id, actor=officer, now=NOW)

    with pytest.raises(NameNotPrintable) as refused:
        issue(session, card)

    assert refused.value.facts == {"character": RARE}
    assert (card.state, states(session, card)) == (CardState.ISSUED, [])


# --- Batches


@pytest.fixture
def in_app(app):
    with app.app_context():
        yield


def chosen(session, officer, baoan, cards, *, seen=False, signed=None, layout=PaperLayout.SHEET):
    return start_paper_for(
        session,
        union_code=baoan.code,
        card_ids=[card.id for card in cards],
        layout=layout,
        document_seen=seen,
        consent_signed=seen if signed is None else signed,
        paths=[baoan.path],
        actor=officer,
        now=NOW,
    )


@pytest.mark.usefixtures("in_app")
def test_a_union_prints_for_members_without_phone_and_paper(session, make, baoan, officer, card):
    """Of a phone, a paper card, a stranger, one seen and one unseen: two lines, one printed."""
    seen, with_phone, with_paper = (unseen_card(make, union=baoan) for _ in range(3))
    unseen_card(make, union=make.union(code="SZ-LG"))
    for each in (seen, with_phone, with_paper):
        prove_at_desk(session, member_id=each.member_id, actor=officer, now=NOW)
    session.get_one(Member, with_phone.member_id).real_name_at = NOW
    make.phone(with_phone)
    issue(session, with_paper)

    batch = start_paper_batch(
        session,
        union_code=baoan.code,
        layout=PaperLayout.SHEET,
        paths=[baoan.path],
        actor=officer,
        now=NOW,
    )
    jobs.print_paper(batch_id=str(batch.id))

    session.refresh(batch)
    assert batch.state is PaperState.DONE
    assert (batch.total, batch.done, batch.printed, batch.refused) == (2, 2, 1, 1)
    [refused] = paper_refusals(session, batch_id=batch.id)
    assert (refused.card_id, refused.code) == (card.id, "real_name_required")
    [page] = pages_of(paper_content(session, batch_id=batch.id, number=0))
    [code] = page[2]
    assert verified(session, code.text, now=NOW).assurance == "static"


@pytest.mark.usefixtures("in_app")
def test_chosen_people_are_printed_on_the_officers_word(session, make, baoan, officer, card):
    rare = unseen_card(make, union=baoan, name=f"李{RARE}")
    batch = chosen(session, officer, baoan, [card, rare], seen=True, layout=PaperLayout.CARD)

    jobs.print_paper(batch_id=str(batch.id))

    session.refresh(batch)
    assert (batch.total, batch.printed, batch.refused) == (2, 1, 1)
    [refused] = paper_refusals(session, batch_id=batch.id)
    assert (refused.code, refused.detail) == ("name_not_printable", RARE)
    sealed = session.scalars(select(PaperLine.detail_sealed).where(PaperLine.card_id == rare.id))
    assert RARE.encode() not in sealed.one()
    [(size, words, _)] = pages_of(paper_content(session, batch_id=batch.id, number=0))
    assert size == (85.6, 54.0)
    assert "张小明" in words


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"seen": True, "signed": False}, DocumentNotSeen),
        ({"cards": []}, NothingToPrint),
        ({"foreign": True}, CardNotFound),
        ({"union": "SZ-LG"}, UnionNotYours),
    ],
)
def test_what_cannot_be_started(session, make, card, facts, refusal):
    longgang = make.union(code="SZ-LG", name="龙岗区总工会(演示)")
    baoan = session.scalars(select(UnionOrg).where(UnionOrg.code == "SZ-BA")).one()
    officer = make.staff_actor(Role.REGISTER_OFFICER, union=baoan)
    cards = facts.get("cards", [card])
    if "foreign" in facts:
        cards = [card, unseen_card(make, union=longgang)]
    union_code = facts.get("union", baoan.code)

    with pytest.raises(refusal):
        start_paper_for(
            session,
            union_code=union_code,
            card_ids=[each.id for each in cards],
            layout=PaperLayout.SHEET,
            document_seen=facts.get("seen", False),
            consent_signed=facts.get("signed", False),
            paths=[baoan.path],
            actor=officer,
            now=NOW,
        )
    assert session.scalar(select(func.count()).select_from(PaperBatch)) == 0


@pytest.mark.usefixtures("in_app")
def test_files_are_sealed_texts_are_forgotten_and_later_the_files(session, baoan, officer, card):
    batch = chosen(session, officer, baoan, [card], seen=True)
    step_paper_batch(session, batch_id=batch.id, now=NOW)
    waiting = session.scalars(select(PaperLine.text_sealed)).one()
    assert b"US1:" not in waiting
    # The file could still grow.
    assert next_paper_to_draw(session, batch_id=batch.id) is None

    jobs.print_paper(batch_id=str(batch.id))

    assert session.scalars(select(PaperLine.text_sealed)).all() == [None]
    assert not session.scalars(select(PaperPart.content_sealed)).one().startswith(b"%PDF")
    session.refresh(batch)
    kept = timedelta(days=7)
    assert forget_paper(session, now=batch.finished_at + kept) == 0
    assert forget_paper(session, now=batch.finished_at + kept + timedelta(seconds=1)) == 1
    assert paper_files(session, batch_id=batch.id) == []


@pytest.mark.usefixtures("in_app")
def test_a_job_that_begins_again_issues_nothing_twice(session, make, baoan, officer, card):
    """The worker died between issuing and drawing: the same texts are drawn."""
    cards = [card, *(unseen_card(make, union=baoan) for _ in range(4))]
    batch = chosen(session, officer, baoan, cards, seen=True)
    step_paper_batch(session, batch_id=batch.id, now=NOW, rows=3)
    before = set(session.scalars(select(Credential.cti)))

    jobs.print_paper(batch_id=str(batch.id))
    jobs.print_paper(batch_id=str(batch.id))

    ctis = session.scalars(select(Credential.cti)).all()
    assert len(ctis) == 5
    assert before < set(ctis)
    [(_, _, codes)] = pages_of(paper_content(session, batch_id=batch.id, number=0))
    assert {verified(session, code.text, now=NOW).cti for code in codes} == set(ctis)


def test_candidates_say_who_was_seen_and_who_has_paper(session, make, baoan, officer, proven):
    unseen = unseen_card(make, union=baoan)
    issue(session, proven)

    found = {
        each.card_id: (each.is_proven, each.has_paper)
        for each in paper_candidates(session, path=baoan.path, now=NOW)
    }

    assert found == {proven.id: (True, True), unseen.id: (False, False)}
    last = max(session.scalars(select(Card.number)))
    assert paper_candidates(session, path=baoan.path, now=NOW, after=last) == []
