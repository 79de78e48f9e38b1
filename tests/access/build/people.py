"""Who calls, and what members and staff own."""

from datetime import timedelta

from sqlalchemy import select

from cards.services import appeal, freeze_card
from kernel.actors import SYSTEM, ActorKind, Role
from kernel.ids import new_id
from members.models import NoticeKind
from members.services import notify
from staff.models import AccountState
from tests.access.build.base import HOUR, OWNERS, STRANGERS, Part
from tests.make.aid import ALLOWANCE, INPATIENT, pdf
from training.models import CourseMeeting, SessionState


class People(Part):
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
