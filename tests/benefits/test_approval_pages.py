"""The desk's pages of an approval and of spend rules: who may, who is waited for, what is left."""

import pytest

from benefits.models import Instrument, Programme, ProgrammeState, SpendRule, SpendRuleState
from kernel.actors import Role
from tests.benefits.desk import FACTS, PROGRAMMES, page_of
from tests.merchants.conftest import BAOAN

RULES = "/desk/spend-rules"
BIRTHDAY = FACTS | {
    "occasion": "birthday",
    "instrument": "goods",
    "member_year_fen": "300",
    "union_code": "SZ-BA",
    "age_from": "18",
}
RULE = {
    "occasion": "birthday",
    "name_zh": "生日慰问",
    "name_en": "Birthday",
    "ceiling_fen": "600",
    "instruments": ["goods", "voucher"],
    "source": "演示工发〔2026〕1号",
    "reason": "市总工会新文件",
}


@pytest.fixture
def second(callers, designer):
    return callers(Role.FINANCE_APPROVER)


@pytest.fixture
def draft(designer, session):
    answer = designer.send(PROGRAMMES, page=f"{PROGRAMMES}/new", **BIRTHDAY)
    assert answer.status_code == 303
    return session.query(Programme).one()


def version_of(session, programme):
    session.refresh(programme)
    return str(programme.version)


def propose(desk, session, programme):
    page = page_of(programme)
    return desk.send(f"{page}/propose", page=page, version=version_of(session, programme))


def test_a_draft_is_proposed_and_comes_back_with_a_reason(designer, second, session, draft):
    page = page_of(draft)
    assert "/propose" in designer.open(page).text
    assert propose(designer, session, draft).status_code == 303

    waiting = designer.open(page).text
    assert "Waits for one of: 经办" in waiting
    assert f"{page}/approve" not in waiting
    assert "/send-back" in second.open(page).text
    version = version_of(session, draft)
    refused = designer.send(f"{page}/approve", page=f"{PROGRAMMES}/new", version=version)
    assert refused.status_code == 409
    assert "You asked for this yourself." in refused.text

    empty = second.send(f"{page}/send-back", page=page, version=version)
    assert (empty.status_code, 'id="reason-fault"' in empty.text) == (422, True)
    sent = second.send(f"{page}/send-back", page=page, version=version, reason="金额过高")
    assert sent.status_code == 303
    assert "Sent back: 金额过高" in designer.open(page).text


def test_a_draft_is_edited_and_runs_once_another_approves_it(designer, second, session, draft):
    page = page_of(draft)
    edit = designer.open(f"{page}/edit").text
    for typed in ('value="300.00"', 'value="PH-2026-SUMMER"', 'value="2026-08-31"', 'value="18"'):
        assert typed in edit
    changed = BIRTHDAY | {"member_year_fen": "250.50", "version": version_of(session, draft)}
    assert designer.send(f"{page}/edit", page=f"{page}/edit", **changed).status_code == 303

    propose(designer, session, draft)
    approved = second.send(f"{page}/approve", page=page, version=version_of(session, draft))

    session.refresh(draft)
    assert (approved.status_code, draft.state) == (303, ProgrammeState.RUNNING)
    shown = second.open(page).text
    assert "at most ¥500.00 a member and year, ¥500.00 left" in shown
    assert "¥250.50" in shown
    assert "approved with the programme" in designer.open(page).text
    assert designer.open(f"{page}/edit").status_code == 409


def test_where_nobody_else_may_approve_the_page_says_who_helps(designer, session, draft):
    propose(designer, session, draft)

    assert "an administrator gives a second person the role" in designer.open(page_of(draft)).text


def test_a_district_approves_nothing_of_the_city(callers, designer, session, draft):
    propose(designer, session, draft)
    district = callers(Role.FINANCE_APPROVER, BAOAN)
    page = page_of(draft)

    for action in ("approve", "send-back"):
        form = {"version": version_of(session, draft), "reason": "不行"}
        assert district.send(f"{page}/{action}", page="/desk/account", **form).status_code == 403
    assert district.send(RULES, page="/desk/account", **RULE).status_code == 403
    assert district.open(f"{RULES}/new").status_code == 403


def test_a_rule_is_proposed_and_decided_by_another(designer, second, session):
    assert 'value="500.00"' in designer.open(f"{RULES}/new?occasion=birthday").text
    assert designer.send(RULES, page=f"{RULES}/new", **RULE).status_code == 303
    rule = session.query(SpendRule).filter_by(state=SpendRuleState.PROPOSED).one()
    twice = designer.send(RULES, page=f"{RULES}/new", **RULE)
    assert (twice.status_code, 'id="occasion-fault"' in twice.text) == (409, True)
    own = designer.send(f"{RULES}/{rule.id}/approve", page=f"{RULES}/new")
    assert own.status_code == 409
    assert "Waits for one of: 经办" in designer.open(RULES).text

    assert second.send(f"{RULES}/{rule.id}/approve", page=RULES).status_code == 303
    session.refresh(rule)
    assert rule.state is SpendRuleState.IN_FORCE
    shown = second.open(f"{RULES}/birthday").text
    for sentence in ("¥600.00", "¥500.00", "市总工会新文件", "shipped with the product"):
        assert sentence in shown
    assert "600.00" in second.open(f"{RULES}?format=csv").get_data(as_text=True)
    assert second.open(f"{RULES}/jubilee").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"occasion": "Birthday!"}, "occasion"),
        ({"ceiling_fen": "-1"}, "ceiling_fen"),
        ({"instruments": []}, "instruments"),
        ({"instruments": ["cash"]}, "instruments"),
        ({"instruments": ["gold"]}, "instruments"),
        ({"source": ""}, "source"),
    ],
)
def test_a_wrong_rule_is_shown_again(designer, session, changes, field):
    answer = designer.send(RULES, page=f"{RULES}/new", **RULE | changes)

    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.text
    assert session.query(SpendRule).filter_by(state=SpendRuleState.PROPOSED).count() == 0


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_pages_answer_in_both_languages(designer, session, draft, language):
    designer.send(RULES, page=f"{RULES}/new", **RULE)
    designer.client.set_cookie("uc_language", language)
    pages = [RULES, f"{RULES}/new", f"{RULES}/birthday", f"{page_of(draft)}/edit", page_of(draft)]

    for path in pages:
        page = designer.open(path)
        assert page.status_code == 200
        assert f'lang="{"zh-CN" if language == "zh_Hans_CN" else "en"}"' in page.text
    assert Instrument(draft.instrument) is Instrument.GOODS
