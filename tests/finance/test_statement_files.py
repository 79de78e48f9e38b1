"""A statement as files: every line however many, and one page to print."""

import csv
import io

import pypdfium2
import pytest

from finance.models import StatementState
from finance.pages.statement_files import every_line
from tests.finance.test_manager_statements import manager, phone
from tests.finance.test_statement_pages import LIST, desks, opened_by, page_of, sale, says, step
from tests.finance.test_statements import at, city, issued, make, maker, till
from tests.staff.conftest import signed_in

SHARED = (at, city, desks, make, maker, manager, phone, sale, signed_in, till)
MINE = "/scan/manager/statements"


@pytest.fixture
def statement(session, desks, sale, make, till):
    for _ in range(5):
        make.sale(till, union_fen=1_00)
    return opened_by(session, desks.maker)


def words_of(answer):
    """Return what a PDF says, without blanks: it is broken into lines anywhere."""
    book = pypdfium2.PdfDocument(answer.data)
    text = "".join(page.get_textpage().get_text_bounded() for page in book)
    return "".join(text.split())


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
def test_lines_are_read_chunk_by_chunk(statement, chunk_rows):
    lines = list(every_line(statement.id, chunk_rows=chunk_rows))

    assert [line.line_no for line in lines] == list(range(1, statement.lines + 1))


def test_all_lines_are_saved(desks, statement):
    answer = desks.auditor.open(f"{page_of(statement)}?format=csv")

    heading, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert heading[0] == "No."
    assert [int(row[0]) for row in rows] == list(range(1, statement.lines + 1))


def test_the_page_to_print_says_what_the_statement_says(desks, statement, till):
    paper = words_of(desks.auditor.open(f"{page_of(statement)}/paper"))

    for said in (f"No.{statement.number}", "PH-2026-7777", "2026-11-01", "肆拾伍元整", "¥45.00"):
        assert said in paper
    assert desks.foreign.open(f"{page_of(statement)}/paper").status_code == 404


def test_a_manager_prints_the_statement_without_the_names_of_the_desk(
    session, make, maker, till, phone
):
    make.sale(till, union_fen=40_00)
    mine = issued(session, maker)
    make.sale(make.terminal(), union_fen=40_00)
    foreign = issued(session, maker)

    paper = phone.get(f"{MINE}/{mine.id}/paper")

    assert paper.mimetype == "application/pdf"
    assert "肆拾元整" in words_of(paper)
    assert "经办" not in words_of(paper)
    assert phone.get(f"{MINE}/{foreign.id}/paper").status_code == 404


def test_all_open_ones_are_issued_by_one_press(session, desks, statement):
    listed = f"{LIST}?state=open"
    assert says(desks.maker.open(listed), "Issue all that are open")
    assert not says(desks.approver.open(listed), "Issue all that are open")

    assert desks.approver.send(f"{LIST}/issue-all", page=LIST).status_code == 403
    assert desks.maker.send(f"{LIST}/issue-all", page=listed).status_code == 303

    session.refresh(statement)
    assert (statement.state, statement.version) == (StatementState.ISSUED, 2)
    assert says(desks.maker.open(LIST), "1 statements are issued.")
    assert says(desks.maker.open(page_of(statement)), "Answer expected by")


def test_all_agreed_ones_are_approved_by_somebody_else(session, desks, statement):
    step(desks.maker, statement, f"{statement.id}/issue")
    session.refresh(statement)
    statement.state, statement.agreed_at = StatementState.AGREED, statement.issued_at
    session.flush()
    listed = f"{LIST}?state=agreed"

    assert desks.approver.send(f"{LIST}/approve-all", page=listed).status_code == 303

    session.refresh(statement)
    assert statement.state is StatementState.APPROVED
