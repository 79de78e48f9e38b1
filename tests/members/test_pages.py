"""The register at the desk: lists, reveal, and a roster from upload to the refused lines."""

import io
import json
import re
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select, text

from audit.queries import looks_at_member
from kernel.actors import Role
from kernel.sheets import read_table
from members.jobs import commit_import, preview_import
from members.models import Member, RosterImport, UnionOrg
from members.services import REQUIRED_UNION_COLUMNS, UNION_COLUMNS, import_unions
from tests.staff.conftest import signed_in

DATA = Path(__file__).parent.parent / "data"
ROSTER = (DATA / "roster-gbk.csv").read_bytes()
EXPECTED = json.loads((DATA / "expected.json").read_text())["roster-gbk.csv"]
IMPORTS = "/desk/register/imports"


@pytest.fixture
def unions(session):
    """The sample tree of unions, by code."""
    table = read_table(
        (DATA / "union-orgs.csv").read_bytes(),
        header_synonyms=UNION_COLUMNS,
        required_headers=REQUIRED_UNION_COLUMNS,
    )
    import_unions(session, lines=table)
    return {union.code: union for union in session.scalars(select(UnionOrg))}


@pytest.fixture
def officer(make, unions, signed_in):  # noqa: F811
    return signed_in(make.staff(Role.REGISTER_OFFICER, union=unions["SZ"]))


@pytest.fixture
def baoan_officer(make, unions, signed_in):  # noqa: F811
    return signed_in(make.staff(Role.REGISTER_OFFICER, union=unions["SZ-BA"]))


def upload(desk, content=ROSTER, name="roster.csv"):
    return desk.send(IMPORTS, file=(io.BytesIO(content), name))


def run(desk, job, import_id):
    """Run a job as the worker does: inside the application, not inside a request."""
    with desk.client.application.app_context():
        job(import_id=import_id)


def previewed(desk, session, content=ROSTER):
    """Upload a roster, let its job run, and return the path of its page."""
    answer = upload(desk, content)
    assert answer.status_code == 303, answer.text
    import_id = answer.location.rpartition("/")[2]
    run(desk, preview_import, import_id)
    return answer.location, import_id


def figures(page):
    return [int(count.replace(",", "")) for count in re.findall(r'"figure">([\d,]+)<', page.text)]


def test_an_upload_waits_for_its_job_and_shows_the_jobs_own_count(officer, session):
    path = upload(officer).location

    page, progress = officer.open(path), officer.open(f"{path}/progress")

    assert "<progress" in page.text
    assert progress.json == {"done": 0, "total": 0, "finished": False}
    jobs = session.scalars(text("SELECT task_name FROM procrastinate_jobs")).all()
    assert jobs == ["members.preview_import"]


def test_a_preview_says_what_would_change_and_changes_nothing(officer, session):
    path, _ = previewed(officer, session)

    assert figures(officer.open(path)) == [EXPECTED["accepted"], 0, 0, len(EXPECTED["refused"])]
    assert officer.open(f"{path}/progress").json == {"done": 400, "total": 400, "finished": True}
    assert session.scalar(select(func.count()).select_from(Member)) == 0


def test_a_commit_writes_the_good_lines_and_the_same_file_again_changes_nothing(officer, session):
    path, import_id = previewed(officer, session)

    assert officer.send(f"{path}/commit", page=path).status_code == 303
    run(officer, commit_import, import_id)
    again, _ = previewed(officer, session)

    assert session.scalar(select(func.count()).select_from(Member)) == EXPECTED["accepted"]
    assert figures(officer.open(again))[:3] == [0, 0, EXPECTED["accepted"]]
    kept = session.get(RosterImport, import_id)
    assert (kept.state, kept.content_sealed) == ("committed", None)


def test_a_killed_commit_goes_on_where_it_stood(officer, session):
    path, import_id = previewed(officer, session)
    officer.send(f"{path}/commit", page=path)
    run(officer, commit_import, import_id)

    # The queue runs a job again when its worker died after the work and before saying so.
    run(officer, commit_import, import_id)

    assert figures(officer.open(path))[0] == EXPECTED["accepted"]


