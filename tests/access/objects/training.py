"""Cases of courses and their sessions."""

from tests.access.objects.cases import COURSE, SESSION, UNION, VERSION, Own, desk_case, typed

TRAINING_CASES = [
    desk_case("GET training_pages.one_course", course_id="course"),
    desk_case(
        "POST training_pages.save_new_course",
        form=COURSE | UNION | {"programme_id": Own("programme")},
    ),
    desk_case("GET training_pages.edit_course_form", course_id="course"),
    desk_case(
        "POST training_pages.save_course",
        course_id="course",
        form=COURSE | VERSION | {"programme_id": Own("programme")},
    ),
    desk_case("GET training_pages.new_session_form", course_id="course"),
    desk_case(
        "POST training_pages.save_new_session",
        course_id="course",
        form=SESSION | {"site_id": Own("service_site")},
    ),
    desk_case("GET training_pages.one_session", session_id="course_session"),
    desk_case("POST training_pages.open_to_members", session_id="draft_session", form=VERSION),
    desk_case("POST training_pages.call_off", session_id="course_session", form=VERSION),
    desk_case("POST training_pages.complete", session_id="course_session", form=VERSION),
    desk_case(
        "POST training_pages.save_seats",
        session_id="course_session",
        form=VERSION | {"seats": "9"},
    ),
    desk_case(
        "POST training_pages.save_meeting",
        session_id="draft_session",
        form={"first_starts_at": typed(30), "meeting_minutes": "60"},
    ),
    desk_case(
        "POST training_pages.remove_meeting",
        session_id="draft_session",
        meeting_id="meeting",
    ),
]
