"""The pages of offers in a real browser: fit for everybody, and a way through them by hand."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from benefits.models import Instrument, LimitScope, LimitUnit, LimitWindow
from benefits.queries import Scopes, offers_at
from benefits.services import ProposalFacts, propose_offer, take_limits, takes_for
from kernel.actors import Actor, ActorKind, Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.ids import new_id
from kernel.money import Fen
from kernel.secrets import new_token
from tests.benefits.conftest import Plans, fixed, percent, reduction
from tests.browser import Window
from tests.make.maker import Maker
from tests.merchants.conftest import BAOAN, CITY, plant_unions

pytestmark = pytest.mark.browser

WINDOWS = {
    "wide-zh": {"size": (1280, 860), "language": "zh-CN"},
    "phone-en-dark": {"size": (390, 844), "language": "en-US", "color_scheme": "dark"},
}


class Planned:
    """A served town with a programme that is half used, and a designer's cookie."""

    def __init__(self, service):
        self.service = service
        self.token, self.second_token = new_token(), new_token()
        now = utc_now()
        with transaction() as session:
            make, plans = Maker(session), Plans(session)
            make.chart()
            unions = plant_unions(session)
            designer = make.staff(Role.PROGRAMME_DESIGNER, union=unions[CITY])
            make.staff_session(designer, token=self.token, at=now)
            second = make.staff(Role.FINANCE_APPROVER, union=unions[CITY])
            make.staff_session(second, token=self.second_token, at=now)
            shop = make.merchant(name="宝安大排档(演示)", union_id=unions[BAOAN].id)
            make.agreement(merchant_id=shop.id)
            rules = [
                {"rule": "union_within", "paths": [BAOAN]},
                {"rule": "membership", "statuses": ["active", "retained"]},
                {"rule": "age", "from": 18, "to": 150},
            ]
            programme = plans.programme(eligibility=rules)
            self.empty = plans.programme(
                name_zh="冬季送温暖(演示)", name_en="Winter warmth (demo)"
            ).id
            self.waiting = plans.proposed_programme(
                occasion="birthday",
                instrument=Instrument.GOODS,
                member_year_fen=Fen(300_00),
                name_zh="生日蛋糕(演示)",
                name_en="Birthday cake (demo)",
            ).id
            offer = plans.offer(programme=programme, merchant=shop)
            plans.offer(
                programme=programme,
                title_zh="9.9元看电影",
                title_en="Films at ¥9.90",
                terms=fixed(most=Fen(20_00)),
            )
            plans.offer(programme=programme, terms=percent(), title_zh="8.8折", title_en="12 off")
            self.budget = plans.limit(programme, maximum=5000_00).id
            plans.limit(
                programme,
                scope=LimitScope.MEMBER,
                window=LimitWindow.DAY,
                unit=LimitUnit.USES,
                maximum=2,
            )
            plans.limit(
                programme,
                offer=offer,
                scope=LimitScope.OFFER,
                window=LimitWindow.DAY,
                unit=LimitUnit.USES,
                maximum=20,
            )
            manager = make.manager(merchant=shop)
            facts = ProposalFacts(
                "满50减40", "40 off from 50", reduction(), shanghai_date(now), None, "午市人少"
            )
            self.proposal = propose_offer(
                session,
                actor=Actor(ActorKind.MANAGER, id=manager.id, merchant_id=shop.id),
                proposal_id=new_id(),
                facts=facts,
                now=now,
            ).id
            self.programme, self.offer, self.shop = programme.id, offer.id, shop.id
            scopes = Scopes(shop.id, new_id(), new_id(), new_id())
            (line,) = offers_at(session, scopes=scopes, now=now, offer_id=offer.id)
            takes = takes_for(line.limits, union_fen=1234_50, spread=new_id())
            today = shanghai_date(now)
            take_limits(session, source_id=new_id(), takes=takes, is_held=False, day=today)

    def window(self, chromium, *, token=None, **options):
        window = Window(chromium, self.service.base_url, **options)
        window.sign_in_at_desk(token or self.token)
        return window


@pytest.fixture
def planned(service):
    return Planned(service)


