"""The desk's pages for cards: who sees which, what is done, what is refused and how."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from cards import jobs
from cards.models import BatchState, CardBatch, CardState, RecordKind
from cards.rules import grouped_number
from cards.services import add_record, issue_slice, report_lost_at_desk
from kernel.actors import Role
from kernel.clock import SHANGHAI, utc_now
from kernel.ids import new_id
from tests.cards.test_records import facts
from tests.make import NOW

LIST = "/desk/cards"
BATCHES = "/desk/cards/batches"
CHINESE = {"Accept-Language": "zh-CN"}


@pytest.fixture
def officer(make, baoan, signed_in):
    return signed_in(make.staff(Role.REGISTER_OFFICER, union=baoan))


@pytest.fixture
def auditor(make, baoan, signed_in):
    return signed_in(make.staff(Role.AUDITOR, union=baoan))


@pytest.fixture
def card(make, baoan):
    make.issuer_keys()
    member = make.member(union=baoan)
    make.consent(member)
    return make.card(member=member)


@pytest.fixture
def foreign(make, longgang):
    return make.card(member=make.member(union=longgang))


def shown_number(row):
    return grouped_number(row.number)


def page_of(row):
    return f"{LIST}/{row.id}"


def in_days(days):
    """What a browser's date and time field sends."""
    return f"{(utc_now() + timedelta(days=days)).astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def test_the_list_shows_my_unions_cards_with_masked_names(officer, card, foreign):
    page = officer.open(LIST)

    assert page.status_code == 200
    assert shown_number(card) in page.text
    assert "张*明" in page.text
    assert "张小明" not in page.text
    assert shown_number(foreign) not in page.text


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("state=issued", True),
        ("state=lost", False),
        ("union_code=SZ-BA", True),
        ("union_code=SZ-LG", False),
    ],
)
def test_the_list_narrows(officer, card, query, is_found):
    assert (shown_number(card) in officer.open(f"{LIST}?{query}").text) is is_found


def test_a_card_is_found_by_its_whole_number(officer, make, baoan, card):
    other = make.card(member=make.member(union=baoan))

    for typed in (card.number, shown_number(card)):
        page = officer.open(LIST, query_string={"number": typed}).text
        assert shown_number(card) in page
        assert shown_number(other) not in page


def test_a_number_that_is_none_is_said_beside_its_field(officer, card):
    answer = officer.open(f"{LIST}?number=123")

    assert answer.status_code == 422
    assert 'id="number-fault"' in answer.text


def test_an_empty_list_says_what_to_do(officer, auditor):
    assert f'href="{BATCHES}"' in officer.open(LIST).text
    assert 'class="empty"' in auditor.open(LIST).text
    assert f'<a href="{LIST}">' in officer.open(f"{LIST}?state=lost").text


def test_the_list_goes_on_and_goes_out_as_a_file(officer, make, baoan):
    for _ in range(51):
        make.card(member=make.member(union=baoan))

    first = officer.open(LIST).text
    address = re.search(r'href="([^"]*cursor=[^"]*)"', first)[1].replace("&amp;", "&")
    rows = r'class="code" href="/desk/cards/'

    assert len(re.findall(rows, first)) == 50
    assert len(re.findall(rows, officer.open(address).text)) == 1
    exported = officer.open(f"{LIST}?format=csv")
    assert exported.headers["Content-Disposition"].startswith("attachment")
    assert exported.get_data(as_text=True).count("440326") == 51


@pytest.mark.parametrize("query", ["cursor=x", "format=pdf"])
def test_a_forged_address_is_a_bad_request(officer, query):
    assert officer.open(f"{LIST}?{query}").status_code == 400


def test_a_card_shows_its_phones_and_its_own_events_only(officer, session, make, card):
    make.phone(card)
    add_record(session, **facts(card, kind=RecordKind.AID, title_zh="住院互助金"))

    page = officer.open(page_of(card), headers=CHINESE).text

    assert "演示手机" in page
    assert "会员卡已激活" in page
    assert "住院互助金" not in page


def test_freezing_needs_a_reason_and_an_end_and_keeps_what_was_typed(officer, session, card):
    answer = officer.send(f"{page_of(card)}/freeze", page=page_of(card), until=in_days(2))
    too_long = officer.send(
        f"{page_of(card)}/freeze", page=page_of(card), until=in_days(400), reason="核查中"
    )

    assert (answer.status_code, too_long.status_code) == (422, 422)
    assert 'id="freeze-reason-fault"' in answer.text
    assert 'id="freeze-until-fault"' in too_long.text
    assert "核查中" in too_long.text
    session.refresh(card)
    assert card.state is CardState.ISSUED


def test_a_card_is_frozen_and_restored(officer, session, card):
    frozen = officer.send(
        f"{page_of(card)}/freeze", page=page_of(card), until=in_days(2), reason="核查中"
    )
    session.refresh(card)
    assert (frozen.status_code, card.state) == (303, CardState.FROZEN)
    page = officer.open(page_of(card)).text
    assert "核查中" in page
    assert 'role="status"' in page

    restored = officer.send(f"{page_of(card)}/restore", page=page_of(card), reason="证件已核对")
    session.refresh(card)
    assert (restored.status_code, card.state) == (303, CardState.ISSUED)


