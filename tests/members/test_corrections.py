"""What people say is wrong in the register, before and after they sign in, and putting it right."""

import pytest
from sqlalchemy import select, update

from audit.models import AuditEntry
from audit.queries import looks_at_member
from kernel.actors import Role
from kernel.masks import mask_name
from kernel.secrets import demo_code
from members.models import (
    MEMBER_DOCUMENT,
    MEMBER_NAME,
    CorrectionField,
    CorrectionRequest,
    CorrectionState,
    Member,
    MemberSession,
    Notice,
    SignInCode,
)
from members.queries import corrections_within
from members.services.correcting import asked_for
from tests.make import NOW
from tests.people import resident_number
from tests.staff.conftest import signed_in

SIGN_IN = "/api/v1/members/sign-in"
CORRECTIONS = "/desk/register/corrections"
PHONE = "15400007001"
CONSENTS = [{"purpose": "card_real_name", "version": 1}]


@pytest.fixture
def city(make):
    return make.union(code="SZ", name="深圳市总工会")


@pytest.fixture
def union(make, city):
    return make.union(code="SZ-LG", parent=city, name="龙岗区总工会")


@pytest.fixture
def officer(make, union, signed_in):  # noqa: F811
    return signed_in(make.staff(Role.REGISTER_OFFICER, union=union))


@pytest.fixture
def city_officer(make, city, signed_in):  # noqa: F811
    return signed_in(make.staff(Role.REGISTER_OFFICER, union=city))


@pytest.fixture
def post(client):
    def send(path, **body):
        return client.post(path, json=body, headers={"Accept-Language": "en"})

    return send


def mismatched(post, *, phone=PHONE, name="王小红", tail="0000", times=1):
    """A person proves a phone, and what they say does not match the register."""
    post(f"{SIGN_IN}/code", phone=phone)
    for _ in range(times):
        last = post(
            SIGN_IN,
            phone=phone,
            code=demo_code(),
            name=name,
            document_tail=tail,
            consents=CONSENTS,
        )
    return last


def complain(post, *, phone=PHONE, name="王小红", tail="0000", code=None, text="手机号换了"):
    return post(
        f"{SIGN_IN}/correction",
        phone=phone,
        code=code or demo_code(),
        name=name,
        document_tail=tail,
        text=text,
    )


def only(session):
    session.expire_all()
    return session.scalars(select(CorrectionRequest)).one()


def test_after_one_mismatch_a_correction_can_be_asked_for(post, session):
    assert mismatched(post).json["code"] == "real_name_mismatch"

    assert complain(post).status_code == 202

    request = only(session)
    said = asked_for(request)
    assert (said.phone, said.name, said.text) == ("+8615400007001", "王小红", "手机号换了")
    assert request.member_id is None
    # The code is used up with it.
    assert complain(post).json["code"] == "sign_in_code_wrong"


def test_the_fifth_mismatch_asks_by_itself_and_takes_words_afterwards(post, session):
    assert mismatched(post, times=5).json["code"] == "correction_requested"
    assert asked_for(only(session)).text is None

    assert complain(post).status_code == 202

    assert asked_for(only(session)).text == "手机号换了"


def test_a_correction_needs_the_code_that_was_sent(post, session):
    mismatched(post)

    for _ in range(6):
        assert complain(post, code="000000").json["code"] == "sign_in_code_wrong"
    assert complain(post).json["code"] == "sign_in_code_wrong"
    assert session.scalars(select(CorrectionRequest)).all() == []


def test_who_can_sign_in_asks_when_signed_in(post, make):
    member = make.member()
    phone = f"1540000{member_number(member)}"
    post(f"{SIGN_IN}/code", phone=phone)

    assert complain(post, phone=phone).json["code"] == "correction_not_needed"


def member_number(member):
    return MEMBER_DOCUMENT.open(member.id, member.document_sealed)[-4:]


def test_name_and_tail_of_one_member_bring_it_before_their_own_union(post, make, session, union):
    member = make.member(union=union, name="王小红")
    mismatched(post)

    complain(post, tail=member_number(member))

    (line,) = corrections_within(session, paths=[union.path])
    assert line.member_id == member.id


def test_of_nobody_known_only_the_city_hears(post, session, city, union):
    mismatched(post)
    complain(post)

    assert corrections_within(session, paths=[union.path]) == []
    assert len(corrections_within(session, paths=[city.path])) == 1


def test_an_officer_gives_the_member_the_phone_they_proved(post, make, session, union, officer):
    member = make.member(union=union, name="王小红", real_name_at=None)
    tail = member_number(member)
    mismatched(post, tail=tail, times=5)
    complain(post, tail=tail)
    request = only(session)

    page = officer.open(f"{CORRECTIONS}/{request.id}")
    assert "+8615400007001" in page.text
    (look,) = looks_at_member(session, member_id=member.id)
    assert look.action == "correction.opened"
    path = f"/desk/register/members/{member.id}/correct"
    answer = officer.send(
        path, page=f"{path}?correction_id={request.id}", correction_id=request.id, phone=PHONE
    )

    assert answer.status_code == 303, answer.text
    assert only(session).state is CorrectionState.DONE
    assert session.scalars(select(Notice.member_id)).all() == [member.id]
    # The count of mismatches is forgotten with it: the same name now opens the card.
    a_minute_passes(session)
    signed = mismatched(post, tail=tail)
    assert signed.status_code == 200, signed.json


def a_minute_passes(session):
    """A phone is sent one code a minute."""
    session.execute(update(SignInCode).values(sent_at=NOW))


