"""Flags, measures, sales without a network and receipts in a real browser, wide and on a phone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.demo.offline import seed_offline
from benefits.rules import Terms
from cards.models import CardState
from cards.services import publish_trust_list
from discounts.models import BorneBy, OfflineRecord, Redemption
from discounts.queries import receipt_path_of
from discounts.services import reverse_redemption
from kernel.actors import SYSTEM, Role, Till
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.ids import new_id
from kernel.secrets import new_token
from merchants.models import SanctionKind, Terminal
from merchants.services import appeal_sanction, impose_sanction
from risk.models import RiskFlag, RiskRule, Signal
from tests.benefits.conftest import Plans
from tests.browser import SHOTS, Window
from tests.cards.paper import pages_of
from tests.make.cards import BASE_URL
from tests.make.maker import Maker
from tests.merchants.conftest import BAOAN, CITY, plant_unions

pytestmark = pytest.mark.browser

PERCENT = Terms("percent", 9500, None, None, None, None, 10_000, None)
WINDOWS = {
    "wide-zh": {"size": (1280, 860), "language": "zh-CN"},
    "phone-en-dark": {"size": (360, 780), "language": "en-US", "color_scheme": "dark"},
}


class Watched:
    """A served town where tills sold without a network, one merchant is flagged, one is held."""

    def __init__(self, service):
        self.service = service
        self.token = new_token()
        now = utc_now()
        with transaction() as session:
            make, plans = Maker(session), Plans(session)
            make.issuer_keys(now=now - timedelta(days=30))
            publish_trust_list(session, base_url=BASE_URL, actor=SYSTEM, now=now)
            make.chart()
            unions = plant_unions(session)
            designer = make.staff(Role.PROGRAMME_DESIGNER, union=unions[CITY])
            make.staff_session(designer, token=self.token, at=now)
            shops = []
            for number in (1, 2):
                shop = make.merchant(name=f"演示超市{number}", union_id=unions[BAOAN].id)
                make.agreement(merchant_id=shop.id)
                make.site(merchant_id=shop.id, name="地下一层店")
                plans.offer(
                    merchant=shop,
                    terms=PERCENT,
                    assurances=["possession"],
                    valid_from=now - timedelta(days=2),
                )
                shops.append(shop)
            for _ in range(3):
                make.card(state=CardState.ISSUED)
            self.rule = session.scalars(
                select(RiskRule.id).where(RiskRule.signal == Signal.OUTSIDE_HOURS)
            ).one()
            self.shop = shops[1].id
        seed_offline(now=now)
        with transaction() as session:
            make = Maker(session)
            records = session.scalars(select(OfflineRecord)).all()
            risk = next(each for each in records if each.borne_by is BorneBy.OFFLINE_RISK)
            self.record = risk.id
            self.twice = next(each.id for each in records if each.replay_of)
            till = session.get_one(Terminal, risk.terminal_id)
            self.flags(session, make, till, now)
            sale = session.get_one(Redemption, risk.redemption_id)
            reverse_redemption(
                session,
                till=Till(till.id, till.site_id, till.merchant_id, till.code),
                redemption_id=sale.id,
                reversal_id=new_id(),
                amount_fen=10_00,
                reason="一件退货 (demo)",
                now=now,
            )
            self.receipt = receipt_path_of(sale, till.code)

    def flags(self, session, make, till, now):
        flags = [
            RiskFlag(
                signal=signal,
                merchant_id=till.merchant_id,
                terminal_id=till.id,
                subject_id=till.id,
                seen_on=now.date(),
                peak_at=now + timedelta(minutes=1),
                matched=3,
                total=3,
                threshold=2,
                window_minutes=10,
                weight=20,
                flagged_at=now + timedelta(minutes=1),
            )
            for signal in (Signal.VELOCITY, Signal.FIRST_CARDS, Signal.NOT_ME)
        ]
        session.add_all(flags)
        session.flush()
        self.flag = flags[0].id
        officer = make.staff_actor(Role.PROGRAMME_DESIGNER)
        measure = impose_sanction(
            session,
            actor=officer,
            merchant_id=self.shop,
            kind=SanctionKind.PAYOUT_HOLD,
            reason="核对票据",
            now=now,
        )
        appeal_sanction(
            session,
            actor=officer,
            merchant_id=self.shop,
            sanction_id=measure.id,
            appeal_id=new_id(),
            text="票据齐全，店里有当天的流水，可以随时来看",
            now=now,
        )

    def window(self, chromium, **options):
        window = Window(chromium, self.service.base_url, **options)
        window.sign_in_at_desk(self.token)
        return window


@pytest.fixture
def watched(service):
    return Watched(service)


@pytest.mark.parametrize("kind", WINDOWS)
def test_what_needs_a_person_is_fit_for_everybody(chromium, watched, kind):
    pages = {
        "flags": "/desk/risk",
        "flags-none": "/desk/risk?state=cleared",
        "flag": f"/desk/risk/{watched.flag}",
        "rules": "/desk/risk/rules",
        "rule": f"/desk/risk/rules/{watched.rule}",
        "measures": f"/desk/merchants/{watched.shop}/sanctions",
        "appeals": "/desk/merchants/appeals",
        "offline": "/desk/offline",
        "offline-record": f"/desk/offline/{watched.record}",
        "offline-twice": f"/desk/offline/{watched.twice}",
        "offline-gaps": "/desk/offline/gaps",
        "offline-risk": "/desk/offline/risk",
        "offline-policy": "/desk/offline/policy",
        "receipt": watched.receipt,
        "receipt-print": f"{watched.receipt}/print",
    }
    with watched.window(chromium, **WINDOWS[kind]) as window:
        page, seen = window.page, {}
        for name, path in pages.items():
            assert page.goto(path).ok, path
            page.screenshot(path=SHOTS / f"{name}-{kind}.png", full_page=True)
            seen[name] = window.faults()
        # What a printer of 58 mm paper gets: one page, and a code that leads back here.
        ((width, _), text, (code,)), *more = pages_of(page.pdf(prefer_css_page_size=True))

        assert {name: faults for name, faults in seen.items() if faults} == {}
        assert window.complaints == []
        assert (round(width), more) == (58, [])
        assert code.text.endswith(watched.receipt)
        assert "57.00" in text
        assert "张" not in text  # every member of these tests is 张小明
