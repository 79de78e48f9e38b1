"""Mutual aid at the desk in a real browser: each state of its pages, wide and narrow."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from aid.models import AidRejectReason
from aid.services import approve_claim, assess_claim, reject_claim, return_claim
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.secrets import new_token
from tests.browser import Window
from tests.make.aid import amounts, pdf

pytestmark = pytest.mark.browser

SIZES = {"wide": (1280, 860), "phone": (390, 844), "narrow": (320, 700)}


@pytest.fixture
def world(served, maker_on):
    """A district with a claim in every state, and the cookies of those who look."""
    now = utc_now()
    event_date = shanghai_date(now) - timedelta(days=3)
    starts_on = shanghai_date(now) - timedelta(days=100)
    with served.database() as session:
        make = maker_on(session)
        make.chart()
        union, elsewhere = make.union(), make.union()
        assess, approve = Role.CLAIMS_ASSESSOR, Role.CLAIMS_APPROVER
        assessor, approver = (make.staff_actor(role, union=union) for role in (assess, approve))

        def new_claim(**facts):
            member = make.covered_member(union=union, starts_on=starts_on)
            claim = make.aid_claim(member, event_date=event_date, now=now, **facts)
            return claim, {"session": session, "claim_id": claim.id, "now": now}

        def do(verb, actor, given, **facts):
            claim, common = given
            verb(actor=actor, version=claim.version, **common, **facts)

        claims = {
            name: new_claim()
            for name in ("submitted", "assessed", "returned", "payable", "rejected")
        }
        claims["bare"] = new_claim(papers=False)
        dear = make.aid_line(amounts=amounts(60_000_00, 10_000_00, 30))
        claims["dear"] = new_claim(lines=[dear])
        for name in ("assessed", "payable", "dear"):
            do(assess_claim, assessor, claims[name], originals_seen=False)
        do(approve_claim, approver, claims["payable"])
        papers = {"papers": ["invoice"], "note": "发票上的金额看不清, 请重新拍照。"}
        do(return_claim, assessor, claims["returned"], **papers)
        why = {"reason": AidRejectReason.PAID_ELSEWHERE, "note": "商业保险已赔付。"}
        do(reject_claim, assessor, claims["rejected"], **why)

        def cookie(*roles, at=union):
            token = new_token()
            make.staff_session(make.staff(*roles, union=at), token=token, at=now)
            return token

        return SimpleNamespace(
            claims={name: claim.id for name, (claim, _) in claims.items()},
            assessor=cookie(assess),
            approver=cookie(approve),
            auditor=cookie(Role.AUDITOR),
            idle=cookie(assess, at=elsewhere),
        )


@pytest.fixture
def desk_of(chromium, served):
    """Return a function: a window in which a cookie's holder is at the desk."""
    windows = []

    def open_window(cookie, **options):
        window = Window(chromium, served.base_url, **options)
        window.sign_in_at_desk(cookie)
        windows.append(window)
        return window

    yield open_window
    for window in windows:
        window.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_fit_for_everybody(world, desk_of, size):
    seen = {}

    def look(window, name, path):
        window.page.goto(f"/desk/aid{path}")
        window.shoot(f"aid-{name}-{size}")
        seen[name] = window.faults()

    assessor = desk_of(world.assessor, size=SIZES[size])
    look(desk_of(world.idle, size=SIZES[size]), "empty", "")
    look(assessor, "queue", "")
    look(assessor, "all", "?state=any")
    look(assessor, "nothing-fits", "?state=approved")
    for name, claim_id in world.claims.items():
        look(assessor, name, f"/{claim_id}")
    look(desk_of(world.approver, size=SIZES[size]), "to-approve", f"/{world.claims['dear']}")
    look(desk_of(world.auditor, size=SIZES[size]), "masked", f"/{world.claims['submitted']}")
    assessor.page.goto(f"/desk/aid/{world.claims['bare']}")
    assessor.page.get_by_role("button", name="The papers bear out").click()
    expect(assessor.page.get_by_role("alert")).to_contain_text("Some papers")
    assessor.shoot(f"aid-refused-{size}")
    seen["refused"] = assessor.faults()

    assert {name: faults for name, faults in seen.items() if faults} == {}
    assert assessor.complaints == []


def test_two_people_decide_in_chinese(world, desk_of):
    assessor = desk_of(world.assessor, language="zh-CN")
    page = assessor.page
    page.goto(f"/desk/aid/{world.claims['submitted']}")
    assessor.shoot("aid-claim-chinese")
    page.get_by_role("button", name="1,920.00").click()
    expect(page.get_by_role("status").first).to_be_visible()
    page.goto("/desk/aid?state=any")
    assessor.shoot("aid-queue-chinese")

    approver = desk_of(world.approver, language="zh-CN")
    approver.page.goto(f"/desk/aid/{world.claims['submitted']}")
    approver.page.once("dialog", lambda dialog: dialog.accept())
    approver.page.get_by_role("button", name="1,920.00").click()

    expect(approver.page.get_by_text("待支付").first).to_be_visible()
    approver.shoot("aid-payable-chinese")


def test_a_paper_is_saved_not_shown(world, desk_of):
    window = desk_of(world.assessor)
    window.page.goto(f"/desk/aid/{world.claims['submitted']}")

    with window.page.expect_download() as saved:
        window.page.get_by_role("link", name="Hospital invoice").click()

    assert saved.value.suggested_filename.startswith("invoice-")
    assert saved.value.suggested_filename.endswith(".pdf")
