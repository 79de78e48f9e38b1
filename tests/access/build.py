"""Fills a world: the callers first, then what they own, most of it through the interface."""

import io
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import create_engine, select

from benefits.models import LimitScope, LimitUnit, LimitWindow, ReleaseMode
from benefits.queries import programme_by_code
from benefits.rules import Terms
from benefits.services import (
    LimitFacts,
    ProposalFacts,
    ReleaseFacts,
    SeedSource,
    add_limit,
    add_offer,
    plan_release,
    propose_offer,
    publish_release,
)
from cards.services import appeal, forget_issuer_keys, freeze_card
from discounts.models import OfflineRecord, RecordVerdict, RedemptionReport
from finance.models import (
    BankLine,
    Discrepancy,
    Dispute,
    DisputeState,
    Match,
    StatementLine,
    StatementState,
)
from kernel import db
from kernel.actors import SYSTEM, Actor, ActorKind, Role
from kernel.clock import shanghai_date, utc_now
from kernel.ids import new_id
from kernel.secrets import new_token
from members.models import NoticeKind, UnionOrg
from members.services import notify
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
from staff.models import AccountState, StaffSession
from tests.access.world import Caller, World
from tests.make import NOW
from tests.make.aid import ALLOWANCE, INPATIENT, pdf
from tests.make.maker import Maker
from training.models import CourseMeeting, SessionState

OWNERS = "SZ-LG"
STRANGERS = "SZ-BA"
HOUR = timedelta(hours=1)
REDUCTION = Terms("full_reduction", None, 5000, 4000, None, None, 7500, None)
_ROSTER = (
    "姓名,证件类型,证件号码,手机号码,性别,工会组织代码,入会日期\n"
    "演示,居民身份证,440399199001011236,,男,SZ-LG,2020-01-01\n"
)
_MERCHANTS = (
    "商户名称,统一社会信用代码,类别,区,门店名称,门店地址,结算账号,开户名,优惠方式,优惠说明,工会承担比例\n"
    "演示商户,坏的代码,餐饮,龙岗区,演示店,演示路1号,6299992366649361,演示商户,percent,95,100\n"
)


@contextmanager
def built_world(app, databases, *, template):
    """Yield the town of `template` with everybody and everything; none of it is ever committed.

    The application works on the one connection of it until the block ends.
    """
    name = databases.copy(template)
    own = create_engine(databases.urls.app.format(name=name))
    before = dict(db.session_factory.kw)
    forget_issuer_keys()
    try:
        with own.connect() as connection, connection.begin() as outer:
            db.session_factory.configure(bind=connection, join_transaction_mode="create_savepoint")
            world = World(app, connection)
            world.ids |= {"own_union": OWNERS, "foreign_union": STRANGERS}
            with db.session_factory() as session:
                Builder(world, session).build()
                session.commit()
            yield world
            outer.rollback()
    finally:
        db.session_factory.kw.clear()
        db.session_factory.configure(**before)
        forget_issuer_keys()
        own.dispose()
        databases.drop(name)


class TownMaker(Maker):
    """Makes rows in a town that has people already: the numbers of both must not meet."""

    def next_number(self):
        return 9_000 + super().next_number()