@pytest.mark.parametrize("kind", WINDOWS)
def test_every_page_is_fit_for_everybody(chromium, planned, kind):
    pages = {
        "programmes": "programmes",
        "programme": f"programmes/{planned.programme}",
        "programme-empty": f"programmes/{planned.empty}",
        "programme-waiting": f"programmes/{planned.waiting}",
        "programme-new": "programmes/new",
        "spend-rules": "spend-rules",
        "spend-rule": "spend-rules/birthday",
        "spend-rule-new": "spend-rules/new?occasion=birthday",
        "limit-new": f"programmes/{planned.programme}/limits/new",
        "limit": f"limits/{planned.budget}",
        "offers": "offers",
        "offers-empty": "offers?text=nothing-like-it",
        "offer": f"offers/{planned.offer}",
        "offer-merchant": "offers/new",
        "offer-new": f"offers/new/{planned.shop}",
        "proposals": "offer-proposals",
        "proposals-empty": "offer-proposals?state=refused",
        "proposal": f"offer-proposals/{planned.proposal}",
        "terms-new": f"offers/{planned.offer}/versions/new",
    }
    with planned.window(chromium, **WINDOWS[kind]) as window:
        page, seen = window.page, {}
        for name, path in pages.items():
            page.goto(f"/desk/{path}")
            window.shoot(f"{name}-{kind}")
            seen[name] = window.faults()
        page.locator("input[name=union_share_bp]").fill("200")
        page.locator("input[name=reduction_fen]").fill("lots")
        page.locator("button[value=save]").click()
        expect(page.locator(".summary")).to_be_visible()
        window.shoot(f"terms-refused-{kind}")
        seen["terms-refused"] = window.faults()

        assert {name: faults for name, faults in seen.items() if faults} == {}
        assert window.complaints == []


def test_a_designer_checks_terms_on_a_bill_and_sets_them(chromium, planned):
    with planned.window(chromium) as window:
        page = window.page
        page.goto(f"/desk/offers/{planned.offer}")
        page.get_by_role("link", name="Set new terms").click()
        page.get_by_role("radio", name="Percentage off").check()
        page.get_by_label("The member pays, per cent of the bill").fill("88")
        page.get_by_role("textbox", name="A bill of (optional)", exact=True).fill("60.00")
        page.get_by_role("textbox", name="A bill of (optional)", exact=True).press("Enter")
        example = page.get_by_role("region", name="What this does to a bill")
        expect(example).to_contain_text("¥52.80")
        expect(example).to_contain_text("¥5.40")

        page.get_by_role("button", name="Set these terms").click()
        expect(page.get_by_role("status").first).to_contain_text("The new terms are set")
        expect(page.get_by_role("heading", name="Terms 2")).to_contain_text("In force")
        expect(page.get_by_role("heading", name="Terms 1")).to_contain_text("Past")


def test_a_designer_drafts_a_programme_and_another_person_lets_it_run(chromium, planned):
    with (
        planned.window(chromium) as window,
        planned.window(chromium, token=planned.second_token) as second,
    ):
        page = window.page
        page.goto("/desk/programmes/new")
        page.get_by_label("Code").fill("PH-BY-HAND")
        page.get_by_label("Name in Chinese").fill("亲手")
        page.get_by_label("Name in English").fill("By hand")
        page.get_by_label("Fund").select_option("Dues")
        page.get_by_label("Occasion").select_option(value="everyday")
        page.get_by_label("What a member gets").select_option("A discount at a till")
        page.get_by_label("First day").fill("2026-01-01")
        page.get_by_role("button", name="Draft this programme").click()
        page.get_by_role("link", name="Set a limit").click()
        page.get_by_label("Counted for").select_option("All offers together")
        page.get_by_label("Over").select_option("a month")
        page.get_by_label("What is counted").select_option("The union's money, in yuan")
        page.get_by_label("At most").fill("5,000")
        page.get_by_role("button", name="Set this limit").click()
        expect(page.get_by_role("table")).to_contain_text("¥0.00 taken, ¥5,000.00 left")

        page.get_by_role("button", name="Ask for approval").click()
        expect(page.get_by_text("Waits for one of: 经办")).to_be_visible()

        other = second.page
        other.on("dialog", lambda dialog: dialog.accept())
        other.goto("/desk/programmes?state=proposed")
        other.get_by_role("link", name="By hand").click()
        second.shoot("programme-to-approve")
        other.get_by_role("button", name="Approve this programme").click()
        expect(other.get_by_text("Running", exact=False).first).to_be_visible()
        assert window.faults() + second.faults() == []
