"""What is held about a member, who looked at it, and all of it as a file."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.my_data.held import held_data
from app.my_data.pdf import _drawable
from audit.models import AuditEntry
from benefits.models import CouponRelease
from benefits.services import SOLD_OUT
from cards.models import CardState
from kernel.actors import Role
from members.services.reveal import reveal_member
from tests.benefits.conftest import Plans
from tests.benefits.releases import draw_facts, enter, grab, release_of
from tests.make import NOW
from tests.make.aid import INPATIENT
from tests.make.maker import Maker

ME = "/api/v1/members/me"


@pytest.fixture
def union(make):
    return make.union(code="SZ-LG", name="龙岗区总工会")


@pytest.fixture
def member(make, union):
    member = make.member(union=union, name="张小明")
    make.consent(member)
    make.member_session(member, token="ucm_mine")
    return member


@pytest.fixture
def call(client, member):
    def request(path, language="en"):
        headers = {"Authorization": "Bearer ucm_mine", "Accept-Language": language}
        return client.get(path, headers=headers)

    return request


def look(session, make, member, union, *, purpose, at):
    """An officer opens the member's full values."""
    reveal_member(
        session,
        member_id=member.id,
        paths=[union.path],
        actor=make.staff_actor(Role.REGISTER_OFFICER, Role.AUDITOR, union=union),
        purpose=purpose,
        now=at,
    )


def test_what_is_held_is_shown_masked_with_purpose_and_term(call, member):
    answer = call(ME)

    assert answer.status_code == 200
    assert answer.json["name"] == "张小明"
    assert "*" in answer.json["document_masked"]
    assert "****" in answer.json["phone_masked"]
    assert answer.json["union_name"] == "龙岗区总工会"
    assert answer.json["has_standing"] is True
    assert {"register", "aid", "looks"} <= {each["category"] for each in answer.json["held"]}
    assert all(each["purpose"] and each["kept"] for each in answer.json["held"])
    assert call(ME, "zh-CN").json["held"][0]["title"] == "会员名册"


def test_both_languages_say_the_same_categories():
    chinese, english = (held_data(is_chinese=is_chinese) for is_chinese in (True, False))
    assert [each.category for each in chinese] == [each.category for each in english]


def test_each_look_is_shown_by_office_and_never_by_name(call, session, make, member, union):
    look(session, make, member, union, purpose="核对证件", at=NOW)

    (item,) = call(f"{ME}/views").json["items"]
    assert item["why"] == "核对证件"
    assert item["union"] == "龙岗区总工会"
    assert item["office"] == "Auditor (reads only), Register officer"
    assert item["what"] == "name, document and phone"
    assert "经办" not in call(f"{ME}/views").text


def test_looks_are_paged_newest_first(call, session, make, member, union):
    for day in range(5):
        look(session, make, member, union, purpose=f"第{day}次", at=NOW + timedelta(days=day))

    seen, cursor = [], ""
    while cursor is not None:
        page = call(f"{ME}/views?rows=2" + (f"&cursor={cursor}" if cursor else "")).json
        seen += [each["why"] for each in page["items"]]
        cursor = page["next_cursor"]

    assert seen == [f"第{day}次" for day in (4, 3, 2, 1, 0)]
    assert call(f"{ME}/views?cursor=nonsense").status_code == 422


def test_the_looks_of_another_are_not_mine(call, session, make, union):
    other = make.member(union=union)
    look(session, make, other, union, purpose="核对证件", at=NOW)

    assert call(f"{ME}/views").json["items"] == []


def test_the_file_holds_everything_and_its_making_is_on_record(call, session, make, member, union):
    look(session, make, member, union, purpose="核对证件", at=NOW)

    answer = call(f"{ME}/export.json")

    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    said = answer.json
    assert said["format"] == "union-card-my-data/1"
    assert said["profile"]["name"] == "张小明"
    # A copy of one's own data is whole.
    assert "*" not in said["profile"]["document"] + said["profile"]["phone"]
    assert [each["purpose"] for each in said["consents"]] == ["card_real_name"]
    assert [each["why"] for each in said["views"]][1:] == ["核对证件"]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "member.exported")).one()
    assert entry.facts == {"format": "json"}
    assert call(f"{ME}/views").json["items"][0]["office"] == "You"


