from sqlalchemy import select

from app.demo.training import seed_training
from kernel.clock import shanghai_date
from members.models import OrgLevel
from merchants.models import MerchantKind
from tests.make import NOW
from training.models import CourseSession
from training.queries import meetings_of, sessions_to_enrol_in


def test_the_demo_has_a_session_today_and_running_it_again_adds_nothing(session, make):
    make.union(code="SZ", level=OrgLevel.CITY)
    place = make.merchant(
        kind=MerchantKind.SERVICE_SITE, uscc=None, name="龙华区职工服务中心(演示)"
    )
    make.site(merchant_id=place.id, name="培训教室")

    made = [seed_training(session, now=NOW) for _ in range(2)]

    assert made == [2, 0]
    lines = sessions_to_enrol_in(session, now=NOW)
    assert [line.seats for line in lines] == [10, 3]
    first = session.scalars(select(CourseSession).order_by(CourseSession.starts_at)).first()
    assert shanghai_date(meetings_of(session, session_id=first.id)[0].starts_at) == shanghai_date(
        NOW
    )