def test_refused_lines_come_back_with_their_cells_and_the_reason(officer, session):
    path, _ = previewed(officer, session)

    book = load_workbook(io.BytesIO(officer.open(f"{path}/refused").data))
    rows = list(book.active.iter_rows(values_only=True))

    assert [(row[0], row[1]) for row in rows[1:]] == [
        (each["line"], each["reason"]) for each in EXPECTED["refused"]
    ]
    assert "2020-13-01" in rows[2]


def test_an_officer_imports_into_the_own_subtree_only(baoan_officer, session):
    path, import_id = previewed(baoan_officer, session)

    page = baoan_officer.open(path)
    counts = figures(page)
    baoan_officer.send(f"{path}/commit", page=path)
    run(baoan_officer, commit_import, import_id)

    paths = session.scalars(
        select(UnionOrg.path).join(Member, Member.union_id == UnionOrg.id).distinct()
    ).all()
    assert 0 < counts[0] < EXPECTED["accepted"]
    assert all(each.startswith("SZ/SZ-BA") for each in paths)


def test_a_foreign_officer_sees_neither_the_import_nor_the_members(officer, baoan_officer, session):
    path, import_id = previewed(officer, session)
    officer.send(f"{path}/commit", page=path)
    run(officer, commit_import, import_id)
    foreign = session.scalars(
        select(Member).join(UnionOrg).where(UnionOrg.path.startswith("SZ/SZ-LG/"))
    ).first()

    assert baoan_officer.open(path).status_code == 404
    assert baoan_officer.open(f"{path}/progress").status_code == 404
    assert baoan_officer.open(f"/desk/register/members/{foreign.id}").status_code == 404
    listed = baoan_officer.open("/desk/register/members").text
    assert "SZ-BA-" in listed
    assert "SZ-LG-" not in listed
    revealed = baoan_officer.send(
        f"/desk/register/members/{foreign.id}/reveal", page="/desk/register/imports", purpose="看"
    )
    assert revealed.status_code in (404, 409, 422)


def test_a_full_value_needs_a_reason_and_leaves_a_trace(officer, session):
    path, import_id = previewed(officer, session)
    officer.send(f"{path}/commit", page=path)
    run(officer, commit_import, import_id)
    member = session.scalars(select(Member)).first()
    page = f"/desk/register/members/{member.id}"

    masked = officer.open(page)
    refused = officer.send(f"{page}/reveal", page=page)
    shown = officer.send(f"{page}/reveal", page=page, purpose="核对证件")

    number = re.compile(r"\d{17}[\dX]")
    assert not number.search(masked.text)
    assert refused.status_code == 422
    assert shown.status_code == 200
    looks = looks_at_member(session, member_id=member.id)
    assert [look.purpose for look in looks] == ["核对证件"]


def workbook(columns, **edits):
    book = Workbook()
    book.active.append([f"列{number}" for number in range(columns)])
    for place, value in edits.items():
        book.active[place] = value
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


BAD_FILES = [b"", b"PK\x03\x04 no zip", b"%PDF-1.7", b"<html>", workbook(60), workbook(3)]


@pytest.mark.parametrize("content", BAD_FILES, ids=range(len(BAD_FILES)))
def test_what_is_no_roster_is_refused_in_words_and_nothing_is_kept(officer, session, content):
    answer = upload(officer, content)

    assert 400 <= answer.status_code < 500
    assert 'role="alert"' in answer.text
    assert session.scalar(select(func.count()).select_from(RosterImport)) == 0


def test_an_empty_register_says_what_to_do(officer):
    assert "/desk/register/imports" in officer.open("/desk/register/members").text


def test_uploaded_files_and_names_are_sealed(officer, session):
    previewed(officer, session)

    stored = session.execute(text("SELECT roster_imports::text FROM roster_imports")).scalar_one()
    refusals = session.execute(text("SELECT r::text FROM roster_import_refusals r")).scalars().all()

    planted = ROSTER.decode("gb18030").splitlines()[1].split(",")
    for row in [stored, *refusals]:
        assert planted[0] not in row
        assert planted[2] not in row
        assert "roster.csv" not in row