def test_the_file_has_the_record_the_claims_and_the_courses(client, make):
    now = NOW
    member = make.covered_member(INPATIENT, starts_on=now.date() - timedelta(days=200))
    make.member_session(member, token="ucm_covered")
    make.aid_claim(member, now=now, event_date=now.date() - timedelta(days=5), scheme=INPATIENT)

    answer = client.get(f"{ME}/export.json", headers={"Authorization": "Bearer ucm_covered"})

    assert answer.status_code == 200, answer.text
    said = answer.json
    assert said["card"]["devices"] == []
    (cover,) = said["aid"]["covers"]
    (claim,) = said["aid"]["claims"]
    assert claim["scheme"] == cover["scheme"]
    assert claim["lines"]
    assert claim["lines"][0]["invoice_no"]
    assert "aid" in {each["kind"] for each in said["records"]}


def test_the_copy_to_read_has_every_part_in_words(client, make, union):
    now = NOW
    member = make.covered_member(INPATIENT, starts_on=now.date() - timedelta(days=200))
    make.member_session(member, token="ucm_covered")
    make.aid_claim(member, now=now, event_date=now.date() - timedelta(days=5), scheme=INPATIENT)
    headers = {"Authorization": "Bearer ucm_covered"}
    client.post(f"{ME}/corrections", json={"field": "name", "text": "少一个字"}, headers=headers)
    client.post(f"{ME}/transfers", json={"to": union.code, "reason": "换单位"}, headers=headers)

    # A part or a fact without a label of its own would not be drawn but fail.
    answer = client.get(f"{ME}/export.pdf", headers=headers)

    assert answer.status_code == 200, answer.text
    assert answer.data.startswith(b"%PDF-")
    assert "attachment" in answer.headers["Content-Disposition"]
    views = client.get(f"{ME}/views", headers=headers).json["items"]
    assert [each["what"] for each in views] == ["全部资料（文件）"]


@pytest.fixture
def coupons(session, make, member):
    """The member has grabbed a coupon of one offer, and entered the draw of another."""
    make.card(member=member, state=CardState.ACTIVE)
    plans = Plans(session)
    grabbed = release_of(session, plans.offer(title_en="Grabbed"))
    entered = release_of(session, plans.offer(title_en="Drawn"), draw_facts())
    grab(session, grabbed, member.id)
    yield enter(session, entered, member.id)
    SOLD_OUT.forget()


def test_the_file_has_the_coupons_and_the_draws(call, session, make, coupons):
    somebody = make.card(state=CardState.ACTIVE).member_id
    enter(session, session.get_one(CouponRelease, coupons.release_id), somebody)

    said = call(f"{ME}/export.json").json

    assert [(each["title"], each["state"]) for each in said["coupons"]] == [("Grabbed", "live")]
    assert [(each["title"], each["code"]) for each in said["draws"]] == [("Drawn", coupons.code)]
    assert call(f"{ME}/export.pdf").data.startswith(b"%PDF-")
    assert "Coupons and draws" in {each["title"] for each in said["held"]}


def test_what_the_font_cannot_draw_is_named_by_its_code():
    assert _drawable("张三") == "张三"
    assert _drawable("张\U0002ceb0") in ("张\U0002ceb0", "张[U+2CEB0]")
    assert _drawable("a\ue000b") == "a[U+E000]b"


@pytest.mark.parametrize(
    "path", ["", "/views", "/export.json", "/export.pdf", "/corrections", "/transfers"]
)
def test_nobody_else_may_call(client, path):
    assert client.get(f"{ME}{path}").status_code == 401
