"""Merchants, their managers and tills, and what was done about them."""

import io
from uuid import UUID

from sqlalchemy import select

from benefits.rules import Terms
from benefits.services import (
    ProposalFacts,
    propose_offer,
)
from discounts.models import OfflineRecord, RecordVerdict
from kernel.actors import Actor, ActorKind, Role
from kernel.clock import shanghai_date
from kernel.ids import new_id
from kernel.secrets import new_token
from merchants.models import (
    AgreementState,
    MerchantState,
    Occupation,
    SanctionKind,
    Site,
    SiteState,
    SiteVisit,
)
from merchants.services import appeal_sanction, impose_sanction
from risk.models import RiskFlag, RiskRule, Signal
from tests.access.build.base import OWNERS, STRANGERS, Part

REDUCTION = Terms("full_reduction", None, 5000, 4000, None, None, 7500, None)
_ROSTER = (
    "姓名,证件类型,证件号码,手机号码,性别,工会组织代码,入会日期\n"
    "演示,居民身份证,440399199001011236,,男,SZ-LG,2020-01-01\n"
)
_MERCHANTS = (
    "商户名称,统一社会信用代码,类别,区,门店名称,门店地址,结算账号,开户名,优惠方式,优惠说明,工会承担比例\n"
    "演示商户,坏的代码,餐饮,龙岗区,演示店,演示路1号,6299992366649361,演示商户,percent,95,100\n"
)