def test_a_rejection_is_read_at_the_next_sign_in(post, session, city_officer):
    mismatched(post)
    complain(post)
    request = only(session)

    answer = city_officer.send(
        f"{CORRECTIONS}/{request.id}/answer",
        page=f"{CORRECTIONS}/{request.id}",
        decision="rejected",
        answer="请携带身份证到服务站核对。",
    )
    assert answer.status_code == 303, answer.text
    a_minute_passes(session)
    post(f"{SIGN_IN}/code", phone=PHONE)
    told = post(SIGN_IN, phone=PHONE, code=demo_code())

    assert told.json["code"] == "real_name_required"
    assert told.json["facts"]["correction"] == "rejected"
    assert told.json["facts"]["answer"] == "请携带身份证到服务站核对。"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"document": "440399199001011237", "document_kind": "CN_RIC"}, "digit"),
        ({"phone": "075512345678"}, "mobile number"),
        ({"name": "7"}, "character"),
        ({}, "already"),
    ],
)
def test_what_cannot_stand_in_the_register_is_said(make, union, officer, fields, sentence):
    member = make.member(union=union)
    path = f"/desk/register/members/{member.id}/correct"

    officer.client.set_cookie("uc_language", "en")
    answer = officer.send(path, **fields)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_name_and_document_are_put_right_with_their_indexes(make, session, union, officer):
    member = make.member(union=union)
    number = resident_number("19900307", 2)

    answer = officer.send(
        f"/desk/register/members/{member.id}/correct",
        name="欧阳小明",
        document=number,
        document_kind="CN_RIC",
    )

    assert answer.status_code == 303, answer.text
    session.refresh(member)
    assert MEMBER_NAME.open(member.id, member.name_sealed) == "欧阳小明"
    assert member.name_masked == mask_name("欧阳小明")
    assert MEMBER_DOCUMENT.open(member.id, member.document_sealed) == number
    assert member.born_on.isoformat() == "1990-03-07"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "member.corrected")).one()
    assert sorted(entry.facts["fields"]) == ["document", "name"]


def test_a_phone_bound_to_another_is_answered_clearly_and_can_be_released(
    make, session, union, officer
):
    holder, claimant = make.member(union=union), make.member(union=union)
    session_row = make.member_session(holder)
    phone = f"1540000{member_number(holder)}"
    correct = "/desk/register/members/{}/correct".format

    officer.client.set_cookie("uc_language", "en")
    refused = officer.send(correct(claimant.id), phone=phone)
    assert refused.status_code == 409
    assert "Another member has this number" in refused.text

    assert officer.send(correct(holder.id), drops_phone="true").status_code == 303
    assert officer.send(correct(claimant.id), phone=phone).status_code == 303
    session.refresh(holder)
    session.refresh(claimant)
    assert holder.phone_index is None
    # Whoever holds the number now proves name and document; the old phone is signed out.
    assert claimant.real_name_at is None
    session.refresh(session_row)
    assert session_row.revoked_at is not None


def test_another_members_document_is_refused(make, union, officer):
    holder, other = make.member(union=union), make.member(union=union)
    number = resident_number("19900307", 3)
    correct = "/desk/register/members/{}/correct".format
    fields = {"document": number, "document_kind": "CN_RIC"}

    assert officer.send(correct(holder.id), **fields).status_code == 303
    assert officer.send(correct(other.id), **fields).status_code == 409


def test_a_signed_in_member_asks_once_a_fact(make, client, session, union):
    member = make.member(union=union)
    make.member_session(member, token="ucm_mine")
    headers = {"Authorization": "Bearer ucm_mine"}
    ask = "/api/v1/members/me/corrections"

    first = client.post(ask, json={"field": "name", "text": "少一个字"}, headers=headers)
    again = client.post(ask, json={"field": "name", "text": "是红不是虹"}, headers=headers)
    other = client.post(ask, json={"field": "phone", "text": "换号"}, headers=headers)

    assert [each.status_code for each in (first, again, other)] == [201, 201, 201]
    assert {each["text"] for each in other.json["items"]} == {"是红不是虹", "换号"}
    refused = client.post(ask, json={"field": "sign_in", "text": "x"}, headers=headers)
    assert refused.status_code == 422
    fields = {each.field for each in session.scalars(select(CorrectionRequest))}
    assert fields == {CorrectionField.NAME, CorrectionField.PHONE}


def test_a_decided_request_is_not_decided_again(make, client, session, union, officer):
    member = make.member(union=union)
    make.member_session(member, token="ucm_mine")
    client.post(
        "/api/v1/members/me/corrections",
        json={"field": "other", "text": "入会日期不对"},
        headers={"Authorization": "Bearer ucm_mine"},
    )
    path = f"{CORRECTIONS}/{only(session).id}"
    officer.open(CORRECTIONS)
    token = officer.token(path)
    form = {"csrf_token": token, "decision": "done", "answer": "已更正"}

    assert officer.client.post(f"{path}/answer", data=form).status_code == 303
    assert officer.client.post(f"{path}/answer", data=form).status_code == 409
    # No form stands on the page of what was decided.
    assert "/answer" not in officer.open(path).text
    assert "已更正" in officer.open(path).text


def test_a_request_from_elsewhere_leads_to_no_form(post, make, session, union, officer):
    member = make.member(union=union)
    mismatched(post)
    complain(post)

    path = f"/desk/register/members/{member.id}/correct?correction_id={only(session).id}"
    assert officer.open(path).status_code == 404