def test_a_card_is_reported_lost_at_the_desk(officer, session, card):
    issue_slice(session, member_id=card.member_id, now=utc_now())

    answer = officer.send(f"{page_of(card)}/lost", page=page_of(card), reason="手机被盗")

    session.refresh(card)
    assert (answer.status_code, card.state) == (303, CardState.LOST)
    states = session.scalars(text("SELECT state FROM credentials")).all()
    assert set(states) == {"suspended"}


@pytest.fixture
def lost(session, make, card):
    actor = make.staff_actor(Role.REGISTER_OFFICER)
    report_lost_at_desk(session, card_id=card.id, reason="手机被盗", actor=actor, now=NOW)
    return card


def test_without_a_reason_nothing_is_lost(officer, session, card):
    answer = officer.send(f"{page_of(card)}/lost", page=page_of(card), reason="")

    assert answer.status_code == 422
    assert 'id="lost-reason-fault"' in answer.text
    session.refresh(card)
    assert card.state is CardState.ISSUED


def test_without_a_reason_nothing_is_restored(officer, session, lost):
    answer = officer.send(f"{page_of(lost)}/restore", page=page_of(lost), reason="")

    assert answer.status_code == 422
    assert 'id="reason-fault"' in answer.text
    session.refresh(lost)
    assert lost.state is CardState.LOST


def test_what_does_not_fit_the_state_is_a_page_with_a_way_back(officer, session, card):
    answer = officer.send(f"{page_of(card)}/restore", page=page_of(card), reason="x")

    assert answer.status_code == 409
    assert answer.content_type.startswith("text/html")


def test_a_foreign_unions_card_is_not_there(officer, foreign, card):
    assert officer.open(page_of(foreign)).status_code == 404
    for verb, fields in (
        ("freeze", {"reason": "x", "until": in_days(2)}),
        ("lost", {"reason": "x"}),
        ("restore", {"reason": "x"}),
    ):
        answer = officer.send(f"{page_of(foreign)}/{verb}", page=page_of(card), **fields)
        assert answer.status_code == 404
    assert foreign.state is CardState.ISSUED


def test_an_auditor_reads_and_changes_nothing(auditor, officer, session, card):
    page = auditor.open(page_of(card))

    assert page.status_code == 200
    assert "<textarea" not in page.text
    assert f"{page_of(card)}/freeze" not in page.text
    token = auditor.token(BATCHES)
    for path in (f"{page_of(card)}/freeze", f"{page_of(card)}/lost", BATCHES):
        answer = auditor.client.post(path, data={"csrf_token": token})
        assert answer.status_code == 403
    assert card.state is CardState.ISSUED


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REGISTER_OFFICER, Role.AUDITOR}))
def test_other_roles_do_not_see_cards(make, baoan, signed_in, card, role):
    desk = signed_in(make.staff(role, union=baoan))

    for path in (LIST, page_of(card), BATCHES):
        assert desk.open(path).status_code == 403


def test_a_batch_is_started_for_the_subtree_and_its_bar_is_the_jobs_own_count(
    officer, app, session, make, baoan
):
    for _ in range(3):
        make.member(union=baoan)

    started = officer.send(BATCHES, union_code="SZ-BA")
    batch = session.query(CardBatch).one()
    path = f"{BATCHES}/{batch.id}"

    assert started.location.endswith(path)
    assert officer.open(f"{path}/progress").json == {"done": 0, "total": 3, "finished": False}
    assert "data-progress" in officer.open(path).text
    waiting = session.execute(
        text("SELECT args->>'batch_id' FROM procrastinate_jobs WHERE task_name = :name"),
        {"name": "cards.issue_batch"},
    ).scalars()
    assert list(waiting) == [str(batch.id)]

    with app.app_context():
        jobs.issue_batch(batch_id=str(batch.id))

    assert officer.open(f"{path}/progress").json == {"done": 3, "total": 3, "finished": True}
    assert "data-progress" not in officer.open(path).text
    session.expire_all()
    assert session.get_one(CardBatch, batch.id).state is BatchState.DONE


@pytest.mark.parametrize(("code", "status"), [("SZ-LG", 404), ("SZ-NONE", 404), ("", 422)])
def test_a_batch_for_no_union_of_mine_is_not_started(officer, session, longgang, code, status):
    answer = officer.send(BATCHES, union_code=code)

    assert answer.status_code == status
    assert 'id="union_code-fault"' in answer.text
    assert session.query(CardBatch).count() == 0


def test_a_foreign_batch_is_not_there(officer, session, make, longgang, card):
    account = make.staff(Role.REGISTER_OFFICER, union=longgang)
    batch = make.save(
        CardBatch(
            id=new_id(),
            union_id=longgang.id,
            requested_by=account.id,
            total=1,
            created_at=NOW,
        )
    )

    assert officer.open(f"{BATCHES}/{batch.id}").status_code == 404
    assert officer.open(f"{BATCHES}/{batch.id}/progress").status_code == 404
    assert str(batch.id) not in officer.open(BATCHES).text


def test_pages_come_in_both_languages(officer, card):
    chinese = officer.open(LIST, headers=CHINESE).text
    english = officer.open(LIST, headers={"Accept-Language": "en"}).text

    assert 'lang="zh-CN"' in chinese
    assert "Issued, never shown" in english
