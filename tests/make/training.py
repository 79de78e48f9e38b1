from datetime import date, timedelta

from bench.programmes import running_programme
from benefits.models import Instrument, LimitScope, LimitUnit, LimitWindow
from benefits.services import LimitFacts, add_limit
from kernel.actors import SYSTEM
from kernel.money import BasisPoints, Fen
from ledger.models import Family, FundSource
from tests.make import NOW
from tests.make.base import BaseMaker
from training.models import (
    AttendanceBasis,
    Course,
    CourseMeeting,
    CourseSession,
    Payer,
    SessionState,
    TrainingCategory,
)

HOUR = timedelta(hours=1)


class TrainingMaker(BaseMaker):
    """Used together with the makers of unions, members, cards and sites."""

    def training_programme(self, **facts):
        defaults = {
            "code": f"TRAIN-{self.next_number():03d}",
            "name_zh": "职工技能培训(演示)",
            "name_en": "Skills training (demo)",
            "family": Family.TRAINING,
            "fund_source": FundSource.UNION_FUND,
            "starts_on": date(2026, 1, 1),
            "ends_on": None,
            "eligibility": [],
            "occasion": "training",
            "instrument": Instrument.SERVICE,
            "now": NOW,
        }
        return running_programme(self.session, **defaults | facts)

    def course(self, *, union=None, programme=None, **facts):
        """A course whose completion is worth 300 yuan, for 80 % of the meetings."""
        defaults = {
            "category": TrainingCategory.TEAM_LEADER,
            "organiser": "深圳市总工会(演示)",
            "payer": Payer.UNION,
            "title_zh": "班组长培训(演示)",
            "title_en": "Team leader training (demo)",
            "union_id": (union or self.union()).id,
            "programme_id": (programme or self.training_programme()).id,
            "subsidy_fen": Fen(300_00),
            "attendance_basis": AttendanceBasis.MEETINGS,
            "attendance_rate_bp": BasisPoints(8000),
            "scan_margin_minutes": 30,
            "eligibility": [],
            "created_at": NOW,
        }
        return self.save(Course(**defaults | facts))

    def course_session(self, *, course=None, site=None, seats=2, meetings=None, **facts):
        """An open session with a meeting that began half an hour ago, unless told otherwise."""
        course = course or self.course()
        meetings = meetings or [(NOW - HOUR / 2, NOW + HOUR)]
        rule = add_limit(
            self.session,
            actor=SYSTEM,
            programme_id=course.programme_id,
            facts=LimitFacts(LimitScope.SESSION, LimitWindow.TOTAL, LimitUnit.USES, seats),
            now=NOW,
        )
        defaults = {
            "course_id": course.id,
            "site_id": (site or self.service_site()).id,
            "seats_rule_id": rule.id,
            "starts_at": min(start for start, _ in meetings),
            "ends_at": max(end for _, end in meetings),
            "enrol_from": NOW - timedelta(days=7),
            "enrol_until": max(end for _, end in meetings),
            "state": SessionState.OPEN,
            "created_at": NOW,
        }
        held = self.save(CourseSession(**defaults | facts))
        for start, end in meetings:
            self.save(CourseMeeting(session_id=held.id, starts_at=start, ends_at=end))
        return held

    def service_site(self):
        return self.site(merchant_id=self.service_organisation().id)