class Builder:
    def __init__(self, world, session):
        self.world = world
        self.session = session
        self.make = TownMaker(session)
        self.now = utc_now()
        self.unions = {union.code: union for union in session.scalars(select(UnionOrg))}

    def build(self):
        self.staff_callers()
        self.members()
        self.corrections_and_transfers()
        self.tills()
        self.merchants()
        self.managers()
        self.measures_and_flags()
        self.sales()
        self.coupons()
        self.notices()
        self.uploads()
        self.claims()
        self.courses()
        self.payments()
        self.statements()
        self.bank()

    def own(self, **objects):
        self.world.ids |= {name: str(each.id) for name, each in objects.items()}

    def caller(self, name, kind, roles=()):
        found = Caller(name, kind, new_token(), frozenset(roles))
        self.world.callers[name] = found
        return found

    def ask(self, name, method, path, status, **body):
        answer = self.world.keep(self.world.callers[name], method, path, **body)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-3000:])
        return answer

    def post(self, name, path, status=201, **json):
        return self.ask(name, "POST", f"/api/v1{path}", status, json=json).json

    def send(self, name, path, **form):
        """Send a form of the desk; return the id at the end of where it leads."""
        files = {key: form.pop(key) for key in list(form) if isinstance(form[key], tuple)}
        answer = self.ask(name, "POST", f"/desk{path}", 303, form=form, files=files)
        return answer.location.rpartition("/")[2]

    # --- Who calls

    def staff_callers(self):
        self.caller("nobody", ActorKind.NOBODY)
        for role in Role:
            self.staff(role.value, "SZ", role)
        self.staff("other_designer", "SZ", Role.PROGRAMME_DESIGNER)
        self.staff("staff_without_role", OWNERS)
        own = self.staff("own_staff", OWNERS, *Role)
        self.staff("foreign_staff", STRANGERS, *Role)
        union = self.unions[OWNERS]
        account = self.make.staff(union=union)
        self.own(
            own_session=self.make.staff_session(own, at=self.now),
            account=account,
            grant=self.make.grant(account, Role.TRAINING_OFFICER, union),
            disabled=self.make.staff(union=union, state=AccountState.DISABLED),
        )

    def staff(self, name, union, *roles):
        account = self.make.staff(*roles, union=self.unions[union])
        self.make.staff_session(
            account, token=self.caller(name, ActorKind.STAFF, roles).token, at=self.now
        )
        return account

    def members(self):
        for name, union in (("member", OWNERS), ("other_member", STRANGERS)):
            member = self.make.covered_member(
                INPATIENT,
                ALLOWANCE,
                union=self.unions[union],
                starts_on=self.now.date() - timedelta(days=200),
                card=False,
            )
            self.make.consent(member)
            card = self.make.card(member=member)
            phone = self.make.phone(card, now=self.now)
            self.make.member_session(member, token=self.caller(name, ActorKind.MEMBER).token)
            self.world.ids |= {name: str(member.id), f"{name}_card": str(card.id)}
            self.world.ids[f"{name}_device"] = str(phone.device_id)
            setattr(self, name, member)
        frozen = self.make.card(member=self.make.member(union=self.unions[OWNERS]))
        week = {"until": self.now + timedelta(days=7), "actor": SYSTEM, "now": self.now}
        freeze_card(self.session, card_id=frozen.id, reason="核查", **week)
        words = {"member_id": frozen.member_id, "text": "不是我", "now": self.now}
        self.own(appealed_card=frozen, appeal=appeal(self.session, **words))

    def corrections_and_transfers(self):
        """The member says that something is wrong; somebody of the city moves to our union."""
        mover = self.make.member(union=self.unions["SZ"])
        self.make.member_session(mover, token=self.caller("mover", ActorKind.MEMBER).token)
        fact = {"field": "other", "text": "入会日期不对"}
        corrections = self.post("member", "/members/me/corrections", **fact)
        transfers = self.post("mover", "/members/me/transfers", to=OWNERS, reason="换了单位")
        self.world.ids["correction"] = corrections["items"][0]["id"]
        self.world.ids["transfer"] = transfers["items"][0]["id"]

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

    def payments(self):
        """Batches of the whole city in each state in which something can be done with them."""
        for name, made in (
            ("payment_batch", self.make.prepared_batch),
            ("confirmed_batch", self.make.approved_batch),
            ("sent_batch", self.make.sent_batch),
        ):
            statement = self.make.approved_statement()
            self.world.ids[name] = str(made(only=[statement.id]).id)
        self.world.ids["owed_statement"] = str(self.make.approved_statement().id)

    # --- What they own

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

    def notices(self):
        self.world.ids["notice"] = str(
            notify(
                self.session,
                member_id=self.member.id,
                kind=NoticeKind.MEMBERSHIP,
                title_zh="会籍已转入",
                title_en="Your membership was transferred",
                place="data",
                now=self.now,
            )
        )

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

    def claims(self):
        schemes = {
            "claim": INPATIENT,
            "assessed_claim": INPATIENT,
            "returned_claim": ALLOWANCE,
        }
        event_date = self.now.date() - timedelta(days=5)
        for name, scheme in schemes.items():
            claim = self.make.aid_claim(
                self.member, now=self.now, event_date=event_date, scheme=scheme
            )
            self.world.ids[name] = str(claim.id)
        paper = self.make.aid_paper(self.member, content=pdf("loose"))
        self.own(loose_paper=paper)
        claim_id = self.world.ids["claim"]
        self.world.ids["paper"] = self.ask(
            "member", "GET", f"/api/v1/aid/claims/{claim_id}", 200
        ).json["documents"][0]["id"]
        assessed, returned = self.world.ids["assessed_claim"], self.world.ids["returned_claim"]
        self.send("own_staff", f"/aid/{assessed}/assess", version=1)
        self.send("own_staff", f"/aid/{returned}/return", version=1, note="请补发票")

    def courses(self):
        course = self.make.course(union=self.unions[OWNERS])
        times = {
            "meetings": [(self.now - HOUR / 2, self.now + HOUR)],
            "site": self.service_site,
            "enrol_from": self.now - HOUR,
        }
        held = self.make.course_session(course=course, **times)
        draft = self.make.course_session(course=course, state=SessionState.DRAFT, **times)
        self.own(course=course, course_session=held, draft_session=draft)
        query = select(CourseMeeting).where(CourseMeeting.session_id == draft.id)
        self.own(meeting=self.session.scalars(query).one())
        self.world.ids["programme"] = str(course.programme_id)
        self.world.ids["enrolment"] = self.post(
            "member",
            "/training/enrolments",
            id=str(new_id()),
            session_id=str(held.id),
        )["id"]

    def statements(self):
        """The shop's statements, each of days of its own, so that each step finds one to take."""
        for place, name in enumerate(("open", "issued", "disputed", "answered", "agreed"), 1):
            self._statement(name, NOW.date() + timedelta(days=place))

    def _statement(self, name, day):
        one_day = {"starts_on": day, "ends_on": day + timedelta(days=1)}
        statement = self.make.statement(merchant=self.shop, sales=(40_00,), **one_day)
        query = select(StatementLine).where(StatementLine.statement_id == statement.id)
        line = self.session.scalars(query).one()
        self.world.ids |= {
            f"{name}_statement": str(statement.id),
            f"{name}_line": str(line.journal_id),
        }
        if name == "open":
            return
        statement.issued_at, statement.state = self.now, StatementState.ISSUED
        self.session.flush()
        if name in {"disputed", "answered"}:
            statement.state = StatementState.DISPUTED
            dispute = Dispute(
                id=new_id(),
                statement_id=statement.id,
                line_journal_id=line.journal_id,
                raised_by_terminal_id=UUID(self.world.ids["till_id"]),
                reason="少算了一单",
                raised_at=self.now,
            )
            self.make.save(dispute)
            if name == "answered":
                dispute.state, dispute.maker_id = DisputeState.ANSWERED, statement.maker_id
                dispute.answer, dispute.adjustment_fen = "已核对", 0
                self.session.flush()
            self.world.ids[f"{name}_dispute"] = str(dispute.id)
        if name == "agreed":
            statement.agreed_at, statement.state = self.now, StatementState.AGREED
            self.session.flush()

    def bank(self):
        sent_at = NOW.replace(day=1)
        matched, unmatched = (self.make.sent_payment(sent_at=sent_at) for _ in range(2))
        self.make.bank_import(
            ("2026-11-05", -matched.amount_fen, matched.reference), ("2026-11-06", -1_00, "转账")
        )
        line = self.session.scalars(select(BankLine).where(BankLine.seq == 2)).one()
        named = select(Discrepancy).where(Discrepancy.bank_line_id == line.id)
        self.own(
            bank_line=line,
            bank_payment=unmatched,
            bank_match=self.session.scalars(select(Match)).one(),
            exception=self.session.scalars(named).one(),
        )
