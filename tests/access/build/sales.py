"""Offers, sales, coupons."""

from sqlalchemy import select

from benefits.models import LimitScope, LimitUnit, LimitWindow, ReleaseMode, SpendRule
from benefits.queries import programme_by_code
from benefits.services import (
    LimitFacts,
    ReleaseFacts,
    SeedSource,
    add_limit,
    add_offer,
    plan_release,
    publish_release,
)
from discounts.models import RedemptionReport
from kernel.actors import SYSTEM
from kernel.ids import new_id
from tests.access.build.base import HOUR, Part
from tests.access.build.places import REDUCTION


class Sales(Part):
    def sales(self):
        programme = programme_by_code(self.session, code="PROBE")
        offer = self.offer(programme, self.shop)
        self.coupon_offer = self.offer(programme, self.shop)
        limit = LimitFacts(
            LimitScope.OFFER, LimitWindow.DAY, LimitUnit.USES, 100, offer_id=offer.id
        )
        self.own(
            discounts=programme,
            offer=offer,
            foreign_offer=self.offer(programme, self.other_shop),
            limit=add_limit(
                self.session, actor=SYSTEM, programme_id=programme.id, facts=limit, now=self.now
            ),
        )
        self.own(spend_rule=self.spend_rule())
        self.world.ids["verification"] = self.scan()
        for name, capture in (("sale", True), ("hold", False)):
            self.world.ids[name] = self.post(
                "till",
                "/redemptions",
                id=str(new_id()),
                verification_id=self.scan(),
                offer_id=self.world.ids["offer"],
                gross_fen=6_000,
                capture=capture,
            )["id"]
        taken_back = {"id": str(new_id()), "amount_fen": 100, "reason": "退货"}
        lines = self.ask("member", "GET", "/api/v1/members/me/records", 200).json["items"]
        self.world.ids["record"] = lines[0]["id"]
        self.say(self.world.ids["record"])
        path = f"/redemptions/{self.world.ids['sale']}/reversals"
        self.world.ids["reversal"] = self.post("till", path, **taken_back)["id"]

    def spend_rule(self):
        """A rule for an occasion of its own, that somebody else proposed."""
        rule = SpendRule(
            occasion="jubilee",
            name_zh="周年(演示)",
            name_en="Jubilee (demo)",
            instruments=["goods"],
            source="演示文件",
            reason="新增",
            maker_id=new_id(),
            proposed_at=self.now,
        )
        self.session.add(rule)
        self.session.flush()
        return rule

    def coupons(self):
        """A grab that is open, a draw one can enter, a draft; the member is in the first two."""
        before = self.now - 3 * HOUR
        times = {"opens_at": before + HOUR, "closes_at": self.now + HOUR, "use_within_days": 7}
        seed = SeedSource("演示指数", "A demo index", self.now + 2 * HOUR)
        plans = {
            "grab_release": {"mode": ReleaseMode.GRAB},
            "draw_release": {"mode": ReleaseMode.DRAW, "seed": seed},
            "draft_release": {"mode": ReleaseMode.GRAB},
        }
        for name, plan in plans.items():
            release = plan_release(
                self.session,
                actor=SYSTEM,
                offer_id=self.coupon_offer.id,
                facts=ReleaseFacts(pieces=10, reserve_pieces=2, **times, **plan),
                now=before,
            )
            if name != "draft_release":
                publish_release(
                    self.session, actor=SYSTEM, release_id=release.id, version=1, now=before
                )
            self.world.ids[name] = str(release.id)
        for name, path in (("coupon", "grabs"), ("entry", "entries")):
            release_id = self.world.ids["grab_release" if name == "coupon" else "draw_release"]
            answer = self.post("member", f"/coupon-releases/{release_id}/{path}", id=str(new_id()))
            self.world.ids[name] = answer["id"]

    def say(self, record_id):
        """Rate and report the sale of a line, as the member on whose card it is."""
        path = f"/api/v1/members/me/records/{record_id}"
        self.ask("member", "PUT", f"{path}/rating", 200, json={"stars": 2, "comment": "凉"})
        self.ask("member", "POST", f"{path}/report", 200, json={"text": "不是我"})
        self.world.ids["report"] = str(self.session.scalars(select(RedemptionReport.id)).one())

    def offer(self, programme, merchant):
        return add_offer(
            self.session,
            actor=SYSTEM,
            programme_id=programme.id,
            merchant_id=merchant.id,
            title_zh="满50减40",
            title_en="40 off from 50",
            terms=REDUCTION,
            assurances=["possession", "session"],
            valid_from=self.now - HOUR,
            now=self.now,
        )

    def scan(self):
        """Return a verification of the member's card at the till."""
        text = self.ask("member", "GET", "/api/v1/cards/me/slice", 200).json["text"]
        return self.post("till", "/verifications", 200, presentation=text)["verification_id"]
