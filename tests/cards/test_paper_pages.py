"""The desk's pages for paper cards: ask, follow, save the files, read who was refused."""

import re

import pytest
from sqlalchemy import select, text

from audit.models import AuditEntry
from cards import jobs
from cards.models import CardState, DeskProof, PaperBatch, PaperState
from cards.services import issue_paper_card
from kernel.actors import SYSTEM, Role
from kernel.clock import utc_now
from tests.cards.paper import pages_of, unseen_card

LIST = "/desk/cards/paper"
CHOOSE = f"{LIST}/choose"
CHINESE = {"Accept-Language": "zh-CN"}
TICKED = {"document_seen": "true", "consent_signed": "true"}


@pytest.fixture
def officer(make, baoan, signed_in):
    return signed_in(make.staff(Role.REGISTER_OFFICER, union=baoan))


@pytest.fixture
def auditor(make, baoan, signed_in):
    return signed_in(make.staff(Role.AUDITOR, union=baoan))


@pytest.fixture
def card(make, baoan):
    make.issuer_keys(now=utc_now())
    return unseen_card(make, union=baoan)


def run(app, session):
    """Do what the worker does with the newest batch, and return it."""
    batch = session.scalars(select(PaperBatch).order_by(PaperBatch.id.desc())).first()
    with app.app_context():
        jobs.print_paper(batch_id=str(batch.id))
    session.refresh(batch)
    return batch


def test_an_empty_list_says_what_to_do(officer, auditor, card):
    page = officer.open(LIST, headers=CHINESE)

    assert page.status_code == 200
    assert 'class="empty"' in page.text
    assert f'href="{CHOOSE}"' in page.text
    assert CHOOSE not in auditor.open(LIST).text


def test_a_union_is_printed_and_its_refused_are_listed(app, officer, auditor, session, card):
    started = officer.send(LIST, page=LIST, union_code="SZ-BA", layout="sheet")
    assert started.status_code == 303
    where = started.headers["Location"]
    queued = session.scalars(text("SELECT args FROM procrastinate_jobs")).all()
    assert [each["batch_id"] for each in queued] == [where.rpartition("/")[2]]
    assert "<progress" in officer.open(where).text

    batch = run(app, session)

    assert (batch.state, batch.printed, batch.refused) == (PaperState.DONE, 0, 1)
    page = officer.open(where, headers=CHINESE).text
    assert "<progress" not in page
    assert "张*明" in page
    assert "张小明" not in page
    progress = officer.open(f"{where}/progress").json
    assert progress == {"done": 1, "total": 1, "finished": True}
    saved = officer.open(f"{where}?format=csv").get_data(as_text=True)
    assert card.number in saved
    assert auditor.open(where).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({"union_code": "SZ-LG", "layout": "sheet"}, 404, "union_code"),
        ({"union_code": "SZ-BA", "layout": "poster"}, 422, "layout"),
        ({"layout": "sheet"}, 422, "union_code"),
    ],
)
@pytest.mark.usefixtures("longgang")
def test_what_is_wrong_is_said_beside_its_field(officer, sent, status, field):
    answer = officer.send(LIST, page=LIST, **sent)

    assert answer.status_code == status
    assert f'id="{field}-fault"' in answer.text


def test_chosen_people_are_printed_and_the_file_is_saved_once_it_is_there(
    app, officer, session, card
):
    page = officer.open(f"{CHOOSE}?union_code=SZ-BA").text
    assert str(card.id) in page

    started = officer.send(
        CHOOSE,
        page=f"{CHOOSE}?union_code=SZ-BA",
        union_code="SZ-BA",
        layout="card",
        card_id=str(card.id),
        **TICKED,
    )
    where = started.headers["Location"]
    assert officer.open(f"{where}/files/0").status_code == 404
    run(app, session)

    answer = officer.open(f"{where}/files/0")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.content_type == "application/pdf"
    [(size, words, codes)] = pages_of(answer.data)
    assert size == (85.6, 54.0)
    assert "张小明" in words
    assert len(codes) == 1
    opened = session.scalars(
        select(AuditEntry.object_id).where(AuditEntry.action == "paper_batch.file_opened")
    ).all()
    assert [str(each) for each in opened] == [where.rpartition("/")[2]]
    session.refresh(card)
    assert card.state is CardState.ACTIVE


def test_half_a_word_is_none_and_what_was_ticked_stays(officer, session, card):
    page = f"{CHOOSE}?union_code=SZ-BA"

    answer = officer.send(
        CHOOSE,
        page=page,
        union_code="SZ-BA",
        layout="card",
        card_id=str(card.id),
        document_seen="true",
    )
    nobody = officer.send(CHOOSE, page=page, union_code="SZ-BA", layout="card", **TICKED)

    assert (answer.status_code, nobody.status_code) == (422, 422)
    assert re.search(rf'value="{card.id}" checked', answer.text)
    assert session.get(DeskProof, card.member_id) is None


def test_a_foreign_union_has_nobody_to_choose(officer, longgang, card):
    answer = officer.open(f"{CHOOSE}?union_code=SZ-LG")

    assert answer.status_code == 404
    assert 'id="union_code-fault"' in answer.text


def test_one_card_is_printed_for_a_member_at_the_desk_and_reported_lost(
    app, officer, auditor, session, card
):
    page = f"{LIST}/card/{card.id}"
    assert "document_seen" in officer.open(page).text
    assert "document_seen" not in auditor.open(page).text

    half = officer.send(page, page=page, layout="card", consent_signed="true")
    started = officer.send(page, page=page, layout="card", **TICKED)
    batch = run(app, session)

    assert (half.status_code, started.status_code, batch.printed) == (422, 303, 1)
    shown = officer.open(page).text
    assert "document_seen" not in shown
    lost = officer.send(f"{page}/lost", page=page)
    assert lost.status_code == 303
    states = session.scalars(text("SELECT state FROM credentials WHERE profile = 2")).all()
    assert states == ["invalid"]
    assert f'href="{page}"' in officer.open(f"/desk/cards/{card.id}").text


def test_candidates_go_on_over_pages(make, officer, session, baoan, card):
    for _ in range(50):
        unseen_card(make, union=baoan)

    first = officer.open(f"{CHOOSE}?union_code=SZ-BA").text
    address = re.search(r'href="([^"]*cursor=[^"]*)"', first)[1].replace("&amp;", "&")
    second = officer.open(address).text

    boxes = r'name="card_id" value="([^"]+)"'
    assert (len(re.findall(boxes, first)), len(re.findall(boxes, second))) == (50, 1)


def test_a_forged_cursor_is_a_bad_request(officer, make, baoan, session, card):
    officer.send(LIST, page=LIST, union_code="SZ-BA", layout="sheet")
    batch = session.scalars(select(PaperBatch)).one()

    assert officer.open(f"{LIST}/{batch.id}?cursor=x").status_code == 400


def test_a_printed_card_says_so_to_its_officer(officer, make, baoan, session):
    make.issuer_keys(now=utc_now())
    member = make.member(union=baoan)
    make.consent(member)
    card = make.card(member=member)
    issue_paper_card(session, card_id=card.id, actor=SYSTEM, now=utc_now())

    page = officer.open(f"{LIST}/card/{card.id}", headers=CHINESE)

    assert page.status_code == 200
    assert f'action="{LIST}/card/{card.id}/lost"' in page.text