class Places(Part):
    def tills(self):
        self.shop = self.make.merchant(union_id=self.unions[OWNERS].id, district="龙岗区")
        self.other_shop = self.make.merchant(union_id=self.unions[STRANGERS].id)
        centre = self.make.service_organisation(union_id=self.unions[OWNERS].id)
        other_centre = self.make.service_organisation(union_id=self.unions[STRANGERS].id)
        site = self.make.site(merchant_id=self.shop.id)
        self.service_site = self.make.site(merchant_id=centre.id)
        foreign_service_site = self.make.site(merchant_id=other_centre.id)
        places = {
            "till": site,
            "colleague_till": site,
            "other_till": self.make.site(merchant_id=self.other_shop.id),
            "service_till": self.service_site,
            "other_service_till": foreign_service_site,
        }
        for name, place in places.items():
            token = self.caller(name, ActorKind.TERMINAL).token
            self.world.ids[f"{name}_id"] = str(self.make.terminal(token=token, site=place).id)
        self.own(
            merchant=self.shop,
            site=site,
            service_site=self.service_site,
            foreign_service_site=foreign_service_site,
            visit=self.visit(),
        )

    def visit(self):
        """What the till of our service site has counted today."""
        visit = SiteVisit(
            id=new_id(),
            site_id=self.service_site.id,
            terminal_id=UUID(self.world.ids["service_till_id"]),
            occupation=Occupation.COURIER,
            visited_on=shanghai_date(self.now),
            counted_at=self.now,
        )
        return self.make.save(visit)

    def merchants(self):
        union_id = self.unions[OWNERS].id
        self.own(
            foreign_merchant=self.other_shop,
            closed_site=self.make.site(merchant_id=self.shop.id, state=SiteState.CLOSED),
            draft=self.make.agreement(
                merchant_id=self.shop.id, state=AgreementState.DRAFT, signed_at=None
            ),
            agreement=self.make.agreement(merchant_id=self.shop.id),
            applicant=self.make.merchant(union_id=union_id, state=MerchantState.APPLIED),
        )

    def managers(self):
        """Who looks after the shop of ours and that of the others, and what they see."""
        for name, shop in (("manager", self.shop), ("other_manager", self.other_shop)):
            manager = self.make.manager(merchant=shop)
            token = self.caller(name, ActorKind.MANAGER).token
            self.make.manager_session(manager, token=token, at=self.now)
            on_another_phone = self.make.manager_session(manager, token=new_token(), at=self.now)
            self.world.ids[f"{name}_session"] = str(on_another_phone.id)
            setattr(self, name, manager)
        elsewhere = self.make.manager(
            merchant=self.other_shop, phone=self.make.phone_of(self.manager)
        )
        colleague = self.make.manager(merchant=self.shop)
        site = self.session.get(Site, UUID(self.world.ids["site"]))
        self.own(
            second_manager=elsewhere,
            colleague=colleague,
            clerk=self.make.clerk(site=site, manager=self.manager),
            proposed_site=self.make.site(merchant_id=self.shop.id, state=SiteState.PROPOSED),
            proposal=self.proposal(),
        )

    def proposal(self):
        manager = Actor(ActorKind.MANAGER, id=self.manager.id, merchant_id=self.shop.id)
        today = shanghai_date(self.now)
        return propose_offer(
            self.session,
            actor=manager,
            proposal_id=new_id(),
            facts=ProposalFacts("满50减40", "40 off from 50", REDUCTION, today, None, None),
            now=self.now,
        )

    def measures_and_flags(self):
        """What was done about the shop of ours, an appeal against it, and a flag."""
        officer = self.make.staff_actor(
            Role.PROGRAMME_DESIGNER, union=self.make.union(code="SZ-CX")
        )
        measures = [
            impose_sanction(
                self.session,
                actor=officer,
                merchant_id=self.shop.id,
                kind=SanctionKind.WARNING,
                reason="核对票据",
                now=self.now,
            )
            for _ in range(2)
        ]
        appeal, _ = appeal_sanction(
            self.session,
            actor=officer,
            merchant_id=self.shop.id,
            sanction_id=measures[1].id,
            appeal_id=new_id(),
            text="票据齐全",
            now=self.now,
        )
        flag = RiskFlag(
            signal=Signal.VELOCITY,
            merchant_id=self.shop.id,
            terminal_id=UUID(self.world.ids["till_id"]),
            subject_id=UUID(self.world.ids["till_id"]),
            seen_on=self.now.date(),
            peak_at=self.now,
            matched=30,
            total=30,
            threshold=20,
            window_minutes=10,
            weight=20,
            flagged_at=self.now,
        )
        self.session.add(flag)
        self.session.flush()
        rule = self.session.scalars(select(RiskRule).limit(1)).one()
        self.own(sanction=measures[0], sanction_appeal=appeal, flag=flag, risk_rule=rule)
        self.own(offline_record=self.offline_record())

    def offline_record(self):
        """What a till of ours sold without a network, behind a gap."""
        record = OfflineRecord(
            id=new_id(),
            terminal_id=UUID(self.world.ids["till_id"]),
            sent_by=UUID(self.world.ids["till_id"]),
            seq=2,
            prev="A" * 43,
            record_hash=bytes(32),
            facts_digest=bytes(32),
            jws="not looked at here",
            in_chain=True,
            after_gap=True,
            offer_version_id=new_id(),
            gross_fen=60_00,
            occurred_at=self.now,
            received_at=self.now,
            verdict=RecordVerdict.WAITING,
            reason="books_not_ready",
        )
        self.session.add(record)
        self.session.flush()
        return record

    def uploads(self):
        roster = (io.BytesIO(_ROSTER.encode()), "roster.csv")
        merchants = (io.BytesIO(_MERCHANTS.encode()), "merchants.csv")
        self.world.ids["import"] = self.send("own_staff", "/register/imports", file=roster)
        self.world.ids["batch"] = self.send("own_staff", "/cards/batches", union_code=OWNERS)
        self.world.ids["paper_batch"] = self.send(
            "own_staff", "/cards/paper", union_code=OWNERS, layout="sheet"
        )
        self.world.ids |= {"paper_file": "0", "sign_sheet": "a5"}
        self.make.paper_part(self.world.ids["paper_batch"], number=0)
        self.world.ids["file"] = self.send(
            Role.PROGRAMME_DESIGNER, "/merchant-files", file=merchants
        )
