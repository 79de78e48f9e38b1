"""What the tests through HTTP share."""

from kernel.ids import new_id
from members.models import Member

JSON_PROBLEM = "application/problem+json"


def signed_in_member(make, session, member_id):
    token = f"ucm_test_{new_id()}"
    make.member_session(session.get_one(Member, member_id), token=token)
    return {"Authorization": f"Bearer {token}"}


def code_of(answer, status):
    assert (answer.status_code, answer.content_type) == (status, JSON_PROBLEM)
    return answer.json["code"]
