"""Lists of the desk: how many rows are fetched, from which place, and what becomes of them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from werkzeug.exceptions import BadRequest

from kernel.exports import EXPORT_ROWS_MAX, Column
from kernel.ids import new_id
from kernel.listing import listing, rows_wanted
from kernel.pages import LIST_ROWS, cursor_id, cursor_moment, moment_place
from kernel.web import encode_cursor

AT = datetime(2026, 11, 24, 9, 30, 15, 120_000, tzinfo=UTC)


def test_a_page_asks_for_one_row_more_and_a_file_for_all(app):
    with app.test_request_context("/desk/"):
        assert rows_wanted() == LIST_ROWS + 1
    with app.test_request_context("/desk/?format=csv"):
        assert rows_wanted() == EXPORT_ROWS_MAX


def test_a_place_reads_back_as_it_was_given(app):
    row_id = new_id()
    with app.test_request_context("/desk/"):
        assert (cursor_id(), cursor_moment()) == (None, None)
    with app.test_request_context(f"/desk/?cursor={encode_cursor(str(row_id))}"):
        assert cursor_id() == row_id
    with app.test_request_context(f"/desk/?cursor={encode_cursor(*moment_place(AT, row_id))}"):
        assert cursor_moment() == (AT, row_id)


@pytest.mark.parametrize(
    ("read", "parts"),
    [
        (cursor_id, ("not-an-id",)),
        (cursor_id, (str(UUID(int=1)), "more")),
        (cursor_moment, ("yesterday", str(UUID(int=1)))),
        (cursor_moment, ("2026-11-24T09:30:15", str(UUID(int=1)))),  # in whose zone?
        (cursor_moment, (AT.isoformat(), "x")),
        (cursor_moment, (AT.isoformat(),)),
    ],
)
def test_a_place_that_is_none_of_ours_is_a_bad_request(app, read, parts):
    with (
        app.test_request_context(f"/desk/?cursor={encode_cursor(*parts)}"),
        pytest.raises(BadRequest),
    ):
        read()


def test_a_file_is_saved_under_the_name_of_the_list(app):
    columns = [Column("Name", lambda row: row)]
    with app.test_request_context("/desk/?format=csv"):
        saved = listing("none.html", ["甲", "乙"], columns=columns, name="names", place=tuple)

    assert "names" in saved.headers["Content-Disposition"]
    saved.direct_passthrough = False
    assert saved.get_data(as_text=True).splitlines()[1:] == ["甲", "乙"]
